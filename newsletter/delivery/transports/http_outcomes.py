"""What a provider's answer over HTTP, or its lack, says of one mail.

A fault that is not the mail's own counts for the circuit breaker whatever it means for the mail, so
that a provider which answers 500 or 422 to everything spoils some ten mails and not an issue.
"""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests
from anymail.exceptions import AnymailRecipientsRefused

from newsletter.delivery.outcomes import HOLD_FRESH, Outcome, Verdict

LONGEST_HOLD = 3600.0
_LONGEST_ID = 255

_NOT_TAKEN = frozenset({401, 402, 403, 404, 405, 407, 408, 421, 425})
"""The account, the address or the moment is wrong, and nobody's mail would pass."""

_NEVER_LEFT = (
    requests.TooManyRedirects,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidHeader,
    requests.exceptions.ProxyError,
)


def accepted(provider_id: object) -> Outcome:
    """Return the outcome of a yes; the provider's id only if the ledger can store it."""
    kept = isinstance(provider_id, str) and provider_id.isprintable()
    return Outcome(Verdict.SENT, provider_id=str(provider_id)[:_LONGEST_ID] if kept else "")


def of_error(error: Exception) -> Outcome:
    """Judge what Anymail or the connection raised."""
    if isinstance(error, AnymailRecipientsRefused):
        return Outcome(Verdict.FAILED, "recipient_refused")
    if isinstance(error, _NEVER_LEFT):
        return Outcome(Verdict.RELEASED, "wrong_address", provider_failed=True)
    response = getattr(error, "response", None)
    if response is not None:  # a response is false where its status is an error's
        return of_response(response)
    if isinstance(error, requests.RequestException):
        code = "no_answer" if isinstance(error, requests.Timeout) else "connection_lost"
        return Outcome(Verdict.UNKNOWN, code, provider_failed=True)
    if hasattr(error, "payload"):  # Anymail's own refusal to make a request of this mail
        return Outcome(Verdict.FAILED, "unsendable", provider_failed=True)
    return Outcome(Verdict.RELEASED, str(error), provider_failed=True)


def of_response(response: requests.Response) -> Outcome:
    """Judge an answer that is no plain yes."""
    status, code = response.status_code, f"http_{response.status_code}"
    retry_after = response.headers.get("Retry-After", "")
    if _means_accepted(response):
        return Outcome(Verdict.SENT)
    if status == 429 or (status == 503 and retry_after):
        return Outcome(Verdict.RELEASED, code, hold=seconds_of(retry_after))
    if status < 300 or status in _NOT_TAKEN:
        return Outcome(Verdict.RELEASED, code, provider_failed=True)
    if status < 500 and status != 409:
        return Outcome(Verdict.FAILED, code, provider_failed=True)
    # 503 without Retry-After is among them: proxies say it of a backend that they lost half-way.
    # 409 is Resend's answer while the first request under an idempotency key is being worked on.
    return Outcome(Verdict.UNKNOWN, code, provider_failed=True)


def seconds_of(retry_after: str) -> float:
    """Return the seconds of a Retry-After header, a number or a date (RFC 9110, 10.2.3)."""
    try:
        if retry_after.strip().isdecimal():
            seconds = float(retry_after)
        else:
            until = parsedate_to_datetime(retry_after)
            seconds = (
                until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)
            ).total_seconds()
    except (ValueError, OverflowError):
        return HOLD_FRESH
    return min(max(seconds, 1.0), LONGEST_HOLD)


def _means_accepted(response: requests.Response) -> bool:
    """Whether the provider has the mail although its answer is not the usual one.

    A 2xx whose body cannot be read does; not Mailgun's, which greets who asks for a wrong path.
    Brevo answers a repeated idempotency key with 400 duplicate_parameter.
    """
    if response.status_code == 400:
        return '"duplicate_parameter"' in response.text
    return response.status_code < 300 and "Mailgun Magnificent API" not in response.text
