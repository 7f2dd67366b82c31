"""What is exported is imported again without a difference, and harms no spreadsheet."""

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from newsletter import cells, exporting, names
from newsletter.importing.choices import is_tag
from newsletter.models import Newsletter, Subscription, Suppression
from tests.factories import make_subscription
from tests.newsletter.importing.files import fates, faults, import_file

pytestmark = pytest.mark.django_db

FORMULA = some.sampled_from("=+-@'＝")  # noqa: RUF001
TEXT = some.text(some.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
MOMENTS = some.datetimes(datetime(1990, 1, 1), datetime(2025, 1, 1)).map(  # noqa: DTZ001
    lambda time: time.replace(tzinfo=UTC)
)


def named(text: str) -> str:
    try:
        return names.parse_name(text)
    except names.InvalidName:
        return ""


NAMES = some.builds("{}{}".format, some.one_of(some.just(""), FORMULA), TEXT).map(named)
TAGS = some.lists(
    some.one_of(TEXT, some.sampled_from(['a"b', "a,b", "=1", "'=1", "a;b", "|"])).filter(is_tag),
    max_size=3,
    unique=True,
)
JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | TEXT,
    lambda children: (
        some.lists(children, max_size=2) | some.dictionaries(TEXT, children, max_size=2)
    ),
    max_leaves=4,
)
READERS = some.fixed_dictionaries(
    {
        "email": some.sampled_from(["a{}@example.org", "=a{}@x.org", "'+a{}@x.org", "-{}@x.org"]),
        "name": NAMES,
        "tags": TAGS,
        "attributes": some.dictionaries(TEXT, JSON, max_size=3),
        "language": some.sampled_from(["", "de", "pt-BR"]),
        "source": some.sampled_from(["", '@fair, "Oslo"', "=x"]),
        "subscribed_at": MOMENTS,
        "confirmed_at": MOMENTS,
        "status": some.sampled_from(Subscription.Status.values),
    }
)
FIELDS = tuple(field for field in exporting.COLUMNS)


def exported(**filters) -> str:
    return "".join(exporting.export(Subscription.objects.filter(**filters)))


def contents(newsletter: Newsletter) -> list[tuple]:
    rows = Subscription.objects.filter(newsletter=newsletter).order_by("email")
    return list(rows.values_list(*FIELDS))


@settings(
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(some.lists(READERS, min_size=1, max_size=5))
def test_an_export_imports_again_without_a_difference(readers):
    Subscription.objects.all().delete()
    Suppression.objects.all().delete()
    for number, reader in enumerate(readers):
        fields = {**reader, "email": reader["email"].format(number)}
        if fields["status"] in {"unsubscribed", "bounced", "complained"}:
            fields["unsubscribed_at"] = fields["confirmed_at"]
        make_subscription(**fields)
    mirror, _ = Newsletter.objects.get_or_create(slug="mirror", defaults={"title": "Mirror"})
    home = Newsletter.objects.get(slug="default")
    batch = import_file(exported(newsletter=home), newsletter=mirror)
    assert faults(batch) == []
    assert sum(fates(batch).values()) == len(readers)
    assert contents(mirror) == contents(home)


def test_no_cell_is_a_formula():
    make_subscription("=HYPERLINK@x.com", name="@SUM(A1)", source="+1", tags=["-2", "=cmd|"])
    rows = list(csv.reader(io.StringIO(exported())))
    assert rows[1][:2] == ["'=HYPERLINK@x.com", "'@SUM(A1)"]
    assert [cell[0] for cell in rows[1][4:6]] == ["'", "'"]


@given(some.text("'=+-@\t a＝", max_size=6))  # noqa: RUF001
def test_escaping_is_undone_exactly(text):
    escaped = cells.escape(text)
    assert cells.unescape(escaped) == text
    assert not escaped or escaped[0] not in "=+-@\t\r\n＝＋－＠"  # noqa: RUF001


def test_an_export_takes_few_queries_and_begins_with_the_mark_on_request(
    django_assert_num_queries,
):
    make_subscription()
    with django_assert_num_queries(2):
        pieces = list(exporting.export(Subscription.objects.all(), with_mark=True))
    assert pieces[0].startswith("\ufeffemail,name,status")
    assert fates(import_file("".join(pieces))) == {"known": 1}
