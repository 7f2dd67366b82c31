"""Forget what is over, at once; the workers do it once a day."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from newsletter import pruning


class Command(BaseCommand):
    help = "Forget what is older than its retention; the workers do the same once a day."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say how much it is")

    def handle(self, *_args: Any, **options: Any) -> None:
        counts = pruning.survey() if options["dry_run"] else pruning.prune()
        for kind, count in counts.items():
            self.stdout.write(f"{kind}: {count}")
