"""How the admin shows a state."""

from django.utils.html import format_html
from django.utils.safestring import SafeString


def pill(state: str) -> SafeString:
    """Return a state as a word in a coloured pill; the colours are in admin.css."""
    return format_html('<span class="pill pill-{}">{}</span>', state, state.replace("_", " "))
