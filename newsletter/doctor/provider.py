"""Whether the mail provider is there and lets us in. No mail is sent."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import requests
from django.conf import settings
from django.core.mail import get_connection

from config import mail_providers
from newsletter.delivery.outcomes import Reply
from newsletter.delivery.transports.smtp_client import DEFAULT_PORTS
from newsletter.doctor.findings import Finding, fail, ok

_PART = "mail provider"
_PATIENCE = 5.0


def examine() -> Iterator[Finding]:
    url: SplitResult = settings.EMAIL_URL
    if url.scheme == "maildir":
        yield _maildir(Path(unquote(url.path)))
    elif url.scheme in mail_providers.PROVIDERS:
        yield _api(url)
    else:
        yield from _smtp(url)


def _maildir(path: Path) -> Finding:
    return ok(_PART, f"mails are kept in {path}, and sent to nobody")


def _api(url: SplitResult) -> Finding:
    """Reach the host of the API; whether the key is right shows at the first mail only."""
    base = urlsplit(mail_providers.ses_api(url) if url.scheme == "ses" else _anymail(url).api_url)
    try:
        requests.get(f"{base.scheme}://{base.netloc}/", timeout=_PATIENCE, allow_redirects=False)
    except requests.RequestException as error:
        remedy = "Check the network of this machine, and APP_EMAIL__URL."
        return fail(_PART, f"{base.hostname} is not reached: {type(error).__name__}", remedy)
    return ok(_PART, f"{base.hostname} is reached; the key shows at the first mail")


def _anymail(url: SplitResult) -> Any:
    options: dict[str, Any] = mail_providers.options(url)
    return get_connection(f"anymail.backends.{url.scheme}.EmailBackend", **options)


def _smtp(url: SplitResult) -> Iterator[Finding]:
    host, port = str(url.hostname), url.port or DEFAULT_PORTS[url.scheme]
    try:
        with closing(_greeted(url, host, port)) as server:
            yield ok(_PART, f"{host}:{port} greets us")
            yield from _log_in(server, url)
    except ssl.SSLCertVerificationError as error:
        says = f"{host}:{port} shows a certificate that does not count: {error.verify_message}"
        yield fail(_PART, says, _OF_CERTIFICATES)
    except (OSError, smtplib.SMTPException) as error:
        yield fail(_PART, f"{host}:{port} is not reached: {_reason(error)}", _remedy(port))


def _greeted(url: SplitResult, host: str, port: int) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if url.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=_PATIENCE, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=_PATIENCE)
    server.ehlo_or_helo_if_needed()
    if url.scheme == "smtp+tls":
        server.starttls(context=context)
        server.ehlo()
    return server


def _log_in(server: smtplib.SMTP, url: SplitResult) -> Iterator[Finding]:
    if url.username:
        try:
            server.login(unquote(url.username), unquote(url.password or ""))
        except smtplib.SMTPNotSupportedError:
            remedy = "Most offer it after TLS only: smtp+tls:// or smtps:// in APP_EMAIL__URL."
            yield fail(_PART, "it offers no log-in", remedy)
            return
        except smtplib.SMTPException as error:
            remedy = "Check user and password in APP_EMAIL__URL, percent-encoded."
            yield fail(_PART, f"it does not let us in: {_reason(error)}", remedy)
            return
        yield ok(_PART, "it lets us in")
    yield _sender(server)


def _sender(server: smtplib.SMTP) -> Finding:
    """Offer the sender and take it back: a server that refuses it refuses every mail.

    Postfix tells whom it does not serve at RCPT only (``smtpd_delay_reject``), and then each
    reader's mail has failed. So a mail to the sender himself is begun.
    """
    sender = settings.EMAIL_SENDER.addr_spec
    code, _ = server.mail(sender)
    if code // 100 != 2:
        return fail(_PART, f"it refuses the sender {sender}: {code}", _remedy_of_refusal(code))
    code, text = server.rcpt(sender)
    reply = Reply(code, text.decode("ascii", "replace"))
    server.rset()
    if reply.enhanced.startswith("5.7."):  # the policy; that he has no mailbox is no matter here
        return fail(_PART, f"it takes no mail from here: {reply.label}", _OF_STRANGERS)
    return ok(_PART, f"it accepts the sender {sender}")


def _remedy_of_refusal(code: int) -> str:
    if code == 530:  # RFC 3207, 4; RFC 4954, 6
        return _OF_STRANGERS
    if code // 100 == 4:
        return "It refuses for now, as with a full disk: its log says why. Mails are tried again."
    return "Let the provider verify the address or its domain, or set APP_EMAIL__SENDER."


_OF_CERTIFICATES = (
    "Name the server in APP_EMAIL__URL as its certificate does, or have that renewed. "
    "A certificate authority of your own is made known by SSL_CERT_FILE=/PATH/ca.pem."
)
_OF_STRANGERS = (
    "Log in after TLS, by smtp+tls://USER:PASSWORD@HOST:587 in APP_EMAIL__URL, or let the server "
    "relay for this machine (in Postfix: mynetworks)."
)


def _reason(error: Exception) -> str:
    """Return a few words of ours; what a server says may repeat a password."""
    if isinstance(error, smtplib.SMTPResponseException):
        return str(error.smtp_code)
    if isinstance(error, socket.gaierror):
        return "the name does not resolve"
    return type(error).__name__


def _remedy(port: int) -> str:
    if port in DEFAULT_PORTS.values():
        return (
            "Check APP_EMAIL__URL. Many platforms block the SMTP ports of new accounts: "
            "a provider's HTTP API, such as postmark://KEY, goes through."
        )
    return "Check scheme, host and port in APP_EMAIL__URL."
