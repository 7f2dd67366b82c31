"""A restored copy is recognised, says so, and sends nothing until it is reconciled."""

import threading
from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from newsletter import reconciling
from newsletter.delivery.housekeeping import Housekeeping
from newsletter.models import Delivery, Installation, Issue, Worker
from newsletter.models.installations import Place, here
from tests.factories import make_delivery, make_issue, make_subscription
from tests.locks import is_somebody_waiting
from tests.processes import eventually

pytestmark = pytest.mark.django_db

HERE = Place("7", "00000001", "5", "16400")


@pytest.fixture
def restored():
    """A copy beside the original: its OID is another."""
    Installation.objects.is_restored()
    Installation.objects.update(database="1")


def held(**fields):
    return {
        "next_at": None,
        "lease_until": timezone.now() + timedelta(seconds=30),
        "claim_token": uuid4(),
        **fields,
    }


def run(*options):
    out = StringIO()
    call_command("reconcile", *options, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("other", "differs"),
    [
        (HERE, False),
        (Place("8", "00000001", "5", "16400"), True),
        (Place("7", "00000002", "5", "16400"), True),
        (Place("7", "00000001", "6", "16400"), True),
        (Place("7", "00000001", "5", "16401"), True),
        (Place("", "", "5", "16400"), False),
        (Place("", "", "5", "16401"), True),
    ],
)
def test_a_place_differs_by_any_part_that_is_known(other, differs):
    assert HERE.differs_from(other) is differs
    assert other.differs_from(HERE) is differs


def test_an_ordinary_role_of_this_server_knows_every_part():
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE somebody")
        cursor.execute("GRANT SELECT ON newsletter_delivery TO somebody")
        cursor.execute("SET LOCAL ROLE somebody")
        assert all([here().system, here().timeline, here().database, here().ledger])


def test_a_service_that_hides_its_cluster_is_known_by_the_rest():
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE somebody")
        cursor.execute("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
        cursor.execute("REVOKE EXECUTE ON FUNCTION pg_walfile_name(pg_lsn) FROM PUBLIC")
        cursor.execute("SET LOCAL ROLE somebody")
    place = here()
    assert (place.system, place.timeline) == ("", "")
    assert place.database
    assert place.ledger


def test_the_first_to_ask_makes_the_place_known():
    assert not Installation.objects.is_restored()
    assert Installation.objects.get().place == here()
    assert not Installation.objects.is_restored()


def test_a_table_that_was_made_anew_is_a_restored_one():
    """As by pg_restore --clean over the original."""
    Installation.objects.is_restored()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE newsletter_delivery RENAME TO old")
        cursor.execute("CREATE TABLE newsletter_delivery (LIKE old INCLUDING ALL)")
    assert Installation.objects.is_restored()


def test_readiness_says_so(client, restored):
    Worker.objects.create(host="here", pid=1)
    reasons = client.get("/readyz").json()["reasons"]
    assert reasons == ["database: a restored copy, nothing is sent until `manage.py reconcile`"]


def test_housekeeping_touches_nothing_but_says_so(restored, caplog):
    overdue = make_issue(state="scheduled", publish_at=timezone.now() - timedelta(hours=1))
    lost = held(state="claimed", lease_until=timezone.now() - timedelta(hours=1))
    mail = make_delivery(make_subscription(), **lost)
    housekeeping = Housekeeping([])
    housekeeping.tick()
    overdue.refresh_from_db()
    mail.refresh_from_db()
    assert (overdue.state, mail.state) == ("scheduled", "claimed")
    assert not housekeeping.expects_more
    assert Worker.objects.count() == 1
    events = [record.msg["event"] for record in caplog.records if record.levelname == "ERROR"]
    assert events == ["delivery.restored_copy"]


def test_what_was_held_becomes_unknown_and_issues_wait(restored):
    issue = make_issue(state="sending")
    mails = [
        make_delivery(make_subscription(f"{state}@example.org"), issue, **held(state=state))
        for state in ("claimed", "sending")
    ]
    pending = make_delivery(make_subscription(), issue)
    run()
    states = Delivery.objects.filter(pk__in=[mail.pk for mail in mails])
    assert set(states.values_list("state", "error_code")) == {("unknown", "restored")}
    pending.refresh_from_db()
    issue.refresh_from_db()
    assert (pending.state, issue.state) == ("pending", "paused")
    assert not Installation.objects.is_restored()


def test_a_confirmation_that_was_held_is_sent_once_more(restored):
    reader = make_subscription(status="pending_confirmation")
    fresh = make_delivery(reader, **held(state="sending"))
    again = make_delivery(reader, **held(state="sending", resends=1))
    run()
    fresh.refresh_from_db()
    again.refresh_from_db()
    assert (fresh.state, fresh.resends) == ("pending", 1)
    assert again.state == "unknown"


def test_an_overdue_issue_is_a_draft_again_and_a_later_one_stays(restored):
    at = timezone.now() + timedelta(hours=1)
    overdue = make_issue(state="scheduled", publish_at=timezone.now() - timedelta(hours=1))
    later = make_issue("Later", state="scheduled", publish_at=at)
    run()
    assert Issue.objects.get(pk=overdue.pk).state == "draft"
    assert Issue.objects.get(pk=later.pk).state == "scheduled"


def test_the_operator_may_release_what_is_pending(restored):
    issue = make_issue(state="expanding")
    run("--release")
    issue.refresh_from_db()
    assert issue.state == "expanding"
    assert not Installation.objects.is_restored()


def test_it_says_what_it_found(restored):
    make_delivery(make_subscription(), make_issue(state="sending"), **held(state="sending"))
    said = run("--dry-run")
    assert "1 mails held by a worker, 0 of them confirmations" in said
    assert "1 issues in delivery" in said
    assert Installation.objects.is_restored()


def test_the_true_database_is_left_alone():
    issue = make_issue(state="sending")
    mail = make_delivery(make_subscription(), issue, **held(state="sending"))
    assert "nothing to reconcile" in run()
    mail.refresh_from_db()
    issue.refresh_from_db()
    assert (mail.state, issue.state) == ("sending", "sending")


def test_the_operator_may_say_that_it_is_a_copy():
    run("--restored")
    assert Installation.objects.is_restored()
    reconciling.reconcile(release=False)
    assert not Installation.objects.is_restored()


@pytest.mark.django_db(transaction=True)
def test_who_reconciles_at_the_same_moment_changes_nothing_of_what_workers_do_since(restored):
    """Also if he had asked before: the first has settled it, and the workers have begun."""
    issue = make_issue(state="sending")
    mail = make_delivery(make_subscription(), issue)
    said = []

    def reconcile_too():
        try:
            said.append(run())
        finally:
            connection.close()

    other = threading.Thread(target=reconcile_too)
    with transaction.atomic():
        reconciling.reconcile(release=True)
        other.start()
        assert eventually(is_somebody_waiting, seconds=20)
        Delivery.objects.update(**held(state="sending"))
    other.join()
    mail.refresh_from_db()
    issue.refresh_from_db()
    assert (mail.state, issue.state) == ("sending", "sending")
    assert "nothing to reconcile" in said[0]
