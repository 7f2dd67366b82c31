"""How the admin shows a state, a time and a rate."""

from datetime import datetime

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince


def pill(state: str) -> SafeString:
    """Return a state as a word in a coloured pill; the colours are in admin.css."""
    return format_html('<span class="pill pill-{}">{}</span>', state, state.replace("_", " "))


def ago(time: datetime | None) -> SafeString | str:
    """Return how long ago a time was; the exact one is its title."""
    if time is None:
        return ""
    exact = f"{time:%Y-%m-%d %H:%M:%S %Z}"
    return format_html('<time title="{}">{} ago</time>', exact, timesince(time, depth=1))


def pace(rate: float) -> str:
    """Return a rate as precise as it is worth saying: 1,234, 12.3, 0.07."""
    digits = 0 if rate >= 100 or not rate else 1 if rate >= 1 else 2
    return f"{rate:,.{digits}f}"
