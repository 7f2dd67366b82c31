import mailbox
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from newsletter.delivery.outcomes import Verdict
from newsletter.delivery.transports import Mail, open_transport


@pytest.fixture
def transport(tmp_path):
    transport = open_transport(urlsplit(f"maildir://{tmp_path / 'some' / 'mailbox'}"))
    yield transport
    transport.close()


def mail(number=0):
    content = f"Subject: {number}\r\n\r\n.\r\nHello.\r\n".encode()
    return Mail("news@example.com", "ursula@example.org", content, uuid4())


def test_a_mail_becomes_a_file_that_a_mail_reader_opens(transport, tmp_path):
    [outcome] = transport.send([mail()], lambda: False)
    assert outcome.verdict is Verdict.SENT
    kept = mailbox.Maildir(tmp_path / "some" / "mailbox")
    assert kept[outcome.provider_id]["Subject"] == "0"
    assert kept.get_bytes(outcome.provider_id) == b"Subject: 0\n\n.\nHello.\n"


def test_when_told_to_stop_the_rest_is_given_back(transport):
    halts = iter([False, True, True])
    outcomes = transport.send([mail(number) for number in range(3)], lambda: next(halts))
    assert [outcome.verdict.value for outcome in outcomes] == ["sent", "released", "released"]


def test_two_connections_share_a_mailbox(transport, tmp_path):
    other = open_transport(urlsplit(f"maildir://{tmp_path / 'some' / 'mailbox'}"))
    names = {
        outcome.provider_id
        for own in (transport, other)
        for outcome in own.send([mail() for _ in range(20)], lambda: False)
    }
    other.close()
    assert len(names) == len(mailbox.Maildir(tmp_path / "some" / "mailbox")) == 40
