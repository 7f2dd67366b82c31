"""Which characters a stranger's text may hold."""

import unicodedata

_UNSAFE_CATEGORIES = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Fillers of Hangul and Braille: letters or symbols to Unicode, nothing to the eye."""
_REPLACEMENT = "\ufffd"
"""What Django's form parser puts in the place of bytes that are not UTF-8."""


def is_safe(text: str) -> bool:
    """Whether a text has none of the characters that are not seen, such as controls and bidi."""
    if text.isascii():
        return text.isprintable()
    return _REPLACEMENT not in text and not any(
        character in _BLANK_LETTERS or unicodedata.category(character) in _UNSAFE_CATEGORIES
        for character in text
    )
