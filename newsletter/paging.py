"""The pages of the archive, by key: page 200 costs what page 1 does, and no page shifts.

An address names the issue before which, or after which, its page was published.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q

from newsletter.models import Issue
from newsletter.models.issues import IssueQuerySet

ISSUES_A_PAGE = 50

_KEY = re.compile(r"([0-9]{1,17})-([0-9]{1,18})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Page:
    issues: list[Issue]
    here: dict[str, str]
    """The query of this page's own address."""
    older: str
    """By which key the next page is asked for; empty: there is none."""
    newer: str


def page_of(issues: IssueQuerySet, query: Mapping[str, str]) -> Page:
    """Return the page that a query's `before` or `after` names; without a true key the first."""
    if key := _KEY.fullmatch(query.get("before", "")):
        issues, here = _older_than(issues, key), {"before": key[0]}
    elif key := _KEY.fullmatch(query.get("after", "")):
        issues, here = _newer_than(issues, key), {"after": key[0]}
    else:
        here = {}
    is_backwards = "after" in here
    order = ("published_at", "id") if is_backwards else ("-published_at", "-id")
    rows = list(
        issues.defer("body", "words", "search_vector").order_by(*order)[: ISSUES_A_PAGE + 1]
    )
    shown, has_more = rows[:ISSUES_A_PAGE], len(rows) > ISSUES_A_PAGE
    if is_backwards:
        shown.reverse()
    has_older, has_newer = (True, has_more) if is_backwards else (has_more, bool(here))
    return Page(
        issues=shown,
        here=here,
        older=_key(shown[-1]) if shown and has_older else "",
        newer=_key(shown[0]) if shown and has_newer else "",
    )


def _older_than(issues: IssueQuerySet, key: re.Match[str]) -> IssueQuerySet:
    at, pk = _meant(key)
    return issues.filter(Q(published_at__lt=at) | Q(pk__lt=pk), published_at__lte=at)


def _newer_than(issues: IssueQuerySet, key: re.Match[str]) -> IssueQuerySet:
    at, pk = _meant(key)
    return issues.filter(Q(published_at__gt=at) | Q(pk__gt=pk), published_at__gte=at)


def _key(issue: Issue) -> str:
    at = issue.published_at or _EPOCH
    return f"{(at - _EPOCH) // _MICROSECOND}-{issue.pk}"


def _meant(key: re.Match[str]) -> tuple[datetime, int]:
    return _EPOCH + int(key[1]) * _MICROSECOND, int(key[2])
