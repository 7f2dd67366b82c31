"""An issue as a mail: built once, then personalised per reader."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString

from newsletter import links
from newsletter.merge_fields import Field, Places
from newsletter.models import Issue
from newsletter.rendering import headers, markdown
from newsletter.rendering.counted import counted
from newsletter.rendering.inlining import inlined
from newsletter.rendering.looks import look_of
from newsletter.rendering.markdown import Anchor
from newsletter.rendering.mime import MailTemplate, Personal, placeholder
from zero2prod import languages

TEST_MARK = "[Test]"


@dataclass(frozen=True, slots=True)
class Content:
    """An issue's mail, with one reader's links and fields or the places for them."""

    subject: str
    preheader: str
    text: str
    html: str
    fields: tuple[Field, ...] = ()
    """What each reader fills, in the order in which it is met."""


def sample(issue: Issue) -> bytes:
    """Return an issue's mail to nobody, for who wants to look at one before it is sent."""
    token = links.unsubscribe_token(links.NOBODY)
    return issue_template(issue).fill(Personal(links.NOBODY, "reader@example.org", token))


def issue_template(issue: Issue, *, test: bool = False) -> MailTemplate:
    """Build an issue's mail; the token that fills it is `links.unsubscribe_token`.

    A test mail says so in its subject; its token is the one of `links.NOBODY`.
    """
    token = placeholder(len(links.unsubscribe_token(links.NOBODY)))
    places = Places()
    counts = issue.newsletter.counts_readers and not test
    content = _content(issue, token, places, counts=counts)
    return MailTemplate(
        sender=issue.newsletter.sender,
        subject=f"{TEST_MARK} {content.subject}" if test else content.subject,
        text=content.text,
        html=content.html,
        headers=_headers(issue, token),
        token_placeholder=token,
        places=places,
    )


def preview(
    issue: Issue, reader: Mapping[str, object] | None = None, *, line: int | None = None
) -> Content:
    """Return what a reader would see, nobody by default; the links are those of nobody.

    With a ``line`` of the body, counted from 0, the HTML has an element with the id `here` there.
    """
    places = Places()
    anchor = None if line is None else Anchor(f"a{places.stem}", line)
    token = links.unsubscribe_token(links.NOBODY)
    content = _filled(
        _content(issue, token, places, anchor), places, {} if reader is None else reader
    )
    if anchor is None:
        return content
    here = '<span id="here" style="scroll-margin-top: 30vh"></span>'
    return replace(content, html=re.sub(f"<p[^>]*>{anchor.word}</p>", here, content.html))


def _content(
    issue: Issue,
    token: str,
    places: Places,
    anchor: Anchor | None = None,
    *,
    counts: bool = False,
) -> Content:
    """Build the parts once for all readers: the frame speaks the newsletter's language.

    Where it ``counts``, the links of the HTML lead through the count (`rendering.counted`).
    """
    with translation.override(languages.known(issue.newsletter.language)):
        body = markdown.to_html(issue.body, places, anchor=anchor)
        return _translated(issue, token, places, counted(body, issue) if counts else body)


def _translated(issue: Issue, token: str, places: Places, body: SafeString) -> Content:
    look = look_of(issue)
    context = {
        "issue": issue,
        "newsletter": issue.newsletter,
        "look": look,
        "postal_address": issue.newsletter.postal_address,
        "subject": places.kept(issue.subject),
        "preheader": places.kept(issue.preheader),
        "unsubscribe_url": links.unsubscribe_url(token),
        "preferences_url": links.preferences_url(token),
        "archive_url": _archive_url(issue),
    }
    rich = {
        **context,
        "header": markdown.to_html(look.header, places),
        "body": body,
        "footer": markdown.to_html(look.footer, places),
    }
    plain = {
        **context,
        "header": markdown.to_text(look.header, places),
        "body": markdown.to_text(issue.body, places),
        "footer": markdown.to_text(look.footer, places),
    }
    return Content(
        subject=str(context["subject"]),
        preheader=str(context["preheader"]),
        text=render_to_string("emails/issue.txt", plain),
        html=inlined(render_to_string("emails/issue.html", rich)),
    )


def _filled(content: Content, places: Places, reader: Mapping[str, object]) -> Content:
    """Return what one reader gets, as `MailTemplate.fill` splices it."""

    def joined(text: str, *, is_html: bool = False) -> str:
        return "".join(
            piece
            if isinstance(piece, str)
            else html.escape(piece.value(reader))
            if is_html
            else piece.value(reader)
            for piece in places.split(text)
        )

    return Content(
        subject=joined(content.subject),
        preheader=joined(content.preheader),
        text=joined(content.text),
        html=joined(content.html, is_html=True),
        fields=tuple(places.fields),
    )


def _headers(issue: Issue, token: str) -> dict[str, str]:
    """Return what makes it list mail: RFC 2369, 8058, 2919 and 3834, and what responders read."""
    newsletter = issue.newsletter
    archive = links.absolute(links.archive_path(newsletter))
    return {
        "List-Unsubscribe": f"<{links.unsubscribe_url(token)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": headers.list_id(newsletter.title, newsletter.list_id),
        **({"List-Archive": f"<{archive}>"} if newsletter.is_public else {}),
        "Feedback-ID": f"issue{issue.pk}:{newsletter.slug}:zero2prod",
        "Precedence": "bulk",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
    }


def _archive_url(issue: Issue) -> str:
    """Return where everybody reads this issue, without a word of who follows it; or nothing."""
    if not issue.newsletter.is_public or issue.visibility == Issue.Visibility.HIDDEN:
        return ""
    if not issue.slug:
        return links.absolute(links.archive_path(issue.newsletter))
    return links.absolute(links.issue_path(issue))
