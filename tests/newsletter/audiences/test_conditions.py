"""What each condition asks of a reader, in a real database."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from newsletter import audiences
from newsletter.audiences import Condition, Definition
from tests.factories import default_newsletter, make_delivery, make_issue, make_subscription

pytestmark = pytest.mark.django_db

HOSTILE = [
    "' OR 1=1 --",
    '"); DROP TABLE x; --',
    "%s",
    "%(a)s",
    "{x}",
    '$.a ? (@ == "x")',
    "\\",
    "*",
]


def found(*conditions, **fields):
    """Return the names of the readers whom some conditions find."""
    readers = audiences.readers_of(default_newsletter(), Definition(conditions, **fields))
    return {reader.email.partition("@")[0] for reader in readers}


def numbered(what, *values):
    return [Condition(what, value) for value in values]


class TestTags:
    @pytest.fixture(autouse=True)
    def readers(self):
        make_subscription("both@example.org", tags=["vip", "beta"])
        make_subscription("vip@example.org", tags=["vip"])
        make_subscription("none@example.org")

    def test_who_has_one_and_who_does_not(self):
        assert found(Condition("has_tag", "vip")) == {"both", "vip"}
        assert found(Condition("lacks_tag", "vip")) == {"none"}
        assert found(Condition("has_tag", "VIP")) == set()

    def test_all_any_and_except(self):
        vip, beta = numbered("has_tag", "vip", "beta")
        assert found(vip, beta) == {"both"}
        assert found(vip, beta, match_any=True) == {"both", "vip"}
        assert found(vip, exclusions=(beta,)) == {"vip"}
        assert found(exclusions=(vip, beta)) == {"none"}

    def test_no_condition_is_everybody_who_is_confirmed(self):
        make_subscription("left@example.org", status="unsubscribed")
        assert found() == found(match_any=True) == {"both", "vip", "none"}


class TestAttributes:
    @pytest.fixture(autouse=True)
    def readers(self):
        make_subscription("number@example.org", attributes={"orders": 7, "city": "Lima"})
        make_subscription("text@example.org", attributes={"orders": "12.5", "city": "Lyon"})
        make_subscription("odd@example.org", attributes={"orders": "many", "2024": "yes"})
        make_subscription(
            "flag@example.org", attributes={"orders": None, "city": ["x"], "pro": True}
        )
        make_subscription("none@example.org")

    @pytest.mark.parametrize(
        ("what", "key", "value", "names"),
        [
            ("attribute_is", "orders", "7", {"number"}),
            ("attribute_is", "orders", "12.5", {"text"}),
            ("attribute_is", "pro", "true", {"flag"}),
            ("attribute_is", "city", "Lima", {"number"}),
            ("attribute_is", "2024", "yes", {"odd"}),
            ("attribute_is_not", "city", "Lima", {"text", "odd", "flag", "none"}),
            ("attribute_contains", "city", "LY", {"text"}),
            ("attribute_above", "orders", "7", {"text"}),
            ("attribute_above", "orders", "6.5", {"number", "text"}),
            ("attribute_below", "orders", "8", {"number"}),
            ("attribute_below", "city", "Lj", {"number"}),
            ("attribute_above", "orders", "f", {"odd"}),
            ("attribute_exists", "orders", "", {"number", "text", "odd", "flag"}),
            ("attribute_missing", "orders", "", {"none"}),
        ],
    )
    def test_what_is_compared_with_what(self, what, key, value, names):
        assert found(Condition(what, value, key)) >= names
        assert found(Condition(what, value, key)) - {"flag"} == names - {"flag"}

    def test_what_cannot_be_compared_is_not_excluded(self):
        """An unknown answer is no, and its opposite is yes: SQL's null would be neither."""
        exclusion = Condition("attribute_above", "1", "orders")
        assert found(exclusions=(exclusion,)) == {"odd", "flag", "none"}

    @pytest.mark.parametrize("text", HOSTILE)
    def test_a_hostile_text_is_a_text(self, text):
        make_subscription("hostile@example.org", attributes={text: text}, tags=[text], source=text)
        assert found(Condition("attribute_is", text, text)) == {"hostile"}
        assert found(Condition("attribute_exists", key=text)) == {"hostile"}
        assert found(Condition("attribute_contains", text, text)) == {"hostile"}
        assert found(Condition("attribute_above", " ", text)) == {"hostile"}
        assert found(Condition("attribute_above", "1", text)) == set()
        assert found(Condition("has_tag", text), Condition("source_is", text)) == {"hostile"}


class TestTimes:
    def test_days_are_whole_and_in_utc(self):
        make_subscription("a@example.org", subscribed_at=datetime(2026, 3, 1, 0, 0, tzinfo=UTC))
        make_subscription("b@example.org", subscribed_at=datetime(2026, 2, 28, 23, 59, tzinfo=UTC))
        assert found(Condition("signed_up_since", "2026-03-01")) == {"a"}
        assert found(Condition("signed_up_before", "2026-03-01")) == {"b"}

    def test_the_last_days_are_counted_from_today(self):
        make_subscription("old@example.org", subscribed_at=timezone.now() - timedelta(days=40))
        make_subscription("new@example.org")
        assert found(Condition("signed_up_within", "30")) == {"new"}
        assert found(Condition("signed_up_longer_than", "30")) == {"old"}

    def test_fixed_they_stay_the_same_days(self):
        at = datetime(2026, 3, 31, 12, tzinfo=UTC)
        fixed = Definition(
            (Condition("signed_up_within", "30"),), (Condition("signed_up_longer_than", "90"),)
        ).fixed(at)
        assert fixed == Definition(
            (Condition("signed_up_since", "2026-03-01"),),
            (Condition("signed_up_before", "2025-12-31"),),
        )


class TestRest:
    def test_who_got_an_issue_and_who_did_not(self):
        issue, other = make_issue("N"), make_issue("Other")
        for state in ("pending", "sent", "unknown", "failed", "skipped"):
            reader = make_subscription(f"{state}@example.org")
            make_delivery(
                reader, issue, state=state, **({} if state == "pending" else {"next_at": None})
            )
        late = make_subscription("late@example.org")
        make_delivery(late, other, state="sent", next_at=None)
        got = {"pending", "sent", "unknown"}
        assert found(Condition("got_issue", str(issue.pk))) == got
        assert found(Condition("missed_issue", str(issue.pk))) == {"failed", "skipped", "late"}
        assert found(Condition("missed_issue", str(10**17))) == got | {"failed", "skipped", "late"}

    def test_no_language_is_the_newsletters(self):
        make_subscription("none@example.org")
        make_subscription("de@example.org", language="de")
        assert found(Condition("language_is", "en")) == {"none"}
        assert found(Condition("language_is_not", "en")) == {"de"}
        assert found(Condition("language_is", "de")) == {"de"}

    def test_source_and_domain(self):
        make_subscription("a@example.org", source="Fair 2026")
        make_subscription("b@sub.example.org")
        assert found(Condition("source_is", "Fair 2026")) == {"a"}
        assert found(Condition("source_is_not", "Fair 2026")) == {"b"}
        assert found(Condition("address_at", "Example.org")) == {"a"}
        assert found(Condition("address_at", "%.example.org")) == set()
