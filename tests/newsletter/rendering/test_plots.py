"""Plots: well-formed, bounded, told in words, and nothing of a name becomes markup."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.rendering import plots

amounts = st.floats(min_value=0, max_value=1e9, allow_nan=False)


def points(values):
    return [plots.Point(x, y, f"at {x}", f"{y} a second") for x, y in enumerate(values)]


def parsed(markup):
    return ET.fromstring(f"<div>{markup}</div>")  # noqa: S314 - our own


@given(st.lists(amounts, min_size=2, max_size=300), st.booleans())
def test_a_line_stays_within_its_frame(values, from_zero):
    figure = parsed(plots.line(points(values), key="k", title="T", says="S", from_zero=from_zero))
    (curve,) = figure.iter("polyline")
    places = [tuple(map(float, place.split(","))) for place in curve.attrib["points"].split()]
    assert len(places) == len(values)
    assert all(0 <= x <= plots.WIDTH and 0 <= y <= plots.HEIGHT for x, y in places)


def test_a_plot_is_told_in_words():
    figure = parsed(plots.line(points([1, 5]), key="pace", title="Pace <b>", says="Fast & slow."))
    (svg,) = figure.iter("svg")
    assert svg.attrib["role"] == "img"
    named = svg.attrib["aria-labelledby"].split()
    texts = {element.attrib.get("id"): element.text for element in svg.iter()}
    assert [texts[name] for name in named] == ["Pace <b>", "Fast & slow."]
    rows = [[cell.text for cell in row] for row in figure.iter("tr")]
    assert rows == [["at 0", "1 a second"], ["at 1", "5 a second"]]


def test_the_table_of_many_points_is_short_and_has_the_last():
    figure = parsed(plots.line(points(range(1000)), key="k", title="T", says="S"))
    rows = [row[0].text for row in figure.iter("tr")]
    assert len(rows) <= plots.MOST_ROWS + 1
    assert (rows[0], rows[-1]) == ("at 0", "at 999")


@pytest.mark.parametrize("values", [[], [3]])
def test_there_is_no_line_through_one_point(values):
    assert plots.line(points(values), key="k", title="T", says="S") == ""


@given(st.lists(st.integers(min_value=0, max_value=10**7), min_size=1, max_size=7))
def test_the_parts_of_a_bar_are_all_to_be_seen(values):
    shares = [(f"part{number}", value) for number, value in enumerate(values)]
    svg = parsed(plots.bar(shares, key="k", title="T", says="S"))
    widths = [float(part.attrib["width"]) for part in svg.iter("rect")]
    assert len(widths) == sum(1 for value in values if value)
    assert all(width >= 1.5 for width in widths)
    assert "style" not in str(plots.bar(shares, key="k", title="T", says="S"))


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (0.25, "0.25"), (950, "950"), (1200, "1.2k"), (35_000, "35k"), (2_500_000, "2.5M")],
)
def test_numbers_on_an_axis_are_short(number, text):
    assert plots.short(number) == text
