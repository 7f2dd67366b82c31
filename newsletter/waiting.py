"""Since when the oldest due mail waits: what the metrics, the doctor and the operator ask first."""

from datetime import datetime

from django.db.models import Min, OuterRef, Subquery
from django.db.models.functions import Now

from newsletter.models import Delivery, Issue

_DUE = Delivery.objects.filter(next_at__lte=Now())


def oldest() -> datetime | None:
    """Return since when the oldest mail of all is due."""
    found = (oldest_single(), oldest_of_issues())
    return min((moment for moment in found if moment), default=None)


def oldest_single() -> datetime | None:
    """Return since when the oldest confirmation or test is due."""
    found: datetime | None = _DUE.exclude(kind=Delivery.Kind.ISSUE).aggregate(at=Min("next_at"))[
        "at"
    ]
    return found


def oldest_of_issues() -> datetime | None:
    """Return since when the oldest mail of an issue is due; those of a paused one wait on purpose.

    Asked issue by issue, each is one look into the index, however many mails wait.
    """
    of_issue = _DUE.filter(kind=Delivery.Kind.ISSUE, issue=OuterRef("pk")).order_by("next_at")
    issues = Issue.objects.in_delivery().order_by()
    found = issues.annotate(oldest=Subquery(of_issue.values("next_at")[:1]))
    return min((at for at in found.values_list("oldest", flat=True) if at), default=None)
