"""Nothing of a reader, no token and no secret is in any log, and no visitor writes a line of it.

The processes run as in production, where each line of their logs is one JSON object.
"""

import json
import re
import socket
from urllib.parse import quote

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from newsletter.models import Delivery, Subscription
from tests.acceptance.mail_server import MailServer
from tests.acceptance.service import Service
from tests.acceptance.test_reader_story import link_in, one_click_link
from tests.ports import unused_port
from tests.processes import eventually

READER = "sentinel-reader@example.org"
GONE = "sentinel-gone@example.org"
NAME = "Sentinelle"
SECRET = "sentinel-secret-of-everything-0123456789-0123456789"
PASSWORD = "sentinel-password-0123456789"
FORGED = "forged-line"

UNBUILT = """
from config.settings.production import *
STATIC_ROOT = "/nowhere"
"""
SETTINGS = f"""{UNBUILT}
STORAGES["staticfiles"] = {{"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = True
"""


class Strict(MailServer):
    """Does not know one mailbox, and repeats its name."""

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list
    ) -> str:
        if address == GONE and len(self.to(GONE)):
            return f"550 5.1.1 <{address}> is nobody here"
        envelope.rcpt_tos.append(address)
        return "250 OK"


@pytest.fixture
def service(request, slow_web, tmp_path):
    mail = Strict(unused_port())
    mail.start()
    service = Service(unused_port(), mail, tmp_path)
    # Those of production, but for the directory that collectstatic makes.
    (tmp_path / "sentinel_settings.py").write_text(getattr(request, "param", SETTINGS))
    service._variables |= {
        "DJANGO_SETTINGS_MODULE": "sentinel_settings",
        "PYTHONPATH": str(tmp_path),
        "APP_ENVIRONMENT": "production",
        "APP_APPLICATION__SECRET_KEY": SECRET,
        "APP_DATABASE__REQUIRE_SSL": "false",
        "APP_EMAIL__WEBHOOK_SECRET": f"postmark:{PASSWORD}",
        "APP_METRICS__TOKEN": PASSWORD,
    }
    service.start_worker()
    service.start_web()
    yield service
    service.close()
    mail.stop()


def attack(service: Service, target: str, *headers: str) -> bytes:
    """Send what no client library lets through."""
    host, port = service.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as client:
        lines = [f"GET {target} HTTP/1.1", f"Host: {host}", "Connection: close", *headers]
        client.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
        return client.recv(65536)


def lines_of(service: Service) -> list[str]:
    return [line for name in ("web", "worker") for line in service.log(name).splitlines()]


def test_a_life_with_the_newsletter_leaves_no_trace_in_the_logs(service):
    tokens = []
    for email in (READER, GONE):
        assert service.sign_up(email, NAME).status_code == 200
        link = link_in(service.mail.wait_for(email).part("plain"), "/subscriptions/confirm")
        tokens.append(link.partition("=")[2])
        assert service.post(link).status_code == 200
    service.sign_up(READER, NAME)
    service.sign_up(f"{READER}@", NAME)
    service.post(f"/subscriptions/confirm?subscription_token={tokens[0]}x")
    service.get(f"/nothing/{quote(READER)}?token={tokens[0]}")
    service.post(f"/webhooks/postmark/?secret={PASSWORD}", READER, auth=("x", PASSWORD + "x"))
    service.get("/metrics", headers={"Authorization": f"Bearer {PASSWORD}"})
    service.get("/admin/", cookies={"__Host-sessionid": PASSWORD})
    service.post("/admin/login/", {"username": READER, "password": PASSWORD})

    published = service.publish("News", f"Dear {NAME}")
    leave = one_click_link(service.mail.wait_for(READER, 2).message)
    tokens.append(leave.partition("=")[2])
    assert service.post(leave, "List-Unsubscribe=One-Click").status_code == 200
    gone = Delivery.objects.filter(subscription__email=GONE, kind="issue")
    assert eventually(lambda: gone.filter(state="failed").exists())
    assert Subscription.objects.get(email=GONE).status == "bounced"

    for secret in (*tokens, "sentinel", NAME, SECRET, PASSWORD):
        assert [line for line in lines_of(service) if secret in line] == []
        assert secret not in published.stdout + published.stderr
        assert (
            secret
            not in service.get("/metrics", headers={"Authorization": f"Bearer {PASSWORD}"}).text
        )
    failure = next(line for line in lines_of(service) if "delivery.not_sent" in line)
    assert str(gone.get().pk) in failure
    assert f'"issue": {gone.get().issue_id}' in failure


def test_every_line_is_one_json_object_that_says_when_and_what(service):
    service.sign_up(READER, NAME)
    service.mail.wait_for(READER)
    for line in lines_of(service):
        event = json.loads(line)
        assert list(event)[:4] == ["time", "level", "name", "message"]
    answered = [json.loads(line) for line in lines_of(service) if "request.answered" in line]
    [sign_up] = [event for event in answered if event["route"] == "/subscriptions"]
    assert (sign_up["method"], sign_up["status"]) == ("POST", 200)
    assert sign_up["elapsed_ms"] > 0
    assert {"request_id", "client_address", "user_agent"} <= set(sign_up)


def test_a_stranger_cannot_write_a_line(service):
    evil = f'x\\n{{"message": "{FORGED}"}}'
    attack(service, f"/%0d%0a{FORGED}%1b[2J")
    attack(service, f"/?q=%0a{FORGED}", f"User-Agent: a\x0b\x85\x0c{FORGED}")
    attack(service, "/", f"User-Agent: \x1b[2J{FORGED}", f"X-Request-ID: a\n{FORGED}")
    attack(service, "/", f"X-Forwarded-For: 1.2.3.4{evil}", f"do-connecting-ip: {evil}")
    attack(service, f"/{FORGED}\nGET /x", "Content-Length: -1")
    service.post("/subscriptions", {"name": f"\n{FORGED}", "email": f"a\r\n{FORGED}@example.org"})
    for line in lines_of(service):
        assert not re.search(r"[\x00-\x1f\x7f\x85\u2028\u2029]", line)
        event = json.loads(line)
        assert FORGED not in event["message"]
        assert FORGED not in event.get("request_id", "")


@pytest.mark.parametrize("service", [UNBUILT], indirect=True)
def test_not_even_an_error_page_that_fails_leads_to_a_token(service):
    token = "sentinel-of-an-address"
    assert service.get(f"/?subscription_token={token}").status_code == 500
    assert "Error handling request" in service.log("web")
    assert token not in service.log("web")
