"""What becomes of the people in a file."""

import pytest
from django.db import connection

from newsletter import evidence, importing, suppressing
from newsletter.models import Consent, Import, Subscription, Suppression
from newsletter.models.suppressions import address_digests
from tests.factories import make_subscription
from tests.newsletter.importing.files import (
    SOURCE,
    check_file,
    choose,
    fates,
    faults,
    import_file,
    keep,
    work,
)

pytestmark = pytest.mark.django_db

Status = Subscription.Status


def stored(email: str) -> Subscription:
    return Subscription.objects.get(email=email)


def test_people_become_confirmed_readers_with_a_record_of_where_they_agreed():
    import_file("E-Mail,Name,Stadt\nada@example.org,Ada Kim,Oslo\n", tags=["old site"])
    reader = stored("ada@example.org")
    assert (reader.name, reader.status) == ("Ada Kim", Status.CONFIRMED)
    assert reader.attributes == {"Stadt": "Oslo"}
    assert reader.tags == ["old site"]
    assert reader.confirmed_at
    assert reader.source == SOURCE
    consent = reader.consents.get()
    assert (consent.act, consent.wording) == ("imported", SOURCE)


def test_an_attributes_own_column_counts_more_than_the_same_in_json():
    file = 'E-Mail,city,more\nada@example.org,Oslo,"{""city"": ""Rome"", ""seats"": 1.50}"\n'
    import_file(file, mapping=["email", "attribute", "attributes"])
    assert stored("ada@example.org").attributes == {"city": "Oslo", "seats": 1.5}


@pytest.mark.parametrize("city", ["", "Oslo"])
@pytest.mark.parametrize(
    ("number", "stored"),
    [("0.12345678901234567890", "0.12345678901234567890"), ("1e400", "1" + "0" * 400)],
)
def test_json_is_stored_with_every_digit(city, number, stored):
    file = f'E-Mail,city,more\nada@example.org,{city},"{{""id"": {number}}}"\n'
    import_file(file, mapping=["email", "attribute", "attributes"])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attributes ->> 'id', attributes ->> 'city' FROM newsletter_subscription"
        )
        assert cursor.fetchone() == (stored, city or None)


def test_the_chains_of_consents_hold():
    import_file("email\n" + "".join(f"reader{number}@example.org\n" for number in range(20)))
    assert Consent.objects.filter(position=1).count() == 20
    assert [fault for fault in evidence.check_chains() if fault] == []


def test_a_check_says_what_an_import_then_does_and_writes_nothing():
    make_subscription("known@example.org")
    content = "email\nada@example.org\nknown@example.org\nnobody\nADA@example.org\n"
    batch = check_file(content)
    assert batch.state == Import.State.CHECKED
    assert Subscription.objects.count() == 1
    assert fates(batch) == {"new": 1, "known": 1}
    importing.carry_out(import_id=batch.pk)
    assert fates(work(batch)) == {"new": 1, "known": 1}
    assert Subscription.objects.count() == 2


@pytest.mark.parametrize("status", ["unsubscribed", "bounced", "complained"])
@pytest.mark.parametrize("update", [True, False])
def test_who_left_is_never_brought_back(status, update):
    make_subscription("gone@example.org", status=status, name="Ursula")
    batch = import_file(
        "email,name,status\nGone@example.org,New Name,confirmed\n", update=update, takes_status=True
    )
    assert fates(batch) == {"left": 1}
    reader = stored("gone@example.org")
    assert (reader.status, reader.name) == (status, "Ursula")


def test_a_suppressed_address_leaves_no_row_even_after_a_rotated_key(settings):
    digest = address_digests("gone@example.org")[0]
    Suppression.objects.create(digest=digest, reason="complained")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another" * 10
    batch = import_file("email\nGone@Example.org\nada@example.org\n")
    assert fates(batch) == {"new": 1, "suppressed": 1}
    assert not Subscription.objects.filter(email__iexact="gone@example.org").exists()


def test_the_last_row_of_an_address_counts_and_the_tags_of_all_are_united():
    batch = import_file(
        "email,name,tags,city\na@example.org,First,red,Oslo\nA@example.org,Last,blue,Rome\n"
    )
    reader = Subscription.objects.get()
    assert (reader.email, reader.name, reader.tags) == ("A@example.org", "Last", ["blue", "red"])
    assert reader.attributes == {"city": "Rome"}
    assert batch.counts["taken"] - sum(fates(batch).values()) == 1


def test_of_several_rows_the_one_that_says_he_left_wins():
    content = "email,status\na@example.org,unsubscribed\na@example.org,confirmed\n"
    batch = import_file(content, takes_status=True)
    assert fates(batch) == {"kept_out": 1}
    assert stored("a@example.org").status == Status.UNSUBSCRIBED


def test_known_readers_are_only_changed_on_request():
    make_subscription("known@example.org", tags=["old"], attributes={"a": "1"})
    content = "email,name,tags,b\nknown@example.org,Another,new,2\n"
    assert fates(import_file(content)) == {"known": 1}
    assert stored("known@example.org").tags == ["old"]
    assert fates(import_file(content, update=True)) == {"updated": 1}
    reader = stored("known@example.org")
    assert (reader.name, reader.tags) == ("Another", ["new", "old"])
    assert reader.attributes == {"a": "1", "b": "2"}
    assert fates(import_file(content, update=True)) == {"known": 1}


def test_a_pending_reader_is_not_confirmed_by_an_import():
    make_subscription("paul@example.org", status=Status.PENDING_CONFIRMATION)
    assert fates(import_file("email\npaul@example.org\n")) == {"known": 1}
    assert stored("paul@example.org").status == Status.PENDING_CONFIRMATION


def test_who_bounced_elsewhere_is_suppressed_here():
    batch = import_file("email,status\nb@example.org,cleaned\n", takes_status=True)
    assert fates(batch) == {"kept_out": 1}
    assert stored("b@example.org").status == Status.BOUNCED
    assert Suppression.objects.of_address("b@example.org").get().reason == "bounced"


def test_who_left_there_after_he_was_confirmed_here_leaves():
    make_subscription("known@example.org", confirmed_at="2024-01-01T00:00:00Z")
    make_subscription("came-back@example.org", confirmed_at="2024-03-01T00:00:00Z")
    batch = import_file(
        "email,unsubscribed at\nknown@example.org,2024-02-01\ncame-back@example.org,2024-02-01\n",
        takes_status=True,
    )
    assert fates(batch) == {"leaves": 1, "known": 1}
    assert stored("known@example.org").status == Status.UNSUBSCRIBED
    assert stored("came-back@example.org").status == Status.CONFIRMED
    assert Consent.objects.get(act="withdrew").subscription.email == "known@example.org"


def test_a_file_that_says_who_left_is_not_read_without_a_decision():
    batch = keep("email,status\na@example.org,unsubscribed\n")
    with pytest.raises(importing.ImportingError, match="status: decide"):
        choose(batch)
    choose(batch, takes_status=False)
    assert fates(work(batch)) == {"new": 1}


def test_every_bad_row_is_told_with_its_line_and_the_others_are_taken():
    content = (
        "email,name,subscribed at\n"
        "ada@example.org,Ada,2024-03-01\n"
        "\n"
        ",Nobody,\n"
        "not an address,,\n"
        'b@example.org,"Two\nlines",\n'
        "c@example.org,Carl,yesterday\n"
        "d@example.org,D,,too,many\n"
        "e@example.org\n"
    )
    batch = import_file(content)
    assert [(line, column) for line, column, _ in faults(batch)] == [
        (4, "email"),
        (5, "email"),
        (6, "name"),
        (8, "subscribed at"),
        (9, ""),
    ]
    assert fates(batch) == {"new": 2}


def test_an_import_needs_to_say_where_the_consent_is_from():
    batch = keep("email\nada@example.org\n")
    with pytest.raises(importing.ImportingError, match="how these people agreed"):
        importing.choose(
            import_id=batch.pk, choices=importing.Choices(**batch.choices), source="  "
        )


def test_the_same_file_twice_makes_nobody_twice():
    content = "email\nada@example.org\nb@example.org\n"
    first = import_file(content)
    second = keep(content)
    assert importing.same_file(second) == first
    choose(second)
    assert fates(work(second)) == {"known": 2}


def test_who_signs_up_meanwhile_is_not_overwritten():
    batch = check_file("email,name\nada@example.org,Somebody\n")
    make_subscription("Ada@example.org", name="Ada", status=Status.PENDING_CONFIRMATION)
    importing.carry_out(import_id=batch.pk)
    assert fates(work(batch)) == {"known": 1}
    assert stored("Ada@example.org").name == "Ada"


def test_what_ended_leaves_neither_file_nor_rows():
    batch = import_file("email\nada@example.org\n")
    while importing.tidy():
        pass
    assert not batch.parts.exists()
    assert not batch.rows.exists()


def test_suppressing_goes_on_to_work_for_the_imported():
    import_file("email\nada@example.org\n")
    suppressing.suppress(
        subscription_id=stored("ada@example.org").pk, reason=Suppression.Reason.COMPLAINED
    )
    assert fates(import_file("email\nada@example.org\n")) == {"suppressed": 1}


def test_other_choices_begin_anew():
    batch = check_file("email,name\nada@example.org,Ada\nnobody,N\n")
    choose(batch, is_trial=True, mapping=["email", ""], tags=["x"])
    batch = work(batch)
    assert fates(batch) == {"new": 1}
    assert [line for line, *_ in faults(batch)] == [3]
    importing.carry_out(import_id=batch.pk)
    work(batch)
    assert (stored("ada@example.org").name, stored("ada@example.org").tags) == ("", ["x"])


def test_what_the_database_refuses_ends_the_import_in_a_sentence():
    batch = keep("email,name\nada@example.org,Ada\n")
    choose(batch)
    # As if a field had let through what no column takes.
    Import.objects.filter(pk=batch.pk).update(source="x" * 200)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE newsletter_importrow ALTER COLUMN source TYPE varchar(100)")
    batch = work(batch)
    assert (batch.state, batch.error) == ("failed", "The database refused a row after line 0.")
    assert not Subscription.objects.exists()


def test_an_import_that_the_database_refuses_at_its_end_keeps_no_address_of_its_place():
    batch = keep("email,name\nada@example.org,Ada\n")
    choose(batch)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE newsletter_consent ALTER COLUMN wording TYPE varchar(10)")
    batch = work(batch)
    assert (batch.state, batch.error) == ("failed", "The database refused a row after line 2.")
    assert not Subscription.objects.exists()
    assert "ada" not in f"{batch.counts} {batch.through}"
