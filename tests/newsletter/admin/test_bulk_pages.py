"""Many readers changed at once, from the list."""

import json

import pytest

from newsletter.models import (
    BulkChange,
    Change,
    Consent,
    Subscription,
)
from tests.factories import make_subscription
from tests.newsletter.admin.readers_desk import LIST, messages_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader():
    return make_subscription("ursula@example.org", name="Ursula Le Guin", tags=["vip"])


def ask_for(client, query="", **posted):
    """Press the list's button and return what its page would post."""
    page = client.post(f"{LIST}{query}", {"action": "change_chosen", **posted})
    assert page.status_code == 200
    return {"selection": json.dumps(page.context["form"].initial["selection"]), "sure": "on"}


class TestMany:
    @pytest.fixture
    def readers(self):
        return [make_subscription(f"r{number}@example.org") for number in range(5)]

    def test_the_ticked_are_tagged(self, editor, readers):
        chosen = [str(reader.pk) for reader in readers[:2]]
        form = ask_for(editor, _selected_action=chosen)
        page = editor.post(f"{LIST}bulk/", {**form, "act": "tag", "tag": "spring"}, follow=True)
        assert "2 of 2 were changed" in messages_of(page)
        assert Subscription.objects.filter(tags=["spring"]).count() == 2
        assert Change.objects.filter(act="tagged", detail="spring", by="editor").count() == 2

    def test_all_that_match_are_unsubscribed(self, editor, readers):
        make_subscription("other@example.net")
        form = ask_for(
            editor, "?q=example.org", select_across="1", _selected_action=[str(readers[0].pk)]
        )
        editor.post(f"{LIST}bulk/", {**form, "act": "unsubscribe"})
        assert Subscription.objects.filter(status="unsubscribed").count() == 5
        assert Consent.objects.filter(act="withdrew").count() == 5
        change = BulkChange.objects.get()
        assert (change.state, change.seen, change.changed) == ("done", 5, 5)

    @pytest.mark.usefixtures("readers")
    def test_each_filter_means_the_rows_that_the_list_shows(self, editor):
        make_subscription("x@example.org", tags=["vip"], language="de", status="bounced")
        for query in ("?status=bounced", "?tag=vip", "?language=de", "?q=x%40exa", "?status=&q="):
            shown = editor.get(LIST + query).context["cl"].result_count
            form = ask_for(editor, query, select_across="1", _selected_action=["x"])
            editor.post(f"{LIST}bulk/", {**form, "act": "tag", "tag": query[:20]})
            assert BulkChange.objects.latest("pk").seen == shown

    def test_a_tag_is_removed_also_when_it_is_the_filter(self, editor):
        for number in range(3):
            make_subscription(f"v{number}@example.org", tags=["vip", "x"])
        form = ask_for(editor, "?tag=vip", select_across="1", _selected_action=["x"])
        editor.post(f"{LIST}bulk/", {**form, "act": "untag", "tag": "vip"})
        assert list(Subscription.objects.values_list("tags", flat=True)) == [["x"]] * 3

    @pytest.mark.parametrize(
        "change",
        [
            {"act": "tag", "tag": ""},
            {"act": "sql", "tag": "x"},
            {"act": "tag", "tag": "x", "sure": ""},
            {"act": "tag", "tag": "x", "selection": "{}x"},
            {"act": "tag", "tag": "x", "selection": '{"where": "1=1"}'},
            {"act": "tag", "tag": "x", "selection": '{"ids": ["1 OR 1=1"]}'},
            {"act": "tag", "tag": "x", "selection": '{"status": "everybody"}'},
            {"act": "tag", "tag": "x", "selection": '{"q": ["a"]}'},
            {"act": "tag", "tag": "x", "selection": "[1]"},
        ],
    )
    def test_what_makes_no_sense_changes_nobody(self, editor, readers, change):
        form = ask_for(editor, _selected_action=[str(readers[0].pk)])
        page = editor.post(f"{LIST}bulk/", {**form, **change}, follow=True)
        assert page.status_code == 200
        assert not Change.objects.exists()
