"""An SMTP server on loopback that says exactly what a test wrote for it."""

import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress

HANG_UP = b""
"""Instead of a reply: the connection ends."""

Script = dict[str, "bytes | list[bytes]"]

REPLIES = {
    "BANNER": b"220 test ESMTP\r\n",
    "EHLO": b"250-test\r\n250 8BITMIME\r\n",
    "AUTH": b"235 2.7.0 Welcome\r\n",
    "STARTTLS": b"220 2.0.0 Go on\r\n",
    "MAIL": b"250 2.1.0 Fine\r\n",
    "RCPT": b"250 2.1.5 Fine\r\n",
    "DATA": b"354 Go on\r\n",
    "DOT": b"250 2.0.0 Ok: queued as 4Bx9-1\r\n",
    "RSET": b"250 2.0.0 Fine\r\n",
    "NOOP": b"250 2.0.0 Fine\r\n",
    "QUIT": b"221 2.0.0 Bye\r\n",
}
PIPELINING: Script = {"EHLO": b"250-test\r\n250 PIPELINING\r\n"}


class ScriptedServer:
    """Use it by `with`.

    ``script`` names replies by command (BANNER before the first, DOT after a mail): one for always,
    or a list to be used up, after which the usual ones follow. A reply is sent as it is.
    """

    def __init__(
        self,
        script: Script | None = None,
        *,
        tls: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
        send: Callable[[socket.socket, bytes], None] = lambda peer, octets: peer.sendall(octets),
    ) -> None:
        self._script = {verb: _listed(reply) for verb, reply in (script or {}).items()}
        self._tls, self._implicit_tls = tls, implicit_tls
        self._send = send
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._peers: list[socket.socket] = []
        self.port: int = self._listener.getsockname()[1]
        self.commands: list[str] = []
        self.mails: list[bytes] = []
        self.recipients: list[str] = []
        self.connections = 0
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> "ScriptedServer":
        self._start(self._accept)
        return self

    def __exit__(self, *_error: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join()

    @property
    def verbs(self) -> Counter[str]:
        return Counter(command.split(" ")[0].upper() for command in self.commands)

    def say(self, octets: bytes) -> None:
        """Speak to every client without being asked."""
        for peer in self._peers:
            peer.sendall(octets)

    def cut(self) -> None:
        """End every connection."""
        for peer in self._peers:
            with suppress(OSError):
                peer.shutdown(socket.SHUT_RDWR)

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                peer, _ = self._listener.accept()
                self.connections += 1
                self._peers.append(peer)
                self._start(self._serve, peer)

    def _serve(self, peer: socket.socket) -> None:
        with suppress(OSError), peer:
            if self._tls and self._implicit_tls:
                with self._tls.wrap_socket(peer, server_side=True) as secure:
                    self._greet(secure)
            else:
                self._greet(peer)

    def _greet(self, peer: socket.socket) -> None:
        if self._reply(peer, "BANNER"):
            self._converse(peer)

    def _converse(self, peer: socket.socket) -> None:
        with peer.makefile("rb") as lines:
            for line in lines:
                command = line.decode("latin-1").rstrip("\r\n")
                self.commands.append(command)
                verb = command.split(" ")[0].upper()
                if verb == "RCPT":
                    self.recipients.append(command)
                if not (reply := self._reply(peer, verb)):
                    return
                if verb == "STARTTLS" and self._tls and reply.startswith(b"2"):
                    with self._tls.wrap_socket(peer, server_side=True) as secure:
                        self._converse(secure)
                    return
                if (verb == "DATA" and reply.startswith(b"354")) and not self._take(peer, lines):
                    return
                if verb == "QUIT" or b"421" in reply:
                    return

    def _take(self, peer: socket.socket, lines: Iterable[bytes]) -> bytes:
        content = []
        for line in lines:
            if line == b".\r\n":
                break
            content.append(line.removeprefix(b"."))
        else:  # The client left in the middle: that is no mail.
            return b""
        self.mails.append(b"".join(content))
        reply = self._reply(peer, "DOT")
        return b"" if b"421" in reply else reply

    def _reply(self, peer: socket.socket, verb: str) -> bytes:
        replies = self._script.get(verb, [])
        reply = replies[0] if replies[1:] == [...] else (replies.pop(0) if replies else None)
        if reply is None:
            reply = REPLIES.get(verb, b"500 5.5.2 What?\r\n")
        if reply:
            self._send(peer, reply)
        return reply


def _listed(reply: "bytes | list[bytes]") -> list:
    return list(reply) if isinstance(reply, list) else [reply, ...]
