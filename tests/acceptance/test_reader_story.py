"""The reader's story, with the real processes and a real mail server."""

import re
from email.message import EmailMessage

from django.db.models.functions import Now

from newsletter.models import Delivery, Provider, Subscription
from tests.acceptance.service import issue_id
from tests.processes import eventually

READER = "ursula@example.org"
ESSAY = """# On doors

A door is *slow* on purpose. Template syntax such as {{ secret }} is only text.

[Read on](https://slowweb.example/doors)
"""


def link_in(text: str, path: str) -> str:
    [link] = set(re.findall(rf"https?://\S+{path}\?\S+", text))
    return str(link)


def one_click_link(message: EmailMessage) -> str:
    """Return what a mail program posts to (RFC 8058)."""
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    return str(re.findall(r"<(http[^>]+)>", message["List-Unsubscribe"])[0])


def status() -> str:
    return Subscription.objects.get(email=READER).status


def test_a_reader_signs_up_confirms_reads_and_leaves(running_service):
    service = running_service
    page = service.get("/")
    assert page.status_code == 200
    assert "The Slow Web" in page.text

    answer = service.sign_up(READER)
    assert (answer.status_code, answer.content) == (200, b"")

    confirmation = service.mail.wait_for(READER)
    link = link_in(confirmation.part("plain"), "/subscriptions/confirm")
    assert link.startswith(f"{service.url}/")
    assert link.replace("&", "&amp;") in confirmation.part("html")
    assert service.get(link).status_code == 200
    assert status() == "pending_confirmation"
    for _ in range(2):  # A second click is harmless.
        assert service.post(link).status_code == 200
        assert status() == "confirmed"

    issue_id(service.publish("On doors", ESSAY))
    letter = service.mail.wait_for(READER, 2)
    message = letter.message
    assert message["Subject"] == "On doors"
    assert message["To"] == READER
    assert message["From"] == "The Slow Web <editor@slowweb.example>"
    assert message["List-Id"].endswith("<default.slowweb.example>")
    assert message["Message-ID"]
    assert message.get_content_type() == "multipart/alternative"
    for kind in ("plain", "html"):
        text = letter.part(kind)
        assert "{{ secret }}" in text
        assert "12 Harbour Street" in text
        assert "/subscriptions/unsubscribe?token=" in text
    assert re.search(r"<em[^>]*>slow</em>", letter.part("html"))

    link = one_click_link(message)
    assert service.get(link).status_code == 200
    assert status() == "confirmed"
    left = service.post(link, {"List-Unsubscribe": "One-Click"}, allow_redirects=False)
    assert (left.status_code, status()) == (200, "unsubscribed")

    # Another reader proves that the next issue went out.
    stays = "paul@example.org"
    service.sign_up(stays)
    confirmation = service.mail.wait_for(stays)
    service.post(link_in(confirmation.part("plain"), "/subscriptions/confirm"))
    issue_id(service.publish("On windows", ESSAY))
    assert service.mail.wait_for(stays, 2).message["Subject"] == "On windows"
    assert len(service.mail.to(READER)) == 2


def test_a_sign_up_while_the_mail_server_is_away_is_answered_and_mailed_later(service):
    service.start_web()
    service.start_worker()
    assert service.sign_up(READER).status_code == 200
    tried = Delivery.objects.exclude(error_code="")
    assert eventually(tried.exists, seconds=30), service.log("worker")
    assert Delivery.objects.get().state == "pending"

    service.mail.start()
    # Instead of waiting: the next try, and the circuit's probe, are due now.
    Delivery.objects.filter(state="pending").update(next_at=Now())
    Provider.objects.update(hold_until=Now(), probe_at=Now())
    letter = service.mail.wait_for(READER, seconds=60)
    assert "/subscriptions/confirm" in letter.part("plain")
