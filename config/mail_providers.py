"""The mail providers that are spoken to by HTTP, and how APP_EMAIL__URL addresses them.

Their keys are not parts of a host name: ``urlsplit(...).hostname`` would lower them and call them
public, so the address is taken apart here.
"""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit


@dataclass(frozen=True, slots=True)
class MailProvider:
    """The names under which the transport takes the parts of the address."""

    key: str
    secret: str = ""
    domain: str = ""

    def shape(self, scheme: str) -> str:
        """Return what an address looks like."""
        secret = ":SECRET" * bool(self.secret)
        domain = f"@{self.domain.removeprefix('sender_').upper()}" * bool(self.domain)
        return f"{scheme}://KEY{secret}{domain}"


# https://anymail.dev/en/stable/esps/, but those that would lose our headers or ids.
PROVIDERS = {
    "brevo": MailProvider("api_key"),
    "mailgun": MailProvider("api_key", domain="sender_domain"),
    "mailjet": MailProvider("api_key", secret="secret_key"),  # noqa: S106
    "mailtrap": MailProvider("api_token"),
    "postmark": MailProvider("server_token"),
    "resend": MailProvider("api_key"),
    "sendgrid": MailProvider("api_key"),
    "ses": MailProvider("access_key", secret="secret_key", domain="region"),  # noqa: S106
    "sparkpost": MailProvider("api_key"),
}


def options(url: SplitResult) -> dict[str, str]:
    """Return what the provider's backend is made with.

    Raises ValueError, with the shape that an address should have and nothing that this one has.
    """
    provider = PROVIDERS[url.scheme]
    key, secret, domain = _parts(url.netloc, has_secret=bool(provider.secret))
    pairs = ((provider.key, key), (provider.secret, secret), (provider.domain, domain))
    is_complete = all(bool(name) == bool(value) for name, value in pairs)
    is_plain = all(
        value.isascii() and value.isprintable() and " " not in value for _, value in pairs
    )
    if provider.domain == "region" and not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", domain):
        is_plain = False  # it becomes a part of the host's name
    if not (is_complete and is_plain) or url.path not in {"", "/"} or url.fragment:
        raise ValueError(provider.shape(url.scheme))
    return {name: value for name, value in pairs if name} | _api_url(url)


def ses_api(url: SplitResult) -> str:
    """Return the base address of Amazon's API in the region that an address names."""
    given = options(url)
    return given.get("api_url") or f"https://email.{given['region']}.amazonaws.com/"


def public_name(url: SplitResult) -> str:
    """Return what names the provider and holds no secret."""
    if url.scheme in PROVIDERS:
        return f"{url.scheme}://{url.netloc.rpartition('@')[2] if '@' in url.netloc else ''}"
    return f"{url.scheme}://{url.hostname or ''}"


def _parts(netloc: str, *, has_secret: bool) -> tuple[str, str, str]:
    credentials, _, domain = netloc.rpartition("@") if "@" in netloc else (netloc, "", "")
    key, _, secret = credentials.partition(":") if has_secret else (credentials, "", "")
    return unquote(key), unquote(secret), domain


def _api_url(url: SplitResult) -> dict[str, str]:
    """Return the base address of the API where ``?api_url=`` says another one, as in the EU."""
    query = parse_qs(url.query, keep_blank_values=True)
    if not query:
        return {}
    given = query.get("api_url", [""])
    base = urlsplit(given[0])
    if (
        len(query) > 1
        or len(given) > 1
        or base.scheme not in {"http", "https"}
        or not base.hostname
    ):
        raise ValueError(f"{PROVIDERS[url.scheme].shape(url.scheme)}?api_url=https://HOST/PATH")
    return {"api_url": given[0]}
