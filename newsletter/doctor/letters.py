"""Whether a rendered issue has the headers that mailbox providers ask of bulk mail."""

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage

from newsletter.doctor.findings import Finding, fail, ok
from newsletter.models import Issue, Newsletter
from newsletter.rendering.issues import sample

_REMEDY = "Check APP_APPLICATION__BASE_URL and the newsletter's sender; else report it."


def examine() -> Iterator[Finding]:
    for newsletter in Newsletter.objects.all():
        yield _of_newsletter(newsletter)


def _of_newsletter(newsletter: Newsletter) -> Finding:
    part = f"mail of “{newsletter.title}”"
    faults = list(_faults(_rendered(newsletter), newsletter))
    if faults:
        return fail(part, "; ".join(faults), _REMEDY)
    return ok(part, "From, Message-ID, List-Id and one-click List-Unsubscribe are in order")


def _rendered(newsletter: Newsletter) -> EmailMessage:
    """Return an issue's mail to nobody; the issue is not stored."""
    issue = Issue(newsletter=newsletter, subject="Examination", body="Hello.", slug="")
    return message_from_bytes(sample(issue), EmailMessage, policy=policy.default)


def _faults(mail: EmailMessage, newsletter: Newsletter) -> Iterator[str]:
    domain = newsletter.sender.domain
    if not str(mail["Message-ID"] or "").rstrip(">").endswith(f"@{domain}"):
        yield "Message-ID is not of the sender's domain"
    if domain not in str(mail["From"] or ""):
        yield "From is not the newsletter's sender"
    if not str(mail["List-Unsubscribe"] or "").startswith(("<https://", "<http://")):
        yield "List-Unsubscribe has no web address (RFC 8058)"
    if mail["List-Unsubscribe-Post"] != "List-Unsubscribe=One-Click":
        yield "List-Unsubscribe-Post is missing (RFC 8058)"
    if not mail["List-Id"]:
        yield "List-Id is missing (RFC 2919)"
