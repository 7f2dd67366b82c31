"""Members of staff for tests: with a role, with a phone, at the door."""

import re
from typing import Any

from django.contrib.auth.models import Group
from django.test import Client
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from zero2prod.staff.models import Member

PASSWORD = "a long and quiet password"
LOG_IN = "/admin/login/"
VERIFY = "/admin/log-in/code/"
RECOVER = "/admin/log-in/recovery-code/"
SET_UP = "/admin/two-step/set-up/"


def make_member(name: str = "ursula", *roles: str, **fields: Any) -> Member:
    """Store a member of staff with these roles."""
    member = Member.objects.create_user(name, password=PASSWORD, is_staff=True, **fields)
    member.groups.set(Group.objects.filter(name__in=roles))
    assert member.groups.count() == len(roles)
    return member


def give_phone(member: Member) -> TOTPDevice:
    """Store the factor of a member's phone."""
    return TOTPDevice.objects.create(user_id=member.pk, name="app")


def code_of(key: bytes, ahead: int = 0) -> str:
    """Return what the phone shows now, or as many half minutes later."""
    return f"{totp(key, drift=ahead):06d}"


def wrong_code(key: bytes) -> str:
    """Return six digits that are no code of this quarter of an hour."""
    near = {code_of(key, ahead) for ahead in range(-15, 16)}
    return next(code for code in map("{:06d}".format, range(100)) if code not in near)


def post_password(client: Client, name: str = "ursula", password: str = PASSWORD, **extra: Any):
    then = extra.pop("next", "/admin/")
    return client.post(LOG_IN, {"username": name, "password": password, "next": then}, **extra)


def post_code(client: Client, code: str, path: str = VERIFY, **fields: str):
    return client.post(path, {"code": code, **fields})


def enter(client: Client, device: TOTPDevice, name: str = "ursula") -> str:
    """Do both steps; return the code that is used up."""
    assert post_password(client, name).status_code == 302
    code = code_of(device.bin_key)
    assert post_code(client, code).status_code == 302
    assert client.get("/admin/").status_code == 200
    return code


def recovery_codes(page: Any) -> list[str]:
    return re.findall(r"<li><code>([^<]+)</code>", page.content.decode())
