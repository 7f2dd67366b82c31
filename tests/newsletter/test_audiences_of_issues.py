"""Whom an issue goes to: chosen on the issue, frozen at publication, told afterwards."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from newsletter import accounting, inquiry, publishing
from newsletter.audiences import Condition, Definition
from newsletter.models import Delivery, Issue, Segment
from newsletter.publishing import steps
from tests.factories import default_newsletter, make_issue, make_subscription
from tests.newsletter.publications import expand, publish_keyed

pytestmark = pytest.mark.django_db

VIP = Definition((Condition("has_tag", "vip"),))


def make_segment(definition=VIP, **fields):
    fields = {"newsletter": default_newsletter(), "name": "Friends", "slug": "friends", **fields}
    return Segment.objects.create(definition=definition.as_json(), **fields)


def who_got(issue):
    rows = Delivery.objects.filter(issue=issue).select_related("subscription")
    return {row.subscription.email.partition("@")[0] for row in rows}


@pytest.fixture
def readers():
    make_subscription("vip@example.org", tags=["vip"])
    make_subscription("other@example.org")
    make_subscription("gone@example.org", tags=["vip"], status="unsubscribed")


class TestFreezing:
    @pytest.mark.usefixtures("readers")
    def test_only_the_segment_gets_it(self):
        issue = make_issue(segment=make_segment())
        publishing.publish(issue_id=issue.pk)
        expand()
        issue.refresh_from_db()
        assert who_got(issue) == {"vip"}
        assert issue.audience_size == 1
        assert accounting.of_issue(issue).identity_holds

    @pytest.mark.usefixtures("readers")
    def test_a_later_edit_of_the_segment_changes_nothing(self):
        segment = make_segment()
        issue = make_issue(segment=segment)
        publishing.publish(issue_id=issue.pk)
        Segment.objects.update(definition=Definition().as_json())
        segment.delete()
        expand()
        assert who_got(issue) == {"vip"}

    def test_the_last_days_are_the_days_before_the_publication(self):
        issue = make_issue(segment=make_segment(Definition((Condition("signed_up_within", "7"),))))
        publishing.publish(issue_id=issue.pk)
        issue.refresh_from_db()
        since = (issue.audience_at - timedelta(days=7)).date().isoformat()
        assert issue.audience["conditions"] == [{"what": "signed_up_since", "value": since}]

    def test_a_segment_that_an_unpublished_issue_waits_for_cannot_go(self):
        segment = make_segment()
        make_issue(segment=segment, state="scheduled")
        with pytest.raises(Exception, match="protected"):
            segment.delete()

    @pytest.mark.usefixtures("readers")
    def test_an_audience_that_is_not_understood_is_nobody(self):
        make_segment()
        Segment.objects.update(definition={"conditions": [{"what": "a newer condition"}]})
        issue = make_issue(segment=Segment.objects.get())
        with pytest.raises(publishing.PublishingError, match="not understood"):
            publishing.publish(issue_id=issue.pk)
        Issue.objects.update(state="scheduled", publish_at=timezone.now())
        publishing.start_due()
        assert Issue.objects.get().state == "draft"


class TestExpansion:
    def test_few_among_many_are_found_in_steps(self, monkeypatch):
        monkeypatch.setattr(steps, "CHUNK", 10)
        for number in range(35):
            make_subscription(f"r{number}@example.org", tags=["vip"] if number % 9 == 0 else [])
        issue = make_issue(segment=make_segment())
        publishing.publish(issue_id=issue.pk)
        taken = 0
        while publishing.expand_one(limit=3):
            taken += 1
        assert who_got(issue) == {"r0", "r9", "r18", "r27"}
        assert taken <= 6

    def test_who_pauses_has_a_row_that_says_so(self):
        make_subscription("on@example.org", paused_until=timezone.now() - timedelta(days=1))
        make_subscription("off@example.org", paused_until=timezone.now() + timedelta(days=1))
        issue = make_issue()
        publishing.publish(issue_id=issue.pk)
        expand()
        issue.refresh_from_db()
        assert str(accounting.of_issue(issue)) == "2 = 1 skipped + 1 pending"
        assert "Skipped: paused" in inquiry.why(issue=issue, email="off@example.org")

    @pytest.mark.usefixtures("readers")
    def test_the_reader_who_was_not_meant_is_told_why(self):
        issue = make_issue(segment=make_segment())
        publishing.publish(issue_id=issue.pk)
        expand()
        issue.refresh_from_db()
        told = inquiry.why(issue=issue, email="other@example.org")
        assert told == "Not in the audience: the issue went to “Friends: has the tag vip” only."


class TestCommand:
    @pytest.fixture
    def publish(self, tmp_path):
        body = tmp_path / "body.md"
        body.write_text("Text")

        def call(*options):
            common = ("--newsletter", "default", "--subject", "S", "--body-file", str(body))
            call_command("publish", *common, *options)
            expand()
            return Issue.objects.latest("pk")

        return call

    @pytest.mark.usefixtures("readers")
    def test_to_a_segment(self, publish):
        make_segment()
        issue = publish("--segment", "friends")
        assert who_got(issue) == {"vip"}
        assert issue.audience["name"] == "Friends"

    @pytest.mark.usefixtures("readers")
    def test_to_tags(self, publish):
        make_subscription("beta@example.org", tags=["beta"])
        assert who_got(publish("--tag", "vip", "--tag", "beta")) == {"vip", "beta"}

    @pytest.mark.parametrize("options", [("--segment", "no"), ("--segment", ""), ("--tag", "")])
    @pytest.mark.usefixtures("readers")
    def test_what_is_nobody_is_not_everybody(self, publish, options):
        with pytest.raises(CommandError):
            publish(*options)
        assert not Issue.objects.exists()

    def test_a_share_is_one_of_the_audience(self, publish):
        for number in range(10):
            make_subscription(f"r{number}@example.org", tags=["vip"])
        make_subscription("other@example.org")
        issue = publish("--tag", "vip", "--first", "20%")
        assert len(who_got(issue)) == 2

    @pytest.mark.usefixtures("readers")
    def test_a_key_is_one_audience_too(self, publish):
        make_segment()
        first = publish("--key", "k", "--segment", "friends")
        Segment.objects.update(definition=Definition().as_json())
        assert publish("--key", "k", "--segment", "friends") == first
        with pytest.raises(CommandError, match="belongs to issue"):
            publish("--key", "k", "--tag", "vip")
        with pytest.raises(CommandError, match="belongs to issue"):
            publish("--key", "k")

    @pytest.mark.usefixtures("readers")
    def test_a_key_from_before_there_were_audiences_is_everybodys(self, publish):
        first = publish_keyed(subject="S", key="k")
        Issue.objects.update(audience=None)
        assert publish("--key", "k") == first

    @pytest.mark.usefixtures("readers")
    def test_the_rehearsal_tells_whom_it_would_reach(self, capsys):
        issue = make_issue(segment=make_segment())
        call_command("simulate", "--issue", str(issue.pk))
        told = capsys.readouterr().out
        assert "1 confirmed readers would get" in told
        assert "The audience is “Friends: has the tag vip”" in told
        assert "1 would not: unsubscribed." in told
