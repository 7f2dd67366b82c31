import io
import os
import subprocess
import sys
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from newsletter import links
from newsletter.delivery import letters
from newsletter.delivery.ledger import Opening
from newsletter.management.commands.process_bounce import LIMIT
from newsletter.models import Subscription, Suppression
from tests.factories import make_delivery, make_issue, make_subscription
from tests.newsletter.bounces import absence_note, complaint, report

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _bounce_address(settings):
    settings.BOUNCE_ADDRESS = "bounces@example.org"


@pytest.fixture
def mail():
    return make_delivery(
        make_subscription(), make_issue(state="sending"), state="sent", next_at=None
    )


@pytest.fixture
def pipe(monkeypatch):
    def pipe(octets, *arguments):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(octets)))
        out = io.StringIO()
        call_command("process_bounce", *arguments, stdout=out)
        return out.getvalue().strip()

    return pipe


def ending(mail):
    mail.refresh_from_db()
    return mail.state, mail.error_code, Subscription.objects.get().status


def test_each_mail_has_a_bounce_address_of_its_own(settings, mail):
    reader = mail.subscription
    opening = Opening(mail.pk, "issue", "sending", 1, 0, reader.email, reader.pk, mail.issue_id, 1)
    assert letters.write(opening).sender == links.bounce_address(mail.pk)
    settings.BOUNCE_ADDRESS = ""
    assert letters.write(opening).sender == "newsletter@example.com"


def test_a_hard_bounce_fails_the_mail_and_suppresses_the_address(pipe, mail):
    for _ in range(10):
        told = pipe(report(links.bounce_address(mail.pk)))
        assert told == f"bounced: delivery {mail.pk}"
    assert ending(mail) == ("failed", "bounced 5.1.1", "bounced")
    assert Suppression.objects.count() == 1


def test_the_recipient_may_be_given(pipe, mail):
    pipe(report("<>"), "--recipient", links.bounce_address(mail.pk))
    assert ending(mail) == ("failed", "bounced 5.1.1", "bounced")


def test_a_policy_rejection_never_suppresses(pipe, mail):
    pipe(report(links.bounce_address(mail.pk), status="5.7.1"))
    assert ending(mail) == ("failed", "bounced 5.7.1", "confirmed")


def test_a_delay_resolves_a_doubt_only(pipe, mail):
    mail.state = "unknown"
    mail.save(update_fields=["state"])
    pipe(report(links.bounce_address(mail.pk), "delayed", "4.4.1"))
    assert ending(mail) == ("sent", "", "confirmed")


def test_a_complaint_suppresses(pipe, mail):
    pipe(complaint(links.bounce_address(mail.pk)))
    assert ending(mail) == ("sent", "", "complained")


def test_an_absence_note_changes_nothing(pipe, mail):
    assert pipe(absence_note(links.bounce_address(mail.pk))).startswith("other")
    assert ending(mail) == ("sent", "", "confirmed")


def test_a_bounce_of_a_mail_that_is_gone_is_harmless(pipe, mail):
    pipe(report(links.bounce_address(uuid4())))
    assert ending(mail) == ("sent", "", "confirmed")


@pytest.mark.parametrize(
    "octets", [b"", b"garbage", b"\0\xff" * 1000, b"x" * (LIMIT + 1), report("b+a.b@example.org")]
)
def test_what_is_no_bounce_is_refused_for_good(pipe, mail, octets):
    with pytest.raises(CommandError) as refusal:
        pipe(octets)
    assert refusal.value.returncode == os.EX_DATAERR
    assert "\n" not in str(refusal.value)
    assert ending(mail) == ("sent", "", "confirmed")


def test_a_database_that_is_not_migrated_yet_loses_no_bounce(pipe, mail):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE newsletter_delivery RENAME error_code TO cause")
    with pytest.raises(CommandError) as later:
        pipe(report(links.bounce_address(mail.pk)))
    assert later.value.returncode == os.EX_TEMPFAIL


def process(octets, **environment):
    return subprocess.run(
        [sys.executable, "manage.py", "process_bounce"],
        input=octets,
        capture_output=True,
        check=False,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test", **environment},
    )


def test_the_mail_server_learns_by_exit_codes(free_port, mail):
    refused = process(b"garbage")
    assert refused.returncode == os.EX_DATAERR
    assert refused.stderr.decode().strip().count("\n") == 0

    away = f"postgres://nobody@127.0.0.1:{free_port}/none"
    later = process(report(links.bounce_address(mail.pk)), DATABASE_URL=away)
    assert later.returncode == os.EX_TEMPFAIL
    assert b"Traceback" not in later.stderr
