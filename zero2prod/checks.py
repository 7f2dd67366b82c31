"""Configuration mistakes that start well and hurt later, each with a number and what to do.

https://docs.djangoproject.com/en/5.2/topics/checks/
"""

import ipaddress
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004
from django.db import DatabaseError
from django.http.request import validate_host

from newsletter.models import Newsletter
from zero2prod.postgres import pools

DEFAULT_SENDER = "newsletter@example.com"


def check_base_url(**_options: Any) -> list[CheckMessage]:
    """The links of every mail lead to BASE_URL: it must be answered."""
    host = str(urlsplit(settings.BASE_URL).hostname)
    if validate_host(host, settings.ALLOWED_HOSTS):
        return []
    return [
        Error(
            f"The host of BASE_URL, {host}, is not in ALLOWED_HOSTS: every link in a mail fails.",
            hint="Let ALLOWED_HOSTS follow APP_APPLICATION__BASE_URL, as config/settings does.",
            id="zero2prod.E001",
        )
    ]


def check_base_url_is_public(**_options: Any) -> list[CheckMessage]:
    """Mail links of a live service are https and lead to where readers are."""
    url = urlsplit(settings.BASE_URL)
    messages: list[CheckMessage] = []
    if url.scheme != "https":
        messages.append(
            Warning(
                f"Links in mails start with {url.scheme}://: tokens travel in the clear.",
                hint="Set APP_APPLICATION__BASE_URL to the https:// address.",
                id="zero2prod.W001",
            )
        )
    if _is_local(str(url.hostname)):
        messages.append(
            Warning(
                f"Links in mails lead to {url.hostname}, which no reader can open.",
                hint="Set APP_APPLICATION__BASE_URL to the public address.",
                id="zero2prod.W002",
            )
        )
    return messages


def check_mail(**_options: Any) -> list[CheckMessage]:
    """A live service has a sender of its own and a mail server."""
    messages: list[CheckMessage] = []
    if settings.EMAIL_SENDER.addr_spec == DEFAULT_SENDER:
        messages.append(
            Warning(
                f"Mails come from {DEFAULT_SENDER}, a domain that nobody has (RFC 2606).",
                hint="Set APP_EMAIL__SENDER to a sender of your own domain.",
                id="zero2prod.W003",
            )
        )
    if settings.EMAIL_URL.scheme == "maildir":
        messages.append(
            Warning(
                "Mails are kept in a directory of this machine: nothing is sent to anybody.",
                hint="Set APP_EMAIL__URL to a mail server, such as smtp+tls://USER:PASSWORD@HOST.",
                id="zero2prod.W004",
            )
        )
    return messages


def check_pool(*, databases: Sequence[str] | None = None, **_options: Any) -> list[CheckMessage]:
    """A connection must stay the same: the ledger's statements are prepared in it."""
    try:
        if not databases or not pools.shares_connections():
            return []
    except DatabaseError:  # It is away, which is said elsewhere.
        return []
    return [
        Error(
            "The database is behind a pool that shares connections between transactions.",
            hint="Set the pool's mode to session, or lead past it: docs/operating.md.",
            id="zero2prod.E002",
        )
    ]


def check_postal_addresses(
    *, databases: Sequence[str] | None = None, **_options: Any
) -> list[CheckMessage]:
    """Bulk mail must carry a postal address (CAN-SPAM, 15 U.S.C. 7704(a)(5))."""
    try:
        lacking = [
            newsletter.title
            for alias in databases or []
            for newsletter in Newsletter.objects.using(alias)
            if newsletter.lacks_postal_address
        ]
    except DatabaseError:  # Before the first migrate there is no table, and nothing to say.
        return []
    return [
        Warning(
            f"The newsletter “{title}” has no postal address; the law demands one in every issue.",
            hint="Write it in the admin, under Newsletters.",
            id="zero2prod.W005",
        )
        for title in lacking
    ]


def register_all() -> None:
    """Register the checks; those of a live service run by `check --deploy` only."""
    register(check_base_url, Tags.urls)
    register(check_base_url_is_public, Tags.urls, deploy=True)
    register(check_mail, deploy=True)
    register(check_pool, Tags.database)
    register(check_postal_addresses, Tags.database)


def _is_local(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local"))
    return address.is_loopback or address.is_private
