"""Whether nobody changed what readers agreed to."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from newsletter import evidence


class Command(BaseCommand):
    help = "Check the chains of all consents and name the first broken link of each."

    def handle(self, *_args: Any, **_options: Any) -> None:
        chains = broken = 0
        for fault in evidence.check_chains():
            chains += 1
            if fault:
                broken += 1
                self.stderr.write(str(fault))
        if broken:
            raise CommandError(f"{broken} of {chains} chains do not hold.")
        self.stdout.write(f"{chains} chains hold.")
