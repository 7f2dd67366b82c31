"""A mail that is built into MIME once and personalised per reader by splicing bytes.

The body is written with a placeholder wherever a reader's link token belongs. Its transfer encoding
may break a line inside a placeholder (quoted-printable wraps at 76, RFC 2045, 6.7), so the built
bytes are cut into literal pieces and slices of the token; both have the same length, so that the
wrapped lines stay as long as they were.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from uuid import UUID

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


class MailTemplate:
    """A mail that is built once; `fill` returns one reader's copy.

    ``text``, ``html`` and the values of ``headers`` hold the placeholder where the token belongs.
    Any text may be the subject and the sender's name (`rendering.headers`). The other headers are
    written as they are: a value must be printable ASCII, folded or not (ValueError).
    """

    def __init__(
        self,
        *,
        sender: Address,
        subject: str,
        text: str,
        html: str,
        headers: Mapping[str, str],
        token_placeholder: str,
    ) -> None:
        self.sender = sender.addr_spec
        self._domain = sender.domain.encode()
        self._token_length = len(token_placeholder)
        values = {
            "From": header_values.mailbox(sender),
            "Subject": header_values.unstructured(subject),
            **headers,
        }
        lines = "".join(_header_line(name, value) for name, value in values.items())
        mail = lines.encode() + _body(text, html)
        self._pieces, self._slots = _cut(mail, token_placeholder)

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
            formatdate().encode(),
        )
        parts = [head, self._pieces[0]]
        for slot, piece in zip(self._slots, self._pieces[1:], strict=True):
            parts += (token[slot], piece)
        return b"".join(parts)


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


def _cut(mail: bytes, token_placeholder: str) -> tuple[list[bytes], list[slice]]:
    """Return the literal pieces and, between each two of them, the slice of the token."""
    soft_break = b"=\r\n"
    letters = [re.escape(letter) for letter in token_placeholder]
    pattern = f"(?:{soft_break.decode()})?".join(letters).encode()
    pieces, slots, position = [], [], 0
    for found in re.finditer(pattern, mail):
        pieces.append(mail[position : found.start()])
        start = 0
        *broken, last = found.group().split(soft_break)
        for part in broken:
            slots.append(slice(start, start + len(part)))
            pieces.append(soft_break)
            start += len(part)
        slots.append(slice(start, start + len(last)))
        position = found.end()
    return [*pieces, mail[position:]], slots
