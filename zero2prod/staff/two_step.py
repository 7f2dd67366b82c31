"""The second step of a log-in: a code of an app (TOTP, RFC 6238), or a recovery code."""

import secrets
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac
from django_otp import verify_token
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp.util import random_hex

from zero2prod.staff.models import Member

CODES = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP_LENGTH = 3, 4
_DIGEST_LENGTH = 16
MOST_FAILURES = 12
"""Each wrong code doubles the wait before the next one is heard, up to 2 ** 11 s, 34 minutes."""


class WrongCode(Exception):
    """The code is not the present one, or was used already."""

    def __str__(self) -> str:
        return "This code is not right, or was used already. Type the one that is shown now."


class WrongRecoveryCode(WrongCode):
    """There is no such code, or it was used already."""

    def __str__(self) -> str:
        return "This is none of your recovery codes, or it was used already."


class TooManyCodes(Exception):
    """Several were wrong; `until` says when the next one is heard."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


def is_complete(user: Any) -> bool:
    """Whether this user of a request has done all steps that are asked of him."""
    if user.is_verified():
        return True
    return not settings.STAFF_TWO_STEP_REQUIRED and user.factor is None


def new_device(member: Member, key: str = "") -> TOTPDevice:
    """Return a device that is not stored yet, with a new key of 160 bits unless one is given."""
    return TOTPDevice(user_id=member.pk, name="app", key=key or random_hex())


def set_up(member: Member, key: str, code: str) -> tuple[TOTPDevice, list[str]]:
    """Make this key the only factor, if the code is of it; return it and new recovery codes.

    Whoever is logged in elsewhere as this member is so no longer. Raise `WrongCode`.
    """
    with transaction.atomic():
        locked = Member.objects.select_for_update().get(pk=member.pk)
        earlier = locked.factor
        device = new_device(locked, key)
        # The form was sent twice, or somebody else was faster: his factor stays.
        is_late = earlier != member.factor or (earlier is not None and earlier.key == key)
        if is_late or not device.verify_token(code):
            raise WrongCode  # which also takes back what the device has counted
        TOTPDevice.objects.filter(user_id=locked.pk).exclude(pk=device.pk).delete()
        return device, new_recovery_codes(locked)


def check_code(member: Member, code: str) -> TOTPDevice:
    """Use up a code of the app. Raise `WrongCode` or `TooManyCodes`."""
    return _use(member.factor, member, code, WrongCode)


def check_recovery_code(member: Member, code: str) -> StaticDevice:
    """Use up a recovery code. Raise `WrongRecoveryCode` or `TooManyCodes`."""
    device = StaticDevice.objects.filter(user_id=member.pk).first()
    digests = [_digest(code, key) for key in _keys()]
    tokens = StaticToken.objects.filter(device=device, token__in=digests)
    kept = tokens.values_list("token", flat=True).first()
    return _use(device, member, kept or digests[0], WrongRecoveryCode)


def new_recovery_codes(member: Member) -> list[str]:
    """Replace a member's recovery codes; these are told once, since only digests are kept."""
    codes = [_new_code() for _ in range(CODES)]
    with transaction.atomic():
        device, _ = StaticDevice.objects.get_or_create(
            user_id=member.pk, defaults={"name": "recovery"}
        )
        device.token_set.all().delete()
        StaticToken.objects.bulk_create(
            StaticToken(device=device, token=_digest(code, settings.SECRET_KEY)) for code in codes
        )
    return codes


def recovery_codes_left(member: Member) -> int:
    left: int = StaticToken.objects.filter(device__user_id=member.pk).count()
    return left


def remove(member: Member) -> bool:
    """Take a member's factor away, which ends his sessions; return whether he had one."""
    with transaction.atomic():
        codes, _ = StaticDevice.objects.filter(user_id=member.pk).delete()
        devices, _ = TOTPDevice.objects.filter(user_id=member.pk).delete()
    return bool(codes or devices)


def _use(device: Any, member: Member, code: str, wrong: type[WrongCode]) -> Any:
    if device is None:
        raise wrong
    is_heard, reason = device.verify_is_allowed()
    if not is_heard:
        raise TooManyCodes(reason["locked_until"])
    used = verify_token(member, device.persistent_id, code)
    if used is None:
        # Who knows the password must not lock the owner out for years.
        failures = type(device).objects.filter(throttling_failure_count__gt=MOST_FAILURES)
        failures.filter(pk=device.pk).update(throttling_failure_count=MOST_FAILURES)
        raise wrong
    return used


def _new_code() -> str:
    groups = (
        "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS)
    )
    return "-".join(groups)


def _digest(code: str, key: str) -> str:
    typed = "".join(filter(str.isalnum, code.lower()))
    digest = salted_hmac("staff.recovery", typed, key, algorithm="sha256").hexdigest()
    return digest[:_DIGEST_LENGTH]


def _keys() -> list[Any]:
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
