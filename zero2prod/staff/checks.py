"""What weakens the doors of a live service; `check --deploy` and the doctor say it."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register  # noqa: A004


def check_two_step(**_options: Any) -> list[CheckMessage]:
    """A password alone is guessed, reused or stolen (OWASP ASVS 5, 6.3.3)."""
    if settings.STAFF_TWO_STEP_REQUIRED:
        return []
    return [
        Warning(
            "A password alone opens the admin, and with it the whole list of readers.",
            hint="Set APP_STAFF__TWO_STEP=true; each member sets it up at his next log-in.",
            id="zero2prod.W006",
        )
    ]


def check_client_addresses(**_options: Any) -> list[CheckMessage]:
    """Behind a proxy every client has the proxy's address, unless the proxy says the true one."""
    if settings.CLIENT_IP_HEADER or not settings.SECURE_PROXY_SSL_HEADER:
        return []
    return [
        Warning(
            "All clients have the proxy's address: five wrong passwords of anybody lock a user "
            "out, and limits of the sign-up count all visitors as one.",
            hint="Name the proxy's header in APP_APPLICATION__CLIENT_IP_HEADER.",
            id="zero2prod.W007",
        )
    ]


def register_all() -> None:
    """Register them for `check --deploy` only."""
    register(check_two_step, Tags.security, deploy=True)
    register(check_client_addresses, Tags.security, deploy=True)
