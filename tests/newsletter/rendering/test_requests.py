"""The mail that asks for a confirmation."""

import email
import email.policy
from uuid import uuid4

from newsletter import links
from newsletter.models import Newsletter
from newsletter.rendering.mime import Personal
from newsletter.rendering.requests import request_template


def confirmation(**fields: str):
    newsletter = Newsletter(slug="default", **{"title": "The News", **fields})
    token = links.confirmation_token(uuid4())
    personal = Personal(uuid4(), "ursula@example.org", token)
    octets = request_template("confirmation", newsletter).fill(personal)
    return email.message_from_bytes(octets, policy=email.policy.default), token


def test_it_names_the_newsletter_and_has_the_link_in_both_parts():
    message, token = confirmation(postal_address="1 Main Street")
    text = message.get_body(("plain",)).get_content()
    html = message.get_body(("html",)).get_content()
    assert message["Subject"] == "Confirm your subscription to The News"
    assert message["Auto-Submitted"] == "auto-generated"
    for content in (text, html):
        assert links.confirmation_url(token) in content
        assert "The News" in content
        assert "1 Main Street" in content
        assert "did not ask" in content


def test_it_is_no_list_mail():
    message, _ = confirmation()
    assert "List-Unsubscribe" not in message
    assert "Precedence" not in message


def test_the_note_to_the_operator_is_not_mailed_to_visitors():
    message, _ = confirmation()
    assert "set it in the admin" not in message.get_body(("plain",)).get_content()


def test_a_hostile_title_stays_text():
    message, _ = confirmation(title='<b>{{ x }} "é"')
    assert message["Subject"] == 'Confirm your subscription to <b>{{ x }} "é"'
    assert "&lt;b&gt;{{ x }}" in message.get_body(("html",)).get_content()
