"""The second step: set up once, asked for at each log-in, and nobody gets around it."""

from base64 import b32decode
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from tests.staff import (
    RECOVER,
    SET_UP,
    VERIFY,
    code_of,
    enter,
    give_phone,
    make_member,
    post_code,
    post_password,
    recovery_codes,
    wrong_code,
)
from zero2prod.staff.models import AuditEntry


def is_inside(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def set_up(client: Client, path: str = SET_UP):
    """Scan the picture of the page and type a code; return the page, the code and the answer."""
    page = client.get(path)
    code = code_of(TOTPDevice(key=key_of(page)).bin_key)
    return page, code, client.post(path, {"key": signed_key(page), "code": code})


def key_of(page) -> str:
    return b32decode(page.context["key"].replace(" ", "")).hex()


def signed_key(page) -> str:
    return page.context["form"]["key"].value()


def forget_failures(device) -> None:
    """Let the time pass that follows a wrong code."""
    long_ago = timezone.now() - timedelta(hours=1)
    type(device).objects.filter(pk=device.pk).update(throttling_failure_timestamp=long_ago)


class TestSettingUp:
    def test_who_has_none_is_led_there_and_then_to_where_he_was_going(self, client, ursula):
        there = "/admin/newsletter/issue/?state=draft"
        post_password(client, next=there)
        answer = client.get(there, follow=True)
        assert answer.redirect_chain[-1][0].startswith(SET_UP)
        page, _, done = set_up(client, answer.redirect_chain[-1][0])
        assert b"<svg" in page.content
        assert f'href="{there}"'.encode() in done.content.replace(b"&amp;", b"&")
        assert client.get(there).status_code == 200

    def test_the_picture_keeps_the_content_policy(self, client, ursula):
        post_password(client)
        page = client.get(SET_UP).content
        assert b" style=" not in page
        assert b"data:" not in page.replace(b"data-", b"")

    def test_a_wrong_code_sets_up_nothing_and_keeps_the_picture(self, client, ursula):
        post_password(client)
        page = client.get(SET_UP)
        wrong = wrong_code(TOTPDevice(key=key_of(page)).bin_key)
        again = client.post(SET_UP, {"key": signed_key(page), "code": wrong})
        assert "not right" in again.content.decode()
        assert key_of(again) == key_of(page)
        assert not TOTPDevice.objects.exists()

    @pytest.mark.parametrize("code", ["", "12345", "abcdef", "١٢٣٤٥٦", "1" * 500])
    def test_what_is_no_code_is_said(self, client, ursula, code):
        post_password(client)
        page = client.get(SET_UP)
        again = client.post(SET_UP, {"key": signed_key(page), "code": code})
        assert again.status_code == 200
        assert again.context["form"].errors["code"]

    def test_a_key_that_the_site_did_not_give_is_refused(self, client, ursula, db):
        post_password(client)
        answer = client.post(SET_UP, {"key": "00" * 20, "code": "123456"}, follow=True)
        assert "open for too long" in answer.content.decode()
        assert not TOTPDevice.objects.exists()

    def test_the_form_sent_twice_sets_up_once(self, client, ursula):
        post_password(client)
        page, code, _ = set_up(client)
        codes = set(StaticToken.objects.values_list("token", flat=True))
        form = {"key": signed_key(page), "code": code}
        assert "not right" in client.post(SET_UP, form).content.decode()
        assert set(StaticToken.objects.values_list("token", flat=True)) == codes

    def test_the_code_of_the_set_up_opens_nothing_again(self, client, ursula):
        post_password(client)
        _, code, _ = set_up(client)
        other = Client()
        post_password(other)
        assert post_code(other, code).status_code == 200
        assert not is_inside(other)

    def test_who_has_one_cannot_be_given_another_by_who_stole_the_password(self, client, phone):
        post_password(client)
        assert client.get(SET_UP)["Location"].startswith(VERIFY)
        assert client.post(SET_UP, {"key": "x", "code": "1"})["Location"].startswith(VERIFY)

    def test_another_phone_ends_the_sessions_of_the_first(self, client, phone):
        enter(client, phone)
        other = Client()
        post_password(other)
        post_code(other, code_of(phone.bin_key, ahead=1))
        assert is_inside(other)
        set_up(other)
        assert is_inside(other)
        assert not is_inside(client)
        assert client.get("/admin/")["Location"].startswith("/admin/login/")
        assert TOTPDevice.objects.count() == 1


class TestTheCode:
    def test_it_opens_the_admin_after_the_password(self, client, phone):
        answer = post_password(client, next="/admin/newsletter/issue/")
        assert not is_inside(client)
        assert client.get(answer["Location"])["Location"].startswith(VERIFY)
        done = post_code(client, code_of(phone.bin_key), next="/admin/newsletter/issue/")
        assert done["Location"] == "/admin/newsletter/issue/"
        assert is_inside(client)

    def test_it_works_once(self, client, phone):
        code = enter(client, phone)
        other = Client()
        post_password(other)
        again = post_code(other, code)
        assert "used already" in again.content.decode()
        assert not is_inside(other)

    def test_wrong_ones_are_answered_ever_later(self, client, phone):
        post_password(client)
        assert post_code(client, wrong_code(phone.bin_key)).status_code == 200
        refused = post_code(client, code_of(phone.bin_key))
        assert refused.status_code == 429
        assert int(refused["Retry-After"]) >= 1
        forget_failures(phone)
        assert post_code(client, code_of(phone.bin_key)).status_code == 302

    def test_the_owner_waits_half_an_hour_at_most(self, client, phone):
        post_password(client)
        for _ in range(20):
            forget_failures(phone)
            post_code(client, wrong_code(phone.bin_key))
        assert int(post_code(client, code_of(phone.bin_key))["Retry-After"]) <= 35 * 60

    def test_the_code_of_another_member_is_none(self, client, phone, db):
        other = give_phone(make_member("other"))
        post_password(client)
        assert post_code(client, code_of(other.bin_key)).status_code == 200

    def test_the_session_has_a_new_key_at_each_step(self, client, phone):
        client.get("/admin/login/")
        client.cookies["sessionid"] = fixed = "a" * 32  # planted by an attacker
        post_password(client)
        first = client.session.session_key
        post_code(client, code_of(phone.bin_key))
        assert len({fixed, first, client.session.session_key}) == 3

    def test_a_stranger_is_asked_for_the_password(self, client, phone):
        for path in (VERIFY, RECOVER, SET_UP):
            assert client.get(path)["Location"].startswith("/admin/login/")

    @pytest.mark.parametrize("step", [VERIFY, RECOVER])
    @pytest.mark.parametrize("then", ["//evil.example", "javascript:alert(1)", "\\\\evil.example"])
    def test_it_leads_to_no_other_site(self, client, phone, step, then):
        post_password(client)
        assert then.encode() not in client.get(step, {"next": then}).content
        if step == VERIFY:
            answer = post_code(client, code_of(phone.bin_key), next=then)
            assert answer["Location"] == "/admin/"

    def test_one_can_leave_between_the_steps(self, client, phone):
        post_password(client)
        client.post("/admin/logout/")
        assert client.get(VERIFY)["Location"].startswith("/admin/login/")


class TestRecoveryCodes:
    @pytest.fixture
    def codes(self, client, ursula):
        """The codes that were shown when the second step was set up."""
        post_password(client)
        codes = recovery_codes(set_up(client)[2])
        assert len(set(codes)) == 10
        return codes

    def test_each_opens_the_admin_once(self, codes):
        for code in codes[:2]:
            visitor = Client()
            post_password(visitor)
            assert post_code(visitor, code.upper().replace("-", " "), RECOVER).status_code == 302
            assert is_inside(visitor)
        again = Client()
        post_password(again)
        assert post_code(again, codes[0], RECOVER).status_code == 200
        assert not is_inside(again)

    def test_they_are_kept_as_digests(self, codes):
        kept = " ".join(StaticToken.objects.values_list("token", flat=True))
        assert not any(code.replace("-", "") in kept for code in codes)

    def test_they_outlive_a_new_secret_key(self, codes, settings):
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "another" * 10
        visitor = Client()
        post_password(visitor)
        assert post_code(visitor, codes[0], RECOVER).status_code == 302

    def test_wrong_ones_are_answered_ever_later(self, codes):
        visitor = Client()
        post_password(visitor)
        assert post_code(visitor, "aaaa-bbbb-cccc", RECOVER).status_code == 200
        assert post_code(visitor, codes[0], RECOVER).status_code == 429

    def test_new_ones_replace_them(self, codes, client):
        new = recovery_codes(client.post("/admin/two-step/codes/"))
        assert len(new) == 10
        assert not set(new) & set(codes)
        visitor = Client()
        post_password(visitor)
        assert post_code(visitor, codes[0], RECOVER).status_code == 200
        forget_failures(StaticDevice.objects.get())
        assert post_code(visitor, new[0], RECOVER).status_code == 302


class TestTheWayOut:
    def test_the_operator_resets_it_by_a_command(self, client, phone, capsys):
        enter(client, phone)
        call_command("reset_two_step", "ursula")
        assert "sets up a new second step" in capsys.readouterr().out
        assert client.get("/admin/")["Location"].startswith("/admin/login/")
        post_password(client)
        assert client.get("/admin/")["Location"].startswith(SET_UP)
        entry = AuditEntry.objects.get(verb="two_step.reset")
        assert (entry.actor_name, entry.target_name) == ("manage.py", "ursula")

    def test_an_unknown_user_is_said(self, db):
        with pytest.raises(CommandError, match="no user 'nobody'"):
            call_command("reset_two_step", "nobody")

    def test_a_superuser_resets_it_in_the_admin(self, client, phone, admin_user, settings):
        settings.STAFF_TWO_STEP_REQUIRED = False
        boss = Client()
        boss.force_login(admin_user)
        chosen = {"action": "reset_two_step", "_selected_action": [phone.user_id]}
        page = boss.post("/admin/auth/user/", chosen, follow=True)
        assert "1 reset" in page.content.decode()
        assert not TOTPDevice.objects.exists()


class TestWhereItIsNotRequired:
    @pytest.fixture(autouse=True)
    def two_steps(self, settings):
        settings.STAFF_TWO_STEP_REQUIRED = False

    def test_the_password_is_enough(self, client, ursula):
        post_password(client)
        assert is_inside(client)

    def test_who_has_one_is_asked_all_the_same(self, client, phone):
        post_password(client)
        assert not is_inside(client)

    def test_it_can_be_set_up_and_removed(self, client, ursula):
        post_password(client)
        assert b"Set up the second step" in client.get("/admin/two-step/").content
        set_up(client)
        assert b"10</strong> recovery codes" in client.get("/admin/two-step/").content
        client.post("/admin/two-step/remove/")
        assert is_inside(client)
        assert not TOTPDevice.objects.exists()


def test_it_cannot_be_removed_where_it_is_required(client, phone):
    enter(client, phone)
    assert client.post("/admin/two-step/remove/").status_code == 403
    assert TOTPDevice.objects.exists()
