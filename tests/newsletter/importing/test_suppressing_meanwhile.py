"""Who is suppressed or erased while his address is imported is not mailed, and does not stay."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from newsletter import importing, privacy, suppressing
from newsletter.models import Newsletter, Subscription, Suppression
from tests.factories import make_subscription
from tests.newsletter.importing.files import choose, keep

EMAIL = "ursula@example.org"

pytestmark = pytest.mark.django_db(transaction=True)


def import_during(act: Callable[[], object]) -> None:
    """Let somebody act as soon as a range of the import has written, or else right after it."""
    batch = keep(f"email\n{EMAIL}\nbea@example.org\n")
    choose(batch)
    importing.step(only=batch.pk)
    threads = []

    def run() -> None:
        try:
            act()
        finally:
            connection.close()

    def act_first(execute, sql, *rest):
        done = execute(sql, *rest)
        if "INSERT INTO newsletter_subscription" in sql:
            threads.append(threading.Thread(target=run))
            threads[-1].start()
            threads[-1].join(1.0)
        return done

    with connection.execute_wrapper(act_first):
        while importing.step(only=batch.pk):
            pass
    for thread in threads:
        thread.join()
    batch.refresh_from_db()
    assert batch.state == "done"


def elsewhere() -> Subscription:
    other = Newsletter.objects.create(slug="other", title="Other")
    return make_subscription(EMAIL, newsletter=other)


def test_who_erases_himself_elsewhere_is_gone():
    elsewhere()
    import_during(lambda: privacy.erase_person(email=EMAIL))
    assert list(Subscription.objects.values_list("email", flat=True)) == ["bea@example.org"]


def test_whose_mail_bounces_elsewhere_is_no_reader():
    reader = elsewhere()
    bounced = Suppression.Reason.BOUNCED
    import_during(lambda: suppressing.suppress(subscription_id=reader.pk, reason=bounced))
    assert not Subscription.objects.confirmed().filter(email=EMAIL).exists()


def test_whom_staff_suppresses_is_no_reader():
    import_during(lambda: suppressing.suppress_by_hand(email=EMAIL, note="asked", by="ed"))
    assert not Subscription.objects.confirmed().filter(email=EMAIL).exists()
    assert Subscription.objects.get(email=EMAIL).status == "unsubscribed"
