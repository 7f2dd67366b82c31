"""Several mails in one request, for the providers that take each of them complete.

Nothing is left for the provider to fill in, so what an editor typed means nothing to it. The
batches of the other providers are one text with gaps: what fills a reader's link into them would
take an editor's ``{{ }}`` or ``%recipient%`` for its own.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from newsletter.delivery.outcomes import Outcome, Verdict
from newsletter.delivery.transports import http_outcomes

ALONE = Outcome(Verdict.RELEASED, "refused_in_company")
"""The mail was not taken together with others. Offered alone, it is judged as any other."""

_UNREADABLE = Outcome(Verdict.UNKNOWN, "garbled_answer", provider_failed=True)


@dataclass(frozen=True, slots=True)
class Batches:
    """How a provider takes several mails."""

    path: str
    read: Callable[[Any, int], list[Outcome]]
    """Return the outcomes that a positive answer to so many mails means, in their order."""

    def post(self, backend: Any, messages: Sequence[Any]) -> list[Outcome]:
        """Hand messages over by Anymail's words for each; return their outcomes.

        Raises what the connection raises.
        """
        payloads = [backend.build_message_payload(each, backend.send_defaults) for each in messages]
        request = payloads[0].get_request_params(backend.api_url) | {
            "url": urljoin(backend.api_url, self.path),
            "data": json.dumps([payload.data for payload in payloads]),
        }
        response = backend.session.request(**request, timeout=backend.timeout)
        if not 200 <= response.status_code < 300:
            outcome = http_outcomes.of_response(response)
            return [ALONE if outcome.verdict is Verdict.FAILED else outcome] * len(messages)
        try:
            return self.read(response.json(), len(messages))
        except (AttributeError, LookupError, RecursionError, TypeError, ValueError):
            return self.read(None, len(messages))


def _of_resend(answer: Any, mails: int) -> list[Outcome]:
    """All are taken or none: what is wrong with one mail refuses the batch (strict validation)."""
    ids = [entry["id"] for entry in answer["data"]] if answer else []
    if len(ids) != mails:
        return [Outcome(Verdict.SENT)] * mails
    return [http_outcomes.accepted(provider_id) for provider_id in ids]


def _of_postmark(answer: Any, mails: int) -> list[Outcome]:
    """The answer is positive although mails may be refused: each has an entry of its own."""
    if not isinstance(answer, list) or len(answer) != mails:
        return [_UNREADABLE] * mails
    return [
        http_outcomes.accepted(entry.get("MessageID")) if not entry.get("ErrorCode") else ALONE
        for entry in answer
    ]


# https://resend.com/docs/api-reference/emails/send-batch-emails, up to 100 mails.
# https://postmarkapp.com/developer/api/email-api#send-batch-emails, up to 500 mails.
BATCHES = {
    "postmark": Batches("email/batch", _of_postmark),
    "resend": Batches("emails/batch", _of_resend),
}
