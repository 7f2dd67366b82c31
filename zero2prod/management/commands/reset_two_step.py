"""The operator's way in for a member of staff whose phone and recovery codes are lost."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from zero2prod.staff import audit, two_step
from zero2prod.staff.models import Member


class Command(BaseCommand):
    help = "Take away the second step of a user's log-in; at the next one a new one is set up."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *_args: Any, username: str, **_options: Any) -> None:
        member = Member.objects.filter(username=username).first()
        if member is None:
            raise CommandError(f"There is no user {username!r}.")
        with audit.recorded("two_step.reset", request=None, target=member):
            had_one = two_step.remove(member)
        if not had_one:
            self.stdout.write(f"{username} had no second step.")
            return
        self.stdout.write(
            f"{username} is logged out everywhere and sets up a new second step at the next "
            "log-in. If the phone was stolen, change the password too: `manage.py changepassword "
            f"{username}`."
        )
