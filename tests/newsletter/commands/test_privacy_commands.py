"""`manage.py person`, `check_consents` and `prune`, as an operator reads them."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from newsletter.models import Consent, Subscription, Suppression
from tests.factories import make_subscription

EMAIL = "ursula@example.org"

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader():
    reader = make_subscription(EMAIL)
    Consent.objects.create(subscription=reader, act="confirmed")
    return reader


def test_a_person_is_written_down_as_json(capsys, reader):
    call_command("person", "Ursula@example.org")
    document = json.loads(capsys.readouterr().out)
    assert document["subscriptions"][0]["consent"]["chain_holds"] is True


def test_a_person_is_erased(capsys, reader):
    call_command("person", EMAIL, "--erase", "--never-again")
    assert capsys.readouterr().out == "1 subscriptions erased.\n"
    assert not Subscription.objects.exists()
    assert Suppression.objects.get().reason == "requested"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("nobody",), "This is not an e-mail address"),
        (("nobody@example.org",), "Nothing is stored"),
        ((EMAIL, "--never-again"), "goes with --erase"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(arguments, reason):
    with pytest.raises(CommandError, match=reason):
        call_command("person", *arguments)


def test_the_chains_are_checked(capsys, reader):
    call_command("check_consents")
    assert capsys.readouterr().out == "1 chains hold.\n"
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE newsletter_consent DISABLE TRIGGER USER")
        cursor.execute("UPDATE newsletter_consent SET act = 'withdrew'")
        cursor.execute("ALTER TABLE newsletter_consent ENABLE TRIGGER USER")
    with pytest.raises(CommandError, match="1 of 1 chains do not hold"):
        call_command("check_consents")
    assert f"link 1 of subscription {reader.pk}: it was changed" in capsys.readouterr().err


@pytest.mark.parametrize("options", [("--dry-run",), ()])
def test_what_is_over_is_counted_by_kind(capsys, options):
    call_command("prune", *options)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "unconfirmed: 0"
    assert all(line.endswith(": 0") for line in lines)
