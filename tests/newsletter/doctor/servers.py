"""A DNS server, a mail server and a web site for the doctor to visit."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseRequestHandler, ThreadingTCPServer, ThreadingUDPServer

import dns.message
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.rrset

Records = Mapping[tuple[str, str], list[str]]


@contextmanager
def served(server: ThreadingUDPServer | ThreadingTCPServer) -> Iterator[int]:
    with server:
        threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@contextmanager
def names(records: Records) -> Iterator[None]:
    """Make the process ask a DNS server that has these records and no others."""

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            octets, socket = self.request
            query = dns.message.from_wire(octets)
            question = query.question[0]
            kind = dns.rdatatype.to_text(question.rdtype)
            answer = dns.message.make_response(query)
            found = records.get((question.name.to_text(omit_final_dot=True), kind))
            if found:
                answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *found))
            else:
                answer.set_rcode(dns.rcode.NXDOMAIN)
            socket.sendto(answer.to_wire(), self.client_address)

    with served(ThreadingUDPServer(("127.0.0.1", 0), Handler)) as port, asking(port):
        yield


@contextmanager
def asking(port: int) -> Iterator[None]:
    """Let the process's resolver ask this port of this machine."""
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], port
    before = dns.resolver.default_resolver
    dns.resolver.default_resolver = resolver
    try:
        yield
    finally:
        dns.resolver.default_resolver = before


@contextmanager
def mail_server(replies: Mapping[str, str]) -> Iterator[int]:
    """Run an SMTP server that says 250 to each verb, unless another reply is given for it."""

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            self.request.sendall(f"{replies.get('', '220 here')}\r\n".encode())
            for line in self.request.makefile("rb"):
                verb = line.decode().split()[0].upper()
                default = "250-here\r\n250 AUTH PLAIN" if verb == "EHLO" else "250 fine"
                self.request.sendall(f"{replies.get(verb, default)}\r\n".encode())

    class Server(ThreadingTCPServer):
        daemon_threads = True

    with served(Server(("127.0.0.1", 0), Handler)) as port:
        yield port


@contextmanager
def site(status: int, body: bytes = b"") -> Iterator[str]:
    """Run a web server that always answers the same; return its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    with served(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        yield f"http://127.0.0.1:{port}"
