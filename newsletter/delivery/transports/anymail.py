"""A mail provider's HTTP API, spoken by django-anymail over one kept connection.

Mails go one by one. A batch would need the provider to fill a reader's link into the body, and
what fills it would also take an editor's ``{{ }}`` or ``%recipient%`` for its own; and a lost
answer to a batch puts all of it in doubt. The other way to be fast is more connections.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from typing import Any
from urllib.parse import SplitResult
from uuid import uuid5

from anymail.exceptions import AnymailError
from anymail.message import AnymailMessage
from django.core.mail import get_connection

from config import mail_providers
from newsletter.delivery.outcomes import Outcome, Verdict
from newsletter.delivery.transports import http, http_outcomes
from newsletter.delivery.transports.base import Mail


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds."""

    connect: float = 5.0
    answer: float = 30.0
    idle: float = 4.0
    """A connection that was silent for longer is not used again: many servers end theirs after 5,
    and a request into that moment is lost in doubt."""
    repeats: tuple[float, ...] = (1.0, 4.0)
    """Before a request in doubt is repeated under its idempotency key. It is done here and at once,
    since Brevo forgets a key after 15 minutes, and Resend takes it for the same bytes only."""


class AnymailTransport:
    def __init__(self, url: SplitResult, patience: Patience = Patience()) -> None:
        self._scheme = url.scheme
        self._patience = patience
        path = f"anymail.backends.{url.scheme}.EmailBackend"
        options: dict[str, Any] = mail_providers.options(url)
        self._backend: Any = get_connection(
            path, timeout=(patience.connect, patience.answer), **options
        )
        self._used_at = 0.0

    def send(self, mails: Sequence[Mail], halted: Callable[[], bool]) -> list[Outcome]:
        results: list[Outcome] = []
        for mail in mails:
            if halted():
                break
            results.append(self._send(mail, halted))
            if results[-1].hold or results[-1].provider_failed:
                break
        rest = Outcome(Verdict.RELEASED, results[-1].code if results else "stopped")
        return results + [rest] * (len(mails) - len(results))

    def close(self) -> None:
        self._backend.close()

    def _send(self, mail: Mail, halted: Callable[[], bool]) -> Outcome:
        message = _message(mail)
        key = str(uuid5(mail.delivery_id, message.body))
        if self._scheme == "postmark":
            message.extra_headers["X-PM-KeepID"] = "true"  # else it makes a Message-ID of its own
        if self._scheme == "brevo":
            message.extra_headers["idempotencyKey"] = key
        outcome = self._hand_over(message, key)
        if outcome.verdict is Verdict.UNKNOWN and self._scheme in {"brevo", "resend"}:
            return self._repeat(message, key, outcome, halted)
        return outcome

    def _repeat(
        self, message: Any, key: str, doubt: Outcome, halted: Callable[[], bool]
    ) -> Outcome:
        """Ask again under the same key. Only a yes ends the doubt: a no is about this request."""
        for pause in self._patience.repeats:
            time.sleep(pause)
            if halted():
                break
            again = self._hand_over(message, key)
            if again.verdict is Verdict.SENT:
                return again
        return doubt

    def _hand_over(self, message: Any, key: str) -> Outcome:
        self._connect()
        if self._scheme == "resend":
            self._backend.session.headers["Idempotency-Key"] = key
        try:
            self._backend.send_messages([message])
        except (AnymailError, http.NotConnected) as error:
            return http_outcomes.of_error(error)
        except (AttributeError, LookupError, TypeError, ValueError):
            # Anymail trusts the shape of an answer; the status has said enough.
            response = message.anymail_status.esp_response
            if response is None:
                raise
            return http_outcomes.of_response(response)
        finally:
            self._used_at = time.monotonic()
        return http_outcomes.accepted(message.anymail_status.message_id)

    def _connect(self) -> None:
        if time.monotonic() - self._used_at > self._patience.idle:
            self._backend.close()
        if self._backend.open():
            http.prepare(self._backend.session)


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
