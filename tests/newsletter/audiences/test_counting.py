"""How many readers: exact while that is quick, else about; and whom an issue reaches."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from newsletter import audiences
from newsletter.audiences import Condition, Count, Definition, counting
from newsletter.audiences.counting import SAMPLE
from newsletter.models import Segment
from newsletter.patience import within
from tests.factories import default_newsletter, make_issue, make_subscription

pytestmark = pytest.mark.django_db


def test_a_few_are_counted_exactly():
    make_subscription()
    assert audiences.count(audiences.readers_of(default_newsletter(), Definition())) == Count(1)


def test_what_takes_too_long_is_about_and_says_so():
    call_command("demo_data", subscriptions=4 * SAMPLE)
    tagged = Definition((Condition("has_tag", "customer"),))
    readers = audiences.readers_of(default_newsletter(), tagged)
    slow = readers.extra(where=["pg_sleep(0.01) IS NOT NULL"])
    assert within(50, slow.count) is None
    exact = readers.count()
    about = counting.estimate(readers)
    assert not about.is_exact
    assert str(about).startswith("about 1")
    assert about.readers == pytest.approx(exact, rel=0.1)
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)


def test_few_of_many_are_not_nobody():
    call_command("demo_data", subscriptions=2 * SAMPLE)
    make_subscription("last@example.org", source="the only one")
    one = Definition((Condition("source_is", "the only one"),))
    readers = audiences.readers_of(default_newsletter(), one)
    assert audiences.count(readers, patience_ms=1).readers


def test_a_segments_reach_has_its_reasons():
    newsletter = default_newsletter()
    segment = Segment.objects.create(
        newsletter=newsletter,
        name="V",
        slug="v",
        definition=Definition((Condition("has_tag", "vip"),)).as_json(),
    )
    make_subscription("a@example.org", tags=["vip"])
    make_subscription("b@example.org", tags=["vip"], status="bounced")
    make_subscription("d@example.org", tags=["vip"], paused_until=timezone.now() - timedelta(1))
    make_subscription("c@example.org", tags=["vip"], paused_until=timezone.now() + timedelta(1))
    make_subscription("e@example.org")
    reach = audiences.reach(make_issue(segment=segment))
    assert reach.audience == Count(2)
    assert reach.skipped == {"bounced": Count(1), "paused": Count(1)}


@pytest.mark.parametrize(
    ("condition", "index"),
    [
        (Condition("has_tag", "press"), "subscription_tags"),
        (Condition("attribute_is", "Nowhere", "city"), "subscription_attributes"),
        (Condition("signed_up_within", "1"), "subscription_"),
    ],
)
def test_what_few_meet_is_found_by_an_index(condition, index):
    call_command("demo_data", subscriptions=5_000)
    with connection.cursor() as cursor:  # as autovacuum does
        for name in ("subscription_tags", "subscription_attributes"):
            cursor.execute("SELECT gin_clean_pending_list(%s::regclass)", [name])
    readers = audiences.readers_of(default_newsletter(), Definition((condition,)))
    plan = readers.explain()
    assert index in plan
    assert "Seq Scan" not in plan
