"""Django's changepassword, which the record of staff has."""

from typing import Any

from django.contrib.auth.management.commands import changepassword

from zero2prod.staff import audit
from zero2prod.staff.models import Member


class Command(changepassword.Command):
    def handle(self, *args: Any, **options: Any) -> Any:
        said = super().handle(*args, **options)
        member = Member.objects.filter(username=options.get("username")).first()
        audit.record("password.reset", request=None, target=member)
        return said
