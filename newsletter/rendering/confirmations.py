"""The mail that asks for a confirmation: nothing in it was typed by a visitor."""

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from newsletter import links
from newsletter.models import Newsletter
from newsletter.rendering.inlining import inlined
from newsletter.rendering.looks import newsletter_look
from newsletter.rendering.mime import MailTemplate, placeholder
from zero2prod import languages


def confirmation_template(newsletter: Newsletter, language: str = "") -> MailTemplate:
    """Build the mail; the token that fills it is `links.confirmation_token`.

    The language is the reader's own, where he has one that the site speaks.
    """
    with translation.override(languages.known(language, newsletter.language)):
        return _template(newsletter)


def _template(newsletter: Newsletter) -> MailTemplate:
    token = placeholder(len(links.confirmation_token(links.NOBODY)))
    context = {
        "newsletter": newsletter,
        "look": newsletter_look(newsletter),
        # The placeholder is a note to the operator, not to a visitor.
        "postal_address": "" if newsletter.lacks_postal_address else newsletter.postal_address,
        "confirmation_url": links.confirmation_url(token),
        "site_url": settings.BASE_URL,
        "days": links.CONFIRMATION_LIFETIME.days,
    }
    context["subject"] = render_to_string("emails/confirmation.subject.txt", context).strip()
    return MailTemplate(
        sender=newsletter.sender,
        subject=str(context["subject"]),
        text=render_to_string("emails/confirmation.txt", context),
        html=inlined(render_to_string("emails/confirmation.html", context)),
        headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "OOF, AutoReply"},
        token_placeholder=token,
    )
