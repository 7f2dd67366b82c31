"""The doors under many hands at once, on committed rows."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice

from tests.staff import code_of, give_phone, make_member, post_password
from zero2prod.staff import two_step
from zero2prod.staff.models import Member

pytestmark = pytest.mark.django_db(transaction=True)

HANDS = 8


def at_once(act: Callable[[], Any]) -> list[Any]:
    """Do the same in as many threads; return what each returned, or the error it raised."""

    def attempt(_number: int) -> Any:
        try:
            return act()
        except two_step.TooManyCodes:
            return two_step.TooManyCodes
        except two_step.WrongCode:
            return two_step.WrongCode
        finally:
            connection.close()

    with ThreadPoolExecutor(HANDS) as threads:
        return list(threads.map(attempt, range(HANDS)))


def passed(answers: list[Any]) -> int:
    return len([answer for answer in answers if not isinstance(answer, type)])


def test_one_code_opens_one_door():
    member = make_member()
    code = code_of(give_phone(member).bin_key)
    answers = at_once(lambda: two_step.check_code(Member.objects.get(pk=member.pk), code))
    assert passed(answers) == 1


def test_one_recovery_code_opens_one_door():
    member = make_member()
    code = two_step.new_recovery_codes(member)[0]
    answers = at_once(lambda: two_step.check_recovery_code(member, code))
    assert passed(answers) == 1
    assert two_step.recovery_codes_left(member) == two_step.CODES - 1


def test_of_two_who_set_up_the_first_factor_one_does():
    """A thief of the password who is as fast as its owner does not replace his phone."""
    member = make_member()

    def set_up() -> Any:
        device = two_step.new_device(member)
        seen = Member.objects.get(pk=member.pk)
        seen.factor = None  # as it was when the page was opened
        return two_step.set_up(seen, device.key, code_of(device.bin_key))

    assert passed(at_once(set_up)) == 1
    assert TOTPDevice.objects.count() == 1


def test_attempts_at_once_lock_as_attempts_one_by_one_do(settings):
    settings.STAFF_TWO_STEP_REQUIRED = False
    make_member()
    at_once(lambda: post_password(Client(), "ursula", "no password of anybody"))
    assert post_password(Client()).status_code == 429
