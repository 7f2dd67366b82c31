"""Links are tried on servers of this machine; what is not public is not asked at all."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from newsletter.checking.probing import Prober, is_public


class Site(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        self.server.asked.append((self.command, self.path, self.headers["Host"]))
        name = self.path.strip("/").partition("?")[0]
        if name.startswith("to-"):
            self.send_response(302)
            self.send_header("Location", f"/{name.removeprefix('to-')}")
        elif name == "loop":
            self.send_response(302)
            self.send_header("Location", "/loop")
        elif name == "inside":
            self.send_response(302)
            self.send_header("Location", "http://169.254.169.254/latest/meta-data/")
        elif name == "no-head" and self.command == "GET":
            self.send_response(200)
        elif name == "no-head":
            self.send_response(405)
        else:
            self.send_response(int(name or 200))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        self.do_HEAD()

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def problem(site: ThreadingHTTPServer, path: str) -> str:
    port = site.server_address[1]
    prober = Prober(is_allowed=lambda ip, asked: (ip, asked) == ("127.0.0.1", port))
    return prober.problem(f"http://localhost:{port}/{path}")


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("", ""),
        ("200", ""),
        ("to-200", ""),
        ("no-head", ""),
        ("403", ""),
        ("429", ""),
        ("999", ""),
        ("404", "404 Not Found"),
        ("410", "410 Gone"),
        ("to-404", "404 Not Found"),
        ("500", "500 Internal Server Error"),
        ("loop", "it redirects again and again"),
        ("inside", "it is not on the public internet"),
    ],
)
def test_what_is_said_of_an_answer(site, path, says):
    assert problem(site, path) == says


def test_it_asks_under_the_name_and_for_the_head_only(site):
    problem(site, "200?a=1")
    assert site.asked == [("HEAD", "/200?a=1", f"localhost:{site.server_address[1]}")]


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://[::1]/",
        "http://0.0.0.0/",
        "http://10.0.0.1/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.64.0.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://[fd00::1]/",
        "http://[fe80::1]/",
    ],
)
def test_nothing_private_is_asked(address):
    assert Prober().problem(address) in {
        "it is not on the public internet",
        "there is no such host",
    }


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("ftp://zero2prod.dev/", "it is no address on the web"),
        ("file:///etc/passwd", "it is no address on the web"),
        ("https://[", "it is no address on the web"),
        ("https://zero2prod.dev:0/", "it is no address on the web"),
        ("https://zero2prod.dev:99999/", "it is no address on the web"),
        ("https://user:secret@zero2prod.dev/", "it has a name or password in it"),
        ("https://a.invalid/", "there is no such host"),
        ("https://a b.invalid/", "it is no address on the web"),
        (f"https://{'a' * 64}.invalid/", "there is no such host"),
    ],
)
def test_what_is_no_address_is_said(address, says):
    assert Prober().problem(address) == says


@pytest.mark.parametrize("port", [22, 25, 5432, 6379, 8080])
def test_only_the_ports_of_the_web_are_asked(port):
    assert not is_public("93.184.215.14", port)
    assert is_public("93.184.215.14", 443)


def test_a_server_that_is_not_there_is_no_answer(free_port):
    prober = Prober(is_allowed=lambda _ip, _port: True)
    assert prober.problem(f"http://127.0.0.1:{free_port}/") == "no answer"
    assert prober.problem(f"https://127.0.0.1:{free_port}/") == "no answer"
