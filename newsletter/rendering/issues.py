"""An issue as a mail: built once, then personalised per reader."""

from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from newsletter import links
from newsletter.models import Issue
from newsletter.rendering import headers, markdown
from newsletter.rendering.inlining import inlined
from newsletter.rendering.mime import MailTemplate, Personal, placeholder

TEST_MARK = "[Test]"


@dataclass(frozen=True, slots=True)
class Content:
    """The two parts of an issue's mail, with one reader's links or the places for them."""

    subject: str
    text: str
    html: str


def sample(issue: Issue) -> bytes:
    """Return an issue's mail to nobody, for who wants to look at one before it is sent."""
    token = links.unsubscribe_token(links.NOBODY)
    return issue_template(issue).fill(Personal(links.NOBODY, "reader@example.org", token))


def issue_template(issue: Issue, *, test: bool = False) -> MailTemplate:
    """Build an issue's mail; the token that fills it is `links.unsubscribe_token`.

    A test mail says so in its subject; its token is the one of `links.NOBODY`.
    """
    token = placeholder(len(links.unsubscribe_token(links.NOBODY)))
    content = _content(issue, token)
    return MailTemplate(
        sender=issue.newsletter.sender,
        subject=f"{TEST_MARK} {content.subject}" if test else content.subject,
        text=content.text,
        html=content.html,
        headers=_headers(issue, token),
        token_placeholder=token,
    )


def preview(issue: Issue) -> Content:
    """Return what a reader would see; the links are those of nobody."""
    return _content(issue, links.unsubscribe_token(links.NOBODY))


def _content(issue: Issue, token: str) -> Content:
    context = {
        "issue": issue,
        "newsletter": issue.newsletter,
        "postal_address": issue.newsletter.postal_address,
        "subject": issue.subject,
        "language": settings.LANGUAGE_CODE,
        "unsubscribe_url": links.unsubscribe_url(token),
        "archive_url": _archive_url(issue),
    }
    html = {**context, "body": markdown.to_html(issue.body)}
    text = {**context, "body": markdown.to_text(issue.body)}
    return Content(
        subject=issue.subject,
        text=render_to_string("emails/issue.txt", text),
        html=inlined(render_to_string("emails/issue.html", html)),
    )


def _headers(issue: Issue, token: str) -> dict[str, str]:
    """Return what makes it list mail: RFC 2369, 8058, 2919 and 3834, and what responders read."""
    newsletter = issue.newsletter
    return {
        "List-Unsubscribe": f"<{links.unsubscribe_url(token)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": headers.list_id(newsletter.title, newsletter.list_id),
        "List-Archive": f"<{links.absolute(reverse('newsletter:archive'))}>",
        "Feedback-ID": f"issue{issue.pk}:{newsletter.slug}:zero2prod",
        "Precedence": "bulk",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
    }


def _archive_url(issue: Issue) -> str:
    if not issue.slug:
        return links.absolute(reverse("newsletter:archive"))
    return links.absolute(reverse("newsletter:issue", args=[issue.slug]))
