"""Who a session belongs to: a member of staff, whose second factor it is bound to."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.http import HttpRequest

from zero2prod.staff.models import Member


class StaffBackend(ModelBackend):
    """Django's own, for members."""

    def authenticate(
        self, request: HttpRequest | None, *credentials: str | None, **named: Any
    ) -> User | None:
        user = super().authenticate(request, *credentials, **named)
        return None if user is None else self.get_user(user.pk)

    def get_user(self, user_id: int) -> Member | None:
        member = Member.objects.filter(pk=user_id).first()
        return member if self.user_can_authenticate(member) else None
