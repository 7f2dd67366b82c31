"""How dates are written in English: day, month, year, as in the four other languages."""

DATE_FORMAT = "j F Y"
