"""Rows for tests: believable by default, and every field can be said."""

from typing import Any

from django.utils import timezone

from newsletter.models import Delivery, Issue, Newsletter, Subscription, Wording


def default_newsletter() -> Newsletter:
    """Return migrate's newsletter, made anew where a transactional test has emptied the table."""
    defaults = {"title": "Newsletter", "tagline": "News by e-mail, now and then."}
    return Newsletter.objects.get_or_create(slug="default", defaults=defaults)[0]


def make_subscription(email: str = "ursula@example.org", **fields: Any) -> Subscription:
    """Store a confirmed reader, unless another status is said."""
    fields.setdefault("status", Subscription.Status.CONFIRMED)
    if fields["status"] != Subscription.Status.PENDING_CONFIRMATION:
        fields.setdefault("confirmed_at", timezone.now())
    fields.setdefault("newsletter", default_newsletter())
    return Subscription.objects.create(email=email, **fields)


def make_wording(text: str, **fields: Any) -> Wording:
    """Store the next version of the words of a consent."""
    fields.setdefault("newsletter", default_newsletter())
    fields.setdefault("language", "en")
    version = Wording.objects.filter(**fields).count() + 1
    return Wording.objects.create(text=text, version=version, **fields)


def make_issue(subject: str = "The first issue", **fields: Any) -> Issue:
    """Store a draft, unless another state is said."""
    fields.setdefault("newsletter", default_newsletter())
    fields.setdefault("body", "Hello, *reader*.")
    fields.setdefault("slug", subject.lower().replace(" ", "-"))
    return Issue.objects.create(subject=subject, **fields)


def make_delivery(
    subscription: Subscription, issue: Issue | None = None, **fields: Any
) -> Delivery:
    """Store a pending row of the ledger: an issue's, or else a confirmation."""
    kind = Delivery.Kind.CONFIRMATION if issue is None else Delivery.Kind.ISSUE
    fields.setdefault("kind", kind)
    return Delivery.objects.create(subscription=subscription, issue=issue, **fields)
