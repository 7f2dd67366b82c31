"""Where mails are handed over, chosen by the scheme of APP_EMAIL__URL."""

from urllib.parse import SplitResult

from config import mail_providers
from newsletter.delivery.transports.anymail import AnymailTransport
from newsletter.delivery.transports.base import Mail, Transport
from newsletter.delivery.transports.maildir import MaildirTransport
from newsletter.delivery.transports.smtp import SmtpTransport

__all__ = ["Mail", "Transport", "open_transport"]


def open_transport(url: SplitResult) -> Transport:
    """Return a transport; it connects at its first mail."""
    if url.scheme == "maildir":
        return MaildirTransport(url.path)
    if url.scheme == "ses":
        # Amazon's library is large, and who does not use it has no room for it.
        from newsletter.delivery.transports.ses import SesTransport  # noqa: PLC0415

        return SesTransport(url)
    if url.scheme in mail_providers.PROVIDERS:
        return AnymailTransport(url)
    return SmtpTransport(url)
