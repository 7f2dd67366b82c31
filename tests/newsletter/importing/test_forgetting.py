"""Who is erased is gone from imports too, also from those that nobody has decided about."""

import pytest

from newsletter import importing, privacy
from newsletter.importing import reports
from newsletter.importing.records import MAX_LINE
from newsletter.models import Import, ImportFault, ImportPart, ImportRow, Subscription
from tests.newsletter.importing.files import check_file, choose, fates, import_file, keep, work

pytestmark = pytest.mark.django_db

EMAIL = "ada@example.org"
OTHERS = "nada@example.org;N\nada@example.org.uk;U\nlast@example.org;L\n"


def stored(batch: Import) -> bytes:
    return b"".join(ImportPart.octets(batch.pk, 0))


def test_a_file_that_waits_for_a_decision_forgets_the_line_and_no_other():
    batch = keep(f'email;name\nfirst@example.org;F\n"Ada@Example.org";Ada Ürün\n{OTHERS}')
    size = len(stored(batch))
    privacy.erase_person(email=EMAIL)
    text = stored(batch).decode()
    assert "Ürün" not in text
    assert "Ada@" not in text
    assert text.endswith(OTHERS)
    assert len(stored(batch)) == size
    batch.refresh_from_db()
    assert "Ada" not in str(batch.layout)
    choose(batch, is_trial=True)
    batch = work(batch)
    assert fates(batch) == {"new": 4}
    assert sum(batch.counts["invalid"].values()) == 1


def test_also_what_was_checked_and_its_faults_forget():
    batch = check_file(f"email;name\nada@example.org;Ada\n<ada@example.org>;Ada\n{OTHERS}")
    assert ImportFault.objects.filter(value="<ada@example.org>").exists()
    privacy.erase_person(email=EMAIL)
    assert not ImportFault.objects.exists()
    assert not ImportRow.objects.filter(email__istartswith="ada@example.org", name="Ada").exists()
    assert b"Ada" not in stored(batch)
    importing.carry_out(import_id=batch.pk)
    assert fates(work(batch)) == {"new": 3}
    report = reports.report(batch)
    assert report.rows == 5 == report.faults + sum(number for _, number, _ in report.fates)
    assert ("erased", 1, "erased since the file was read") in report.fates
    assert not Subscription.objects.with_address(EMAIL).exists()


@pytest.mark.parametrize("steps", [0, 1])
def test_an_import_forgets_also_while_it_is_read_and_checked(steps):
    batch = keep(f"email;name\nada@example.org;Ada\n{OTHERS}")
    choose(batch, is_trial=True)
    for _ in range(steps):
        importing.step(only=batch.pk)
    privacy.erase_person(email=EMAIL)
    batch = work(batch)
    assert batch.state == Import.State.CHECKED
    assert b"Ada" not in stored(batch)
    assert not ImportRow.objects.filter(name="Ada").exists()
    assert "Ada" not in str(batch.layout)


def test_other_peoples_faults_stay():
    batch = check_file("email\nnada@example.org.\n")
    privacy.erase_person(email=EMAIL)
    assert ImportFault.objects.filter(batch=batch).exists()


@pytest.mark.parametrize("before", [MAX_LINE - 60, MAX_LINE - 27, MAX_LINE - 20, 2 * MAX_LINE - 5])
def test_a_line_across_two_pieces_of_the_file_is_found(before):
    start = "email;name\n"
    filling = "x" * (before - len(start) - 1)
    batch = keep(f"{start}{filling}\nada@example.org;Ada Lovelace\n{OTHERS}")
    assert stored(batch).count(b"Ada Lovelace") == 1
    privacy.erase_person(email=EMAIL)
    assert b"Ada Lovelace" not in stored(batch)
    assert stored(batch).endswith(OTHERS.encode())
    assert stored(batch).startswith(f"{start}{filling}\n".encode())


@pytest.mark.parametrize(
    ("before", "other"),
    [(MAX_LINE - len(EMAIL), f"{EMAIL}.uk"), (MAX_LINE - 255, f"n{EMAIL}")],
)
def test_a_longer_address_across_two_pieces_is_somebody_elses(before, other):
    start = "email;name\n"
    filling = "x" * (before - len(start) - 1)
    content = f"{start}{filling}\n{other};Another\n{OTHERS * 10}".encode()
    batch = keep(content)
    privacy.erase_person(email=EMAIL)
    assert stored(batch) == content


def test_another_encoding_is_understood():
    batch = keep("email;name\nada@example.org;Zoë\nlast@example.org;Åsa\n".encode("cp1252"))
    privacy.erase_person(email=EMAIL)
    assert "Zoë".encode("cp1252") not in stored(batch)
    assert "Åsa".encode("cp1252") in stored(batch)


def test_an_import_that_has_ended_keeps_none_of_its_lines():
    batch = import_file("email;name\nada@example.org;Ada\n")
    while importing.tidy():
        pass
    batch.refresh_from_db()
    assert "Ada" not in str(batch.layout)
    assert batch.layout["columns"] == ["email", "name"]
    assert not ImportPart.objects.exists()
