"""Postmark and Resend take a group in one request: complete mails, each with its own outcome."""

import json

import pytest

from newsletter.delivery.outcomes import Verdict
from tests.newsletter.delivery.transports.http_provider import Answer, hang_up
from tests.newsletter.delivery.transports.mails import (
    TOKEN,
    in_request,
    mail,
    open_at,
    send,
    taken_by_postmark,
    taken_by_resend,
)

TAKEN = {"postmark": Answer(body=taken_by_postmark), "resend": Answer(body=taken_by_resend)}
PATHS = {"postmark": ["/email", "/email/batch"], "resend": ["/emails", "/emails/batch"]}
NAMES = ["ursula", "grace", "ada", "mary"]


def mails(*names):
    return [mail(recipient=f"{name}@example.org") for name in names or NAMES]


def verdicts(outcomes):
    return [outcome.verdict.value for outcome in outcomes]


@pytest.fixture
def proven(provider):
    """Return a function that opens a transport which has sent its first mail, forgotten here."""
    opened = []

    def open_one(scheme):
        opened.append(open_at(provider, scheme))
        provider.answers = [TAKEN[scheme]]
        send(opened[-1])
        provider.requests.clear()
        return opened[-1]

    yield open_one
    for transport in opened:
        transport.close()


@pytest.mark.parametrize("scheme", sorted(TAKEN))
def test_the_first_mail_goes_alone_and_the_others_together(provider, scheme):
    provider.answers = [TAKEN[scheme]]
    opened = open_at(provider, scheme)
    outcomes = send(opened, *mails())
    opened.close()
    assert [request.path for request in provider.requests] == PATHS[scheme]
    assert [len(in_request(request)) for request in provider.requests] == [1, 3]
    assert verdicts(outcomes) == ["sent"] * 4
    prefix = {"postmark": "pm", "resend": "re"}[scheme]
    assert [each.provider_id for each in outcomes] == [f"{prefix}-{n}@example.org" for n in NAMES]


@pytest.mark.parametrize("scheme", sorted(TAKEN))
def test_each_mail_of_a_batch_is_complete_and_nobody_elses(provider, proven, scheme):
    sent = mails()
    send(proven(scheme), *sent)
    ((request,), entries) = provider.requests, in_request(provider.requests[0])
    assert "Key-1/" in str(request.headers)
    for entry, own in zip(entries, sent, strict=True):
        text = json.dumps(entry, ensure_ascii=False)
        others = {str(each.delivery_id) for each in sent} - {str(own.delivery_id)}
        for part in (
            "Grüße — with {{ braces }}",  # an editor's words, which no provider evaluates
            f"token={TOKEN}",
            "List-Unsubscribe=One-Click",
            own.recipient,
            f"<{own.delivery_id}@example.org>",
        ):
            assert part in text
        assert not any(other in text for other in others)


def test_what_postmark_refuses_in_company_is_judged_alone(provider, proven):
    outcomes = send(proven("postmark"), *mails("ursula", "gone", "ada", "gone2"))
    assert verdicts(outcomes) == ["sent", "failed", "sent", "failed"]
    assert [each.code for each in outcomes] == ["", "recipient_refused", "", "recipient_refused"]
    assert [request.path for request in provider.requests] == ["/email/batch", "/email", "/email"]


def test_a_batch_that_resend_refuses_for_one_mail_is_offered_one_by_one(provider, proven):
    opened = proven("resend")
    provider.answers = [Answer(422, '{"message": "Invalid `to` field"}'), TAKEN["resend"]]
    assert verdicts(send(opened, *mails())) == ["sent"] * 4
    assert [request.path for request in provider.requests] == ["/emails/batch", *["/emails"] * 4]


def test_refusals_of_the_account_end_the_group_and_forget_no_yes(provider, proven):
    """Two mails were taken with the refused ones, which then meet a closed account."""
    opened = proven("postmark")
    provider.answers = [TAKEN["postmark"], Answer(401)]
    outcomes = send(opened, *mails("gone", "ada", "gone2", "mary"))
    assert verdicts(outcomes) == ["released", "sent", "released", "sent"]
    assert [each.provider_failed for each in outcomes] == [True, False, False, False]
    assert len(provider.requests) == 2


@pytest.mark.parametrize("fault", [Answer(500), Answer(504), Answer(after=hang_up)])
def test_a_lost_answer_puts_the_batch_in_doubt_and_the_next_mail_goes_alone(
    provider, proven, fault
):
    opened = proven("postmark")
    provider.answers = [fault, TAKEN["postmark"]]
    outcomes = send(opened, *mails())
    assert verdicts(outcomes) == ["unknown"] * 4
    assert all(outcome.provider_failed for outcome in outcomes)
    assert verdicts(send(opened, *mails())) == ["sent"] * 4
    assert [len(in_request(request)) for request in provider.requests] == [4, 1, 3]


@pytest.mark.parametrize("fault", [Answer(500), Answer(409), Answer(after=hang_up)])
def test_resend_answers_the_doubt_about_a_batch_under_its_key(provider, proven, fault):
    opened = proven("resend")
    provider.answers = [fault, TAKEN["resend"]]
    assert verdicts(send(opened, *mails())) == ["sent"] * 4
    first, second = provider.requests
    assert (first.path, first.body) == (second.path, second.body)
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]


@pytest.mark.parametrize("scheme", sorted(TAKEN))
@pytest.mark.parametrize(("status", "hold"), [(429, 7), (401, 0), (302, 0)])
def test_a_batch_that_was_not_taken_is_released_whole(provider, proven, scheme, status, hold):
    opened = proven(scheme)
    provider.answers = [Answer(status, headers={"Retry-After": "7", "Location": "/"})]
    outcomes = send(opened, *mails())
    assert verdicts(outcomes) == ["released"] * 4
    assert {outcome.hold for outcome in outcomes} == {hold}
    assert len(provider.requests) == 1


ENTRIES = ['{"ErrorCode": 0}', "null", "3", "[]"]
GARBAGE = ["", "garbage", "5", "null", "{}", "[]", f"[{ENTRIES[0]}]", "[" * 100_000]
GARBAGE += [f"[{', '.join(ENTRIES)}]", '{"data": 3}', '{"data": [{"id": "re-1"}]}']


@pytest.mark.parametrize("body", GARBAGE)
def test_an_answer_that_cannot_be_read_is_a_doubt_at_postmark(provider, proven, body):
    """It says yes to a batch of which it refused some."""
    opened = proven("postmark")
    provider.answers = [Answer(200, body)]
    outcomes = send(opened, *mails())
    assert {(outcome.verdict, outcome.code) for outcome in outcomes} == {
        (Verdict.UNKNOWN, "garbled_answer")
    }


@pytest.mark.parametrize("body", GARBAGE)
def test_an_answer_that_cannot_be_read_is_a_yes_at_resend(provider, proven, body):
    """It takes all or none."""
    opened = proven("resend")
    provider.answers = [Answer(200, body)]
    outcomes = send(opened, *mails())
    assert {(outcome.verdict, outcome.provider_id) for outcome in outcomes} == {(Verdict.SENT, "")}


def test_a_worker_that_stops_leaves_what_was_refused_in_company(provider, proven):
    opened = proven("postmark")
    answers = iter([False])
    outcomes = send(opened, *mails("ursula", "gone"), halted=lambda: next(answers, True))
    assert verdicts(outcomes) == ["sent", "released"]
    assert len(provider.requests) == 1
