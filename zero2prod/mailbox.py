"""The local mailbox: the mails that a developer's installation has sent, in the browser.

The worker's transport leaves each as a file of a Maildir (https://cr.yp.to/proto/maildir.html). To
list them, only the shown ones are opened, so that a mailbox of many thousands opens at once.
"""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import islice
from pathlib import Path
from urllib.parse import unquote

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from zero2prod.headers import PUBLIC_POLICY

MAILS_A_PAGE = 50

_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src http: https: data:; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox "
    "allow-top-navigation-by-user-activation"
)
"""For a mail's HTML: no script, no form; its links open in the whole window.

Locally the images that were uploaded are at an http address, as the whole site is.
"""
_FRAME_POLICY = f"{PUBLIC_POLICY}; frame-src 'self'"
_HEAD_LENGTH = 16 * 1024
"""Where a mail's To header has ended for certain."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One file of the Maildir."""

    path: Path
    sent_at: datetime

    @property
    def key(self) -> str:
        return self.path.name

    @property
    def head(self) -> EmailMessage:
        """Return its headers, without reading its body."""
        with self.path.open("rb") as file:
            return _parsed(file.read(_HEAD_LENGTH))


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Show the mails, newest first; `?to=` keeps those to an address that contains it."""
    recipient = request.GET.get("to", "").strip()
    page = _page_number(request.GET.get("page", ""))
    files = sorted(_files(), reverse=True)
    chosen = _sent_to(files, recipient) if recipient else files
    first = (page - 1) * MAILS_A_PAGE
    shown = [_mail(*file) for file in islice(chosen, first, first + MAILS_A_PAGE + 1)]
    context = {
        "mails": shown[:MAILS_A_PAGE],
        "count": len(files),
        "recipient": recipient,
        "newer": page - 1,
        "older": page + 1 if len(shown) > MAILS_A_PAGE else 0,
    }
    return render(request, "zero2prod/mailbox/index.html", context)


@require_safe
def mail(request: HttpRequest, key: str) -> HttpResponse:
    """Show one mail: its headers, its HTML in a frame of its own, its text."""
    message = _parsed(_bytes_of(key))
    context = {
        "key": key,
        "message": message,
        "headers": [(name, str(value)) for name, value in message.items()],
        "text": _part(message, "plain"),
        "has_html": message.get_body(("html",)) is not None,
    }
    response = render(request, "zero2prod/mailbox/mail.html", context)
    response["Content-Security-Policy"] = _FRAME_POLICY
    return response


@require_safe
@xframe_options_sameorigin
def html(_request: HttpRequest, key: str) -> HttpResponse:
    """Answer a mail's HTML as its reader sees it, except that its links leave the frame."""
    body = _part(_parsed(_bytes_of(key)), "html")
    body = re.sub(
        r"(<head[^>]*>|\A(?!.*<head))", r'\1<base target="_top">', body, count=1, flags=re.S
    )
    return HttpResponse(body, headers={"Content-Security-Policy": _MAIL_POLICY})


@require_safe
def source(_request: HttpRequest, key: str) -> HttpResponse:
    """Answer a mail as it was sent, byte for byte."""
    response = HttpResponse(_bytes_of(key), content_type="message/rfc822")
    response["Content-Disposition"] = 'attachment; filename="mail.eml"'
    return response


def _mail(written_at: int, path: str) -> Mail:
    return Mail(Path(path), datetime.fromtimestamp(written_at / 1e9, UTC))


def _files() -> Iterator[tuple[int, str]]:
    """Return when each mail was written, in nanoseconds, and its path."""
    for folder in _folders():
        if folder.is_dir():
            with os.scandir(folder) as entries:
                yield from ((entry.stat().st_mtime_ns, entry.path) for entry in entries)


def _folders() -> list[Path]:
    """Return where the mails lie; none where they leave for a real server."""
    if settings.EMAIL_URL.scheme != "maildir":
        return []
    root = Path(unquote(settings.EMAIL_URL.path))
    return [root / "new", root / "cur"]


def _sent_to(files: Iterable[tuple[int, str]], recipient: str) -> Iterator[tuple[int, str]]:
    wanted = re.compile(
        rb"^To:[^\r\n]*" + re.escape(recipient.encode()), re.IGNORECASE | re.MULTILINE
    )
    for written_at, path in files:
        with Path(path).open("rb") as file:
            head, _, _ = file.read(_HEAD_LENGTH).replace(b"\r\n", b"\n").partition(b"\n\n")
        if wanted.search(head):
            yield written_at, path


def _bytes_of(key: str) -> bytes:
    for folder in _folders():
        path = folder / key
        if path.name == key and path.is_file():
            return path.read_bytes()
    raise Http404


def _parsed(octets: bytes) -> EmailMessage:
    return message_from_bytes(octets, EmailMessage, policy=policy.default)


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if isinstance(part, EmailMessage) else ""


def _page_number(text: str) -> int:
    return int(text) if re.fullmatch("[1-9][0-9]{0,6}", text) else 1
