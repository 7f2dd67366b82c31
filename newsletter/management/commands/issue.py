"""The editor's buttons for a terminal: publish, pause, resume, cancel, repair."""

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from newsletter import accounting, checking, publishing
from newsletter.models import Issue
from zero2prod.staff import audit

ACTIONS: dict[str, Callable[..., object]] = {
    "publish": publishing.publish,
    "take-back": publishing.take_back,
    "pause": publishing.pause,
    "resume": publishing.resume,
    "cancel": publishing.cancel,
    "retry-failed": publishing.retry_failed,
    "resend-unknown": publishing.resend_unknown,
    "send-to-missed": publishing.send_to_missed,
    "show": publishing.show,
    "unlist": publishing.unlist,
    "hide": publishing.hide,
}


class Command(BaseCommand):
    help = "Do to an issue what its buttons in the admin do, and print its accounting."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("issue", type=int, help="the issue's id")
        parser.add_argument("action", choices=["check", *ACTIONS, "schedule"])
        parser.add_argument("--at", metavar="TIME", help="for schedule: a time with its zone")

    def handle(self, *_args: Any, **options: Any) -> None:
        pk, action, at = options["issue"], options["action"], options["at"]
        if (action == "schedule") != bool(at):
            raise CommandError("--at TIME belongs to schedule, and schedule needs it.")
        if action == "check":
            self._check(pk)
            return
        try:
            if at:
                publishing.schedule(issue_id=pk, at=publishing.parse_time(at))
            else:
                ACTIONS[action](issue_id=pk)
        except Issue.DoesNotExist as error:
            raise CommandError(f"There is no issue {pk}.") from error
        except publishing.PublishingError as error:
            raise CommandError(str(error)) from error
        issue = Issue.objects.get(pk=pk)
        audit.record(f"issue.{action}", request=None, target=issue)
        self.stdout.write(f"issue {pk} is {issue.state}: {accounting.of_issue(issue)}")

    def _check(self, pk: int) -> None:
        """Say what speaks against sending it, the network asked; fail if anything forbids it."""
        issue = Issue.objects.select_related("newsletter", "theme", "segment").filter(pk=pk).first()
        if issue is None:
            raise CommandError(f"There is no issue {pk}.")
        checking.try_links(issue)
        found = checking.check(issue)
        for finding in found.findings:
            self.stdout.write(str(finding))
        if found.reach:
            self.stdout.write(f"{found.reach.audience} readers, {found.octets:,} bytes of HTML")
        if found.blockers:
            raise CommandError(f"{len(found.blockers)} of these forbid to send it.")
