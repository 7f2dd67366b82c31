"""What an editor copies to put a newsletter's form on another site."""

from dataclasses import dataclass

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from newsletter import links
from newsletter.guarding.traps import HONEYPOT
from newsletter.models import Newsletter, Wording
from newsletter.models.sites import lines


@dataclass(frozen=True, slots=True)
class Snippets:
    """Each a text to copy, in the newsletter's language and with the words of its consent."""

    form: str
    frame: str
    fetch: str
    curl: str


def frame_path(newsletter: Newsletter) -> str:
    return f"{reverse('newsletter:frame')}?newsletter={newsletter.slug}"


def snippets(newsletter: Newsletter) -> Snippets:
    """Return what leads to this installation; the form also to the first page of thanks."""
    context = {
        "newsletter": newsletter,
        "wording": Wording.objects.current(newsletter, newsletter.language),
        "honeypot": HONEYPOT,
        "sign_up_url": links.absolute(reverse("newsletter:sign_up")),
        "frame_url": links.absolute(frame_path(newsletter)),
        "return_to": next(iter(lines(newsletter.thank_you_addresses)), ""),
    }
    with translation.override(newsletter.language):
        return Snippets(
            *(
                render_to_string(f"newsletter/embedding/{name}", context).strip()
                for name in ("form.html", "frame.html", "fetch.js", "curl.txt")
            )
        )
