"""A mail from the template over a foreign SMTP server's parser, back to what was meant."""

import socket
from email import message_from_bytes
from email.headerregistry import Address
from email.policy import default
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from aiosmtpd.controller import Controller
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.delivery.outcomes import Verdict
from newsletter.delivery.transports import Mail, open_transport
from newsletter.rendering.mime import MailTemplate, Personal, placeholder

LENGTH = 66
PLACE = placeholder(LENGTH)

texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], include_characters="\n.")
    | st.sampled_from(list(".\n=-ä ")),
    max_size=300,
)
tokens = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789-_.", min_size=66, max_size=66)


class Inbox:
    """Keeps what arrives."""

    def __init__(self):
        self.envelopes = []

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
        self.envelopes.append(envelope)
        return "250 Ok"


@pytest.fixture(scope="module")
def inbox():
    inbox = Inbox()
    with socket.create_server(("127.0.0.1", 0)) as unused:
        inbox.port = unused.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=inbox.port, ready_timeout=30)
    controller.start()
    yield inbox
    controller.stop()


def plain(message, kind):
    return message.get_body([kind]).get_content().replace("\r\n", "\n").rstrip("\n")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(subject=texts, text=texts, token=tokens, number=st.integers(1, 3))
def test_every_mail_arrives_as_it_was_meant(inbox, subject, text, token, number):
    subject = " ".join(subject.split()) or "News"
    text = "\n".join(text.split("\n")).rstrip("\n")
    link = f"https://news.example.org/leave?token={PLACE}"
    template = MailTemplate(
        sender=Address("Ursula & Söhne", addr_spec="news@example.com"),
        subject=subject,
        text=f"{text}\n{link}\n",
        html=f'<p>.</p>\n<a href="{link}">.</a>\n',
        headers={"List-Unsubscribe": f"<{link}>"},
        token_placeholder=PLACE,
    )
    people = [Personal(uuid4(), f"reader{n}@example.org", token) for n in range(number)]
    mails = [Mail("news@example.com", p.email, template.fill(p), p.delivery_id) for p in people]
    inbox.envelopes.clear()
    transport = open_transport(urlsplit(f"smtp://127.0.0.1:{inbox.port}"))
    outcomes = transport.send(mails, lambda: False)
    transport.close()

    assert [outcome.verdict for outcome in outcomes] == [Verdict.SENT] * number
    for envelope, mail, person in zip(inbox.envelopes, mails, people, strict=True):
        assert (envelope.mail_from, envelope.rcpt_tos) == ("news@example.com", [person.email])
        assert envelope.content == mail.content
        message = message_from_bytes(envelope.content, policy=default)
        own = link.replace(PLACE, token)
        assert message["Subject"] == subject
        assert message["To"] == person.email
        assert message["Message-ID"] == template.message_id(person.delivery_id)
        assert message["List-Unsubscribe"] == f"<{own}>"
        assert plain(message, "plain") == f"{text}\n{own}"
        assert own in plain(message, "html")
        assert not message.defects
