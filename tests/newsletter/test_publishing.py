"""An issue's way from a draft to its last mail."""

from datetime import datetime, timedelta
from uuid import RFC_4122

import pytest
from django.utils import timezone

from newsletter import accounting, publishing
from newsletter.models import Delivery, Issue, Subscription
from tests.factories import make_delivery, make_issue, make_subscription
from tests.newsletter.publications import expand, publish_keyed, state_of, write

State = Issue.State


@pytest.mark.django_db
class TestWriting:
    def test_a_draft_gets_a_name_from_its_subject(self):
        assert write("Café, Welt!").slug == "cafe-welt"

    def test_the_same_subject_gets_another_name(self):
        assert [write("News").slug for _ in range(3)] == ["news", "news-2", "news-3"]

    def test_a_subject_without_latin_letters_has_a_name(self):
        assert write("Новости").slug == "issue"

    def test_the_feeds_name_is_not_taken(self):
        assert write("Feed").slug == "feed-2"

    @pytest.mark.parametrize(
        ("subject", "body"),
        [
            ("", "Text"),
            (" ", "Text"),
            ("x" * 201, "Text"),
            ("a\r\nBcc: eve@example.org", "Text"),
            ("a\0b", "Text"),
            ("a\u2028b", "Text"),
            ("a\ud800", "Text"),
            ("Hello", ""),
            ("Hello", " \n"),
            ("Hello", "a\0b"),
            ("Hello", "a\ud800"),
        ],
    )
    def test_what_cannot_be_mailed_is_refused(self, subject, body):
        with pytest.raises(publishing.InvalidIssue):
            write(subject, body)
        assert not Issue.objects.exists()


@pytest.mark.django_db
class TestPublish:
    @pytest.mark.parametrize("state", [State.DRAFT, State.SCHEDULED])
    def test_it_fixes_the_audience_now(self, state):
        issue = publishing.publish(issue_id=make_issue(state=state).pk)
        assert issue.state == State.EXPANDING
        assert abs(issue.published_at - timezone.now()) < timedelta(seconds=10)

    @pytest.mark.parametrize("state", [State.EXPANDING, State.SENDING, State.PAUSED, State.SENT])
    def test_a_second_time_is_harmless(self, state):
        issue = make_issue(state=state)
        publishing.publish(issue_id=issue.pk)
        assert state_of(issue) == state

    def test_a_cancelled_issue_stays_cancelled(self):
        issue = make_issue(state=State.CANCELLED)
        with pytest.raises(publishing.WrongState):
            publishing.publish(issue_id=issue.pk)

    def test_same_key_and_content_is_the_same_issue(self):
        assert publish_keyed() == publish_keyed()
        assert Issue.objects.count() == 1

    @pytest.mark.parametrize("other", [{"subject": "Other"}, {"body": "Other"}])
    def test_other_content_under_a_key_is_refused(self, other):
        publish_keyed()
        with pytest.raises(publishing.KeyTaken):
            publish_keyed(**other)

    def test_without_a_key_every_call_is_an_issue(self):
        assert publish_keyed(key=None) != publish_keyed(key=None)

    @pytest.mark.parametrize("at", ["2099-01-01T09:00", "2020-01-01T09:00Z"])
    def test_a_bad_time_leaves_nothing_behind(self, at):
        with pytest.raises(publishing.InvalidTime):
            publish_keyed(at=datetime.fromisoformat(at))
        assert not Issue.objects.exists()


@pytest.mark.django_db
class TestSchedule:
    def test_it_starts_when_its_time_has_come(self):
        issue = make_issue()
        publishing.schedule(issue_id=issue.pk, at=timezone.now() + timedelta(hours=1))
        publishing.start_due()
        assert state_of(issue) == State.SCHEDULED
        Issue.objects.update(publish_at=timezone.now() - timedelta(seconds=1))
        publishing.start_due()
        assert state_of(issue) == State.EXPANDING

    def test_a_published_issue_cannot_be_scheduled(self):
        issue = make_issue(state=State.SENDING)
        with pytest.raises(publishing.WrongState):
            publishing.schedule(issue_id=issue.pk, at=timezone.now() + timedelta(hours=1))


@pytest.mark.django_db
class TestExpansion:
    def test_each_confirmed_reader_is_promised_one_mail(self):
        readers = [make_subscription(f"r{number}@example.org") for number in range(7)]
        issue = publish_keyed()
        expand(limit=3)
        rows = Delivery.objects.filter(issue=issue)
        assert {row.subscription_id for row in rows} == {reader.pk for reader in readers}
        assert all(row.state == "pending" and row.kind == "issue" for row in rows)
        issue.refresh_from_db()
        assert (issue.state, issue.audience_size) == (State.SENDING, 7)
        assert accounting.of_issue(issue).identity_holds

    def test_its_rows_lie_together_in_the_order_of_their_promise(self):
        for number in range(5):
            make_subscription(f"r{number}@example.org")
        first = publish_keyed(key="1")
        expand(limit=2)
        second = publish_keyed(key="2")
        expand(limit=2)
        mails = Delivery.objects.order_by("pk")
        readers = sorted(Subscription.objects.values_list("pk", flat=True))
        expected = [(issue.pk, reader) for issue in (first, second) for reader in readers]
        assert list(mails.values_list("issue", "subscription")) == expected
        assert {(mail.pk.version, mail.pk.variant) for mail in mails} == {(7, RFC_4122)}

    @pytest.mark.parametrize(
        "status", [status for status in Subscription.Status if status != "confirmed"]
    )
    def test_nobody_else_is(self, status):
        make_subscription(status=status)
        publish_keyed()
        expand()
        assert not Delivery.objects.exists()

    def test_who_comes_later_is_not(self):
        issue = publish_keyed()
        make_subscription(confirmed_at=issue.published_at + timedelta(seconds=1))
        expand()
        assert not Delivery.objects.exists()

    def test_a_chunk_that_fits_exactly_is_not_the_last(self):
        for number in range(4):
            make_subscription(f"r{number}@example.org")
        issue = publish_keyed()
        assert publishing.expand_one(limit=4)
        assert state_of(issue) == State.EXPANDING
        assert publishing.expand_one(limit=4)
        assert state_of(issue) == State.SENDING
        assert not publishing.expand_one(limit=4)

    def test_a_pause_in_the_middle_loses_nobody(self):
        for number in range(5):
            make_subscription(f"r{number}@example.org")
        issue = publish_keyed()
        publishing.expand_one(limit=2)
        publishing.pause(issue_id=issue.pk)
        assert not publishing.expand_one(limit=2)
        publishing.resume(issue_id=issue.pk)
        expand(limit=2)
        issue.refresh_from_db()
        assert issue.audience_size == Delivery.objects.count() == 5

    def test_a_row_that_exists_is_not_counted_twice(self):
        reader = make_subscription()
        issue = publish_keyed()
        make_delivery(reader, issue)
        Issue.objects.update(audience_size=1)
        expand()
        issue.refresh_from_db()
        assert issue.audience_size == 1

    def test_an_issue_without_readers_is_sent(self):
        issue = publish_keyed()
        expand()
        publishing.finish_done()
        assert state_of(issue) == State.SENT


@pytest.mark.django_db
class TestFinishing:
    @pytest.mark.parametrize(
        ("fields", "is_finished"),
        [
            ({"state": "pending"}, False),
            ({"state": "claimed", "next_at": None, "lease_until": timezone.now()}, False),
            ({"state": "sending", "next_at": None, "lease_until": timezone.now()}, False),
            ({"state": "sent", "next_at": None}, True),
            ({"state": "failed", "next_at": None}, True),
            ({"state": "skipped", "next_at": None}, True),
            ({"state": "unknown", "next_at": None}, True),
        ],
    )
    def test_an_issue_is_sent_when_no_mail_is_open(self, fields, is_finished):
        issue = make_issue(state=State.SENDING)
        make_delivery(make_subscription(), issue, **fields)
        publishing.finish_done()
        issue.refresh_from_db()
        assert (issue.state == State.SENT) is is_finished
        assert (issue.finished_at is not None) is is_finished

    def test_a_test_mail_keeps_nothing_open(self):
        issue = make_issue(state=State.SENDING)
        publishing.send_test(issue_id=issue.pk, address="me@example.org")
        publishing.finish_done()
        assert state_of(issue) == State.SENT

    def test_a_paused_issue_is_not_finished(self):
        issue = make_issue(state=State.PAUSED)
        publishing.finish_done()
        assert state_of(issue) == State.PAUSED


@pytest.mark.django_db
class TestControl:
    @pytest.mark.parametrize(
        "state",
        [State.DRAFT, State.SCHEDULED, State.EXPANDING, State.SENDING, State.PAUSED],
    )
    def test_cancel_skips_what_is_pending(self, state):
        issue = make_issue(state=state)
        waiting = make_delivery(make_subscription("a@example.org"), issue)
        sent = make_delivery(make_subscription("b@example.org"), issue, state="sent", next_at=None)
        publishing.cancel(issue_id=issue.pk)
        waiting.refresh_from_db()
        sent.refresh_from_db()
        assert state_of(issue) == State.CANCELLED
        assert (waiting.state, waiting.error_code) == ("skipped", "cancelled")
        assert sent.state == "sent"

    def test_a_retry_that_comes_after_the_cancellation_is_skipped_too(self):
        issue = make_issue(state=State.CANCELLED)
        late = make_delivery(make_subscription(), issue)
        publishing.finish_done()
        late.refresh_from_db()
        assert late.state == "skipped"

    @pytest.mark.parametrize("state", [State.SENT, State.CANCELLED])
    def test_what_is_over_cannot_be_cancelled(self, state):
        with pytest.raises(publishing.WrongState):
            publishing.cancel(issue_id=make_issue(state=state).pk)

    @pytest.mark.parametrize(
        ("verb", "states"),
        [
            (publishing.pause, {State.EXPANDING, State.SENDING}),
            (publishing.resume, {State.PAUSED}),
        ],
    )
    @pytest.mark.parametrize("state", list(State))
    def test_pause_and_resume_only_from_where_they_mean_something(self, verb, states, state):
        issue = make_issue(state=state)
        if state in states:
            verb(issue_id=issue.pk)
            assert state_of(issue) != state
        else:
            with pytest.raises(publishing.WrongState):
                verb(issue_id=issue.pk)
            assert state_of(issue) == state

    def test_a_test_mail_is_promised_to_any_address(self):
        issue = make_issue()
        mail = publishing.send_test(issue_id=issue.pk, address="me@example.org")
        assert (mail.kind, mail.recipient, mail.issue) == ("test", "me@example.org", issue)

    @pytest.mark.parametrize("address", ["", "me", "a@b@c", "a@example.org\r\nRCPT TO:<x>"])
    def test_a_test_mail_needs_an_address(self, address):
        with pytest.raises(publishing.InvalidRecipient):
            publishing.send_test(issue_id=make_issue().pk, address=address)
