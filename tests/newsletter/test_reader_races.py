"""Two things at once with one reader: one after the other happens, and never half of each."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection

from newsletter import consenting, evidence, links, own_changes, privacy, signing_up, subscribing
from newsletter.delivery.ledger import Ledger
from newsletter.models import Delivery, Subscription, Suppression
from tests.factories import default_newsletter, make_delivery, make_issue, make_subscription

EMAIL = "ursula@example.org"
ROUNDS = 6
Status = Subscription.Status

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*actions: Callable[[], object]) -> list[object]:
    """Run each in its own thread and connection, all from the same moment; return what came."""
    start = Barrier(len(actions))

    def run(action):
        try:
            start.wait()
            return action()
        except (links.InvalidToken, own_changes.AddressTaken) as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(actions)) as threads:
        return list(threads.map(run, actions))


def test_two_confirmations_at_once_are_one():
    for number in range(ROUNDS):
        reader = make_subscription(f"{number}@example.org", status=Status.PENDING_CONFIRMATION)
        token = links.confirmation_token(reader.pk)
        at_once(*[lambda token=token: subscribing.confirm(token=token)] * 4)
        assert reader.consents.count() == 1
        reader.refresh_from_db()
        assert reader.status == Status.CONFIRMED


def test_of_confirming_and_leaving_the_chain_says_what_holds():
    for number in range(ROUNDS):
        reader = make_subscription(f"{number}@example.org", status=Status.PENDING_CONFIRMATION)
        token = links.confirmation_token(reader.pk)
        at_once(
            lambda token=token: subscribing.confirm(token=token),
            lambda pk=reader.pk: subscribing.unsubscribe(subscription_id=pk),
        )
        reader.refresh_from_db()
        last = reader.consents.order_by("-position").first()
        told = {"confirmed": Status.CONFIRMED, "withdrew": Status.UNSUBSCRIBED}
        assert told[last.act] == reader.status
    assert set(evidence.check_chains()) == {None}


def test_a_mail_is_sent_before_she_is_erased_or_not_at_all():
    issue = make_issue(state="sending")
    for number in range(ROUNDS):
        email = f"{number}@example.org"
        mail = make_delivery(make_subscription(email), issue)
        token = uuid4()

        def send(token=token):
            connection.ensure_connection()
            ledger = Ledger(connection.connection)
            return ledger.advance(token, [], ledger.claim(issue.pk, token, 10), "smtp://x")

        opened, erased = at_once(send, lambda email=email: privacy.erase_person(email=email))
        mail.refresh_from_db()
        assert erased == 1
        if opened:
            assert (mail.state, opened[0].email) == ("sending", email)
        else:
            assert (mail.state, mail.error_code) == ("skipped", "erased")


def test_of_a_new_address_and_a_sign_up_with_it_neither_takes_the_others_place():
    newsletter = default_newsletter()
    for number in range(ROUNDS):
        email, new = f"{number}@example.org", f"new{number}@example.org"
        reader = make_subscription(email)
        mail = make_delivery(reader, kind="address", recipient=new)
        token = links.address_token(mail.pk)

        def sign_up(new=new):
            agreed = consenting.agreement(newsletter)
            signing_up.sign_up(newsletter=newsletter, email=new, name="N", agreed=agreed)

        moved, _ = at_once(lambda token=token: own_changes.move(token=token), sign_up)
        reader.refresh_from_db()
        if isinstance(moved, own_changes.AddressTaken):
            assert reader.email == email
            assert Subscription.objects.get(email=new).status == Status.PENDING_CONFIRMATION
        else:
            assert reader.email == new
            assert Subscription.objects.filter(email=new).count() == 1


def test_of_erasing_and_moving_she_is_gone_or_has_moved_and_is_gone():
    for number in range(ROUNDS):
        reader = make_subscription(f"{number}@example.org")
        mail = make_delivery(reader, kind="address", recipient=f"new{number}@example.org")
        token = links.address_token(mail.pk)
        at_once(
            lambda token=token: own_changes.move(token=token),
            lambda email=reader.email: privacy.erase_person(email=email),
        )
        left = Subscription.objects.filter(pk=reader.pk).first()
        assert left is None or left.email == f"new{number}@example.org"
    assert Delivery.objects.filter(kind="address").count() == ROUNDS
    assert set(evidence.check_chains()) <= {None}


def test_of_erasing_and_joining_nothing_is_left():
    other = second_newsletter()
    from_page = consenting.agreement(other)
    for number in range(4 * ROUNDS):
        email = f"{number}@example.org"
        make_subscription(email)
        _, erased = at_once(
            lambda email=email: own_changes.join(email=email, newsletter=other, agreed=from_page),
            lambda email=email: privacy.erase_person(email=email),
        )
        assert erased in {1, 2}
        assert not Subscription.objects.filter(email=email).exists()
        assert Suppression.objects.of_address(email).exists()


def test_joining_twice_at_once_is_one_subscription():
    make_subscription(EMAIL)
    from_page = consenting.agreement(other := second_newsletter())
    at_once(*[lambda: own_changes.join(email=EMAIL, newsletter=other, agreed=from_page)] * 4)
    joined = Subscription.objects.get(newsletter=other)
    assert joined.status == Status.CONFIRMED
    assert [consent.act for consent in joined.consents.order_by("position")] == [
        "signed_up",
        "confirmed",
    ]


def second_newsletter():
    newsletter = default_newsletter()
    newsletter.pk, newsletter.slug = None, "second"
    newsletter.save()
    return newsletter
