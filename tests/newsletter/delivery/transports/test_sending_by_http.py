"""The worker's steps with a provider behind them: what the ledger and the gate make of it."""

import json

import pytest
from django.utils import timezone

from newsletter.delivery.sending import Sender
from newsletter.models import Delivery, Provider
from tests.factories import make_delivery, make_issue, make_subscription
from tests.newsletter.delivery.transports.http_provider import Answer
from tests.newsletter.delivery.transports.mails import in_request, open_at, taken_by_resend

pytestmark = pytest.mark.django_db(transaction=True)

NAME = "postmark://"


@pytest.fixture
def issue():
    issue = make_issue(state="sending", published_at=timezone.now())
    for number in range(40):
        make_delivery(make_subscription(f"reader{number}@example.org"), issue)
    return issue


def states():
    found = Delivery.objects.values_list("state", flat=True)
    return {state: list(found).count(state) for state in found}


def test_an_issue_is_sent_with_the_providers_ids(provider, issue):
    provider.answers = [Answer(body=taken_by_resend)]
    sender = Sender(open_at(provider, "resend"), "resend://")
    while sender.step():
        pass
    sender.close()
    assert states() == {"sent": 40}
    mails = [each for request in provider.requests for each in in_request(request)]
    assert [len(in_request(request)) for request in provider.requests] == [1, 15, 16, 8]
    ids = dict(Delivery.objects.values_list("subscription__email", "provider_id"))
    assert ids == {each["to"][0]: f"re-{each['to'][0]}" for each in mails}
    metadata = [json.loads(each["headers"]["X-Metadata"]) for each in mails]
    named = {entry["delivery_id"] for entry in metadata}
    assert named == {str(pk) for pk in Delivery.objects.values_list("pk", flat=True)}


@pytest.mark.parametrize(
    ("status", "spoiled"), [(500, "unknown"), (504, "unknown"), (422, "failed"), (401, None)]
)
def test_a_provider_that_fails_always_spoils_ten_mails_at_most(provider, issue, status, spoiled):
    provider.answers = [Answer(status, '{"ErrorCode": 412, "Message": "not approved"}')]
    sender = Sender(open_at(provider, "postmark"), NAME)
    for _ in range(12):
        Delivery.objects.filter(state="pending").update(next_at=timezone.now())
        sender.step()
    sender.close()
    expected = {"pending": 30, spoiled: 10} if spoiled else {"pending": 40}
    assert states() == expected
    assert Provider.objects.get(name=NAME).opened_at is not None
    assert len(provider.requests) == 10
    assert set(Delivery.objects.filter(state="pending").values_list("attempts", flat=True)) == {0}


def test_429_holds_every_worker_back(provider, issue):
    provider.answers = [Answer(429, headers={"Retry-After": "60"})]
    worked = []
    for _ in range(3):
        sender = Sender(open_at(provider, "postmark"), NAME)
        worked.append(sender.step())
        sender.close()
    assert worked == [True, False, False]
    assert len(provider.requests) == 1
    assert states() == {"pending": 40}
    assert Provider.objects.get(name=NAME).hold_until > timezone.now()
