"""Fill a newsletter with believable readers, to see and to measure the product with."""

import json
import random
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils import timezone

from config import environment
from newsletter.models import Newsletter, Subscription
from newsletter.models.newsletters import DEFAULT_SLUG

MOST_AT_ONCE = 10_000_000
# Reserved for examples (RFC 2606), so that no mail can reach a person.
DOMAINS = ("example.org", "example.com", "example.net")
# fmt: off
FIRST_NAMES = (
    "Ada", "Amina", "Ana", "Björn", "Chidi", "Clara", "Dmitri", "Elena", "Emeka", "Fatima", "Grace",
    "Hana", "Hugo", "Ines", "Ivan", "Jamal", "Jin", "José", "Kemal", "Lars", "Leila", "Linh",
    "Lucía", "Marek", "Maya", "Mehmet", "Mina", "Nadia", "Noor", "Olga", "Omar", "Priya",
    "Rahul", "Sara", "Sofia", "Tariq", "Tomas", "Ursula", "Yuki", "Zoë",
)
LAST_NAMES = (
    "Adeyemi", "Andersen", "Bakker", "Bianchi", "Chen", "Costa", "Demir", "Dubois", "Eriksson",
    "Fischer", "García", "Haddad", "Horvat", "Ivanova", "Jansen", "Kaya", "Khan", "Kim", "Kowalski",
    "Larsen", "Le Guin", "Meyer", "Moreau", "Nakamura", "Nguyen", "Novák", "Okafor", "Patel",
    "Petrov", "Popescu", "Rossi", "Sato", "Schmidt", "Silva", "Singh", "Tanaka", "Weber", "Young",
)
# fmt: on
TAGS = {"customer": 0.3, "beta": 0.05, "vip": 0.01, "press": 0.002}
"""And how many of the readers have them."""
LANGUAGES = ("", "", "", "", "", "de", "de", "es", "fr", "pt")
SOURCES = ("sign-up page", "sign-up page", "import", "conference")
CITIES = ("Accra", "Berlin", "Lima", "Lyon", "Osaka", "Porto", "Pune", "Quito", "Tunis", "Turin")
PLANS = ("free", "free", "free", "plus", "pro")

_COPY = """
COPY newsletter_subscription
    (id, newsletter_id, email, name, status, tags, attributes, language, source, subscribed_at,
     confirmed_at)
FROM STDIN
"""
_LAST_NUMBER = r"""
SELECT coalesce(max(substring(email FROM '^reader-(\d{1,9})@example\.')::integer), 0)
FROM newsletter_subscription WHERE newsletter_id = %s
"""
Row = tuple[UUID, int, str, str, str, list[str], str, str, str, datetime, datetime]


class Command(BaseCommand):
    help = "Add believable confirmed readers, who have no record of consent. Not for production."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--subscriptions", type=int, required=True, metavar="N")

    def handle(self, *_args: Any, **options: Any) -> None:
        if environment.name() == "production":
            raise CommandError("Demo data has no place in production.")
        wanted: int = options["subscriptions"]
        if not 1 <= wanted <= MOST_AT_ONCE:
            raise CommandError(f"--subscriptions must be from 1 to {MOST_AT_ONCE:,}.")
        started = timezone.now()
        newsletter = add_readers(wanted)
        seconds = (timezone.now() - started).total_seconds()
        total = Subscription.objects.confirmed().filter(newsletter=newsletter).count()
        self.stdout.write(
            f"{wanted:,} readers of {newsletter.title} were added in {seconds:.1f} s; "
            f"it has {total:,} confirmed readers now."
        )


def add_readers(wanted: int) -> Newsletter:
    """Add readers to the default newsletter, numbered on from the last demo reader."""
    with transaction.atomic(), connection.cursor() as cursor:
        # Of two commands at once, one counts after the other.
        newsletter = Newsletter.objects.select_for_update(no_key=True).get(slug=DEFAULT_SLUG)
        cursor.execute(_LAST_NUMBER, [newsletter.pk])
        first = cursor.fetchone()[0] + 1
        with cursor.copy(_COPY) as copy:
            for row in _readers(newsletter, range(first, first + wanted)):
                copy.write_row(row)
        cursor.execute("ANALYZE newsletter_subscription")
    return newsletter


def _readers(newsletter: Newsletter, numbers: range) -> Iterator[Row]:
    dice = random.Random(numbers.start)  # noqa: S311 - nothing secret
    now = timezone.now()
    for number in numbers:
        email = f"reader-{number:06}@{dice.choice(DOMAINS)}"
        name = f"{dice.choice(FIRST_NAMES)} {dice.choice(LAST_NAMES)}"
        signed_up = now - timedelta(minutes=dice.randrange(60, 2 * 365 * 24 * 60))
        confirmed = signed_up + timedelta(minutes=dice.randrange(1, 60))
        key = UUID(int=dice.getrandbits(128), version=4)
        tags = [tag for tag, share in TAGS.items() if dice.random() < share]
        attributes = _attributes(dice)
        language, source = dice.choice(LANGUAGES), dice.choice(SOURCES)
        yield (
            *(key, newsletter.pk, email, name, "confirmed", tags, attributes),
            *(language, source, signed_up, confirmed),
        )


def _attributes(dice: random.Random) -> str:
    facts = {"city": dice.choice(CITIES), "plan": dice.choice(PLANS), "orders": dice.randrange(40)}
    return json.dumps(facts)
