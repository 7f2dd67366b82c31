import json
from hashlib import sha256

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from newsletter import evidence
from newsletter.models import Consent, Subscription
from tests.factories import make_subscription

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=80)


@pytest.fixture
def chain():
    """Three acts of one reader."""
    reader = make_subscription()
    for act in ("signed_up", "confirmed", "withdrew"):
        Consent.objects.create(
            subscription=reader, act=act, wording="I agree.", ip_address="192.0.2.1", user_agent="A"
        )
    return reader


def tamper(sql, *parameters):
    """Do what only the owner of the tables can: without the triggers."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE newsletter_consent DISABLE TRIGGER USER")
        cursor.execute(sql, parameters)
        cursor.execute("ALTER TABLE newsletter_consent ENABLE TRIGGER USER")


def fault():
    (found,) = evidence.check_chains()
    return (found.position, found.reason) if found else None


@pytest.mark.django_db
def test_a_chain_that_nobody_touched_holds(chain):
    assert fault() is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("wording = 'Something else.'", "it was changed"),
        ("act = 'imported'", "it was changed"),
        ("at = at - interval '1 microsecond'", "it was changed"),
        ("page = '/'", "it was changed"),
        ("digest = repeat('0', 64)", "it was changed"),
        ("address_digest = ''", "it was changed"),
        ("ip_address = '192.0.2.2'", "its device was changed"),
        ("user_agent = ''", "its device was changed"),
        ("salt = NULL", "a device was written into it"),
        ("position = 7", "it is missing"),
    ],
)
def test_a_changed_link_is_named(chain, change, reason):
    tamper(f"UPDATE newsletter_consent SET {change} WHERE position = 2")  # noqa: S608
    assert fault() == (2, reason)


@pytest.mark.django_db
def test_a_removed_link_is_named(chain):
    tamper("DELETE FROM newsletter_consent WHERE position = 1")
    assert fault() == (1, "it is missing")


@pytest.mark.django_db
def test_a_link_with_a_digest_that_fits_breaks_the_next(chain):
    """Who changes a link and computes its digest anew has to change all that follow."""
    tamper("UPDATE newsletter_consent SET wording = 'All.' WHERE position = 1")
    link = chain.consents.get(position=1)
    forged = sha256(
        json.dumps(
            [
                "",
                str(chain.pk),
                1,
                link.act,
                link.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                "All.",
                "",
                "",
                "",
                link.address_digest,
                link.client_digest,
            ]
        ).encode()
    ).hexdigest()
    tamper("UPDATE newsletter_consent SET digest = %s WHERE position = 1", forged)
    assert fault() == (2, "it was changed")


@pytest.mark.django_db
def test_an_address_that_was_changed_behind_its_readers_back_is_named(chain):
    Subscription.objects.update(email="mallory@example.org")
    assert fault() == (3, "the address has changed since without an act of its reader")
    assert evidence.evidence(Subscription.objects.get())["chain_holds"] is False


@pytest.mark.django_db
def test_acts_from_before_the_chains_are_shown_and_not_judged(chain):
    tamper("UPDATE newsletter_consent SET position = NULL, digest = '' WHERE position = 3")
    assert fault() is None
    acts = evidence.evidence(chain)["acts"]
    assert [act["position"] for act in acts] == [None, 1, 2]


def checked_by_the_recipe(document):
    """Check an export as a stranger would who has only its text."""

    def digest(values):
        return sha256(json.dumps(values, ensure_ascii=False).encode("utf-8")).hexdigest()

    before, subscription = "", document["subscription"]
    for number, act in enumerate(document["acts"], start=1):
        if act["salt"]:
            client = digest([act["salt"], act["ip_address"], act["user_agent"]])
            assert act["client_digest"] == client
        names = [
            "act",
            "at",
            "wording",
            "wording_version",
            "locale",
            "page",
            "address_digest",
            "client_digest",
        ]
        before = digest([before, subscription, number, *(act[name] for name in names)])
        assert before == act["digest"]
    return document["acts"][-1]["address_digest"] == digest(
        [subscription, document["address"].lower()]
    )


class TestAnyWords(TestCase):
    @given(wording=TEXT, page=TEXT, user_agent=TEXT, address=st.ip_addresses())
    @settings(max_examples=60, deadline=None)
    def test_the_database_and_a_stranger_compute_the_same(self, wording, page, user_agent, address):
        reader = make_subscription()
        for act in ("signed_up", "confirmed"):
            Consent.objects.create(
                subscription=reader,
                act=act,
                wording=wording,
                page=page,
                user_agent=user_agent,
                ip_address=str(address),
            )
        assert fault() is None
        document = json.loads(json.dumps(evidence.evidence(reader)))
        assert document["chain_holds"] is True
        assert checked_by_the_recipe(document)
        reader.delete()
