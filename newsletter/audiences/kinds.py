"""The conditions there are: what each asks of a reader, and what it takes for an answer."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, TextField, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThan, IContains, LessThan

from newsletter.models import Delivery, Newsletter

State = Delivery.State
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?")
_MOST_DAYS = 36_500
_DAYS = re.compile(r"\d{1,5}")
_ISSUE = re.compile(r"\d{1,18}")
_GOT = (State.PENDING, State.CLAIMED, State.SENDING, State.SENT, State.UNKNOWN)
"""States of a mail that its reader has, will have or may have."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One thing that can be asked of a reader; ``ask`` gets the condition's key and value."""

    words: str
    ask: Callable[[Newsletter, str, str], Q]
    takes_key: bool = False
    takes_value: bool = True
    fault: Callable[[str], str] = lambda _value: ""
    """What is wrong with a value, in a sentence; empty: nothing."""
    fixed: Callable[[str, datetime], tuple[str, str]] | None = None
    """The kind and value that mean the same for ever, seen from a moment."""


def _not_a_day(value: str) -> str:
    try:
        date.fromisoformat(value)
    except ValueError:
        return f"“{value}” is no day; write it as 2026-11-24."
    return ""


def _not_days(value: str) -> str:
    if _DAYS.fullmatch(value) and int(value) <= _MOST_DAYS:
        return ""
    return f"“{value}” is no number of days from 0 to {_MOST_DAYS:,}."


def _not_an_issue(value: str) -> str:
    return "" if _ISSUE.fullmatch(value) else f"“{value}” is no number of an issue."


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), tzinfo=UTC)


def _days_before(days: str, at: datetime) -> str:
    return (at.astimezone(UTC).date() - timedelta(days=int(days))).isoformat()


def _equals(key: str, value: str) -> Q:
    """Find a value as text and as the number or truth it may have been stored as."""
    found = Q(attributes__contains={key: value})
    if _NUMBER.fullmatch(value) or value in {"true", "false"}:
        found |= Q(attributes__contains={key: json.loads(value)})
    return found


def _compares(key: str, sign: str, value: str) -> Q:
    """Compare numbers as numbers, also those stored as text; anything else as text."""
    if _NUMBER.fullmatch(value):
        path = f"$.{json.dumps(key)}.double() ? (@ {sign} $limit)"
        limit = json.dumps({"limit": json.loads(value)})
        return _certain(
            Func(
                F("attributes"),
                Value(path),
                Value(limit),
                template="jsonb_path_exists(%(expressions)s, true)",
                arg_joiner=", ",
                output_field=BooleanField(),
            )
        )
    lookup = GreaterThan if sign == ">" else LessThan
    return _certain(lookup(_text_of(key), Value(value)))


def _text_of(key: str) -> Func:
    return Func(
        F("attributes"),
        Value(key),
        function="jsonb_extract_path_text",
        output_field=TextField(),
    )


def _certain(expression: Any) -> Q:
    """Make no out of null, so that the opposite of a condition is everybody else."""
    return Q(Coalesce(expression, Value(False), output_field=BooleanField()))


def _got(issue: str) -> Q:
    mails = Delivery.objects.filter(issue=int(issue), subscription=OuterRef("pk"), state__in=_GOT)
    return Q(Exists(mails))


def _speaks(newsletter: Newsletter, language: str) -> Q:
    spoken = ["", language] if newsletter.language == language else [language]
    return Q(language__in=spoken)


KINDS = {
    "has_tag": Kind("has the tag", lambda _n, _k, tag: Q(tags__contains=[tag])),
    "lacks_tag": Kind("does not have the tag", lambda _n, _k, tag: ~Q(tags__contains=[tag])),
    "attribute_is": Kind(
        "attribute is", lambda _n, key, value: _equals(key, value), takes_key=True
    ),
    "attribute_is_not": Kind(
        "attribute is not", lambda _n, key, value: ~_equals(key, value), takes_key=True
    ),
    "attribute_contains": Kind(
        "attribute contains",
        lambda _n, key, value: _certain(IContains(_text_of(key), value)),
        takes_key=True,
    ),
    "attribute_above": Kind(
        "attribute is more than", lambda _n, key, value: _compares(key, ">", value), takes_key=True
    ),
    "attribute_below": Kind(
        "attribute is less than", lambda _n, key, value: _compares(key, "<", value), takes_key=True
    ),
    "attribute_exists": Kind(
        "has the attribute",
        lambda _n, key, _v: Q(attributes__has_key=key),
        takes_key=True,
        takes_value=False,
    ),
    "attribute_missing": Kind(
        "does not have the attribute",
        lambda _n, key, _v: ~Q(attributes__has_key=key),
        takes_key=True,
        takes_value=False,
    ),
    "signed_up_since": Kind(
        "signed up on or after the day",
        lambda _n, _k, day: Q(subscribed_at__gte=_midnight(day)),
        fault=_not_a_day,
    ),
    "signed_up_before": Kind(
        "signed up before the day",
        lambda _n, _k, day: Q(subscribed_at__lt=_midnight(day)),
        fault=_not_a_day,
    ),
    "signed_up_within": Kind(
        "signed up in the last … days",
        lambda _n, _k, days: Q(subscribed_at__gte=_midnight(_days_before(days, _now()))),
        fault=_not_days,
        fixed=lambda days, at: ("signed_up_since", _days_before(days, at)),
    ),
    "signed_up_longer_than": Kind(
        "signed up more than … days ago",
        lambda _n, _k, days: Q(subscribed_at__lt=_midnight(_days_before(days, _now()))),
        fault=_not_days,
        fixed=lambda days, at: ("signed_up_before", _days_before(days, at)),
    ),
    "got_issue": Kind(
        "got the issue number", lambda _n, _k, issue: _got(issue), fault=_not_an_issue
    ),
    "missed_issue": Kind(
        "did not get the issue number", lambda _n, _k, issue: ~_got(issue), fault=_not_an_issue
    ),
    "language_is": Kind("language is", lambda newsletter, _k, code: _speaks(newsletter, code)),
    "language_is_not": Kind(
        "language is not", lambda newsletter, _k, code: ~_speaks(newsletter, code)
    ),
    "source_is": Kind("source is", lambda _n, _k, source: Q(source=source)),
    "source_is_not": Kind("source is not", lambda _n, _k, source: ~Q(source=source)),
    "address_at": Kind(
        "address is at the domain", lambda _n, _k, domain: Q(email__iendswith=f"@{domain}")
    ),
}


def _now() -> datetime:
    return datetime.now(UTC)
