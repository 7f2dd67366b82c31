"""Amazon SES by its HTTP API: our own bytes, signed by botocore, over one kept connection.

Neither boto3's client nor Anymail's backend on top of it sends them: it repeats by itself what may
have arrived, and does not tell a connection that was never made from an answer that was lost.
"""

import json
import time
from base64 import b64encode
from collections.abc import Callable, Sequence
from urllib.parse import SplitResult

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from requests import PreparedRequest, RequestException, Response, Session

from config import mail_providers
from newsletter.delivery.outcomes import HOLD_FRESH, Outcome, Verdict
from newsletter.delivery.transports import http, http_outcomes
from newsletter.delivery.transports.base import Mail, with_the_rest
from newsletter.delivery.transports.http import PATIENCE, Patience
from newsletter.delivery.transports.wire import Wire

_OF_THE_ACCOUNT = (
    "AccessDeniedException",
    "AccountSuspendedException",
    "IncompleteSignature",
    "LimitExceededException",
    "MailFromDomainNotVerifiedException",
    "NotAuthorized",
    "RequestExpired",
    "SendingPausedException",
)
"""Said with 400, as of a mail that is wrong, though nobody's would pass.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html#API_SendEmail_Errors and
https://docs.aws.amazon.com/ses/latest/APIReference/CommonErrors.html
"""
_TOO_FAST = "ThrottlingException"
"""With 400 as well; https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html"""


class SesTransport:
    def __init__(self, url: SplitResult, patience: Patience = PATIENCE) -> None:
        options = mail_providers.options(url)
        credentials = Credentials(options["access_key"], options["secret_key"])
        self._signer = SigV4Auth(credentials, "ses", options["region"])
        self._url = mail_providers.ses_api(url).rstrip("/") + "/v2/email/outbound-emails"
        self._patience = patience
        self._session = Session()
        self._session.auth = self._sign
        self.wire = Wire()
        http.prepare(self._session, self.wire)
        self._used_at = 0.0

    def send(self, mails: Sequence[Mail], halted: Callable[[], bool]) -> list[Outcome]:
        results: list[Outcome] = []
        for mail in mails:
            if halted():
                break
            results.append(self._send(mail))
            if results[-1].hold or results[-1].provider_failed:
                break
        return with_the_rest(results, mails)

    def close(self) -> None:
        self._session.close()

    def _send(self, mail: Mail) -> Outcome:
        try:
            response = self._post(_body(mail))
        except (RequestException, http.NotConnected) as error:
            return http_outcomes.of_error(error)
        if response.status_code != 200:
            return _of_refusal(response)
        try:
            return http_outcomes.accepted(response.json()["MessageId"])
        except (LookupError, RecursionError, TypeError, ValueError):
            return http_outcomes.of_response(response)

    def _post(self, body: bytes) -> Response:
        if time.monotonic() - self._used_at > self._patience.idle:
            self._session.close()
        timeout = (self._patience.connect, self._patience.answer)
        headers = {"Content-Type": "application/json"}
        self.wire.begin(self._patience.whole)
        try:
            return self._session.post(self._url, data=body, headers=headers, timeout=timeout)
        finally:
            self.wire.rest()
            self._used_at = time.monotonic()

    def _sign(self, request: PreparedRequest) -> PreparedRequest:
        kept = {"Content-Type": request.headers["Content-Type"]}  # a proxy may change the others
        signed = AWSRequest(request.method, request.url, kept, request.body)
        self._signer.add_auth(signed)
        request.headers.update(signed.headers.items())
        return request


def _body(mail: Mail) -> bytes:
    """Return the request; the header in front is where Anymail's webhook looks for our id."""
    metadata = json.dumps({"delivery_id": str(mail.delivery_id)})
    content = f"X-Metadata: {metadata}\r\n".encode() + mail.content
    request = {
        "Content": {"Raw": {"Data": b64encode(content).decode()}},
        "Destination": {"ToAddresses": [mail.recipient]},
    }
    return json.dumps(request).encode()


def _of_refusal(response: Response) -> Outcome:
    kind = response.headers.get("x-amzn-ErrorType", "").partition(":")[0]
    if kind == _TOO_FAST:
        return Outcome(Verdict.RELEASED, kind, hold=HOLD_FRESH)
    # MessageRejected is said of a sender that is not verified, too: then nobody's mail would pass.
    if kind in _OF_THE_ACCOUNT or (response.status_code == 400 and "not verified" in response.text):
        return Outcome(Verdict.RELEASED, kind or "not_verified", provider_failed=True)
    return http_outcomes.of_response(response)
