"""Which characters a stranger's text may hold."""

import unicodedata

_UNSAFE_CATEGORIES = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_REPLACEMENT = "\ufffd"
"""What Django's form parser puts in the place of bytes that are not UTF-8."""


def is_safe(text: str) -> bool:
    """Whether a text has no control, format (such as bidi), surrogate or separator characters."""
    if text.isascii():
        return text.isprintable()
    return _REPLACEMENT not in text and not any(
        unicodedata.category(character) in _UNSAFE_CATEGORIES for character in text
    )
