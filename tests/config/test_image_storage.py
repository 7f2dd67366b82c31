"""Where images are kept, as APP_MEDIA__URL says it; and a bucket that really speaks."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from config import image_storage
from config.environment import ConfigurationError


def entry(monkeypatch, address):
    monkeypatch.setenv("APP_MEDIA__URL", address)
    return image_storage.storage("APP_MEDIA__URL")


def test_a_directory(monkeypatch):
    found = entry(monkeypatch, "file:///var/lib/news%20letter")
    assert found["OPTIONS"] == {"location": "/var/lib/news letter"}


def test_a_bucket(monkeypatch):
    found = entry(monkeypatch, "s3://KEY:a%2Fsecret%40@fra1.example.com/news?region=fra1")
    options = found["OPTIONS"]
    assert (options["access_key"], options["secret_key"]) == ("KEY", "a/secret@")
    assert (options["endpoint_url"], options["bucket_name"]) == ("https://fra1.example.com", "news")
    assert options["region_name"] == "fra1"


def test_nothing_is_nothing(monkeypatch):
    assert entry(monkeypatch, "") is None


@pytest.mark.parametrize(
    "address",
    [
        "secret",
        "file://relative/path",
        "file:///",
        "ftp://KEY:secret@host/bucket",
        "s3://KEY@host/bucket",
        "s3://KEY:secret@host/",
        "s3://KEY:secret@host/a/b",
        "s3://KEY:secret@/bucket",
        "s3://KEY:secret@host/bucket?acl=public",
        "s3://[KEY:secret@host/bucket",
    ],
)
def test_a_mistake_is_one_sentence_without_the_secret(monkeypatch, address):
    with pytest.raises(ConfigurationError, match="APP_MEDIA__URL must be") as told:
        entry(monkeypatch, address)
    assert "secret" not in str(told.value)


class Bucket(BaseHTTPRequestHandler):
    """As much of S3 as is asked of it."""

    def do_PUT(self) -> None:
        length = int(self.headers["Content-Length"])
        assert "AWS4-HMAC-SHA256 Credential=KEY/" in self.headers["Authorization"]
        self.server.files[self.path] = self.rfile.read(length)
        self._answer(200)

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        content = self.server.files.get(path)
        self._answer(404 if content is None else 200, content or b"")

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_DELETE(self) -> None:
        self.server.files.pop(self.path, None)
        self._answer(204)

    def _answer(self, status: int, content: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", '"x"')
        self.send_header("Last-Modified", "Mon, 23 Nov 2026 00:00:00 GMT")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def bucket() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    server.files = {}
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_bucket_keeps_and_gives_back(monkeypatch, bucket, settings):
    address = f"s3+http://KEY:secret@127.0.0.1:{bucket.server_address[1]}/news"
    settings.STORAGES = {**settings.STORAGES, "default": entry(monkeypatch, address)}
    storage = storages["default"]
    storage.save("dog.png", ContentFile(b"a picture"))
    assert bucket.files == {"/news/dog.png": b"a picture"}
    with storage.open("dog.png") as file:
        assert file.read() == b"a picture"
    with pytest.raises(OSError, match=r"dog|exist"):
        storage.open("cat.png").read()
    storage.delete("dog.png")
    assert bucket.files == {}
