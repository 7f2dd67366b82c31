"""Colours that an editor may choose, and whether people can read what is set in them (WCAG 2.2)."""

import re

from django.core.exceptions import ValidationError

READABLE = 4.5
"""The least contrast of text with its ground: success criterion 1.4.3, level AA."""
COMFORTABLE = 7.0
"""Criterion 1.4.6, level AAA: what is taken where nobody chose."""

PAPER, PAPER_DARK = "#fdfdfb", "#151817"
"""The grounds of the pages; zero2prod/static/zero2prod/site.css says the same."""
ACCENT, ACCENT_DARK = "#0b6b57", "#6fd3b8"
WHITE, BLACK = "#ffffff", "#000000"

_HEX = re.compile(r"#[0-9a-f]{6}")


def on_light(value: str) -> None:
    """Refuse what is no colour, or too pale for links and buttons on light paper."""
    _readable(value, PAPER, "darker")


def on_dark(value: str) -> None:
    """Refuse what is no colour, or too dark for links and buttons on dark paper."""
    _readable(value, PAPER_DARK, "lighter")


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def lightened(colour: str, ground: str = PAPER_DARK) -> str:
    """Return the colour with as much white as it takes to be read on a dark ground."""
    return _towards(colour, WHITE, ground, COMFORTABLE)


def letters_on(colour: str) -> str:
    """Return black or white, whichever is read better on a colour."""
    return max((WHITE, BLACK), key=lambda letters: contrast(letters, colour))


def _readable(value: str, ground: str, remedy: str) -> None:
    if not _HEX.fullmatch(value.lower()):
        raise ValidationError("Write the colour as # and six digits, such as #0b6b57.")
    ratio = contrast(value, ground)
    if ratio < READABLE:
        nearest = _towards(value, BLACK if remedy == "darker" else WHITE, ground)
        raise ValidationError(
            f"Hard to read: its contrast with the page is {ratio:.1f}, "
            f"and {READABLE} is the least (WCAG AA). Take a {remedy} one, such as {nearest}."
        )


def _towards(colour: str, end: str, ground: str, least: float = READABLE) -> str:
    mixtures = (mixed(colour, end, percent / 100) for percent in range(101))
    return next(mixture for mixture in mixtures if contrast(mixture, ground) >= least)


def mixed(colour: str, other: str, share: float) -> str:
    """Return a colour with this share of another, 0 to 1."""
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(own + (end - own) * share):02x}" for own, end in pairs)


def _luminance(colour: str) -> float:
    """Return the relative luminance of sRGB, 0 for black to 1 for white."""
    linear = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        for share in (channel / 255 for channel in _channels(colour))
    )
    return sum(
        weight * channel for weight, channel in zip((0.2126, 0.7152, 0.0722), linear, strict=True)
    )


def _channels(colour: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue
