"""The list of readers: found at once, whatever is asked."""

import json
import re
from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from newsletter.models import Segment, Subscription
from tests.factories import default_newsletter, make_subscription
from tests.newsletter.admin.readers_desk import LIST, found, messages_of, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader():
    return make_subscription("ursula@example.org", name="Ursula Le Guin", tags=["vip"])


class TestList:
    @pytest.mark.usefixtures("reader")
    def test_a_part_of_an_address_or_a_name_finds_its_reader(self, editor):
        make_subscription("paul@example.org", name="100%_Paul")
        assert found(editor, "q=RSUL") == {"ursula"}
        assert found(editor, "q=le+guin") == {"ursula"}
        assert found(editor, "q=example") == {"ursula", "paul"}
        assert found(editor, "q=0%25_p") == {"paul"}
        assert found(editor, "q=%25%25%25") == set()

    @pytest.mark.usefixtures("reader")
    def test_a_short_search_is_told_what_it_lacks(self, editor):
        page = editor.get(f"{LIST}?q=ur")
        assert "at least 3 characters" in messages_of(page)
        assert not page.context["cl"].result_list

    @pytest.mark.usefixtures("reader")
    def test_each_filter_narrows_it(self, editor):
        make_subscription("left@example.org", status="unsubscribed", language="de")
        segment = Segment.objects.create(
            newsletter=default_newsletter(),
            name="V",
            slug="v",
            definition={"conditions": [{"what": "has_tag", "value": "vip"}]},
        )
        assert found(editor, "status=unsubscribed") == {"left"}
        assert found(editor, "tag=vip") == {"ursula"}
        assert found(editor, "tag=unknown") == set()
        assert found(editor, "language=de") == {"left"}
        assert found(editor, f"segment={segment.pk}") == {"ursula"}
        assert found(editor, f"newsletter={default_newsletter().pk}") == {"ursula", "left"}

    @pytest.mark.parametrize("query", ["status=no", "segment=x", "segment=99", "newsletter=a'--"])
    @pytest.mark.usefixtures("reader")
    def test_a_filter_that_is_none_finds_nobody_and_says_so(self, editor, query):
        page = editor.get(f"{LIST}?{query}")
        assert messages_of(page)
        assert not page.context["cl"].result_list

    @pytest.mark.parametrize(
        "lookup",
        [
            "newsletter__sender_email__startswith=a",
            "consents__user_agent__contains=a",
            "email__regex=(a%2B)%2B$",
            "attributes__city=x",
            "status__exact=confirmed",
            "id__in=1",
            "notes__by__password__startswith=p",
        ],
    )
    @pytest.mark.usefixtures("reader")
    def test_other_lookups_are_refused(self, editor, lookup):
        """C10, C16: no field is asked for that the page does not offer."""
        page = editor.get(f"{LIST}?{lookup}")
        assert page.status_code in {302, 400}

    @pytest.mark.parametrize("order", ["1", "-2", "3.1", "99", "x", "email", "1;DROP TABLE x"])
    @pytest.mark.usefixtures("reader")
    def test_it_is_sorted_by_what_has_an_index_only(self, editor, order):
        """C10."""
        with CaptureQueriesContext(connection) as queries:
            assert editor.get(LIST, {"o": order}).status_code == 200
        asked = "".join(query["sql"] for query in queries if "LIMIT" in query["sql"])
        assert not re.search(r'ORDER BY "newsletter_subscription"\."(email|name|status)"', asked)

    def test_no_query_reads_them_all(self, editor):
        """Nothing is counted, sorted or made distinct over the whole table."""
        call_command("demo_data", subscriptions=30_000)
        with connection.cursor() as cursor:
            # What autovacuum does, inside of a transaction. Tests that were rolled back leave more
            # dead rows here than there are living ones, and then to read all is as cheap.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("CLUSTER newsletter_subscription USING newsletter_subscription_pkey")
        for query in ("", "?q=tariq", "?tag=press", "?p=100", "?language=de", "?o=-6"):
            with CaptureQueriesContext(connection) as queries:
                assert editor.get(LIST + query).status_code == 200
            for asked in queries:
                if "newsletter_subscription" in asked["sql"] and "SAVEPOINT" not in asked["sql"]:
                    assert "DISTINCT" not in asked["sql"]
                    assert rows_read(asked["sql"]) <= 20_001, asked["sql"]

    def test_few_rows_are_found_before_they_are_sorted(self, editor):
        """An index in the order of the list would be walked until enough of them were met."""
        make_subscription("ada@example.org", tags=["press"])
        with CaptureQueriesContext(connection) as queries:
            editor.get(f"{LIST}?tag=press&status=confirmed")
        (asked,) = (query["sql"] for query in queries if "ORDER BY COALESCE" in query["sql"])
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_sort = off")
            cursor.execute(f"EXPLAIN {asked}")
            plan = "".join(line for (line,) in cursor)
        assert "Sort" in plan

    def test_they_stand_in_the_order_that_was_asked_for(self, editor):
        for day in (2, 1, 3):
            reader = make_subscription(f"day{day}@example.org")
            Subscription.objects.filter(pk=reader.pk).update(
                subscribed_at=datetime(2026, 1, day, tzinfo=UTC)
            )
        for order, days in (("", "321"), ("6", "123"), ("-6", "321")):
            page = editor.get(LIST, {"o": order})
            assert "".join(row.email[3] for row in page.context["cl"].result_list) == days

    def test_each_stands_on_one_page(self, editor):
        call_command("demo_data", subscriptions=150)
        pages = [editor.get(LIST, {"p": page}).context["cl"].result_list for page in (1, 2)]
        assert [len(page) for page in pages] == [100, 50]
        assert len({row.pk for page in pages for row in page}) == 150

    def test_a_longer_list_takes_no_more_queries(self, editor):
        editor.get(LIST)
        counts = []
        for number in range(2):
            for row in range(20):
                make_subscription(f"r{number}-{row}@example.org")
            with CaptureQueriesContext(connection) as queries:
                editor.get(LIST)
            counts.append(len(queries))
        assert counts[0] == counts[1]

    def test_who_may_not_see_readers_sees_none(self, onlooker, reader):
        assert onlooker.get(LIST).status_code == 403
        assert onlooker.get(url(reader)).status_code == 403


def rows_read(sql):
    """Return how many rows the busiest step of a plan reads of the subscriptions."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}")
        plan = cursor.fetchone()[0]
    if isinstance(plan, str):
        plan = json.loads(plan)
    return max(_scanned(plan[0]["Plan"]))


def _scanned(node):
    loops = node.get("Actual Loops", 1)
    if node.get("Relation Name") == "newsletter_subscription":
        yield loops * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0))
    else:
        yield 0
    for child in node.get("Plans", ()):
        yield from _scanned(child)
