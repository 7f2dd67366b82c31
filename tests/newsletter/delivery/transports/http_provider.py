"""A mail provider's HTTP API on this machine: it keeps what it is asked and answers as told."""

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Answer:
    status: int = 200
    body: "str | Callable[[Request], str]" = "{}"
    headers: dict[str, str] = field(default_factory=dict)
    after: Callable[[BaseHTTPRequestHandler], None] | None = None
    """What is done instead of answering."""


def hang_up(handler):
    """Take the request and reset the connection."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.wfile.close = lambda: None
    handler.close_connection = True


@dataclass
class Request:
    path: str
    headers: Any
    body: bytes
    connection: int

    @property
    def json(self):
        return json.loads(self.body)


class HttpProvider:
    def __init__(self, url: str) -> None:
        self.url = url
        self.requests: list[Request] = []
        self.answers: list[Answer] = []
        """What is answered next; the last one again and again."""

    def next_answer(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def http_provider() -> Iterator[HttpProvider]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            port = self.client_address[1]
            provider.requests.append(request := Request(self.path, self.headers, body, port))
            answer = provider.next_answer()
            if answer.after is not None:
                answer.after(self)
                return
            said = (answer.body(request) if callable(answer.body) else answer.body).encode()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST  # noqa: N815

        def log_message(self, *_):
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_):
            pass

    with Server(("127.0.0.1", 0), Handler) as server:
        provider = HttpProvider(f"http://127.0.0.1:{server.server_port}/")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield provider
        server.shutdown()
        thread.join()
