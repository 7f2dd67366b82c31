"""Fields in mails: each reader's copy, parsed back, says what he is called and nothing else."""

import email
import email.policy
import html
from collections.abc import Mapping
from email.message import EmailMessage
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter import links
from newsletter.models import Issue
from newsletter.rendering import issues
from newsletter.rendering.mime import Personal
from tests.newsletter.rendering.test_issues import (
    HEADERS,
    ONE_LINE,
    TEXT,
    an_issue,
    assert_well_formed,
    part,
)

NAME = st.text(st.characters(exclude_categories=("Cs",)))
HOSTILE_NAMES = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "Ursula\r\nBcc: eve@example.org",
    "=?utf-8?q?=0D=0ABcc:_eve@example.org?=",
    "{{ settings.SECRET_KEY }} {name}",
    "a=3D\r\n.\r\nMAIL FROM:<x@example.org>",
    "عائشة 😀 " * 40,
    "x" * 1024,
]


def copy_for(issue: Issue, reader: Mapping[str, object]) -> EmailMessage:
    token = links.unsubscribe_token(uuid4())
    personal = Personal(uuid4(), "ursula@example.org", token, reader)
    octets = issues.issue_template(issue).fill(personal)
    assert_well_formed(octets)
    message = email.message_from_bytes(octets, policy=email.policy.default)
    assert sorted(message.keys()) == sorted(HEADERS)
    assert token in part(message, "plain")
    assert f'href="{links.unsubscribe_url(token)}"' in part(message, "html")
    return message


def squeezed(text: str) -> str:
    return " ".join(text.split())


@settings(max_examples=60, deadline=None)
@given(
    before=TEXT,
    after=TEXT,
    subject=ONE_LINE,
    name=st.text(st.characters(exclude_categories=("Cs",))),
)
def test_every_copy_parses_back_with_the_name_in_each_part(before, after, subject, name):
    issue = an_issue(f"{subject} {{name|friend}}", f"{before}\n\nDear {{name|friend}}.\n\n{after}")
    message = copy_for(issue, {"name": name})
    told = issues.preview(issue, {"name": name})
    shown = part(message, "plain").split("\n----\n")[0]
    assert shown == told.text.split("\n----\n")[0]
    assert squeezed(str(message["Subject"])) == squeezed(told.subject)


@settings(max_examples=60, deadline=None)
@given(gap=st.text("ab ", max_size=90), name=st.text("xé =.", max_size=120))
def test_a_name_may_stand_anywhere_in_an_encoded_line(gap, name):
    issue = an_issue(body=f"{gap}{{name}}{{name|f}}|{gap}| {{name}}", preheader="{name|p}")
    assert part(copy_for(issue, {"name": name}), "html").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_name_is_text_in_every_part(name):
    issue = an_issue("For {name}", "Dear {name}, [see {name}](https://example.org/), *{name}*.")
    message = copy_for(issue, {"name": name})
    clean = squeezed(name)
    assert squeezed(str(message["Subject"])) == f"For {clean}"
    assert f"Dear {clean}," in squeezed(part(message, "plain"))
    assert f"Dear {html.escape(clean)}," in squeezed(part(message, "html"))
    assert "<script" not in part(message, "html")


def test_a_reader_without_gets_the_fallback():
    issue = an_issue("News, {name|friend}", "Dear {name|friend} in {city|your town},{plan}")
    message = copy_for(issue, {"name": "", "city": "Ulm"})
    assert message["Subject"] == "News, friend"
    assert "Dear friend in Ulm," in part(message, "plain")


def test_a_subject_of_nothing_but_a_missing_name_is_still_a_subject():
    assert copy_for(an_issue("{name}"), {})["Subject"] == "(no subject)"


def test_code_addresses_and_escaped_braces_have_no_fields():
    body = "`{name}` \\{name} <https://example.org/{name}>\n\n    {name}\n\n```\n{name}\n```\n"
    message = copy_for(an_issue(body=body), {"name": "Ursula"})
    assert "Ursula" not in part(message, "plain")
    assert part(message, "html").count("{name}") == 5


def test_html_that_the_editor_wrote_has_fields_outside_its_tags():
    body = '<div title="{name}">Dear {name|you & me}</div>'
    message = copy_for(an_issue(body=body), {"name": "A & B"})
    assert "Dear A &amp; B" in part(message, "html")
    assert "Dear you &amp; me" in issues.preview(an_issue(body=body)).html


def test_the_archive_shows_what_nobody_in_particular_gets():
    assert "Dear friend" in issues.markdown.to_html("Dear {name|friend}")


def test_an_issue_without_fields_asks_for_no_reader():
    assert not issues.issue_template(an_issue(body="{{name}} `{name}`")).has_fields
