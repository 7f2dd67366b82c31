"""What lists offer to choose from, known without reading a million rows."""

import pytest
from django.core.management import call_command
from django.db import connection

from newsletter import known_values
from tests.factories import make_subscription

pytestmark = pytest.mark.django_db


def test_of_a_few_readers_all_tags_are_known():
    make_subscription("a@example.org", tags=["b", "a"])
    make_subscription("b@example.org", tags=["b"], language="de")
    make_subscription("c@example.org", language="es")
    assert known_values.tags() == ["a", "b"]
    assert known_values.languages() == ["de", "es"]


def test_of_many_readers_the_common_ones_are(monkeypatch):
    monkeypatch.setattr(known_values, "SMALL", 100)
    call_command("demo_data", subscriptions=2_000)
    assert {"customer", "beta"} <= set(known_values.tags())
    assert known_values.languages() == ["de", "es", "fr", "pt"]
    assert known_values.readers() == 2_000


def test_attributes_are_known_by_their_names():
    make_subscription("a@example.org", attributes={"city": "Oslo", "orders": 3})
    make_subscription("b@example.org", attributes={"city": "Bergen"})
    assert known_values.attributes() == ["city", "orders"]


def test_nobody_is_nothing():
    assert known_values.tags() == known_values.languages() == known_values.attributes() == []
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE newsletter_subscription")
    assert known_values.readers() == 0
