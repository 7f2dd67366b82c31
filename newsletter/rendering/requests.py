"""The mails that ask their reader for one click: nothing in them was typed by a visitor."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from newsletter import links
from newsletter.models import Newsletter
from newsletter.rendering.inlining import inlined
from newsletter.rendering.looks import newsletter_look
from newsletter.rendering.mime import MailTemplate, placeholder
from zero2prod import languages


@dataclass(frozen=True, slots=True)
class Request:
    """The link of one kind of mail; its templates are ``emails/KIND.*``."""

    token: Callable[[UUID], str]
    url: Callable[[str], str]
    lifetime: timedelta


_CONFIRMATION = Request(
    links.confirmation_token, links.confirmation_url, links.CONFIRMATION_LIFETIME
)
REQUESTS = {
    "confirmation": _CONFIRMATION,
    "reminder": _CONFIRMATION,
    "access": Request(links.access_token, links.access_url, links.ACCESS_LIFETIME),
    "address": Request(links.address_token, links.address_url, links.ADDRESS_LIFETIME),
}
"""By the kind of the delivery. The token is made of the subscription; an address's, of the mail."""


def request_template(kind: str, newsletter: Newsletter, language: str = "") -> MailTemplate:
    """Build the mail of a kind; the token that fills it is made by its `Request`.

    The language is the reader's own, where he has one that the site speaks.
    """
    with translation.override(languages.known(language, newsletter.language)):
        return _template(kind, newsletter)


def _template(kind: str, newsletter: Newsletter) -> MailTemplate:
    request = REQUESTS[kind]
    token = placeholder(len(request.token(links.NOBODY)))
    context = {
        "newsletter": newsletter,
        "look": newsletter_look(newsletter),
        # The placeholder is a note to the operator, not to a visitor.
        "postal_address": "" if newsletter.lacks_postal_address else newsletter.postal_address,
        "url": request.url(token),
        "site_url": settings.BASE_URL,
        "days": request.lifetime.days,
        "hours": int(request.lifetime.total_seconds() // 3600),
    }
    context["subject"] = render_to_string(f"emails/{kind}.subject.txt", context).strip()
    return MailTemplate(
        sender=newsletter.sender,
        subject=str(context["subject"]),
        text=render_to_string(f"emails/{kind}.txt", context),
        html=inlined(render_to_string(f"emails/{kind}.html", context)),
        headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "OOF, AutoReply"},
        token_placeholder=token,
    )
