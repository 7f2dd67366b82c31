"""Records of CSV, from any place on."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as some

from newsletter.importing.records import Dialect, Place, Records

CELLS = some.text('ab ,;"\n\r\té', max_size=6)
ROWS = some.lists(some.lists(CELLS, min_size=2, max_size=3), min_size=1, max_size=8)


def source(octets: bytes, size: int):
    def from_offset(offset: int):
        return (octets[start : start + size] for start in range(offset, len(octets), size))

    return from_offset


@given(ROWS, some.integers(1, 9), some.sampled_from([",", ";", "\t"]))
def test_what_the_csv_module_writes_is_read_from_the_place_of_any_record(rows, size, delimiter):
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    octets, dialect = text.getvalue().encode(), Dialect(delimiter)
    records = Records(source(octets, size), dialect, Place())
    places, found = [], []
    while True:
        places.append(Place(records.place.offset, records.place.line))
        try:
            found.append(next(records)[1])
        except StopIteration:
            break
    assert found == rows
    for number, place in enumerate(places):
        again = Records(source(octets, size), dialect, place)
        assert [cells for _, cells in again] == rows[number:]


@given(some.text('a,"\n\r', max_size=40), some.integers(1, 9))
def test_any_text_comes_to_an_end_and_every_line_is_read_or_told(text, size):
    records = Records(source(text.encode(), size), Dialect(), Place())
    lines = [line for line, _ in records]
    assert lines == sorted(set(lines))
    assert records.place.offset == len(text.encode())
