"""SMTP over one persistent connection, pipelined where the server offers it.

The standard library's ``smtplib`` connects, says EHLO, starts TLS and logs in. The transactions are
written here, because ``smtplib`` waits for each reply: with PIPELINING (RFC 2920) the final dot of
one mail and the envelope of the next leave in one write, so that a mail costs one round trip.
"""

import select
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import SplitResult

from newsletter.delivery import outcomes
from newsletter.delivery.outcomes import Outcome, Reply, Verdict
from newsletter.delivery.transports.base import AFTER_DOT, Mail, with_the_rest
from newsletter.delivery.transports.smtp_client import (
    LOST,
    REFUSED,
    REPLY_TIMEOUT,
    Client,
    connected,
    socket_of,
)
from newsletter.delivery.transports.wire import Wire

DOT_TIMEOUT = 300.0
"""Seconds. RFC 5321, 4.5.3.2.6 asks for 10 minutes after the dot: giving up makes doubt."""
LONGEST = 2 * DOT_TIMEOUT
"""Of one mail, or of a log-in, however often the server says a word."""


class SmtpTransport:
    def __init__(self, url: SplitResult) -> None:
        self._url = url
        self._session: _Session | None = None
        self.wire = Wire()

    def send(self, mails: Sequence[Mail], halted: Callable[[], bool]) -> list[Outcome]:
        try:
            return self._send(mails, halted)
        finally:
            self.wire.rest()

    def close(self) -> None:
        if self._session is not None:
            self._session.quit()
            self._session = None

    def _send(self, mails: Sequence[Mail], halted: Callable[[], bool]) -> list[Outcome]:
        if self._session is not None and self._session.was_ended:
            self._forget()
        self.wire.begin(LONGEST)
        try:
            session = self._session = self._session or _Session(connected(self._url, self.wire))
        except REFUSED as error:
            return [_refused(error)] * len(mails)
        results = list(session.transact(mails, halted))
        if not session.is_usable:
            self._forget()
        return with_the_rest(results, mails)

    def _forget(self) -> None:
        if self._session is not None:
            self._session.abandon()
            self._session = None


class _Session:
    """One connection, greeted and logged in."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._pipelining = client.has_extn("pipelining")
        self._taken = 0
        self.is_usable = True

    @property
    def was_ended(self) -> bool:
        """Whether the server spoke without being asked: it hangs up on who was idle."""
        try:
            poll = select.poll()
            poll.register(socket_of(self._client), select.POLLIN)
            return bool(poll.poll(0))
        except LOST:
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
            except LOST as error:
                self.is_usable = False
                yield self._lost_before_dot(error, is_mild=halted())
            if not self.is_usable:
                return
            written_ahead = bool(ahead)

    def quit(self) -> None:
        try:
            socket_of(self._client).settimeout(1.0)
            self._client.quit()
        except LOST:
            self.abandon()

    def abandon(self) -> None:
        self._client.close()

    def _transact(self, mail: Mail, ahead: bytes, *, written_ahead: bool) -> Outcome:
        self._client.wire.begin(LONGEST)
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
            self.is_usable = self._client.reply().is_positive
        except LOST:
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
            reply = self._client.reply()
            if reply.code // 100 == wanted:
                continue
            refusal = refusal or judge(reply, used=self._taken > 0)
            self.is_usable = _leaves_usable(reply)
            if not (self._pipelining and self.is_usable):
                return refusal
        if refusal and reply.code == 354:
            # The server took DATA though it took no recipient: an empty mail ends it (RFC 2920).
            self._write(b".\r\n")
            self._client.reply()
        return refusal

    def _hand_over(self, mail: Mail, ahead: bytes) -> Outcome:
        """Send the content, its final dot and what follows; judge the reply to the dot."""
        content = mail.content
        if b"\r\n." in content:  # seldom, and to look is four times as fast as to replace
            content = content.replace(b"\r\n.", b"\r\n..")  # RFC 5321, 4.5.2
        data, written = memoryview(b"".join((content, b".\r\n", ahead))), 0
        connection = socket_of(self._client)
        connection.settimeout(DOT_TIMEOUT)
        try:
            while written < len(data):
                written += connection.send(data[written:])
            reply = self._client.reply()
        except LOST as error:
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

    def _lost_before_dot(self, error: Exception, *, is_mild: bool) -> Outcome:
        # Many servers end a connection after so many mails, and we cut it when we are to stop.
        if self._taken or is_mild:
            return Outcome(Verdict.RELEASED, _label(error))
        return Outcome(Verdict.RETRY, _label(error), provider_failed=True)

    def _write(self, data: bytes) -> None:
        socket_of(self._client).sendall(data)


_EXPECTED = ((outcomes.of_sender, 2), (outcomes.of_recipient, 2), (outcomes.of_recipient, 3))
"""For each command of an envelope, the first digit of consent and who judges a refusal."""


def _leaves_usable(reply: Reply) -> bool:
    """Whether the conversation can go on after a refusal: not if it was no SMTP."""
    return (reply.is_temporary or reply.is_permanent) and not reply.ends_service


def _envelope(mail: Mail) -> list[bytes]:
    lines = (f"MAIL FROM:<{mail.sender}>", f"RCPT TO:<{mail.recipient}>", "DATA")
    return [f"{line}\r\n".encode("ascii") for line in lines]


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
