from email import message_from_bytes
from email.policy import default
from uuid import UUID, uuid4

import pytest

from newsletter import links
from newsletter.delivery import letters
from newsletter.delivery.ledger import Opening
from tests.factories import make_issue, make_subscription

pytestmark = pytest.mark.django_db


def opening(kind, reader=None, issue=None, **fields):
    values = {
        "id": uuid4(),
        "kind": kind,
        "state": "sending",
        "attempts": 1,
        "resends": 0,
        "email": reader.email if reader else "editor@example.org",
        "subscription_id": reader.pk if reader else None,
        "issue_id": issue.pk if issue else None,
        "newsletter_id": (reader or issue).newsletter_id,
    }
    return Opening(**{**values, **fields})


def parsed(mail):
    return message_from_bytes(mail.content, policy=default)


def test_an_issues_mail_carries_the_readers_own_link():
    reader, issue = make_subscription(), make_issue("News of the day")
    row = opening("issue", reader, issue)
    mail = letters.write(row)
    message = parsed(mail)
    assert (mail.recipient, message["To"]) == (reader.email, reader.email)
    assert message["Subject"] == "News of the day"
    url = links.unsubscribe_url(links.unsubscribe_token(reader.pk))
    assert message["List-Unsubscribe"] == f"<{url}>"
    assert url in message.get_body(["plain"]).get_content()
    assert str(row.id) in message["Message-ID"]


def test_the_message_id_is_the_same_at_every_attempt():
    row = opening("issue", make_subscription(), make_issue())
    first, second = (parsed(letters.write(row._replace(attempts=n))) for n in (1, 2))
    assert first["Message-ID"] == second["Message-ID"]


def test_a_confirmation_carries_a_link_that_confirms_this_reader():
    reader = make_subscription(status="pending_confirmation")
    message = parsed(letters.write(opening("confirmation", reader)))
    text = message.get_body(["plain"]).get_content()
    token = text.split("subscription_token=")[1].split()[0]
    assert links.read_confirmation_token(token)[0] == reader.pk
    assert message["List-Unsubscribe"] is None


def test_a_test_mail_says_so_and_its_link_is_nobodys():
    issue = make_issue("News")
    message = parsed(letters.write(opening("test", issue=issue)))
    assert message["Subject"] == "[Test] News"
    token = links.unsubscribe_token(links.NOBODY)
    assert token in message.get_body(["plain"]).get_content()


def test_a_test_mail_shows_the_draft_as_it_is_now():
    issue = make_issue("Before")
    letters.write(opening("test", issue=issue))
    issue.subject = "After"
    issue.save()
    assert parsed(letters.write(opening("test", issue=issue)))["Subject"] == "[Test] After"


@pytest.mark.parametrize(
    "email",
    [
        "ü@example.org",
        "ursula@example.org\r\nRCPT TO:<all@example.org>",
        "ursula@example.org>",
        "<ursula@example.org",
        "two words@example.org",
        "ursula\0@example.org",
        "ursula@example.org\x7f",
    ],
)
def test_an_address_that_cannot_stand_in_an_envelope_is_refused(email):
    row = opening("issue", make_subscription(), make_issue(), email=email)
    with pytest.raises(ValueError, match="envelope"):
        letters.write(row)


def test_a_mail_without_its_issue_or_reader_is_refused():
    reader, issue = make_subscription(), make_issue()
    for row in (
        opening("issue", reader, issue, issue_id=None),
        opening("issue", reader, issue, subscription_id=None),
        opening("test", issue=issue, issue_id=None),
    ):
        with pytest.raises(ValueError, match="belongs to no"):
            letters.write(row)


@pytest.mark.parametrize(
    "make", [links.unsubscribe_token, links.confirmation_token], ids=["leave", "confirm"]
)
def test_the_tokens_of_a_purpose_have_one_length(make):
    ids = [UUID(int=0), UUID(int=2**128 - 1), *[uuid4() for _ in range(200)]]
    assert len({len(make(reader)) for reader in ids}) == 1


def test_fields_are_filled_from_the_reader(django_assert_num_queries):
    issue = make_issue("For {name|you}", slug="for", body="{city|Your town}, {email}")
    ursula = make_subscription(name="Ursula", attributes={"city": "Ulm"})
    paul = make_subscription("paul@example.org")
    rows = [opening("issue", reader, issue) for reader in (ursula, paul)]
    letters.write(rows[0])
    with django_assert_num_queries(1):
        readers = letters.Readers(rows)
        first, second = (parsed(letters.write(row, readers)) for row in rows)
    assert (first["Subject"], second["Subject"]) == ("For Ursula", "For you")
    assert "Ulm, ursula@example.org" in first.get_body(["plain"]).get_content()
    assert "Your town, paul@example.org" in second.get_body(["plain"]).get_content()


def test_an_issue_without_fields_asks_nothing_for_a_reader(django_assert_num_queries):
    row = opening("issue", make_subscription(), make_issue())
    letters.write(row)
    with django_assert_num_queries(0):
        letters.write(row)
