"""An issue's mail: every reader's copy, parsed back."""

import email
import email.policy
import re
from email.message import EmailMessage
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter import links
from newsletter.models import Issue, Newsletter
from newsletter.rendering import issues
from newsletter.rendering.mime import Personal

TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=400)
ONE_LINE = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=100).filter(
    str.strip
)
HEADERS = [
    "To",
    "Message-ID",
    "Date",
    "From",
    "Subject",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Id",
    "List-Archive",
    "Feedback-ID",
    "Precedence",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "MIME-Version",
    "Content-Type",
]


def an_issue(subject: str = "Hello", body: str = "Hello, *reader*.", **fields: str) -> Issue:
    newsletter = Newsletter(
        slug="default",
        title=fields.pop("title", "The News"),
        sender_name=fields.pop("sender_name", ""),
        postal_address=fields.pop("postal_address", "1 Main Street\nSpringfield"),
        language=fields.pop("language", "en"),
    )
    return Issue(pk=7, newsletter=newsletter, subject=subject, body=body, slug="hello", **fields)


def copy_of(issue: Issue, *, test: bool = False) -> tuple[bytes, EmailMessage, str]:
    token = links.unsubscribe_token(uuid4())
    personal = Personal(uuid4(), "ursula@example.org", token)
    octets = issues.issue_template(issue, test=test).fill(personal)
    return octets, email.message_from_bytes(octets, policy=email.policy.default), token


def part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    assert found is not None
    return str(found.get_content()).replace("\r\n", "\n")


def assert_well_formed(octets: bytes) -> None:
    assert re.search(rb"(?<!\r)\n|\r(?!\n)", octets) is None
    head, _, body = octets.partition(b"\r\n\r\n")
    assert all(len(line) <= 998 for line in head.split(b"\r\n"))
    assert all(len(line) <= 76 for line in body.split(b"\r\n"))
    assert octets.isascii()


@settings(max_examples=80, deadline=None)
@given(subject=ONE_LINE, body=TEXT, preheader=ONE_LINE, title=ONE_LINE, sender_name=ONE_LINE)
def test_any_text_yields_one_mail_with_exactly_our_headers(
    subject, body, preheader, title, sender_name
):
    issue = an_issue(subject, body, preheader=preheader, title=title, sender_name=sender_name)
    octets, message, token = copy_of(issue)
    assert_well_formed(octets)
    assert message.keys() == HEADERS
    assert message["To"] == "ursula@example.org"
    assert message["From"].addresses[-1].addr_spec == "newsletter@example.com"
    url = links.unsubscribe_url(token)
    assert message["List-Unsubscribe"] == f"<{url}>"
    assert url in part(message, "plain")
    assert f'href="{url}"' in part(message, "html")
    assert octets.count(b"\r\nTo: ") + octets.startswith(b"To: ") == 1


CRLF = ["a\r\nBcc: eve@example.org", "a\nX: y", "a\r\n\r\nbody", "a\r\n.\r\nMAIL FROM:<x>"]


@pytest.mark.parametrize("text", CRLF)
def test_line_breaks_in_a_body_stay_in_the_body(text):
    octets, message, _ = copy_of(an_issue(body=text, postal_address=text))
    assert_well_formed(octets)
    assert message.keys() == HEADERS


@pytest.mark.parametrize("text", CRLF)
@pytest.mark.parametrize("field", ["subject", "sender_name", "title"])
def test_line_breaks_that_reach_a_header_do_not_leave_it(field, text):
    """The forms refuse them; this is what stands behind the forms."""
    try:
        octets, message, _ = copy_of(an_issue(**{field: text}))
    except ValueError:
        return
    assert message.keys() == HEADERS
    assert b"\r\nBcc:" not in octets.partition(b"\r\n\r\n")[0]


@pytest.mark.parametrize(
    "body",
    ["x" * 5000, "word " * 20_000, "", " ", "é" * 50_000, "." * 100 + "\n.\n..\n", "From x\n"],
    ids=["long line", "100 kB", "empty", "blank", "100 kB of QP", "dots", "From"],
)
def test_bodies_of_every_size(body):
    octets, message, token = copy_of(an_issue(body=body))
    assert_well_formed(octets)
    assert token in part(message, "html")


def test_what_looks_like_a_token_is_left_alone():
    other = links.unsubscribe_token(uuid4())
    _, message, token = copy_of(an_issue(body=f"`{other}`"))
    assert other in part(message, "plain")
    assert token in part(message, "plain")


def test_template_syntax_is_mailed_literally():
    body = "{{ settings.SECRET_KEY }} {% load x %} {% include 'x' %} {x.y} ${name} {{name}}"
    _, message, _ = copy_of(an_issue(subject="{{ newsletter.pk }}", body=body))
    assert message["Subject"] == "{{ newsletter.pk }}"
    assert body in part(message, "plain").replace("\n", " ")
    assert "{{ settings.SECRET_KEY }} {% load x %}" in part(message, "html")


def test_headers_of_list_mail():
    _, message, _ = copy_of(an_issue(title="Grüße"))
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Id"].endswith("<default.example.com>")
    assert message["List-Archive"] == "<http://testserver/issues/>"
    assert message["Precedence"] == "bulk"
    assert message["Auto-Submitted"] == "auto-generated"


def test_both_parts_have_address_and_a_link_to_the_archive_without_identity():
    _, message, token = copy_of(an_issue(preheader="A line for the inbox"))
    text, html = part(message, "plain"), part(message, "html")
    assert "1 Main Street\nSpringfield" in text
    assert "1 Main Street<br>Springfield" in html
    assert "http://testserver/issues/hello/" in text
    assert 'href="http://testserver/issues/hello/"' in html
    assert "A line for the inbox" in html
    for own in (links.unsubscribe_url(token), links.preferences_url(token)):
        text = text.replace(own, "")
    assert token not in text


def test_styles_are_inlined_and_dark_mode_stays():
    _, message, _ = copy_of(an_issue(body="# Title"))
    html = part(message, "html")
    assert '<h1 style="' in html
    assert "prefers-color-scheme: dark" in html


@pytest.mark.parametrize(("language", "side"), [("en", "left"), ("ar", "right")])
def test_tables_and_quotations_begin_where_the_language_does(language, side):
    body = "> Quoted.\n\n| One | Two |\n|---|---|\n| 1 | 2 |"
    html = part(copy_of(an_issue(body=body, language=language))[1], "html")
    assert re.search(rf'<blockquote style="[^"]*border-{side}:', html)
    assert re.search(rf'<th style="[^"]*text-align: {side}', html)


def test_a_test_mail_says_so():
    _, message, _ = copy_of(an_issue("Hello"), test=True)
    assert message["Subject"] == "[Test] Hello"


def test_preview_links_are_nobodys():
    content = issues.preview(an_issue())
    assert links.unsubscribe_token(links.NOBODY) in content.html
    assert links.unsubscribe_token(links.NOBODY) in content.text
