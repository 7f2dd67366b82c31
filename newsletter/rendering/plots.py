"""Small plots as SVG: no script, no inline style, legible in the dark, a table beside each.

The drawing is stretched to its place; words stand around it in HTML, so that they keep their size
on a phone. The colours are classes, whose meaning is in `admin.css`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import floor, log10

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT = 600, 120
MOST_ROWS = 31
"""Rows of the table beside a plot; of more points every so many is shown, and the last."""


@dataclass(frozen=True, slots=True)
class Point:
    """Where on the axis (in any unit), how much, and both in words for the table."""

    x: float
    y: float
    label: str
    value: str


def line(
    points: Sequence[Point], *, key: str, title: str, says: str, from_zero: bool = True
) -> SafeString:
    """Return a figure with a line over its area, or nothing of fewer than two points.

    `key` makes its ids unique on the page; `says` is the plot in a sentence.
    """
    if len(points) < 2:
        return SafeString("")
    low, high = _bounds([point.y for point in points], from_zero=from_zero)
    begin, width = points[0].x, (points[-1].x - points[0].x) or 1.0
    curve = " ".join(
        f"{WIDTH * (point.x - begin) / width:.1f},{HEIGHT * (high - point.y) / (high - low):.1f}"
        for point in points
    )
    drawing = format_html(
        '{}<polygon class="plot-area" points="0,{} {} {},{}"/>'
        '<polyline class="plot-line" points="{}"/>',
        *(_grid(), HEIGHT, curve, WIDTH, HEIGHT, curve),
    )
    return format_html(
        '<figure class="plot"><figcaption>{}</figcaption><div class="plot-frame">'
        '<span class="plot-top" aria-hidden="true">{}</span>{}'
        '<span class="plot-bottom" aria-hidden="true">{}</span></div>'
        '<div class="plot-axis" aria-hidden="true"><span>{}</span><span>{}</span></div>{}</figure>',
        *(title, short(high), _svg(drawing, key, title, says), short(low)),
        *(points[0].label, points[-1].label, _table(points, key)),
    )


def bar(shares: Iterable[tuple[str, int]], *, key: str, title: str, says: str) -> SafeString:
    """Return one bar in which each part (a word for its colour, an amount) has its share."""
    shares = [(name, amount) for name, amount in shares if amount]
    total = sum(amount for _name, amount in shares)
    parts, at = [], 0.0
    for name, amount in shares:
        width = WIDTH * amount / total
        parts.append((name, f"{at:.2f}", f"{max(width, 1.5):.2f}", HEIGHT))
        at += width
    drawing = format_html_join(
        "", '<rect class="plot-{}" x="{}" y="0" width="{}" height="{}"/>', parts
    )
    return format_html('<div class="plot-bar">{}</div>', _svg(drawing, key, title, says))


def short(number: float) -> str:
    """Return a number for an axis: 950, 1.2k, 35k, 1.2M."""
    for unit, name in ((1e6, "M"), (1e3, "k")):
        if number >= unit:
            return f"{number / unit:.3g}{name}"
    return f"{number:.3g}"


def _svg(drawing: SafeString, key: str, title: str, says: str) -> SafeString:
    return format_html(
        '<svg viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" '
        'aria-labelledby="{}-title {}-desc"><title id="{}-title">{}</title>'
        '<desc id="{}-desc">{}</desc>{}</svg>',
        *(WIDTH, HEIGHT, key, key, key, title, key, says, drawing),
    )


def _grid() -> SafeString:
    heights = [HEIGHT * part // 4 for part in range(1, 4)]
    lines = ((WIDTH, height, height) for height in heights)
    return format_html_join("", '<line class="plot-grid" x1="0" x2="{}" y1="{}" y2="{}"/>', lines)


def _table(points: Sequence[Point], key: str) -> SafeString:
    """Return the same in words, behind a small heading."""
    step = -(-len(points) // MOST_ROWS)
    shown = [*points[:-1:step], points[-1]]
    rows = format_html_join(
        "",
        '<tr><th scope="row">{}</th><td>{}</td></tr>',
        ((point.label, point.value) for point in shown),
    )
    return format_html(
        '<details id="{}-table"><summary>As a table</summary><table>{}</table></details>',
        key,
        rows,
    )


def _bounds(values: Sequence[float], *, from_zero: bool) -> tuple[float, float]:
    """Return round numbers below and above, never the same."""
    low, high = (0.0 if from_zero else min(values)), max(values)
    step = _step(high - low)
    bottom, top = floor(low / step) * step, floor(high / step) * step
    while top < high or top <= bottom:
        top += step
    return bottom, top


def _step(span: float) -> float:
    """Return a quarter of a span, rounded up to 1, 2 or 5 times a power of ten."""
    if span <= 0:
        return 1.0
    power = 10.0 ** floor(log10(span / 4))
    return next(power * times for times in (1, 2, 5, 10) if power * times * 4 >= span * 0.999)
