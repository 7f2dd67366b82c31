"""A mail that is built into MIME once and personalised per reader by splicing bytes.

The body is written with a placeholder wherever a reader's link token belongs. Its transfer encoding
may break a line inside a placeholder (quoted-printable wraps at 76, RFC 2045, 6.7), so the built
bytes are cut into literal pieces and slices of the token; both have the same length, so that the
wrapped lines stay as long as they were. What an editor lets each reader fill (`merge_fields`) has
any length: it comes encoded on lines of its own, between soft line breaks.
"""

import html
import re
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from functools import lru_cache
from uuid import UUID

from newsletter.merge_fields import Field, Places
from newsletter.rendering import headers as header_values

_BODY_POLICY = SMTP.clone(max_line_length=76)  # RFC 2045, 6.7
_HEADER_VALUE = re.compile(r"[\x20-\x7e]{1,900}(?:\r\n [\x20-\x7e]{1,900})*")
"""One line or more, each at most 998 characters with the header's name (RFC 5322, 2.1.1)."""


def placeholder(length: int) -> str:
    """Return a random word of this length, to stand where a token will be spliced in."""
    return secrets.token_hex(length)[:length]


@dataclass(frozen=True, slots=True)
class Personal:
    """What differs from reader to reader."""

    delivery_id: UUID
    email: str
    token: str
    reader: Mapping[str, object] = field(default_factory=dict)
    """What the fields of a mail are filled from, by their names."""


class MailTemplate:
    """A mail that is built once; `fill` returns one reader's copy.

    ``text``, ``html`` and the values of ``headers`` hold the placeholder where the token belongs;
    subject, text and html the words of ``places`` where a reader's own text does. Any text may be
    the subject and the sender's name (`rendering.headers`). The other headers are written as they
    are: a value must be printable ASCII, folded or not (ValueError).
    """

    def __init__(  # noqa: PLR0913 - the parts of a mail
        self,
        *,
        sender: Address,
        subject: str,
        text: str,
        html: str,
        headers: Mapping[str, str],
        token_placeholder: str,
        places: Places | None = None,
    ) -> None:
        self.sender = sender.addr_spec
        self._domain = sender.domain.encode()
        self._token_length = len(token_placeholder)
        places = places or Places()
        self.has_fields = bool(places.fields)
        self._subject = places.split(subject)
        values = {
            "From": header_values.mailbox(sender),
            **({} if len(self._subject) > 1 else {"Subject": _subject(self._subject, {})}),
            **headers,
        }
        lines = "".join(_header_line(name, value) for name, value in values.items())
        mail = lines.encode() + _body(text.replace(places.stem, _in_text(places)), html)
        self._pieces, self._slots = _cut(mail, token_placeholder, places)

    def message_id(self, delivery_id: UUID) -> str:
        """Return the Message-ID of a delivery: the same at every attempt (RFC 5322, 3.6.4)."""
        return f"<{delivery_id}@{self._domain.decode()}>"

    def fill(self, personal: Personal) -> bytes:
        """Return the mail of one reader, lines ended by CRLF."""
        token = personal.token.encode()
        if len(token) != self._token_length:
            raise ValueError(
                f"a token of {self._token_length} bytes belongs here, not {len(token)}"
            )
        head = b"To: %b\r\nMessage-ID: %b\r\nDate: %b\r\n" % (
            personal.email.encode("ascii"),
            self.message_id(personal.delivery_id).encode(),
            _date(int(time.time())),
        )
        if self.has_fields:
            return b"".join(self._filled(head, token, personal.reader))
        parts = [head, self._pieces[0]]
        for slot, piece in zip(self._slots, self._pieces[1:], strict=True):
            parts += (token[slot], piece)  # type: ignore[index]  # without fields all are slices
        return b"".join(parts)

    def _filled(self, head: bytes, token: bytes, reader: Mapping[str, object]) -> Iterator[bytes]:
        """Yield the pieces of the mail of a reader with his own text where the fields are."""
        yield head
        if len(self._subject) > 1:
            yield _header_line("Subject", _subject(self._subject, reader)).encode()
        yield self._pieces[0]
        for slot, piece in zip(self._slots, self._pieces[1:], strict=True):
            yield token[slot] if isinstance(slot, slice) else slot.octets(reader)
            yield piece


@lru_cache(maxsize=2)
def _date(second: int) -> bytes:
    """Return a moment as the mails of that second write it."""
    return formatdate(second).encode()


@dataclass(frozen=True, slots=True)
class _Slot:
    """Where a reader's own text stands in an encoded part, with the line breaks that set it off."""

    field: Field
    is_html: bool
    before: bytes
    after: bytes

    def octets(self, reader: Mapping[str, object]) -> bytes:
        value = self.field.value(reader)
        if not value:
            return self.before
        encoded = _quoted_printable(html.escape(value) if self.is_html else value)
        return self.before + encoded + self.after


_SOFT_BREAK = b"=\r\n"
_LETTERS_A_LINE = 24
"""Each of at most three characters, in lines of at most 76 (RFC 2045, 6.7)."""


def _quoted_printable(text: str) -> bytes:
    letters = [
        bytes([octet]) if octet < 128 and chr(octet).isalnum() else b"=%02X" % octet
        for octet in text.encode()
    ]
    starts = range(0, len(letters), _LETTERS_A_LINE)
    return _SOFT_BREAK.join(b"".join(letters[at : at + _LETTERS_A_LINE]) for at in starts)


def _subject(pieces: list[str | Field], reader: Mapping[str, object]) -> str:
    text = "".join(piece if isinstance(piece, str) else piece.value(reader) for piece in pieces)
    return header_values.unstructured(text if text.strip() else "(no subject)")


def _header_line(name: str, value: str) -> str:
    if not _HEADER_VALUE.fullmatch(value):
        raise ValueError(f"the header {name} is not printable ASCII in lines of at most 900")
    return f"{name}: {value}\r\n"


def _body(text: str, html: str) -> bytes:
    """Return both parts with the headers that describe them."""
    message = EmailMessage(policy=_BODY_POLICY)
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    return message.as_bytes()


def _in_text(places: Places) -> str:
    """Return the stem of the words in the plain part, where nothing is escaped."""
    return f"t{places.stem[1:]}"


def _cut(
    mail: bytes, token_placeholder: str, places: Places
) -> tuple[list[bytes], list[slice | _Slot]]:
    """Return the literal pieces and, between each two of them, what is spliced in."""
    words = [_broken(token_placeholder)]
    if places.fields:
        stems = f"{_broken(places.stem)}|{_broken(_in_text(places))}"
        words.append(rf"(?P<stem>{stems})(?P<index>(?:(?:=\r\n)?\d){{3}})")
    pieces: list[bytes] = []
    slots: list[slice | _Slot] = []
    position = 0
    for found in re.finditer("|".join(words).encode(), mail):
        pieces.append(mail[position : found.start()])
        position = found.end()
        if found.groupdict().get("stem"):
            slots.append(_slot(found, mail, places))
        else:
            _cut_token(found.group(), pieces, slots)
    return [*pieces, mail[position:]], slots


def _cut_token(token: bytes, pieces: list[bytes], slots: list[slice | _Slot]) -> None:
    """Keep the line breaks in a token as pieces of their own."""
    start = 0
    *broken, last = token.split(_SOFT_BREAK)
    for part in broken:
        slots.append(slice(start, start + len(part)))
        pieces.append(_SOFT_BREAK)
        start += len(part)
    slots.append(slice(start, start + len(last)))


def _slot(found: re.Match[bytes], mail: bytes, places: Places) -> _Slot:
    stem = found["stem"].replace(_SOFT_BREAK, b"").decode()
    index = int(found["index"].replace(_SOFT_BREAK, b""))
    begins_line = mail.endswith(b"\r\n", 0, found.start())
    ends_line = mail.startswith((b"\r\n", _SOFT_BREAK), found.end())
    return _Slot(
        places.fields[index],
        is_html=stem == places.stem,
        before=b"" if begins_line else _SOFT_BREAK,
        after=b"" if ends_line else _SOFT_BREAK,
    )


def _broken(word: str) -> str:
    """Return a pattern for a word in which quoted-printable may have broken the line."""
    return r"(?:=\r\n)?".join(re.escape(letter) for letter in word)
