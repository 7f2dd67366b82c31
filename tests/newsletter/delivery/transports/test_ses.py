"""Amazon SES: our own bytes, signed, one request a mail."""

import base64
import email
import email.policy
import re
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from newsletter.delivery.outcomes import Verdict
from newsletter.delivery.transports import open_transport
from tests.newsletter.delivery.transports.http_provider import Answer, hang_up
from tests.newsletter.delivery.transports.mails import TOKEN, mail, send

YES = Answer(200, '{"MessageId": "0100018-ses"}')


def refusal(status, kind, message=""):
    body = f'{{"message": "{message}"}}'
    return Answer(status, body, {"x-amzn-ErrorType": f"{kind}:http://internal.amazon.com/"})


@pytest.fixture
def ses(provider):
    address = f"ses://KEY:Se%2Fcret@eu-central-1?api_url={provider.url}"
    opened = open_transport(urlsplit(address))
    provider.answers = [YES]
    yield opened
    opened.close()


def test_it_gets_the_bytes_that_were_made_and_our_id_for_its_events(provider, ses):
    own = mail()
    (outcome,) = send(ses, own)
    assert (outcome.verdict, outcome.provider_id) == (Verdict.SENT, "0100018-ses")
    (request,) = provider.requests
    assert request.path == "/v2/email/outbound-emails"
    assert request.json["Destination"] == {"ToAddresses": ["ursula@example.org"]}
    raw = base64.b64decode(request.json["Content"]["Raw"]["Data"])
    assert raw.endswith(own.content)
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    assert parsed["X-Metadata"] == f'{{"delivery_id": "{own.delivery_id}"}}'
    assert f"token={TOKEN}" in parsed["List-Unsubscribe"]
    assert parsed["Subject"] == "Grüße — with {{ braces }}"


def test_the_request_is_signed_by_the_key_for_its_region(provider, ses):
    send(ses)
    (request,) = provider.requests
    given = request.headers["Authorization"]
    assert re.search(r"Credential=KEY/\d{8}/eu-central-1/ses/aws4_request", given)
    again = AWSRequest(
        "POST",
        provider.url + "v2/email/outbound-emails",
        {"Content-Type": request.headers["Content-Type"]},
        request.body,
    )
    signer = SigV4Auth(Credentials("KEY", "Se/cret"), "ses", "eu-central-1")
    again.context["timestamp"] = request.headers["X-Amz-Date"]
    again.headers["X-Amz-Date"] = request.headers["X-Amz-Date"]
    canonical = signer.canonical_request(again)
    signature = signer.signature(signer.string_to_sign(again, canonical), again)
    assert given.endswith(f"Signature={signature}")


def test_mails_leave_over_one_kept_connection(provider, ses):
    send(ses, *[mail() for _ in range(5)])
    assert len(provider.requests) == 5
    assert len({request.connection for request in provider.requests}) == 1


@pytest.mark.parametrize(
    ("answer", "verdict", "code", "counts"),
    [
        (refusal(400, "MessageRejected"), Verdict.FAILED, "http_400", True),
        (
            refusal(400, "MessageRejected", "Email address is not verified."),
            Verdict.RELEASED,
            "MessageRejected",
            True,
        ),
        (
            refusal(400, "SendingPausedException"),
            Verdict.RELEASED,
            "SendingPausedException",
            True,
        ),
        (refusal(400, "AccessDeniedException"), Verdict.RELEASED, "AccessDeniedException", True),
        (refusal(400, "RequestExpired"), Verdict.RELEASED, "RequestExpired", True),
        (refusal(400, "ThrottlingException"), Verdict.RELEASED, "ThrottlingException", False),
        (refusal(403, "SignatureDoesNotMatch"), Verdict.RELEASED, "http_403", True),
        (refusal(404, "NotFoundException"), Verdict.RELEASED, "http_404", True),
        (refusal(429, "TooManyRequestsException"), Verdict.RELEASED, "http_429", False),
        (Answer(302, headers={"Location": "/"}), Verdict.RELEASED, "wrong_address", True),
        (Answer(500), Verdict.UNKNOWN, "http_500", True),
        (Answer(503), Verdict.UNKNOWN, "http_503", True),
        (Answer(after=hang_up), Verdict.UNKNOWN, "connection_lost", True),
        (Answer(200, "garbage"), Verdict.SENT, "", False),
        (Answer(200, "[" * 100_000), Verdict.SENT, "", False),
        (Answer(200, '{"MessageId": null}'), Verdict.SENT, "", False),
    ],
)
def test_an_answer_is_judged(provider, ses, answer, verdict, code, counts):
    provider.answers = [answer]
    (outcome,) = send(ses)
    assert (outcome.verdict, outcome.code, outcome.provider_failed) == (verdict, code, counts)
    assert len(provider.requests) == 1


def test_all_workers_wait_when_the_quota_of_amazon_is_spent(provider, ses):
    """It says so with the status of a mail that is wrong: no mail must fail by it."""
    provider.answers = [YES, refusal(400, "ThrottlingException", "Maximum sending rate exceeded.")]
    outcomes = send(ses, mail(), mail(), mail())
    assert [outcome.verdict for outcome in outcomes] == [
        Verdict.SENT,
        Verdict.RELEASED,
        Verdict.RELEASED,
    ]
    assert outcomes[1].hold > 0
    assert len(provider.requests) == 2


def test_a_request_in_doubt_is_not_repeated_and_ends_the_group(provider, ses):
    provider.answers = [YES, Answer(500), YES]
    verdicts = [outcome.verdict for outcome in send(ses, mail(), mail(), mail())]
    assert verdicts == [Verdict.SENT, Verdict.UNKNOWN, Verdict.RELEASED]
    assert len(provider.requests) == 2


def test_a_refused_connection_leaves_nothing_in_doubt(free_port):
    address = f"ses://KEY:SECRET@eu-central-1?api_url=http://127.0.0.1:{free_port}/"
    opened = open_transport(urlsplit(address))
    first, second = send(opened, mail(), mail())
    assert (first.verdict, first.code) == (Verdict.RELEASED, "connection_failed")
    assert (first.provider_failed, second.verdict) == (True, Verdict.RELEASED)
