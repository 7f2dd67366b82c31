import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.outcomes import (
    HARD_BOUNCES,
    HOLD_FRESH,
    HOLD_USED,
    Outcome,
    Reply,
    Verdict,
    of_content,
    of_recipient,
    of_sender,
)

replies = st.builds(Reply, st.integers(-1, 999), st.text(max_size=80))
stages = st.sampled_from([of_sender, of_recipient, of_content])


@pytest.mark.parametrize(
    ("judge", "code", "text", "verdict", "label"),
    [
        (of_sender, 450, "4.7.1 Greylisted", Verdict.RETRY, "450 4.7.1"),
        (of_sender, 451, "Try later", Verdict.RETRY, "451"),
        (of_sender, 530, "5.7.0 Log in first", Verdict.RELEASED, "530 5.7.0"),
        (of_sender, 550, "5.1.8 Bad sender", Verdict.RELEASED, "550 5.1.8"),
        (of_recipient, 450, "4.2.1 Busy", Verdict.RETRY, "450 4.2.1"),
        (of_recipient, 452, "4.5.3 Too many", Verdict.RETRY, "452 4.5.3"),
        (of_recipient, 550, "5.1.1 Unknown", Verdict.FAILED, "550 5.1.1"),
        (of_recipient, 553, "No", Verdict.FAILED, "553"),
        (of_recipient, 250, "Fine", Verdict.RETRY, "250"),
        (of_content, 250, "2.0.0 Ok", Verdict.SENT, ""),
        (of_content, 450, "4.3.0 Later", Verdict.RETRY, "450 4.3.0"),
        (of_content, 452, "4.3.1 Disk full", Verdict.RETRY, "452 4.3.1"),
        (of_content, 552, "5.3.4 Too big", Verdict.FAILED, "552 5.3.4"),
        (of_content, 554, "5.7.1 Spam", Verdict.FAILED, "554 5.7.1"),
        (of_content, 354, "Go on", Verdict.UNKNOWN, "garbled_reply"),
    ],
)
def test_each_reply_at_each_stage_has_its_outcome(judge, code, text, verdict, label):
    outcome = judge(Reply(code, text), used=False)
    assert (outcome.verdict, outcome.code) == (verdict, label)


@pytest.mark.parametrize("judge", [of_sender, of_recipient, of_content])
@pytest.mark.parametrize(("used", "hold"), [(True, HOLD_USED), (False, HOLD_FRESH)])
def test_421_holds_everybody_and_uses_no_attempt_up(judge, used, hold):
    outcome = judge(Reply(421, "4.3.2 Closing"), used=used)
    assert outcome == Outcome(Verdict.RELEASED, "421 4.3.2", hold=hold)


@pytest.mark.parametrize("enhanced", sorted(HARD_BOUNCES))
def test_a_mailbox_that_does_not_exist_is_gone(enhanced):
    for text in (enhanced, f"{enhanced} No such user", f"#{enhanced} No", f"({enhanced}) No"):
        assert of_recipient(Reply(550, text), used=False).mailbox_is_gone


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (550, "5.7.1 Blocked: see 5.1.1"),
        (550, "5.2.1 Disabled"),
        (550, "5.2.2 Full"),
        (550, "5.1.12 Odd"),
        (550, "No such user"),
        (550, "Your host 5.1.1.7 is listed"),
        (550, "5.1.1.7 is listed"),
        (554, "5.1.1x"),
        (450, "4.1.1 Not yet"),
        (450, "5.1.1 A temporary refusal with a permanent code"),
    ],
)
def test_nothing_else_means_that_the_mailbox_is_gone(code, text):
    assert not of_recipient(Reply(code, text), used=False).mailbox_is_gone


@given(code=st.integers(400, 599), subject=st.integers(0, 99), detail=st.integers(0, 999))
def test_a_policy_never_means_that_the_mailbox_is_gone(code, subject, detail):
    for text in (f"5.7.{detail} {subject}", f"5.7.{detail}"):
        for judge in (of_sender, of_recipient, of_content):
            assert not judge(Reply(code, text), used=False).mailbox_is_gone


def test_only_a_refused_recipient_means_that_the_mailbox_is_gone():
    for judge in (of_sender, of_content):
        assert not judge(Reply(550, "5.1.1 Unknown"), used=False).mailbox_is_gone


@pytest.mark.parametrize(
    ("text", "provider_id"),
    [
        ("2.0.0 Ok: queued as 4Bx9", "4Bx9"),
        ("Ok, QUEUED AS ab-1.c_d", "ab-1.c_d"),
        ("queued as <1@x>", ""),
        ("Fine", ""),
        (f"queued as {'x' * 300}", "x" * 100),
    ],
)
def test_the_name_in_the_providers_queue_is_kept(text, provider_id):
    assert of_content(Reply(250, text), used=False).provider_id == provider_id


@given(judge=stages, reply=replies, used=st.booleans())
def test_any_reply_has_an_outcome_that_the_ledger_can_keep(judge, reply, used):
    outcome = judge(reply, used=used)
    assert len(outcome.code) <= 64
    assert len(outcome.provider_id) <= 255
    assert "\0" not in outcome.code + outcome.provider_id


@given(reply=replies, used=st.booleans())
def test_only_a_positive_reply_to_the_dot_means_sent(reply, used):
    for judge in (of_sender, of_recipient):
        assert judge(reply, used=used).verdict not in {Verdict.SENT, Verdict.UNKNOWN}
    sent = of_content(reply, used=used).verdict is Verdict.SENT
    assert sent == (200 <= reply.code < 300)


@given(reply=replies)
def test_a_label_repeats_nothing_of_what_the_server_wrote_but_codes(reply):
    code, _, enhanced = reply.label.partition(" ")
    assert code == str(reply.code)
    assert (
        not enhanced
        or [part.isascii() and part.isdigit() for part in enhanced.split(".")] == [True] * 3
    )
