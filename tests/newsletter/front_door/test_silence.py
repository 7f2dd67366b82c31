"""No answer tells what is known of an address, by its bytes, its headers or the work behind it."""

import re
from email import message_from_bytes
from email.policy import default

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from newsletter.delivery import letters
from newsletter.models import Allowance, Delivery, Subscription, Suppression
from newsletter.models.suppressions import address_digests
from tests.factories import default_newsletter, make_subscription
from tests.newsletter.delivery.test_letters import opening
from tests.newsletter.front_door.posts import WAYS, post_form

STATES = ["new", "pending_confirmation", "confirmed", "unsubscribed", "bounced", "complained"]
STATES += ["suppressed", "over the limit"]

pytestmark = pytest.mark.django_db
# What a process keeps for a second is asked for anew by whoever comes after it.
_KEPT = re.compile(r'FROM "newsletter_(newsletter|wording)"')
every_way = pytest.mark.parametrize("way", WAYS)


@pytest.fixture
def client():
    return Client(enforce_csrf_checks=True, raise_request_exception=False)


def make(state, email):
    if state == "suppressed":
        digest = address_digests(email)[0]
        Suppression.objects.create(digest=digest, reason=Suppression.Reason.BOUNCED)
    elif state == "over the limit":
        for _ in range(4):
            post_form(Client(REMOTE_ADDR="10.9.9.9"), email=email)
    elif state != "new":
        left_at = timezone.now() if state == "unsubscribed" else None
        make_subscription(email, status=state, unsubscribed_at=left_at)


def answer(client, way, email):
    """Return all of an answer that a stranger sees, and how many questions the database got."""
    with CaptureQueriesContext(connection) as asked:
        response = WAYS[way](client, email=email)
    headers = {name: response[name] for name in response.headers if name != "X-Request-ID"}
    seen = response.status_code, response.content, tuple(headers.items()), str(response.cookies)
    about_readers = [one for one in asked if not _KEPT.search(str(one["sql"]))]
    return seen, len(about_readers)


@every_way
def test_the_answer_is_the_same_for_every_state_of_an_address(client, way):
    default_newsletter()
    answers = set()
    for number, state in enumerate(STATES):
        email = f"reader{number}@example.org"
        make(state, email)
        answers.add(answer(client, way, email))
    assert len(answers) == 1


@pytest.mark.parametrize("limits", [True, False])
@pytest.mark.parametrize("state", STATES)
def test_something_is_written_in_every_state(client, settings, state, limits):
    """A commit that writes waits for the disk, and one that does not is faster."""
    settings.SIGNUP_LIMITS = limits
    make(state, "ursula@example.org")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_insert_lsn()")
        before = cursor.fetchone()
        post_form(client)
        cursor.execute("SELECT pg_current_wal_insert_lsn()")
        assert cursor.fetchone() != before


def test_what_stands_in_for_the_rows_of_a_new_reader_is_as_it_was_measured(client):
    """It makes up for the time of what else is not done (benchmarks/same_answer.py)."""
    written = {}
    for number, state in enumerate(STATES):
        email = f"reader{number}@example.org"
        make(state, email)
        before = Allowance.objects.filter(spent=[]).count()
        post_form(client, email=email)
        written[state] = Allowance.objects.filter(spent=[]).count() - before
    make("over the limit", "known@example.org")
    Delivery.objects.update(state=Delivery.State.SENT, next_at=None)
    before = Allowance.objects.filter(spent=[]).count()
    post_form(client, email="known@example.org")
    written["its mail was sent"] = Allowance.objects.filter(spent=[]).count() - before
    # The mailbox's own row is one of them where there was none yet.
    assert written == {
        "new": 0,
        "pending_confirmation": 12,
        "unsubscribed": 12,
        "confirmed": 1 + 48,
        "bounced": 1 + 48,
        "complained": 1 + 48,
        "suppressed": 1 + 48,
        "over the limit": 48,
        "its mail was sent": 43,
    }


@every_way
@pytest.mark.parametrize("state", ["confirmed", "pending_confirmation", "unsubscribed"])
def test_a_stranger_changes_nothing_of_a_reader(client, way, state):
    reader = make_subscription("ursula@example.org", status=state, name="Ursula")
    WAYS[way](client, email="URSULA@example.org", name="Mallory")
    same = Subscription.objects.get()
    for field in ("email", "name", "status", "language", "attributes", "tags", "confirmed_at"):
        assert getattr(same, field) == getattr(reader, field)


def test_what_the_guards_remember_names_nobody(client):
    post_form(client, email="ursula@example.org")
    stored = str(list(Allowance.objects.values()))
    assert "ursula" not in stored
    assert "127.0.0" not in stored


@every_way
def test_nothing_that_was_typed_is_in_the_mail(client, way):
    WAYS[way](client, name="Buy cheap pills at spam dot example", email="ursula@example.org")
    reader = Subscription.objects.get()
    mail = letters.write(opening("confirmation", reader))
    message = message_from_bytes(mail.content, policy=default)
    parts = [message.get_body([kind]).get_content() for kind in ("plain", "html")]
    assert "pills" not in str([*message.items(), *parts])
