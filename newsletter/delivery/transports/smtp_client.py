"""`smtplib`'s client on a wire of ours, which reads replies in half of the time and with an end."""

import functools
import smtplib
import socket
import ssl
from typing import Any
from urllib.parse import SplitResult, unquote

from newsletter.delivery.outcomes import Reply
from newsletter.delivery.transports.wire import Wire, asked

CONNECT_TIMEOUT = 5.0
TLS_TIMEOUT = 10.0
REPLY_TIMEOUT = 30.0
"""Seconds, also for the greeting: some let everybody wait for it, since who sends spam does not."""

LOST = (OSError, smtplib.SMTPException)
REFUSED = (*LOST, UnicodeError)  # `smtplib` takes ASCII credentials only

DEFAULT_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}

_LONGEST_LINE = 8192
"""Octets: as generous as `smtplib`; RFC 5321, 4.5.3.1.5 allows 512."""
_MOST_LINES = 128


class Client(smtplib.SMTP):
    """It reads every reply by `reply`, those to the commands of `smtplib` as well."""

    def __init__(self, wire: Wire, host: str, port: int, **options: Any) -> None:
        self.wire = wire
        super().__init__(host, port, **options)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self.wire.connect(host, port, timeout)

    def getreply(self) -> tuple[int, bytes]:
        try:
            reply = self.reply()
        except LOST:
            self.close()
            raise
        return reply.code, reply.text.encode()

    def reply(self) -> Reply:
        """Return the next reply."""
        lines = [self._line()]
        while lines[-1][3:4] == b"-" and lines[-1][:3].isdigit():
            if len(lines) == _MOST_LINES:
                raise smtplib.SMTPResponseException(500, "Too many lines.")
            lines.append(self._line())
        return _parsed(*lines)

    def _line(self) -> bytes:
        if self.file is None:  # a new connection, or TLS has begun on it
            connection = socket_of(self)
            self.wire.hold(connection)
            connection.settimeout(REPLY_TIMEOUT)
            self.file = connection.makefile("rb")
        try:
            line: bytes = self.file.readline(_LONGEST_LINE + 1)
        except OSError as error:
            raise smtplib.SMTPServerDisconnected from error
        if not line:
            raise smtplib.SMTPServerDisconnected
        if len(line) > _LONGEST_LINE:
            raise smtplib.SMTPResponseException(500, "Line too long.")
        return line


class TlsClient(smtplib.SMTP_SSL, Client):
    """TLS from the first byte on."""

    def __init__(self, wire: Wire, host: str, port: int, **options: Any) -> None:
        self.wire = wire
        super().__init__(host, port, context=ssl.create_default_context(), **options)


def connected(url: SplitResult, wire: Wire) -> Client:
    """Return a client that is greeted and logged in; raises one of REFUSED."""
    host, port = str(url.hostname), url.port or DEFAULT_PORTS[url.scheme]
    connect: type[Client] = TlsClient if url.scheme == "smtps" else Client
    client = connect(wire, host, port, local_hostname="", timeout=CONNECT_TIMEOUT)
    try:
        client.local_hostname = _own_name()
        client.ehlo_or_helo_if_needed()
        if url.scheme == "smtp+tls":
            socket_of(client).settimeout(TLS_TIMEOUT)
            client.starttls(context=ssl.create_default_context())
            client.ehlo()
        if url.username:
            client.login(unquote(url.username), unquote(url.password or ""))
    except REFUSED:
        client.close()
        raise
    return client


def socket_of(client: smtplib.SMTP) -> socket.socket:
    """Return the open socket; `smtplib` forgets it when the connection is lost."""
    if client.sock is None:
        raise smtplib.SMTPServerDisconnected
    return client.sock


@functools.lru_cache(maxsize=32)  # most replies are those of the mail before
def _parsed(*lines: bytes) -> Reply:
    """Return the reply in these lines; its code is -1 where they are no SMTP."""
    text = b"\n".join(line[4:].strip(b" \t\r\n") for line in lines).decode("ascii", "replace")
    code = lines[-1][:3]
    return Reply(int(code) if code.isdigit() else -1, text)


@functools.cache
def _own_name() -> str:
    """Return the name for EHLO; asked of the resolver once, as it can be slow."""
    try:
        name = asked(socket.getfqdn)
    except OSError:
        name = ""
    return name if "." in name else "[127.0.0.1]"
