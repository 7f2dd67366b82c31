"""SMTP over one persistent connection, pipelined where the server offers it.

The standard library's ``smtplib`` connects, says EHLO, starts TLS and logs in. The transactions are
written here, because ``smtplib`` waits for each reply: with PIPELINING (RFC 2920) the final dot of
one mail and the envelope of the next leave in one write, so that a mail costs one round trip.
"""

import functools
import select
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import SplitResult, unquote

from newsletter.delivery import outcomes
from newsletter.delivery.outcomes import Outcome, Reply, Verdict
from newsletter.delivery.transports.base import AFTER_DOT, Mail, with_the_rest

CONNECT_TIMEOUT = 5.0
REPLY_TIMEOUT = 30.0
DOT_TIMEOUT = 300.0
"""Seconds. RFC 5321, 4.5.3.2.6 asks for 10 minutes after the dot: giving up makes doubt."""

_LOST = (OSError, smtplib.SMTPException)
_REFUSED = (*_LOST, UnicodeError)  # `smtplib` takes ASCII credentials only


class SmtpTransport:
    def __init__(self, url: SplitResult) -> None:
        self._url = url
        self._session: _Session | None = None

    def send(self, mails: Sequence[Mail], halted: Callable[[], bool]) -> list[Outcome]:
        if self._session is not None and self._session.was_ended:
            self._forget()
        try:
            session = self._session = self._session or _Session(_connected(self._url))
        except _REFUSED as error:
            return [_refused(error)] * len(mails)
        results = list(session.transact(mails, halted))
        if not session.is_usable:
            self._forget()
        return with_the_rest(results, mails)

    def close(self) -> None:
        if self._session is not None:
            self._session.quit()
            self._session = None

    def _forget(self) -> None:
        if self._session is not None:
            self._session.abandon()
            self._session = None


class _Session:
    """One connection, greeted and logged in."""

    def __init__(self, smtp: smtplib.SMTP) -> None:
        self._smtp = smtp
        self._pipelining = smtp.has_extn("pipelining")
        self._taken = 0
        self.is_usable = True

    @property
    def was_ended(self) -> bool:
        """Whether the server spoke without being asked: it hangs up on who was idle."""
        try:
            poll = select.poll()
            poll.register(_socket(self._smtp), select.POLLIN)
            return bool(poll.poll(0))
        except _LOST:
            return True

    def transact(self, mails: Sequence[Mail], halted: Callable[[], bool]) -> Iterator[Outcome]:
        """Yield an outcome for each mail, until the connection ends or ``halted`` says so."""
        written_ahead = False
        for position, mail in enumerate(mails):
            if halted():
                # An envelope that is under way can only be taken back by hanging up.
                self.is_usable = not written_ahead
                return
            rest = mails[position + 1 :]
            ahead = b"".join(_envelope(rest[0])) if rest and self._pipelining else b""
            try:
                yield self._transact(mail, ahead, written_ahead=written_ahead)
            except _LOST as error:
                self.is_usable = False
                yield self._lost_before_dot(error)
            if not self.is_usable:
                return
            written_ahead = bool(ahead)

    def quit(self) -> None:
        try:
            _socket(self._smtp).settimeout(1.0)
            self._smtp.quit()
        except _LOST:
            self.abandon()

    def abandon(self) -> None:
        self._smtp.close()

    def _transact(self, mail: Mail, ahead: bytes, *, written_ahead: bool) -> Outcome:
        refusal = self._offer(mail, written_ahead=written_ahead)
        if refusal is None:
            return self._hand_over(mail, ahead)
        if self.is_usable:
            self._reset(ahead)
        return refusal

    def _reset(self, ahead: bytes) -> None:
        """End a refused transaction. What was refused stays so, even if the connection is lost."""
        try:
            self._write(b"RSET\r\n" + ahead)
            self.is_usable = self._reply().is_positive
        except _LOST:
            self.is_usable = False

    def _offer(self, mail: Mail, *, written_ahead: bool) -> Outcome | None:
        """Send the envelope; return None once the server waits for the content."""
        if self._pipelining and not written_ahead:
            self._write(b"".join(_envelope(mail)))
        commands = [] if self._pipelining else _envelope(mail)
        refusal = None
        for position, (judge, wanted) in enumerate(_EXPECTED):
            if commands:
                self._write(commands[position])
            reply = self._reply()
            if reply.code // 100 == wanted:
                continue
            refusal = refusal or judge(reply, used=self._taken > 0)
            self.is_usable = _leaves_usable(reply)
            if not (self._pipelining and self.is_usable):
                return refusal
        if refusal and reply.code == 354:
            # The server took DATA though it took no recipient: an empty mail ends it (RFC 2920).
            self._write(b".\r\n")
            self._reply()
        return refusal

    def _hand_over(self, mail: Mail, ahead: bytes) -> Outcome:
        """Send the content, its final dot and what follows; judge the reply to the dot."""
        content = mail.content
        if b"\r\n." in content:  # seldom, and to look is four times as fast as to replace
            content = content.replace(b"\r\n.", b"\r\n..")  # RFC 5321, 4.5.2
        data, written = memoryview(b"".join((content, b".\r\n", ahead))), 0
        connection = _socket(self._smtp)
        connection.settimeout(DOT_TIMEOUT)
        try:
            while written < len(data):
                written += connection.send(data[written:])
            reply = self._reply()
        except _LOST as error:
            if written < len(data) - len(ahead):
                raise
            self.is_usable = False
            code = f"{_label(error)}{AFTER_DOT}"
            return Outcome(Verdict.UNKNOWN, code, provider_failed=True)
        connection.settimeout(REPLY_TIMEOUT)
        outcome = outcomes.of_content(reply, used=self._taken > 0)
        self.is_usable = reply.is_positive or _leaves_usable(reply)
        self._taken += outcome.verdict is Verdict.SENT
        return outcome

    def _lost_before_dot(self, error: Exception) -> Outcome:
        if self._taken:  # many servers end a connection after so many mails: just connect again
            return Outcome(Verdict.RELEASED, _label(error))
        return Outcome(Verdict.RETRY, _label(error), provider_failed=True)

    def _write(self, data: bytes) -> None:
        _socket(self._smtp).sendall(data)

    def _reply(self) -> Reply:
        """Return the next reply, as `smtplib.SMTP.getreply` does, which takes twice as long."""
        lines = [self._line()]
        while lines[-1][3:4] == b"-" and lines[-1][:3].isdigit():
            lines.append(self._line())
        return _parsed(*lines)

    def _line(self) -> bytes:
        if self._smtp.file is None:
            raise smtplib.SMTPServerDisconnected
        try:
            line: bytes = self._smtp.file.readline(_LONGEST_LINE + 1)
        except OSError as error:
            raise smtplib.SMTPServerDisconnected from error
        if not line:
            raise smtplib.SMTPServerDisconnected
        if len(line) > _LONGEST_LINE:
            raise smtplib.SMTPResponseException(500, "Line too long.")
        return line


_LONGEST_LINE = 8192
"""Octets: as generous as `smtplib`; RFC 5321, 4.5.3.1.5 allows 512."""


@functools.lru_cache(maxsize=32)  # most replies are those of the mail before
def _parsed(*lines: bytes) -> Reply:
    """Return the reply in these lines; its code is -1 where they are no SMTP."""
    text = b"\n".join(line[4:].strip(b" \t\r\n") for line in lines).decode("ascii", "replace")
    code = lines[-1][:3]
    return Reply(int(code) if code.isdigit() else -1, text)


_EXPECTED = ((outcomes.of_sender, 2), (outcomes.of_recipient, 2), (outcomes.of_recipient, 3))
"""For each command of an envelope, the first digit of consent and who judges a refusal."""


def _leaves_usable(reply: Reply) -> bool:
    """Whether the conversation can go on after a refusal: not if it was no SMTP."""
    return (reply.is_temporary or reply.is_permanent) and not reply.ends_service


def _envelope(mail: Mail) -> list[bytes]:
    lines = (f"MAIL FROM:<{mail.sender}>", f"RCPT TO:<{mail.recipient}>", "DATA")
    return [f"{line}\r\n".encode("ascii") for line in lines]


def _connected(url: SplitResult) -> smtplib.SMTP:
    connect: Callable[..., smtplib.SMTP] = smtplib.SMTP
    if url.scheme == "smtps":
        connect = functools.partial(smtplib.SMTP_SSL, context=ssl.create_default_context())
    host, port = str(url.hostname), url.port or DEFAULT_PORTS[url.scheme]
    smtp = connect(host, port, local_hostname=_own_name(), timeout=CONNECT_TIMEOUT)
    try:
        _socket(smtp).settimeout(REPLY_TIMEOUT)
        smtp.ehlo_or_helo_if_needed()
        if url.scheme == "smtp+tls":
            smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo()
        if url.username:
            smtp.login(unquote(url.username), unquote(url.password or ""))
    except _REFUSED:
        smtp.close()
        raise
    return smtp


def _socket(smtp: smtplib.SMTP) -> socket.socket:
    """Return the open socket; `smtplib` forgets it when the connection is lost."""
    if smtp.sock is None:
        raise smtplib.SMTPServerDisconnected
    return smtp.sock


DEFAULT_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}


@functools.cache
def _own_name() -> str:
    """Return the name for EHLO; asked of the resolver once, as it can be slow."""
    name = socket.getfqdn()
    return name if "." in name else "[127.0.0.1]"


def _refused(error: Exception) -> Outcome:
    """Judge a connection that could not be made or logged in: no mail has left."""
    if isinstance(error, smtplib.SMTPResponseException) and error.smtp_code == 421:
        return Outcome(Verdict.RELEASED, "421", hold=outcomes.HOLD_FRESH)
    return Outcome(Verdict.RELEASED, _label(error), provider_failed=True)


def _label(error: Exception) -> str:
    """Return a short code for an error; its text may name hosts and readers."""
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        words = text.decode("ascii", "replace") if isinstance(text, bytes) else str(text)
        return Reply(error.smtp_code, words).label
    for kind, label in _LABELS:
        if isinstance(error, kind):
            return label
    return "connection_failed"


_LABELS: tuple[tuple[type[Exception], str], ...] = (
    (TimeoutError, "timed_out"),
    (ConnectionRefusedError, "connection_refused"),
    (socket.gaierror, "name_not_resolved"),
    (ssl.SSLError, "tls_failed"),
    (smtplib.SMTPNotSupportedError, "not_supported"),
    (UnicodeError, "credentials_not_ascii"),
    (smtplib.SMTPServerDisconnected, "connection_lost"),
    (ConnectionError, "connection_lost"),
)
