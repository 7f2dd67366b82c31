"""What the database itself does for consents: it chains them and keeps them."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, transaction

from newsletter import evidence
from newsletter.models import Consent, Wording
from tests.factories import make_subscription, make_wording

Act = Consent.Act

pytestmark = pytest.mark.django_db


def agree(reader, act=Act.SIGNED_UP, **fields):
    return Consent.objects.create(subscription=reader, act=act, **fields)


def refused(action):
    """Whether the database refuses, now or at the end of the transaction."""
    try:
        with transaction.atomic():
            action()
            connection.check_constraints()
    except IntegrityError:
        return True
    return False


def test_acts_are_numbered_and_chained_for_each_reader():
    ursula, paul = make_subscription(), make_subscription("paul@example.org")
    for reader in (ursula, paul, ursula):
        agree(reader)
    positions = [link.position for link in ursula.consents.order_by("position")]
    assert positions == [1, 2]
    assert paul.consents.get().position == 1
    assert len(set(Consent.objects.values_list("digest", flat=True))) == 3
    assert list(evidence.check_chains()) == [None, None]


def test_a_row_written_by_hand_gets_no_digest_of_its_writers_choice():
    reader = make_subscription()
    agree(reader, digest="0" * 64, position=17, address_digest="1" * 64)
    link = reader.consents.get()
    assert link.position == 1
    assert link.digest != "0" * 64


@pytest.mark.parametrize(
    "change",
    [
        {"act": "withdrew"},
        {"wording": "Something else."},
        {"at": "2001-01-01T00:00Z"},
        {"ip_address": "198.51.100.7"},
        {"position": 9},
        {"digest": "0" * 64},
    ],
)
def test_no_consent_is_changed(change):
    reader = make_subscription()
    agree(reader, ip_address="192.0.2.1")
    assert refused(lambda: Consent.objects.update(**change))


def test_what_is_known_of_a_device_can_be_blanked_and_the_chain_holds():
    reader = make_subscription()
    agree(reader, ip_address="2001:db8::1", user_agent='A "browser"/ü')
    Consent.objects.update(ip_address=None, user_agent="", salt=None)
    assert reader.consents.get().client_digest != ""
    assert list(evidence.check_chains()) == [None]


def test_a_consent_goes_with_its_reader_only():
    reader = make_subscription()
    agree(reader)
    assert refused(Consent.objects.all().delete)
    assert not refused(reader.delete)
    assert not Consent.objects.exists()


@pytest.mark.parametrize("table", ["newsletter_consent", "newsletter_wording"])
def test_the_tables_cannot_be_emptied(table):
    def empty():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL newsletter.truncate = ''")
            cursor.execute(f"TRUNCATE {table}")

    assert refused(empty)


def test_words_that_were_shown_once_are_neither_changed_nor_removed():
    make_wording("I agree.")
    assert refused(lambda: Wording.objects.update(text="I agree to everything."))
    assert refused(Wording.objects.all().delete)


@pytest.mark.django_db(transaction=True)
def test_acts_at_the_same_moment_are_links_of_one_chain():
    reader = make_subscription()
    agree(reader)

    def leave_or_return(number):
        try:
            agree(reader, Act.WITHDREW if number % 2 else Act.RETURNED)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(leave_or_return, range(24)))
    assert reader.consents.count() == 25
    assert list(evidence.check_chains()) == [None]


def test_a_whole_import_in_one_statement_reads_no_table_from_end_to_end():
    """Plans made while the table was empty took minutes once it had grown."""
    for number in range(300):
        make_subscription(f"{number}@example.org")
    before = rows_read_in_order()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO newsletter_consent (subscription_id, act)"
            " SELECT id, 'imported' FROM newsletter_subscription"
        )
    assert rows_read_in_order() == before
    assert Consent.objects.count() == 300


def rows_read_in_order():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = 'newsletter_consent'"
        )
        return cursor.fetchone()
