"""The only reader of the process environment: typed values, and one sentence for each mistake.

Variables are named ``APP_<SECTION>__<NAME>`` and arrive as strings. ``.env`` is read for the local
environment only, and never overrules a variable that is really set.
"""

import importlib
import os
import re
import secrets
import sys
import tempfile
from collections.abc import Callable
from email.headerregistry import Address
from email.policy import SMTP
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import SplitResult, urlsplit

import environ

from config import mail_providers

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / ".local"
"""What a local installation keeps: database, mailbox, generated secrets. Never committed."""

ENVIRONMENTS = ("local", "production")

MAIL_SCHEMES = ("smtp", "smtps", "smtp+tls", "maildir", *mail_providers.PROVIDERS)

_env = environ.Env()
_Number = TypeVar("_Number", int, float)


class ConfigurationError(Exception):
    """A variable is missing or wrong; the message is the sentence to show."""


def name() -> str:
    """Return ``local`` or ``production``, as ``APP_ENVIRONMENT`` says; raise otherwise."""
    value = os.environ.get("APP_ENVIRONMENT", "local")
    if value not in ENVIRONMENTS:
        message = f"'{value}' is not a supported environment. Use either `local` or `production`."
        raise ConfigurationError(message)
    return value


def use_settings() -> None:
    """Choose the settings module, unless one is chosen, and load it; a mistake ends the process."""
    try:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"config.settings.{name()}")
        importlib.import_module(os.environ["DJANGO_SETTINGS_MODULE"])
    except ConfigurationError as error:
        sys.exit(str(error))


def forget() -> None:
    """Drop what the shell exports, so that it decides no test. DATABASE_URL may name a server."""
    ours = ("APP_", "SENTRY_", "OTEL_")
    for variable in [variable for variable in os.environ if variable.startswith(ours)]:
        del os.environ[variable]


def read_dotenv() -> None:
    """Read ``.env`` beside ``manage.py``, where there is one; the real environment wins."""
    _env.read_env(ROOT / ".env", overwrite=False)


def text(variable: str, default: str | None = None) -> str:
    """Return a variable; without a default it is required and must not be blank."""
    value = os.environ.get(variable, "").strip()
    if value:
        return value
    if default is None:
        raise ConfigurationError(f"{variable} is required in this environment: set it.")
    return default


def refuse(variable: str, reason: str) -> None:
    """Stop where a variable is set that must not be."""
    if text(variable, ""):
        raise ConfigurationError(f"{variable} must not be set in this environment: {reason}.")


def boolean(variable: str, *, default: bool) -> bool:
    """Return a variable that says true or false."""
    value = text(variable, str(default)).lower()
    if value in {"true", "yes", "on", "1"}:
        return True
    if value in {"false", "no", "off", "0"}:
        return False
    raise ConfigurationError(f"{variable} must be true or false, not {value!r}.")


def choice(variable: str, choices: tuple[str, ...]) -> str:
    """Return one of some words, the first by default."""
    value = text(variable, choices[0])
    if value not in choices:
        words = " or ".join(f"`{word}`" for word in choices)
        raise ConfigurationError(f"{variable} must be {words}, not {value!r}.")
    return value


def integer(variable: str, default: int, *, minimum: int = 0, maximum: int = 10**9) -> int:
    """Return a whole number within bounds."""
    return _number(variable, int, default, minimum, maximum, "a whole number")


def decimal(variable: str, default: float, *, minimum: float = 0, maximum: float = 10**9) -> float:
    """Return a number within bounds."""
    return _number(variable, float, default, minimum, maximum, "a number")


def base_url(variable: str, default: str | None = None) -> str:
    """Return an http(s) address without a path's last slash, to which routes are appended."""
    value = text(variable, default).rstrip("/")
    try:
        parts = urlsplit(value)
        known = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a host or a port that is none
        known = False
    if not known or parts.query or parts.fragment:
        message = f"{variable} must be an address such as https://news.example.org, not {value!r}."
        raise ConfigurationError(message)
    return value


def mailbox(variable: str, default: str | None = None) -> Address:
    """Return a sender such as ``Name <name@example.org>``."""
    value = text(variable, default)
    parsed: Any = SMTP.header_factory("From", value)
    if parsed.defects or len(parsed.addresses) != 1 or not parsed.addresses[0].domain:
        message = f"{variable} must be a sender such as `Name <name@example.org>`, not {value!r}."
        raise ConfigurationError(message)
    address: Address = parsed.addresses[0]
    return address


def mail_url(variable: str, default: str | None = None) -> SplitResult:
    """Return where mail is handed over. The error does not repeat it: it holds a password."""
    value = text(variable, default)
    try:
        url = urlsplit(value)
        if url.scheme in mail_providers.PROVIDERS:
            return _provider_url(variable, url)
        known = url.scheme in MAIL_SCHEMES and (url.hostname or url.scheme == "maildir")
        _ = url.port
    except ValueError:
        known = False
    if not known:
        schemes = ", ".join(f"{scheme}://" for scheme in MAIL_SCHEMES)
        raise ConfigurationError(f"{variable} must be an address with one of {schemes}.")
    return url


def _provider_url(variable: str, url: SplitResult) -> SplitResult:
    try:
        mail_providers.options(url)
    except ValueError as error:
        message = f"{variable} must be an address such as {error}, its parts percent-encoded."
        raise ConfigurationError(message) from None
    return url


def bounce_address(variable: str) -> str:
    """Return the mailbox for bounces, or nothing; 44 characters are added to its local part."""
    value = text(variable, "")
    if value and not re.fullmatch(r"[\w.-]{1,20}@[A-Za-z0-9.-]{1,180}", value, re.ASCII):
        message = (
            f"{variable} must be an address such as bounces@example.org, with at most 20 of "
            f"a-z 0-9 . _ - before the @, not {value!r}."
        )
        raise ConfigurationError(message)
    return value


def webhook_secret(variable: str) -> str:
    """Return ``USER:PASSWORD`` for HTTP's basic authentication, or nothing."""
    value = text(variable, "")
    user, _, password = value.partition(":")
    if value and (not user or len(password) < 16 or not value.isascii()):
        message = (
            f"{variable} must be USER:PASSWORD in ASCII, the password of 16 characters or more."
        )
        raise ConfigurationError(message)
    return value


@cache
def metrics_directory() -> Path:
    """Make the directory in which the processes of this one add up their counters, and name it.

    Its name must stand in the environment before any counter is made.
    https://prometheus.github.io/client_python/multiprocess/
    """
    directory = tempfile.mkdtemp(prefix="zero2prod-metrics-")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = directory
    return Path(directory)


def secret_key() -> str:
    """Return the secret key that was given, or the one of this checkout, made at first use."""
    return os.environ.get("APP_APPLICATION__SECRET_KEY") or _kept_secret(LOCAL / "secret_key")


def _kept_secret(path: Path) -> str:
    path.parent.mkdir(exist_ok=True)
    try:
        # Written aside and linked: of two first starts one wins, and nobody reads half a key.
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)
    return path.read_text()


def database(*, require_ssl: bool) -> dict[str, Any] | None:
    """Return Django's entry for the database that the environment names, None if it names none."""
    ssl_mode = "require" if boolean("APP_DATABASE__REQUIRE_SSL", default=require_ssl) else "prefer"
    if os.environ.get("DATABASE_URL"):
        entry = _database_from_url()
    elif any(
        f"APP_DATABASE__{part}" in os.environ for part in ("HOST", "USERNAME", "DATABASE_NAME")
    ):
        entry = _database_from_parts()
    else:
        return None
    options = {"sslmode": ssl_mode, **entry.get("OPTIONS", {})}
    return {**entry, "ENGINE": "zero2prod.postgres", "OPTIONS": options}


def required_database(*, require_ssl: bool) -> dict[str, Any]:
    """Return Django's entry for the database that the environment must name."""
    entry = database(require_ssl=require_ssl)
    if entry is None:
        message = (
            "DATABASE_URL is required in this environment: set it, or APP_DATABASE__HOST, __PORT, "
            "__USERNAME, __PASSWORD and __DATABASE_NAME."
        )
        raise ConfigurationError(message)
    return entry


def _database_from_url() -> dict[str, Any]:
    url = os.environ["DATABASE_URL"]
    try:
        known = urlsplit(url).scheme in {"postgres", "postgresql"}
        entry = dict(_env.db_url_config(url)) if known else {}
    except ValueError:  # a host or a port that is none
        entry = {}
    if not entry.get("NAME"):
        message = "DATABASE_URL must be postgres://USER:PASSWORD@HOST:PORT/NAME."
        raise ConfigurationError(message)
    return entry


def _database_from_parts() -> dict[str, Any]:
    return {
        "HOST": text("APP_DATABASE__HOST", "127.0.0.1"),
        "PORT": integer("APP_DATABASE__PORT", 5432, minimum=1, maximum=65535),
        "USER": text("APP_DATABASE__USERNAME"),
        "PASSWORD": text("APP_DATABASE__PASSWORD", ""),
        "NAME": text("APP_DATABASE__DATABASE_NAME"),
    }


def _number(
    variable: str,
    parse: Callable[[str], _Number],
    default: _Number,
    minimum: _Number,
    maximum: _Number,
    kind: str,
) -> _Number:
    value = text(variable, str(default))
    try:
        number = parse(value)
    except ValueError:
        number = None
    if number is None or not minimum <= number <= maximum:
        message = f"{variable} must be {kind} from {minimum} to {maximum}, not {value!r}."
        raise ConfigurationError(message)
    return number
