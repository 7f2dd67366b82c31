import os
import time
from email.message import EmailMessage
from mailbox import Maildir
from pathlib import Path
from urllib.parse import urlsplit

import pytest

HTML = '<html><head><title>x</title></head><body><a href="http://x.org">Go</a></body></html>'


@pytest.fixture
def box(tmp_path, settings):
    """Return a Maildir as the worker's transport writes it."""
    settings.EMAIL_URL = urlsplit(f"maildir://{tmp_path / 'box'}")
    return Maildir(tmp_path / "box")


def deliver(box, subject="Hello", to="ursula@example.org", age=0):
    mail = EmailMessage()
    mail["Subject"], mail["To"], mail["From"] = subject, to, "news@example.org"
    mail.set_content("Plain *text* <b>")
    mail.add_alternative(HTML, subtype="html")
    key = box.add(mail.as_bytes())
    at = time.time() - age
    os.utime(Path(box._path, "new", key), (at, at))
    return key


@pytest.mark.usefixtures("box")
def test_an_empty_mailbox_says_so(client, settings, tmp_path):
    assert "No mail has been sent yet" in client.get("/mailbox/").text
    settings.EMAIL_URL = urlsplit(f"maildir://{tmp_path}/missing")
    assert "No mail has been sent yet" in client.get("/mailbox/").text


def test_where_mail_leaves_for_a_server_the_mailbox_is_empty(client, settings):
    settings.EMAIL_URL = urlsplit("smtp://mail.example.org")
    assert client.get("/mailbox/").status_code == 200


def test_mails_are_listed_newest_first(client, box):
    deliver(box, "Older", age=60)
    deliver(box, "Newer <b>")
    text = client.get("/mailbox/").text
    assert 0 < text.index("Newer &lt;b&gt;") < text.index("Older")


def test_mails_are_listed_by_fifty(client, box):
    for number in range(51):
        deliver(box, f"Mail {number:03}", age=number)
    first, second = client.get("/mailbox/").text, client.get("/mailbox/?page=2").text
    assert "Mail 049" in first
    assert "Mail 050" not in first
    assert 'rel="next"' in first
    assert "Mail 050" in second
    assert 'rel="next"' not in second


def test_mails_are_found_by_their_recipient(client, box):
    deliver(box, "For Ursula", to="Ursula@example.org")
    deliver(box, "For Paul", to="paul@example.org")
    text = client.get("/mailbox/?to=ursula@").text
    assert "For Ursula" in text
    assert "For Paul" not in text
    assert "No mail was sent to such an address" in client.get("/mailbox/?to=mallory").text


def test_a_mail_is_shown_with_its_headers_and_its_text(client, box):
    key = deliver(box)
    text = client.get(f"/mailbox/{key}/").text
    assert "ursula@example.org" in text
    assert "Plain *text* &lt;b&gt;" in text
    assert f'src="/mailbox/{key}/html"' in text


def test_a_mails_html_is_sandboxed_and_its_links_leave_the_frame(client, box):
    response = client.get(f"/mailbox/{deliver(box)}/html")
    policy = response["Content-Security-Policy"]
    assert "sandbox " in policy
    assert "allow-scripts" not in policy
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert '<head><base target="_top"><title>' in response.text


def test_a_mails_images_are_shown_though_the_local_site_is_http(client, box):
    """Without them a newcomer's own picture is missing in the first mail that he looks at."""
    policy = client.get(f"/mailbox/{deliver(box)}/html")["Content-Security-Policy"]
    assert "img-src http: https: data:" in policy


def test_a_mails_source_is_what_was_sent(client, box):
    key = deliver(box)
    response = client.get(f"/mailbox/{key}/source")
    assert response.content == box.get_bytes(key)
    assert response["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    "key", ["missing", "..", ".", "%2e%2e", "..%2f..%2fsecret", "..%5csecret", "~", "new"]
)
@pytest.mark.parametrize("ending", ["", "html", "source"])
def test_an_odd_key_is_404(client, box, key, ending):
    Path(box._path, "secret").touch()
    assert client.get(f"/mailbox/{key}/{ending}").status_code == 404


@pytest.mark.parametrize("octets", [b"", b"\xff\xfe", b"Subject: =?x?q?=ff?=\n\n\xff", b"\n\nx"])
def test_a_file_that_is_no_mail_is_shown_as_well_as_it_can_be(client, box, octets):
    key = box.add(octets)
    for path in ("/mailbox/", f"/mailbox/{key}/", f"/mailbox/{key}/html"):
        assert client.get(path).status_code == 200


def test_twenty_thousand_mails_open_at_once(client, box):
    for number in range(20_000):
        path = Path(box._path, "new", f"{number}.M1P1.host")
        path.write_bytes(b"To: reader%d@example.org\r\nSubject: Hi\r\n\r\nHello" % number)
    for query in ("", "?page=400", "?to=reader17@example.org"):
        started = time.perf_counter()
        assert client.get(f"/mailbox/{query}").status_code == 200
        assert time.perf_counter() - started < 3
