import contextlib
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter import links
from newsletter.bounce_messages import Kind, UnreadableBounce, read
from tests.newsletter.bounces import absence_note, complaint, report

ID = uuid4()


@pytest.fixture(autouse=True)
def _bounce_address(settings):
    settings.BOUNCE_ADDRESS = "bounces@example.org"


@pytest.fixture
def address():
    return links.bounce_address(ID)


def test_the_address_fits_any_mail_server(address):
    local_part, domain = address.split("@")
    assert len(local_part) <= 64 - (20 - len("bounces"))
    assert address == address.lower()
    assert domain == "example.org"
    assert links.read_bounce_address(address.upper()) == ID


def test_an_address_signed_by_an_old_key_is_known(address, settings):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "new"
    assert links.read_bounce_address(address) == ID
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(links.InvalidToken):
        links.read_bounce_address(address)


@given(st.text(max_size=80))
def test_no_other_address_is_taken(text):
    with pytest.raises(links.InvalidToken):
        links.read_bounce_address(text)


@pytest.mark.parametrize(
    ("fields", "kind", "status", "gone"),
    [
        (("failed", "5.1.1", "smtp; 550 5.1.1 unknown"), Kind.BOUNCED, "5.1.1", True),
        (("failed", "5.0.0", "smtp; 550 5.1.1 unknown"), Kind.BOUNCED, "5.1.1", True),
        (("Failed", "5.1.10 (null MX)"), Kind.BOUNCED, "5.1.10", True),
        (("failed", "5.7.1", "smtp; 550 5.1.1 no"), Kind.BOUNCED, "5.7.1", False),
        (("failed", "4.4.7"), Kind.BOUNCED, "4.4.7", False),
        (("failed", ""), Kind.BOUNCED, "", False),
        (("delayed", "4.4.1"), Kind.DELAYED, "4.4.1", False),
        (("delivered", "2.0.0"), Kind.DELIVERED, "2.0.0", False),
        (("exploded", "5.1.1"), Kind.OTHER, "5.1.1", True),
    ],
)
def test_a_status_is_read(address, fields, kind, status, gone):
    message = read(report(address, *fields))
    assert (message.delivery_id, message.kind, message.status) == (ID, kind, status)
    assert message.mailbox_is_gone is gone


@pytest.mark.parametrize("header", ["To", "Delivered-To", "X-Original-To"])
def test_the_recipient_stands_in_one_of_the_headers(address, header):
    octets = report("mailer@example.org").replace(b"To:", f"{header}: <{address}>\nTo:".encode(), 1)
    assert read(octets).delivery_id == ID


def test_the_recipient_of_the_envelope_wins(address):
    other = links.bounce_address(uuid4())
    assert read(report(other), address).delivery_id == ID
    with pytest.raises(UnreadableBounce, match="was not sent to a bounce address"):
        read(report(address), "bounces@example.org")


def test_a_complaint_is_read(address):
    assert read(complaint(address)).kind is Kind.COMPLAINED
    assert read(complaint(address, "not-spam")).kind is Kind.OTHER


def test_an_absence_note_is_no_bounce(address):
    assert read(absence_note(address)).kind is Kind.OTHER


def test_what_a_message_quotes_proves_nothing(address):
    octets = report("mailer@example.org") + f"\nTo: {address}\n".encode()
    with pytest.raises(UnreadableBounce):
        read(octets)


def test_a_forged_signature_is_refused(address):
    local_part, domain = address.split("@")
    forged = f"{local_part[:-1]}{'a' if local_part[-1] != 'a' else 'b'}@{domain}"
    with pytest.raises(UnreadableBounce):
        read(report(forged))


def test_a_letter_is_no_report(address):
    with pytest.raises(UnreadableBounce, match="neither a delivery status nor a complaint"):
        read(f"To: {address}\n\nHello!".encode())


@given(st.binary(max_size=2000), st.integers(0, 900))
def test_garbage_is_refused_in_one_sentence(garbage, position):
    octets = report(links.bounce_address(ID))
    for hostile in (garbage, octets[:position] + garbage + octets[position:]):
        with contextlib.suppress(UnreadableBounce):
            assert read(hostile).delivery_id == ID


@pytest.mark.parametrize("depth", [50, 5000])
def test_parts_within_parts_end(address, depth):
    head = "".join(
        f'Content-Type: multipart/report; boundary="b{n}"\n\n--b{n}\n' for n in range(depth)
    )
    with pytest.raises(UnreadableBounce):
        read(f"To: {address}\n{head}".encode())
