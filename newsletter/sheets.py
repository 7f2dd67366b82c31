"""A newsletter's own colours and letters, as a style sheet: the content policy forbids inline ones.

Only what an editor chose is in it; all else is zero2prod/static/zero2prod/site.css, whose variables
these are.
"""

from hashlib import sha256

from django.urls import reverse

from newsletter.models import Newsletter, colours

_SERIF = ":root{--face:ui-serif,Georgia,Cambria,'Times New Roman',serif}\n"


def sheet(newsletter: Newsletter) -> str:
    """Return the style sheet; empty for a newsletter that leaves everything as it is."""
    is_serif = newsletter.typeface == Newsletter.Typeface.SERIF
    return _colours(newsletter) + (_SERIF if is_serif else "")


def version(newsletter: Newsletter) -> str:
    """Return a short name of exactly this sheet, so that a changed one has another address."""
    return sha256(sheet(newsletter).encode()).hexdigest()[:12]


def address(newsletter: Newsletter) -> str:
    path = reverse("newsletter:sheet", args=[newsletter.slug])
    return f"{path}?v={version(newsletter)}"


def _colours(newsletter: Newsletter) -> str:
    light, dark = newsletter.accent, newsletter.accent_dark
    if light and not dark:
        dark = colours.lightened(light)
    rules = _accent(light) if light else ""
    if dark:
        rules += f"@media (prefers-color-scheme:dark){{{_accent(dark)}}}"
    return f"{rules}\n" if rules else ""


def _accent(colour: str) -> str:
    return f":root{{--accent:{colour};--on-accent:{colours.letters_on(colour)}}}"
