"""Cells of a CSV file that a spreadsheet would take for a formula, made harmless and back again.

https://owasp.org/www-community/attacks/CSV_Injection
"""

import re

_STARTS_FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")  # noqa: RUF001 - Excel in Japan reads these
"""What begins like a formula, also behind apostrophes: so `unescape` undoes exactly `escape`."""


def escape(cell: str) -> str:
    """Return a cell that no spreadsheet executes: an apostrophe before what may be a formula."""
    return f"'{cell}" if _STARTS_FORMULA.match(cell) else cell


def unescape(cell: str) -> str:
    """Return the cell that was escaped; any other as it is."""
    return cell[1:] if cell.startswith("'") and _STARTS_FORMULA.match(cell) else cell
