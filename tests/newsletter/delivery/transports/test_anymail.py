import base64
import json
import time
from urllib.parse import parse_qs
from uuid import UUID, uuid4

import pytest

from newsletter.delivery.outcomes import Verdict
from newsletter.delivery.transports.anymail import Patience
from tests.newsletter.delivery.transports.http_provider import Answer, hang_up
from tests.newsletter.delivery.transports.mails import TOKEN, YES, mail, open_at, send

pytestmark = pytest.mark.filterwarnings(
    "ignore:django-anymail has dropped official support for SendGrid"
)


@pytest.mark.parametrize("scheme", sorted(YES))
def test_each_provider_gets_the_whole_mail_and_our_id(provider, scheme):
    provider.answers = [YES[scheme]]
    opened = open_at(provider, scheme)
    sent = mail()
    (outcome,) = send(opened, sent)
    opened.close()

    assert outcome.verdict is Verdict.SENT
    assert outcome.provider_id or scheme == "sendgrid"
    (request,) = provider.requests
    text = json.dumps(request.json, ensure_ascii=False) if is_json(request) else as_form(request)
    for part in (
        "Grüße — with {{ braces }}",
        f"token={TOKEN}",
        "List-Unsubscribe=One-Click",
        "news@example.org",
        "Ürsula the Editor",
        "ursula@example.org",
        str(sent.delivery_id),
        f"<{sent.delivery_id}@example.org>",
    ):
        assert part in text.replace("&lt;", "<")
    assert "Key-1/" in credentials(request)


def credentials(request):
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    return base64.b64decode(value).decode() if kind == "Basic" else str(request.headers)


def is_json(request):
    return request.headers["Content-Type"].startswith("application/json")


def as_form(request):
    fields = parse_qs(request.body.decode())
    assert request.path.endswith("/mg.example.org/messages")
    return json.dumps(fields, ensure_ascii=False)


def test_mails_leave_over_one_kept_connection(provider, one_by_one):
    send(one_by_one, *[mail() for _ in range(5)])
    send(one_by_one)
    assert len({request.connection for request in provider.requests}) == 1
    assert len(provider.requests) == 6


def test_a_connection_that_was_silent_is_not_used_again(provider):
    provider.answers = [YES["postmark"]]
    opened = open_at(provider, "postmark", Patience(idle=0.05))
    send(opened)
    time.sleep(0.1)
    send(opened)
    opened.close()
    assert len({request.connection for request in provider.requests}) == 2


def test_postmark_keeps_the_message_id(provider, transport):
    send(transport)
    headers = {entry["Name"]: entry["Value"] for entry in provider.requests[0].json["Headers"]}
    assert headers["X-PM-KeepID"] == "true"
    assert "Date" not in headers


def test_once_halted_nothing_new_is_begun(provider, transport):
    answers = iter([False, True])
    outcomes = send(transport, mail(), mail(), mail(), halted=lambda: next(answers))
    assert [outcome.verdict.value for outcome in outcomes] == ["sent", "released", "released"]
    assert [outcome.code for outcome in outcomes[1:]] == ["stopped", "stopped"]
    assert len(provider.requests) == 1


def idempotency_key(request):
    headers = request.json.get("headers", {})
    return UUID(request.headers.get("Idempotency-Key") or headers["idempotencyKey"])


@pytest.mark.parametrize("scheme", ["brevo", "resend"])
@pytest.mark.parametrize("fault", [Answer(504), Answer(after=hang_up), Answer(409)])
def test_a_doubt_is_resolved_by_the_same_request_under_the_same_key(provider, scheme, fault):
    provider.answers = [fault, YES[scheme]]
    opened = open_at(provider, scheme)
    (outcome,) = send(opened)
    opened.close()
    assert outcome.verdict is Verdict.SENT
    first, second = provider.requests
    assert first.body == second.body
    assert idempotency_key(first) == idempotency_key(second)


def test_a_refusal_of_the_repetition_does_not_end_the_doubt(provider):
    provider.answers = [Answer(504), Answer(429), Answer(422)]
    opened = open_at(provider, "resend")
    (outcome,) = send(opened)
    opened.close()
    assert (outcome.verdict, outcome.code) == (Verdict.UNKNOWN, "http_504")
    assert len(provider.requests) == 3


def test_brevo_knowing_the_key_means_that_it_has_the_mail(provider):
    duplicate = '{"code":"duplicate_parameter","message":"Idempotency key is used"}'
    provider.answers = [Answer(500), Answer(400, duplicate)]
    opened = open_at(provider, "brevo")
    (outcome,) = send(opened)
    opened.close()
    assert outcome.verdict is Verdict.SENT


def test_a_worker_that_stops_does_not_repeat(provider):
    provider.answers = [Answer(504)]
    opened = open_at(provider, "resend")
    answers = iter([False])
    (outcome,) = send(opened, halted=lambda: next(answers, True))
    opened.close()
    assert outcome.verdict is Verdict.UNKNOWN
    assert len(provider.requests) == 1


def test_the_key_belongs_to_the_delivery_and_its_words(provider):
    provider.answers = [YES["resend"]]
    opened = open_at(provider, "resend")
    delivery_id = uuid4()
    for each in (mail(delivery_id), mail(delivery_id), mail()):
        send(opened, each)
    opened.close()
    first, again, other = [idempotency_key(request) for request in provider.requests]
    assert first == again != other
