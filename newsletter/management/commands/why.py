"""Why did somebody get an issue, or not?"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from newsletter import inquiry
from newsletter.models import Issue


class Command(BaseCommand):
    help = "Say in one sentence what the ledger knows of an issue and an address."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("issue", type=int, help="the issue's id")
        parser.add_argument("address")

    def handle(self, *_args: Any, **options: Any) -> None:
        issue = Issue.objects.filter(pk=options["issue"]).first()
        if issue is None:
            raise CommandError(f"There is no issue {options['issue']}.")
        self.stdout.write(inquiry.why(issue=issue, email=options["address"]))
