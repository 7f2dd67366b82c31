"""`manage.py demo_data`: readers by the thousand."""

import pytest
from django.core.management import CommandError, call_command

from newsletter.models import Subscription

pytestmark = pytest.mark.django_db


def test_a_second_run_adds_as_many_again(capsys):
    call_command("demo_data", subscriptions=150)
    call_command("demo_data", subscriptions=50)
    readers = Subscription.objects.confirmed()
    assert readers.count() == 200
    assert len({reader.email.lower() for reader in readers}) == 200
    assert "50 readers" in capsys.readouterr().out


def test_nobody_real_could_get_a_mail():
    call_command("demo_data", subscriptions=100)
    for reader in Subscription.objects.all():
        assert reader.email.rpartition("@")[2] in {"example.org", "example.com", "example.net"}
        assert reader.name
        assert reader.subscribed_at < reader.confirmed_at


def test_production_refuses(monkeypatch):
    monkeypatch.setenv("APP_ENVIRONMENT", "production")
    with pytest.raises(CommandError, match="no place in production"):
        call_command("demo_data", subscriptions=1)
    assert not Subscription.objects.exists()


@pytest.mark.parametrize("wanted", [0, -1, 10_000_001, 10**30])
def test_how_many_at_once_is_limited(wanted):
    with pytest.raises(CommandError, match="from 1 to 10,000,000"):
        call_command("demo_data", subscriptions=wanted)
