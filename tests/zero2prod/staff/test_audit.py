"""The record of what staff did: complete, without readers, and nobody changes it."""

from io import StringIO

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.shortcuts import redirect
from django.test import Client

from newsletter.models import Issue
from newsletter.publishing import PublishingError
from tests.factories import default_newsletter, make_issue, make_subscription
from tests.newsletter.sending import make_ready, send
from tests.staff import PASSWORD, code_of, make_member, post_code, post_password, wrong_code
from zero2prod.staff import audit
from zero2prod.staff.audited import Audited
from zero2prod.staff.models import AuditEntry, Member

pytestmark = pytest.mark.django_db

ISSUES = "/admin/newsletter/issue/"


@pytest.fixture
def boss(settings):
    """A superuser at the desk, without a second step."""
    settings.STAFF_TWO_STEP_REQUIRED = False
    client = Client(REMOTE_ADDR="192.0.2.9")
    client.force_login(make_member("boss", is_superuser=True))
    return client


def verbs() -> list[str]:
    return list(AuditEntry.objects.order_by("id").values_list("verb", flat=True))


def test_a_log_in_and_what_goes_wrong_with_it(client, phone):
    post_password(client, "ursula", "wrong")
    post_password(client)
    post_code(client, wrong_code(phone.bin_key))
    type(phone).objects.update(throttling_failure_count=0)
    post_code(client, code_of(phone.bin_key))
    client.get("/admin/newsletter/subscription/")
    client.post("/admin/password/", {"password": "wrong"})
    client.post("/admin/password/", {"password": PASSWORD})
    client.post("/admin/logout/")
    assert verbs() == [
        "log_in.failed",
        "log_in.passed",
        "two_step.refused",
        "two_step.passed",
        "permission.denied",
        "password.refused",
        "password.repeated",
        "log_out.done",
    ]
    assert set(AuditEntry.objects.values_list("actor_name", flat=True)) == {"ursula"}


def test_who_what_when_and_from_where(boss):
    issue = make_ready("Hello")
    send(boss, issue, HTTP_X_REQUEST_ID="request-1")
    entry = AuditEntry.objects.get(verb="issue.publish")
    assert (entry.actor_name, entry.address) == ("boss", "192.0.2.9")
    assert (entry.target_type, entry.target_id) == ("newsletter.issue", str(issue.pk))
    assert (entry.target_name, entry.request_id) == ("Hello", "request-1")


def test_the_address_is_left_out_where_it_is_not_wanted(boss, settings):
    settings.STAFF_AUDIT_ADDRESSES = False
    boss.post("/admin/logout/")
    assert AuditEntry.objects.get().address is None


@pytest.mark.parametrize("control", ["test", "pause", "resume", "cancel", "take-back"])
def test_each_button_of_an_issue(boss, control):
    states = {"test": "draft", "resume": "paused", "take-back": "scheduled"}
    issue = make_issue(state=states.get(control, "sending"))
    boss.post(f"{ISSUES}{issue.pk}/{control}/", {"address": "me@example.org"})
    assert verbs() == [f"issue.{control}"]
    assert "me@example.org" not in str(AuditEntry.objects.values_list())


def test_what_was_refused_was_not_done(boss):
    issue = make_issue(state="sent")
    boss.post(f"{ISSUES}{issue.pk}/pause/")
    assert "issue.pause" not in verbs()


def test_an_act_and_its_entry_are_one_commit(rf, ursula):
    issue, request = make_issue(), rf.post("/")
    request.user = ursula

    def fail() -> None:
        with audit.recorded("issue.publish", request=request, target=issue):
            Issue.objects.update(subject="changed")
            raise PublishingError

    with pytest.raises(PublishingError):
        fail()
    issue.refresh_from_db()
    assert (issue.subject, verbs()) == ("The first issue", [])


def test_additions_changes_and_deletions_of_every_model(boss):
    boss.post("/admin/auth/group/add/", {"name": "guests"})
    guests = Group.objects.get(name="guests")
    boss.post(f"/admin/auth/group/{guests.pk}/change/", {"name": "visitors"})
    boss.post(f"/admin/auth/group/{guests.pk}/delete/", {"post": "yes"})
    assert verbs() == ["group.added", "group.changed", "group.deleted"]
    changed = AuditEntry.objects.get(verb="group.changed")
    assert (changed.target_name, changed.details) == ("visitors", {"fields": ["Name"]})


def test_every_model_of_the_admin_is_recorded(boss):
    assert all(isinstance(pages, Audited) for pages in admin.site._registry.values())


def test_a_page_that_says_nothing_is_recorded_all_the_same(boss, rf):
    request = rf.post("/admin/somewhere/")
    request.user, request.session = Member.objects.get(username="boss"), boss.session
    request.user.is_verified = lambda: False
    request._dont_enforce_csrf_checks = True
    admin.site.admin_view(lambda _: redirect("/"))(request)
    assert verbs() == ["page.posted"]


def test_accounts_and_passwords(boss):
    user = User.objects.create_user("new", password=PASSWORD)
    passwords = {"password1": "quite another one 1", "password2": "quite another one 1"}
    boss.post(f"/admin/auth/user/{user.pk}/password/", {**passwords, "usable_password": "true"})
    boss.post(
        "/admin/password_change/",
        {
            "old_password": PASSWORD,
            "new_password1": "a third one 12",
            "new_password2": "a third one 12",
        },
    )
    assert verbs() == ["user.changed", "password.changed"]


def test_a_reader_has_no_name_in_it(boss, rf, ursula):
    reader = make_subscription("paul@example.org", name="Paul")
    request = rf.post("/")
    request.user = ursula
    audit.record("subscription.erase", request=request, target=reader)
    assert "paul" not in str(AuditEntry.objects.values_list()).lower()
    assert AuditEntry.objects.get().target_id == str(reader.pk)


def test_the_log_says_it_without_names(boss, caplog):
    issue = make_ready("A secret subject")
    with caplog.at_level("INFO"):
        send(boss, issue)
    [said] = [record.msg for record in caplog.records if record.msg["event"] == "staff.acted"]
    assert said["verb"] == "issue.publish"
    assert said["target"] == f"newsletter.issue {issue.pk}"
    assert "boss" not in str(said)
    assert "secret subject" not in str(said)


@pytest.mark.parametrize(
    "statement", ["UPDATE staff_auditentry SET verb = 'x'", "DELETE FROM staff_auditentry"]
)
def test_the_database_refuses_to_change_it(boss, statement):
    boss.post("/admin/logout/")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute(statement)
    assert verbs() == ["log_out.done"]


def test_it_outlives_the_account(boss):
    boss.post("/admin/logout/")
    User.objects.get(username="boss").delete()
    assert AuditEntry.objects.get().actor_name == "boss"


class TestCommands:
    def test_what_is_done_at_the_terminal_is_recorded(self, db):
        pk = str(make_issue("Hello").pk)
        quiet = {"stdout": StringIO()}
        call_command("issue", pk, "publish", **quiet)
        call_command("issue", pk, "pause", **quiet)
        call_command("export_subscriptions", **quiet)
        assert verbs() == ["issue.publish", "issue.pause", "subscriptions.exported"]
        assert set(AuditEntry.objects.values_list("actor_name", "address")) == {("manage.py", None)}

    def test_what_was_refused_is_not(self, db):
        pk = str(make_issue(state="sent").pk)
        with pytest.raises(CommandError):
            call_command("issue", pk, "pause", stdout=StringIO())
        assert verbs() == []

    def test_a_password_that_an_operator_sets(self, ursula, monkeypatch):
        monkeypatch.setattr("getpass.getpass", lambda **_: "quite another one 1")
        call_command("changepassword", "ursula", stdout=StringIO())
        ursula.refresh_from_db()
        assert ursula.check_password("quite another one 1")
        assert verbs() == ["password.reset"]


class TestItsPage:
    LIST = "/admin/staff/auditentry/"

    @pytest.fixture
    def acts(self, boss):
        issue = make_ready("Hello")
        send(boss, issue)
        boss.post(f"{ISSUES}{issue.pk}/pause/")
        newsletter = default_newsletter()
        audit.record("newsletter.changed", request=None, target=newsletter)
        return issue

    def test_it_lists_what_was_done(self, boss, acts):
        page = boss.get(self.LIST).content.decode()
        for word in ("issue publish", "issue pause", "Hello", "boss", "192.0.2.9", "manage.py"):
            assert word in page

    def test_it_can_be_narrowed(self, boss, acts):
        only = boss.get(f"{self.LIST}?verb=issue.publish").context["cl"].result_list
        assert [entry.verb for entry in only] == ["issue.publish"]
        same = f"{self.LIST}?target_type=newsletter.issue&target_id={acts.pk}"
        assert len(boss.get(same).context["cl"].result_list) == 2

    def test_nothing_can_be_changed_in_it(self, boss, acts):
        entry = AuditEntry.objects.first()
        assert boss.get(f"{self.LIST}add/").status_code == 403
        assert boss.post(f"{self.LIST}{entry.pk}/change/", {"verb": "x"}).status_code == 403
        assert boss.post(f"{self.LIST}{entry.pk}/delete/", {"post": "yes"}).status_code == 403

    def test_a_publisher_does_not_see_it(self, boss, acts):
        client = Client()
        client.force_login(make_member("paula", "publisher"))
        assert client.get(self.LIST).status_code == 403
