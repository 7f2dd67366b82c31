"""Whether the links in the mails lead here."""

from collections.abc import Iterator

import requests
from django.conf import settings

from newsletter.doctor.findings import Finding, fail, ok, warn

_PART = "base URL"
_PATIENCE = 5.0


def examine() -> Iterator[Finding]:
    """Ask for the liveness page under the public address."""
    url = f"{settings.BASE_URL}/health_check"
    try:
        answer = requests.get(url, timeout=_PATIENCE, allow_redirects=False)
    except requests.RequestException as error:
        yield fail(_PART, f"{url} is not reached: {type(error).__name__}", _REMEDY)
        return
    if answer.status_code != 200 or answer.content:
        yield fail(_PART, f"{url} answers {answer.status_code}, not our empty 200", _REMEDY)
    elif not url.startswith("https://"):
        remedy = "Set APP_APPLICATION__BASE_URL to the https:// address before readers sign up."
        yield warn(_PART, f"{url} answers, in the clear", remedy)
    else:
        yield ok(_PART, f"{url} answers")


_REMEDY = (
    "Every link in a mail starts with APP_APPLICATION__BASE_URL: set it to the public address, and "
    "let it lead to a running web process."
)
