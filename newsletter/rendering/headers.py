"""Values of mail headers: whatever an editor typed becomes printable ASCII without a way out.

`email.message` parses what it is given, so that a subject such as ``=?utf-8?q?=0D=0ABcc:?=`` would
be decoded before it is encoded again. Here every text is taken literally.
"""

import re
from email.header import Header
from email.headerregistry import Address

_PLAIN = re.compile(r"(?!.*=\?)[\x21-\x7e](?:[\x20-\x7e]{0,700}[\x21-\x7e])?")


def unstructured(text: str, *, name: str = "Subject") -> str:
    """Return free text, in encoded words and folded where it must be (RFC 2047, 2)."""
    if _PLAIN.fullmatch(text):
        return text
    return Header(text, "utf-8", header_name=name).encode(linesep="\r\n")


def phrase(text: str, *, name: str) -> str:
    """Return a display name: a quoted string, or encoded words (RFC 5322, 3.2.5)."""
    if _PLAIN.fullmatch(text):
        escaped = text.replace("\\", r"\\").replace('"', r"\"")
        return f'"{escaped}"'
    return unstructured(text, name=name)


def mailbox(sender: Address) -> str:
    """Return the value of From: a display name, where there is one, and the address."""
    if not sender.display_name:
        return sender.addr_spec
    return f"{phrase(sender.display_name, name='From')} <{sender.addr_spec}>"


def list_id(title: str, identifier: str) -> str:
    """Return the value of List-Id: the title and the stable identifier (RFC 2919, 3)."""
    return f"{phrase(title, name='List-Id')} <{identifier}>"
