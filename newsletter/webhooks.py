"""Where mail providers tell of bounces, complaints and deliveries.

Anymail's views prove who calls and read what he says; the events are taken from them directly and
not by the `tracking` signal, so that what the provider sent wrongly (400) and what failed here
(5xx: the provider repeats it) stay apart.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

import requests
import structlog
from anymail.exceptions import (
    AnymailError,
    AnymailWebhookValidationFailure,
)
from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from anymail.webhooks.brevo import BrevoTrackingWebhookView
from anymail.webhooks.mailgun import MailgunTrackingWebhookView
from anymail.webhooks.mailjet import MailjetTrackingWebhookView
from anymail.webhooks.mailtrap import MailtrapTrackingWebhookView
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from anymail.webhooks.resend import ResendTrackingWebhookView
from anymail.webhooks.sendgrid import SendGridTrackingWebhookView
from anymail.webhooks.sparkpost import SparkPostTrackingWebhookView
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from newsletter import amazon_topics, bouncing
from newsletter.delivery.outcomes import HARD_BOUNCES
from zero2prod.answers import refuse

BODY_LIMIT = 1024 * 1024
"""Bytes of a call; above it the answer is 413. A provider that collects events sends some hundred
kilobytes at once, and what is refused each time is lost in the end."""

_VIEWS = {
    "brevo": BrevoTrackingWebhookView,
    "mailgun": MailgunTrackingWebhookView,
    "mailjet": MailjetTrackingWebhookView,
    "mailtrap": MailtrapTrackingWebhookView,
    "postmark": PostmarkTrackingWebhookView,
    "resend": ResendTrackingWebhookView,
    "sendgrid": SendGridTrackingWebhookView,
    "sparkpost": SparkPostTrackingWebhookView,
    # A name, for Amazon's library is large.
    "ses": "anymail.webhooks.amazon_ses.AmazonSESTrackingWebhookView",
}
_SIGNING_KEYS = {"mailgun": "webhook_signing_key", "mailtrap": "tracking_secret"}

_GARBAGE = (
    AnymailError,
    ImproperlyConfigured,  # Anymail's word for an event of another kind of webhook
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,  # a moment that is no date
    RecursionError,
    TypeError,
    ValueError,
)
"""What the reading of an unexpected body ends in."""

logger = structlog.get_logger(__name__)


@csrf_exempt
@require_POST
def receive(request: HttpRequest, provider: str) -> HttpResponse:
    """Take a provider's events. What is of no mail of ours is ignored, and answered with 200."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > BODY_LIMIT:
        sentence = f"A call has at most {BODY_LIMIT} bytes."
        return refuse(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, sentence)
    view = _view(provider)
    if provider == "ses" and not request.headers.get("Authorization"):
        return amazon_topics.ask_for_secret(request)
    try:
        view.run_validators(request)
        reports = list(_reports(view.parse_events(request)))
        if provider == "ses":
            amazon_topics.confirm(request.body)
    except AnymailWebhookValidationFailure:
        logger.warning("webhooks.forged", provider=provider)
        return refuse(request, HTTPStatus.FORBIDDEN, "The secret or the signature is wrong.")
    except requests.RequestException as error:  # an OSError too, but the call was right
        logger.warning("webhooks.topic_unconfirmed", error=type(error).__name__)
        return refuse(request, HTTPStatus.BAD_GATEWAY, "Amazon did not take the confirmation.")
    except _GARBAGE as error:
        logger.warning("webhooks.unreadable", provider=provider, error=type(error).__name__)
        return refuse(request, HTTPStatus.BAD_REQUEST, "This is no event of this provider.")
    for report in reports:
        _apply(report)
    return HttpResponse()


@dataclass(frozen=True, slots=True)
class _Report:
    delivery_id: UUID
    event: str
    reason: str
    status: str
    """The enhanced status code (RFC 3463), if the event has one."""
    words: frozenset[str]
    """How the provider itself calls a bounce."""

    @property
    def is_soft(self) -> bool:
        return self.status.startswith("4") or bool(self.words & _SOFT)

    @property
    def mailbox_is_gone(self) -> bool:
        """Judge by the code if it says what was wrong, else by the provider's own word."""
        if self.status and not self.status.endswith(".0.0"):
            return self.status in HARD_BOUNCES
        return bool(self.words & _HARD)


_HARD = {"HardBounce", "BadEmailAddress", "hard_bounce", "invalid_email", "Permanent"}
_HARD |= {"suppress-bounce", "Bounced Address"}
_SOFT = {"SoftBounce", "soft_bounce", "Transient", "Undetermined"}
_WORDS = (
    ("Type",),
    ("event",),
    ("reason",),
    ("data", "bounce", "type"),
    ("event-data", "reason"),
    ("bounce", "bounceType"),
)
"""Postmark, Brevo, SendGrid, Resend, Mailgun, SES: https://anymail.dev/en/stable/esps/"""


def _view(provider: str) -> Any:
    """Return Anymail's view with our secrets; raise Http404 where they are not set."""
    signing_key = _SIGNING_KEYS.get(provider)
    needs_key = provider == "mailgun" and not settings.WEBHOOK_SIGNING_KEY
    if provider not in _VIEWS or not settings.WEBHOOK_SECRET or needs_key:
        raise Http404
    secrets: dict[str, Any] = {"webhook_secret": settings.WEBHOOK_SECRET}
    if signing_key and settings.WEBHOOK_SIGNING_KEY:
        secrets[signing_key] = settings.WEBHOOK_SIGNING_KEY
    view = _VIEWS[provider]
    if isinstance(view, str):
        return import_string(view)(**secrets, auto_confirm_sns_subscriptions=False)
    return view(**secrets)


def _reports(events: list[AnymailTrackingEvent]) -> Iterator[_Report]:
    for event in events:
        delivery_id = _delivery_id(event)
        if delivery_id is None:
            continue
        source = event.esp_event
        texts = (source.get("status"), event.mta_response, event.description)
        yield _Report(
            delivery_id,
            event=event.event_type,
            reason=event.reject_reason or "",
            status=next((code for text in texts if (code := _status(text))), ""),
            words=frozenset(word for path in _WORDS if (word := _at(source, path))),
        )


def _delivery_id(event: AnymailTrackingEvent) -> UUID | None:
    """Find our id in the metadata, or in the Message-ID where the provider names that."""
    metadata = event.metadata if isinstance(event.metadata, dict) else {}
    given = f"{metadata.get('delivery_id') or ''} {event.message_id or ''}"
    found = re.search(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?= |@)", given)
    return UUID(found.group()) if found else None


def _status(text: object) -> str:
    return bouncing.status_in(text) if isinstance(text, str) else ""


def _at(source: Any, path: tuple[str, ...]) -> str:
    for key in path:
        source = source.get(key) if isinstance(source, dict) else None
    return source if isinstance(source, str) else ""


def _apply(report: _Report) -> None:
    act = _ACTS.get(report.event)
    if act is not None:
        act(report)


def _accepted(report: _Report) -> None:
    bouncing.accepted(delivery_id=report.delivery_id)


def _complained(report: _Report) -> None:
    bouncing.complained(delivery_id=report.delivery_id)


def _unsubscribed(report: _Report) -> None:
    bouncing.unsubscribed(delivery_id=report.delivery_id)


def _bounced(report: _Report) -> None:
    if report.is_soft:
        logger.info("webhooks.soft_bounce", delivery=str(report.delivery_id), code=report.status)
        _accepted(report)
        return
    code = f"bounced {report.status or report.reason}".strip()
    bouncing.bounced(
        delivery_id=report.delivery_id, code=code, mailbox_is_gone=report.mailbox_is_gone
    )


def _rejected(report: _Report) -> None:
    """Take the word of the provider's own list of addresses that it no longer writes to."""
    if report.reason == RejectReason.SPAM:
        _complained(report)
    elif report.reason == RejectReason.UNSUBSCRIBED:
        _unsubscribed(report)
    code = f"rejected {report.status or report.reason}".strip()
    bouncing.bounced(
        delivery_id=report.delivery_id, code=code, mailbox_is_gone=report.mailbox_is_gone
    )


_ACTS: dict[str, Callable[[_Report], None]] = {
    EventType.QUEUED: _accepted,
    EventType.SENT: _accepted,
    EventType.DEFERRED: _accepted,
    EventType.DELIVERED: _accepted,
    EventType.OPENED: _accepted,
    EventType.CLICKED: _accepted,
    EventType.AUTORESPONDED: _accepted,
    EventType.BOUNCED: _bounced,
    EventType.REJECTED: _rejected,
    EventType.FAILED: _rejected,
    EventType.COMPLAINED: _complained,
    EventType.UNSUBSCRIBED: _unsubscribed,
}
