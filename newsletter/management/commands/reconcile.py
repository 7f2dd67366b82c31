"""Let a restored copy of the database send again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from newsletter import reconciling
from newsletter.models import Installation
from newsletter.reconciling import Survey
from zero2prod.staff import audit


class Command(BaseCommand):
    help = (
        "Say what a restored copy of the database has open, and let the workers send from it. What "
        "a worker held is in doubt (`unknown`); issues in delivery are paused unless --release."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        choice = parser.add_mutually_exclusive_group()
        choice.add_argument(
            "--release", action="store_true", help="send what is pending: it has not left yet"
        )
        choice.add_argument("--dry-run", action="store_true", help="only say what is open")
        choice.add_argument(
            "--restored",
            action="store_true",
            help="stop all sending: this is a copy, though nothing shows it",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["restored"]:
            reconciling.mark_restored()
            audit.record("database.marked", request=None)
            self.stdout.write("Nothing is sent from this database until it is reconciled.")
            return
        if options["dry_run"]:
            self.stdout.write(_DIAGNOSIS[Installation.objects.is_restored()])
            self.stdout.write(_as_text(reconciling.survey()))
            return
        found = reconciling.reconcile(release=options["release"])
        self.stdout.write(_DIAGNOSIS[found is not None])
        if found:
            self.stdout.write(_as_text(found))
            audit.record("database.reconciled", request=None, release=options["release"])
            self.stdout.write(_DONE[options["release"]])


_DIAGNOSIS = {
    True: "This is a restored copy: nothing was sent from it.",
    False: "This is the database that the workers send from: there is nothing to reconcile.",
}
_DONE = {
    True: "What was held is unknown now; what was pending is being sent.",
    False: "What was held is unknown now; issues are paused: resume them in the admin.",
}


def _as_text(found: Survey) -> str:
    numbers = (
        (found.held, f"mails held by a worker, {found.confirmations_held:,} of them confirmations"),
        (found.pending_issue_mails, "mails of issues pending"),
        (found.pending_single_mails, "confirmations and tests pending"),
        (found.issues_in_delivery, "issues in delivery"),
        (found.issues_overdue, "scheduled issues overdue"),
    )
    return "\n".join(f"{number:>9,} {what}" for number, what in numbers)
