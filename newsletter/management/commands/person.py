"""What is stored of a person: hand it over, or erase it."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from newsletter import privacy
from newsletter.addresses import InvalidAddress, parse_address
from zero2prod.staff import audit


class Command(BaseCommand):
    help = "Write down all that is stored of an address, with its chain of consents, or erase it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address")
        parser.add_argument("--erase", action="store_true", help="forget this person")
        parser.add_argument(
            "--never-again", action="store_true", help="with --erase: let nobody sign it up again"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            email = parse_address(options["address"])
        except InvalidAddress as error:
            raise CommandError(str(error)) from error
        if options["never_again"] and not options["erase"]:
            raise CommandError("--never-again goes with --erase.")
        if options["erase"]:
            erased = privacy.erase_person(email=email, never_again=options["never_again"])
            audit.record("person.erased", request=None, subscriptions=erased)
            self.stdout.write(f"{erased} subscriptions erased.")
            return
        document = privacy.export_person(email=email)
        if not document["subscriptions"] and not document["never_mailed_because"]:
            raise CommandError("Nothing is stored of this address.")
        audit.record("person.exported", request=None)
        self.stdout.write(json.dumps(document, indent=2, ensure_ascii=False))
