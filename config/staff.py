"""What of the environment guards the admin: its address, and the key that signs sessions."""

import re

from config import environment
from config.environment import ConfigurationError

KEY_LENGTH = 50
KEY_VARIETY = 10
"""Different characters of a key; a random one of 50 has more than 20."""
TAKEN = (
    "counted",
    "privacy",
    "health_check",
    "images",
    "issues",
    "mailbox",
    "media",
    "metrics",
    "newsletters",
    "readyz",
    "robots.txt",
    "sitemap.xml",
    "static",
    "subscriptions",
    "theme",
    "webhooks",
)
"""First parts of the site's other addresses."""


def admin_path(variable: str, default: str) -> str:
    """Return where the admin is, with its last slash and without its first."""
    value = environment.text(variable, default).strip("/")
    parts = value.split("/")
    if not all(re.fullmatch(r"[\w.~-]+", part, re.ASCII) and part.strip(".") for part in parts):
        message = f"{variable} must be a path such as `desk-7f3a/`, of a-z 0-9 - _ . ~ and /"
        raise ConfigurationError(f"{message}, not {value!r}.")
    if parts[0] in TAKEN:
        raise ConfigurationError(f"{variable} must not be {value!r}: other pages are there.")
    return f"{value}/"


def secret_key(variable: str) -> str:
    """Return a key that nobody can guess. The error does not repeat it."""
    value = environment.text(variable)
    if len(value) < KEY_LENGTH or len(set(value)) < KEY_VARIETY:
        raise ConfigurationError(
            f"{variable} must be {KEY_LENGTH} random characters or more: whoever guesses it is "
            "everybody. Make one: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
        )
    return value
