"""A mail provider's HTTP API, spoken by django-anymail over one kept connection.

A group goes in one request where the provider takes complete mails so (`http_batches`), elsewhere
one by one, and the way to be fast is more connections. A lost answer puts all of its request in
doubt: a group at most, as with SMTP. The first mail goes alone, and the first after a fault of the
provider, so that one which refuses everything spoils single mails until the circuit opens.
"""

import time
from collections.abc import Callable, Sequence
from email import message_from_bytes, policy
from typing import Any
from urllib.parse import SplitResult
from uuid import uuid5

from anymail.exceptions import AnymailError
from anymail.message import AnymailMessage
from django.core.mail import get_connection
from requests import RequestException

from config import mail_providers
from newsletter.delivery.outcomes import Outcome, Verdict
from newsletter.delivery.transports import http, http_outcomes
from newsletter.delivery.transports.base import Mail, with_the_rest
from newsletter.delivery.transports.http import PATIENCE, Patience
from newsletter.delivery.transports.http_batches import ALONE, BATCHES
from newsletter.delivery.transports.wire import Wire


class AnymailTransport:
    def __init__(self, url: SplitResult, patience: Patience = PATIENCE) -> None:
        self._scheme = url.scheme
        self._patience = patience
        path = f"anymail.backends.{url.scheme}.EmailBackend"
        options: dict[str, Any] = mail_providers.options(url)
        self._backend: Any = get_connection(
            path, timeout=(patience.connect, patience.answer), **options
        )
        self.wire = Wire()
        self._used_at = 0.0
        self._batches = BATCHES.get(url.scheme)
        self._is_proven = False
        """Whether the provider did its work the last time."""

    def send(self, mails: Sequence[Mail], halted: Callable[[], bool]) -> list[Outcome]:
        results: list[Outcome] = []
        while len(results) < len(mails) and not halted():
            rest = mails[len(results) :]
            together = rest if self._batches and self._is_proven else rest[:1]
            results += self._send(together, halted)
            if not self._is_proven:
                break
        return with_the_rest(results, mails)

    def close(self) -> None:
        self._backend.close()

    def _send(self, mails: Sequence[Mail], halted: Callable[[], bool]) -> list[Outcome]:
        """Hand mails over in one request, and alone what was refused in company."""
        outcomes = self._offer(mails, halted)
        self._is_proven = _worked(outcomes)
        for position, mail in enumerate(mails):
            if outcomes[position] is ALONE and self._is_proven and not halted():
                outcomes[position : position + 1] = alone = self._offer([mail], halted)
                self._is_proven = _worked(alone)
        return outcomes

    def _offer(self, mails: Sequence[Mail], halted: Callable[[], bool]) -> list[Outcome]:
        messages = [_message(mail) for mail in mails]
        key = str(uuid5(mails[0].delivery_id, "".join(message.body for message in messages)))
        for message in messages:
            if self._scheme == "postmark":
                message.extra_headers["X-PM-KeepID"] = "true"  # else it makes a Message-ID itself
            if self._scheme == "brevo":
                message.extra_headers["idempotencyKey"] = key
        outcomes = self._hand_over(messages, key)
        if outcomes[0].verdict is Verdict.UNKNOWN and self._scheme in {"brevo", "resend"}:
            return self._repeat(messages, key, outcomes, halted)
        return outcomes

    def _repeat(
        self, messages: Sequence[Any], key: str, doubt: list[Outcome], halted: Callable[[], bool]
    ) -> list[Outcome]:
        """Ask again under the same key. Only a yes ends the doubt: a no is about this request."""
        for pause in self._patience.repeats:
            time.sleep(pause)
            if halted():
                break
            again = self._hand_over(messages, key)
            if again[0].verdict is Verdict.SENT:
                return again
        return doubt

    def _hand_over(self, messages: Sequence[Any], key: str) -> list[Outcome]:
        self._connect()
        self.wire.begin(self._patience.whole)
        if self._scheme == "resend":
            self._backend.session.headers["Idempotency-Key"] = key
        try:
            if self._batches and len(messages) > 1:
                return self._batches.post(self._backend, messages)
            return [self._hand_over_one(messages[0])]
        except (AnymailError, RequestException, http.NotConnected) as error:
            return [http_outcomes.of_error(error)] * len(messages)
        finally:
            self.wire.rest()
            self._used_at = time.monotonic()

    def _hand_over_one(self, message: Any) -> Outcome:
        try:
            self._backend.send_messages([message])
        except (AttributeError, LookupError, RecursionError, TypeError, ValueError):
            # Anymail trusts the shape of an answer; the status has said enough.
            response = message.anymail_status.esp_response
            if response is None:
                raise
            return http_outcomes.of_response(response)
        return http_outcomes.accepted(message.anymail_status.message_id)

    def _connect(self) -> None:
        if time.monotonic() - self._used_at > self._patience.idle:
            self._backend.close()
        if self._backend.open():
            http.prepare(self._backend.session, self.wire)


def _worked(outcomes: Sequence[Outcome]) -> bool:
    return not any(outcome.provider_failed or outcome.hold for outcome in outcomes)


def _message(mail: Mail) -> Any:
    """Return the mail as Anymail takes it, with every header that the provider does not write."""
    parsed = message_from_bytes(mail.content.replace(b"\r\n", b"\n"), policy=policy.default)
    headers = {
        name: value.replace("\n", "")
        for name, value in parsed.raw_items()
        if name.lower() not in _OF_THE_PROVIDER
    }
    text, html = (parsed.get_body((kind,)) for kind in ("plain", "html"))
    if text is None or html is None:
        raise ValueError("a mail has a text and an HTML part")
    message = AnymailMessage(
        subject=str(parsed["Subject"]),
        body=text.get_content(),
        from_email=str(parsed["From"]),
        to=[mail.recipient],
        headers=headers,
        metadata={"delivery_id": str(mail.delivery_id)},
    )
    message.attach_alternative(html.get_content(), "text/html")
    return message


_OF_THE_PROVIDER = frozenset({"to", "from", "subject", "date", "mime-version", "content-type"})
