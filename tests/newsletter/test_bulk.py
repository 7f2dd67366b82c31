"""Changes to very many readers: in steps, resumable, by any number of workers."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from newsletter import bulk, changing
from newsletter.changing import InvalidChange
from newsletter.delivery.housekeeping import Housekeeping
from newsletter.models import BulkChange, Change, Consent, Segment, Subscription
from newsletter.selecting import InvalidSelection, Selection
from tests.factories import default_newsletter, make_subscription

EVERYBODY = Selection()


def promise(act="tag", tag="spring", selection=EVERYBODY):
    """Store a change of which nothing is done yet."""
    return BulkChange.objects.create(act=act, tag=tag, selection=selection.as_json(), by="amina")


@pytest.fixture
def small_steps(monkeypatch):
    monkeypatch.setattr(bulk, "CHUNK", 3)


@pytest.fixture
def readers(db):
    return [make_subscription(f"r{number}@example.org") for number in range(8)]


@pytest.mark.usefixtures("small_steps", "readers")
class TestSteps:
    def test_they_reach_everybody_once(self):
        change = promise()
        while bulk.step():
            pass
        change.refresh_from_db()
        assert (change.state, change.seen, change.changed) == ("done", 8, 8)
        assert change.finished_at is not None
        assert Subscription.objects.filter(tags=["spring"]).count() == 8
        assert Change.objects.filter(by="amina").count() == 8

    def test_they_go_on_where_they_were(self):
        promise()
        bulk.step()
        assert Change.objects.count() == 3
        Subscription.objects.filter(tags=["spring"]).update(tags=[])
        while bulk.step():
            pass
        assert Subscription.objects.filter(tags=["spring"]).count() == 5

    def test_the_worker_does_them(self):
        promise()
        Housekeeping([]).tick()
        assert BulkChange.objects.get().state == "done"

    def test_what_is_stopped_stays_where_it_is(self):
        change = promise()
        bulk.step()
        assert bulk.stop(pk=change.pk)
        assert not bulk.step()
        assert not bulk.stop(pk=change.pk)
        assert Change.objects.count() == 3

    def test_a_segment_that_is_gone_stops_it(self):
        segment = Segment.objects.create(newsletter=default_newsletter(), name="S", slug="s")
        promise(selection=Selection(segment=str(segment.pk)))
        segment.delete()
        assert bulk.step()
        assert BulkChange.objects.get().state == "stopped"
        assert not Change.objects.exists()

    def test_a_small_one_is_done_at_once(self):
        change = bulk.start(selection=EVERYBODY, act="untag", tag="x", by="amina")
        assert (change.state, change.seen, change.changed) == ("done", 8, 0)


@pytest.mark.django_db
class TestChange:
    def test_who_has_left_is_not_unsubscribed_again(self):
        make_subscription("left@example.org", status="bounced")
        make_subscription("here@example.org")
        done = changing.change(Subscription.objects.all(), act=BulkChange.Act.UNSUBSCRIBE, by="a")
        assert (done.seen, done.changed) == (2, 1)
        assert Subscription.objects.get(email="left@example.org").status == "bounced"
        assert Consent.objects.get().act == "withdrew"

    def test_a_reader_has_a_limit_of_tags(self):
        full = [str(number) for number in range(changing.MOST_TAGS)]
        make_subscription(tags=full)
        done = changing.change(Subscription.objects.all(), act=BulkChange.Act.TAG, tag="x", by="a")
        assert done.changed == 0

    @pytest.mark.parametrize("tag", ["%s", "{tag}", "'; DROP TABLE x; --", '"', "\\"])
    def test_a_hostile_tag_is_a_tag(self, tag):
        reader = make_subscription()
        for act in (BulkChange.Act.TAG, BulkChange.Act.UNTAG):
            done = changing.change(Subscription.objects.all(), act=act, tag=tag, by=tag)
            assert done.changed == 1
        reader.refresh_from_db()
        assert reader.tags == []

    def test_nothing_is_begun_that_makes_no_sense(self):
        for fields in ({"act": "sql", "tag": "x"}, {"act": "tag", "tag": ""}):
            with pytest.raises(InvalidChange):
                bulk.start(selection=EVERYBODY, by="a", **fields)
        with pytest.raises(InvalidSelection):
            bulk.start(selection=Selection(status="no"), act="tag", tag="x", by="a")
        assert not BulkChange.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_many_workers_change_nobody_twice(monkeypatch):
    """Rows are really committed: else nobody waits for a lock."""
    monkeypatch.setattr(bulk, "CHUNK", 7)
    for number in range(100):
        make_subscription(f"r{number}@example.org")
    change = promise()

    def work(_number):
        try:
            while BulkChange.objects.get(pk=change.pk).state == "running":
                bulk.step()
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(work, range(6)))
    change.refresh_from_db()
    assert (change.seen, change.changed) == (100, 100)
    assert Change.objects.count() == 100
