"""Whatever an editor types stays inside its header."""

from email import message_from_string
from email.header import decode_header, make_header
from email.headerregistry import Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.rendering import headers

TEXTS = [
    "Plain",
    "Grüße aus Köln",
    "🎉 " * 60,
    "=?utf-8?q?a=0D=0ABcc:_eve@example.org?=",
    'A "quoted" \\ (commented), <angled>; name: x',
    "word " * 39 + "end",
    "x" * 200,
]
ONE_LINE = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=200
)


def unfolded(value: str) -> str:
    assert value.isascii()
    assert all(line.startswith(" ") for line in value.split("\r\n")[1:])
    assert all(len(line) <= 900 for line in value.split("\r\n"))
    (name,) = message_from_string(f"Subject: {value}\r\n\r\n").keys()
    assert name == "Subject"
    return str(make_header(decode_header(value.replace("\r\n ", " "))))


@pytest.mark.parametrize("text", TEXTS)
def test_a_subject_comes_back_as_it_was(text):
    assert unfolded(headers.unstructured(text.strip())) == text.strip()


@given(ONE_LINE)
def test_any_subject_comes_back_as_it_was(text):
    assert unfolded(headers.unstructured(text)) == text


@pytest.mark.parametrize("name", TEXTS)
def test_a_sender_keeps_his_address(name):
    value = headers.mailbox(Address(name, addr_spec="news@example.org"))
    assert unfolded(value).endswith(" <news@example.org>")
    assert value.count("@") - name.isascii() * name.count("@") * ("=?" not in name) == 1


def test_a_sender_without_a_name_is_his_address():
    assert headers.mailbox(Address(addr_spec="news@example.org")) == "news@example.org"


def test_list_id_has_title_and_identifier():
    assert headers.list_id('The "News"', "default.example.org") == (
        r'"The \"News\"" <default.example.org>'
    )
