"""Who may do what."""

from io import StringIO

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.test import Client

from tests.factories import make_issue, make_subscription
from tests.staff import make_member
from zero2prod.staff.roles import grant

pytestmark = pytest.mark.django_db

ROLES = ("author", "publisher", "operator")
FIRST = {
    "newsletter.add_issue": "author",
    "newsletter.change_issue": "author",
    "newsletter.publish_issue": "publisher",
    "newsletter.view_delivery": "publisher",
    "newsletter.view_subscription": "operator",
    "newsletter.export_subscriptions": "operator",
    "newsletter.import_subscriptions": "operator",
    "newsletter.erase_subscription": "operator",
    "newsletter.change_newsletter": "operator",
    "newsletter.add_suppression": "operator",
    "staff.view_auditentry": "operator",
}
"""The lowest role that has a permission; the roles above have it too."""
NOBODYS = {"auth.add_user", "auth.change_user", "auth.change_group", "staff.add_auditentry"}


@pytest.fixture(autouse=True)
def one_step(settings):
    settings.STAFF_TWO_STEP_REQUIRED = False


def at_the_desk(*roles: str) -> Client:
    client = Client()
    client.force_login(make_member("member", *roles))
    return client


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("permission", "first"), FIRST.items())
def test_a_role_may(role, permission, first):
    member = make_member("member", role)
    assert member.has_perm(permission) == (ROLES.index(role) >= ROLES.index(first))


@pytest.mark.parametrize("role", ROLES)
def test_accounts_are_for_superusers(role):
    member = make_member("member", role)
    assert not any(map(member.has_perm, NOBODYS))


@pytest.mark.parametrize(
    ("role", "name", "status"),
    [
        ("author", "test", 200),
        ("author", "preview", 200),
        ("author", "publish", 403),
        ("author", "cancel", 403),
        ("publisher", "publish", 200),
    ],
)
def test_the_pages_of_an_issue(role, name, status):
    client, issue = at_the_desk(role), make_issue()
    assert client.get(f"/admin/newsletter/issue/{issue.pk}/{name}/").status_code == status
    page = client.get(f"/admin/newsletter/issue/{issue.pk}/change/").content.decode()
    assert (f"../{name}/" in page) == (status == 200)


def test_an_author_does_not_change_what_is_scheduled_to_go_out():
    issue = make_issue(state="scheduled")
    path = f"/admin/newsletter/issue/{issue.pk}/change/"
    answer = at_the_desk("author").post(path, {"subject": "Changed", "body": "Changed"})
    issue.refresh_from_db()
    assert (answer.status_code, issue.subject) == (302, "The first issue")


def test_an_author_sees_no_reader():
    make_subscription()
    client = at_the_desk("author")
    for model in ("subscription", "delivery", "suppression"):
        assert client.get(f"/admin/newsletter/{model}/").status_code == 403


def test_a_migration_adds_and_takes_away_and_may_be_repeated():
    operation = grant("publisher", "newsletter.change_worker")
    for _ in range(2):
        operation.code(apps, None)
    for role, has_it in zip(ROLES, (False, True, True), strict=True):
        group = Group.objects.get(name=role)
        assert group.permissions.filter(codename="change_worker").count() == has_it
    operation.reverse_code(apps, None)
    assert not Group.objects.filter(permissions__codename="change_worker").exists()


def test_a_misspelt_permission_stops_the_migration():
    with pytest.raises(Permission.DoesNotExist):
        grant("author", "newsletter.pubish_issue").code(apps, None)


def test_on_a_fresh_database_permissions_are_there_before_django_makes_them():
    """Django makes them when all migrations are done; those of roles come before."""
    state = MigrationLoader(connection).project_state()
    Permission.objects.filter(codename="publish_issue").delete()
    grant("publisher", "newsletter.publish_issue").code(state.apps, None)
    assert make_member("member", "publisher").has_perm("newsletter.publish_issue")
    call_command("migrate", verbosity=0, stdout=StringIO())
    assert Permission.objects.filter(codename="publish_issue").count() == 1


def test_an_operator_opens_every_list_of_the_newsletter():
    """A new model that its migration gives to nobody is seen here."""
    client = at_the_desk("operator")
    lists = [
        f"/admin/newsletter/{model._meta.model_name}/"
        for model in admin.site._registry
        if model._meta.app_label == "newsletter"
    ]
    statuses = {path: client.get(path).status_code for path in lists}
    assert {path: status for path, status in statuses.items() if status != 200} == {}
