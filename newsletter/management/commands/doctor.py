"""Examine the installation and say what to do."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from newsletter import doctor
from newsletter.doctor import Grade


class Command(BaseCommand):
    help = "Examine configuration, database, workers, provider and DNS; exit 1 if anything fails."
    requires_system_checks: tuple[str, ...] = ()

    def handle(self, *_args: Any, **_options: Any) -> None:
        grades = []
        for finding in doctor.examine():
            self.stdout.write(_STYLES[finding.grade](self)(str(finding)))
            grades.append(finding.grade)
        counted = ", ".join(f"{grades.count(grade)} {grade.value}" for grade in Grade)
        self.stdout.write(f"\n{counted}")
        if Grade.FAIL in grades:
            sys.exit(1)


_STYLES = {
    Grade.OK: lambda command: command.style.SUCCESS,
    Grade.WARN: lambda command: command.style.WARNING,
    Grade.FAIL: lambda command: command.style.ERROR,
}
