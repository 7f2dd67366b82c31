import base64
import hashlib
import hmac
import itertools
import json
from uuid import uuid4

import pytest
import requests
from django.test import Client
from hypothesis import HealthCheck, example, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from newsletter.models import Delivery, Subscription, Suppression
from newsletter.webhooks import BODY_LIMIT
from tests.factories import make_delivery, make_issue, make_subscription
from tests.newsletter.webhook_calls import CALLS, SIGNING_KEY, sns

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:django-anymail has dropped official support for SendGrid"),
]

SECRET = "provider:a-long-password-1"
PROVIDERS = sorted({provider for provider, _ in CALLS})

ENDINGS = {
    # what happened: the mail's state, its error, the reader's status, whether he is suppressed
    "delivered": ("sent", "", "confirmed", False),
    "gone": ("failed", "bounced", "bounced", True),
    "policy": ("failed", "bounced 5.7.1", "confirmed", False),
    "soft": ("sent", "", "confirmed", False),
    "complaint": ("sent", "", "complained", True),
    "left": ("sent", "", "unsubscribed", False),
}


@pytest.fixture(autouse=True)
def _secrets(settings):
    settings.WEBHOOK_SECRET = SECRET
    settings.WEBHOOK_SIGNING_KEY = SIGNING_KEY


@pytest.fixture
def mail():
    """A mail in doubt."""
    return make_delivery(
        make_subscription(), make_issue(state="sending"), state="unknown", next_at=None
    )


def call(provider, body, secret=SECRET, signing_key=SIGNING_KEY):
    octets = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"}
    if provider == "mailtrap":
        signature = hmac.new(signing_key.encode(), octets, hashlib.sha256).hexdigest()
        headers["Mailtrap-Signature"] = signature
    if provider == "ses" and isinstance(body, dict):
        headers |= {"x-amz-sns-message-type": body["Type"], "x-amz-sns-message-id": "sns-1"}
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    url = f"/webhooks/{provider}/"
    return client.post(url, octets, content_type="application/json", headers=headers)


def ending():
    mail, reader = Delivery.objects.get(), Subscription.objects.get()
    return mail.state, mail.error_code, reader.status, Suppression.objects.exists()


@pytest.mark.parametrize(("provider", "happening"), sorted(CALLS))
def test_an_event_has_one_effect_however_often_it_comes(provider, happening, mail):
    for _ in range(10):
        assert call(provider, CALLS[provider, happening](str(mail.pk))).status_code == 200
    state, error, status, suppressed = ending()
    wanted = ENDINGS[happening]
    assert (state, status, suppressed) == (wanted[0], *wanted[2:])
    assert error.startswith(wanted[1])
    withdrawn = happening in {"complaint", "left"}
    assert Subscription.objects.get().consents.count() == withdrawn


@pytest.mark.parametrize("order", [*itertools.permutations(["delivered", "soft", "gone"])])
def test_the_order_of_events_does_not_matter(order, mail):
    for happening in order:
        call("postmark", CALLS["postmark", happening](str(mail.pk)))
    assert ending() == ("failed", "bounced bounced", "bounced", True)


@pytest.mark.parametrize(
    ("reason", "wanted"),
    [
        ("Bounced Address", ("failed", "rejected bounced", "bounced", True)),
        ("Spam Reporting Address", ("failed", "rejected other", "confirmed", False)),
        ("Unsubscribed Address", ("failed", "rejected unsubscribed", "unsubscribed", False)),
    ],
)
def test_an_address_on_the_providers_own_list(reason, wanted, mail):
    call("sendgrid", [{"event": "dropped", "reason": reason, "delivery_id": str(mail.pk)}])
    assert ending() == wanted


def test_an_address_that_complained_to_the_provider_before(mail):
    fields = {"type": "generation_rejection", "bounce_class": "51", "timestamp": "1"}
    body = [{"msys": {"gen_event": {**fields, "rcpt_meta": {"delivery_id": str(mail.pk)}}}}]
    call("sparkpost", body)
    assert ending() == ("failed", "rejected spam", "complained", True)


def test_several_events_come_in_one_call(mail):
    other = make_delivery(mail.subscription, state="unknown", next_at=None)
    bodies = [CALLS["sendgrid", "delivered"](str(sent.pk))[0] for sent in (mail, other)]
    assert call("sendgrid", bodies).status_code == 200
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_event_of_no_mail_of_ours_is_ignored(provider, mail):
    for delivery in (str(uuid4()), "", "1; DROP TABLE", "\ud800", None, "0" * 36):
        assert call(provider, CALLS[provider, "gone"](delivery)).status_code == 200
    assert ending() == ("unknown", "", "confirmed", False)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("secret", ["", "provider:", "provider:wrong", "\xff:\xff", SECRET[:-1]])
def test_who_does_not_know_the_secret_changes_nothing(provider, secret, mail):
    response = call(provider, CALLS[provider, "gone"](str(mail.pk)), secret=secret)
    assert response.status_code == 403
    assert ending() == ("unknown", "", "confirmed", False)


def test_a_call_without_any_proof_is_refused(client, mail):
    body = json.dumps(CALLS["postmark", "gone"](str(mail.pk)))
    assert client.post("/webhooks/postmark/", body, "application/json").status_code == 403


def test_a_forged_signature_is_refused(mail):
    body = CALLS["mailgun", "gone"](str(mail.pk))
    body["signature"]["signature"] = "0" * 64
    assert call("mailgun", body).status_code == 403
    delivered = CALLS["mailtrap", "delivered"](str(mail.pk))
    assert call("mailtrap", delivered, signing_key="other").status_code == 403
    assert ending() == ("unknown", "", "confirmed", False)


def subscription(address):
    return sns("SubscriptionConfirmation", SubscribeURL=address, TopicArn="arn:aws:sns:x:1:mails")


CONFIRM = "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&Token=t"


@pytest.fixture
def visited(monkeypatch):
    """Return the addresses that were asked; Amazon itself is not here to answer."""
    addresses = []

    def get(address, **options):
        addresses.append(address)
        assert options["allow_redirects"] is False
        assert options["timeout"]
        answer = requests.Response()
        answer.status_code = 404 if "gone" in address else 200
        return answer

    monkeypatch.setattr(requests, "get", get)
    return addresses


def test_amazon_is_asked_for_the_secret_first(client):
    """It sends the secret only to whom it was asked for it by."""
    body = json.dumps(CALLS["ses", "gone"]("1"))
    response = client.post("/webhooks/ses/", body, "text/plain; charset=UTF-8")
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Basic ")


def test_amazons_topic_is_confirmed_for_who_knows_the_secret(visited):
    body = subscription(CONFIRM)
    assert call("ses", body, "provider:wrong").status_code == 403
    assert visited == []
    assert call("ses", body).status_code == 200
    assert visited == [CONFIRM]


def test_a_confirmation_that_fails_is_asked_for_again(visited):
    """SNS repeats a call after a 5xx, and gives up after a 4xx."""
    body = subscription(CONFIRM + "gone")
    assert call("ses", body).status_code == 502
    assert len(visited) == 1


@pytest.mark.parametrize(
    "address",
    [
        "http://sns.eu-central-1.amazonaws.com/?a",
        "https://sns.eu-central-1.amazonaws.com.evil.example/?a",
        "https://evil.example/?sns.eu-central-1.amazonaws.com/",
        "https://sns.eu-central-1.amazonaws.com@evil.example/?a",
        "https://sns.eu-central-1.amazonaws.com:8000/?a",
        "https://sns.eu-central-1.amazonaws.com/?a b",
        "https://127.0.0.1/?a",
        None,
        7,
    ],
)
def test_no_other_address_is_visited_for_a_confirmation(visited, address):
    body = subscription(address)
    assert call("ses", body).status_code == 400
    assert visited == []


def test_without_a_secret_there_is_no_route(settings, mail):
    body = CALLS["postmark", "gone"](str(mail.pk))
    assert call("nobody", body).status_code == 404
    settings.WEBHOOK_SIGNING_KEY = ""
    assert call("mailgun", CALLS["mailgun", "gone"](str(mail.pk))).status_code == 404
    settings.WEBHOOK_SECRET = ""
    assert call("postmark", body, secret="").status_code == 404


def test_a_call_is_a_post_of_limited_size(client):
    assert client.get("/webhooks/postmark/").status_code == 405
    assert call("postmark", b"x" * (BODY_LIMIT + 1)).status_code == 413


def test_the_log_names_no_address(mail, caplog):
    call("mailgun", CALLS["mailgun", "gone"](str(mail.pk)))
    assert str(mail.pk) in caplog.text
    assert "ursula" not in caplog.text


WORDS = """event Type RecordType Metadata data type bounce headers name value msys events status
delivery_id timestamp time Payload X-Mailin-custom event-data signature token message reason
user-variables message_event rcpt_meta custom_variables""".split()  # noqa: SIM905

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(WORDS) | st.text(max_size=8),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@pytest.mark.parametrize("provider", PROVIDERS)
@given(body=json_values.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=200))
@example(body=b"[" * 100_000)
@example(body=b'[{"event":"bounce","timestamp":1e300}]')
@example(body=b"9" * 5000)
@effort(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_garbage_is_never_our_error(provider, body):
    assert call(provider, body).status_code in {200, 400, 403}
