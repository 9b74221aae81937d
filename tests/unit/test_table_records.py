"""Where rows begin and end: as Python's csv says, and in bounded memory where csv gives up."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_core.datasets import records
from lstm_core.datasets.detect import has_header
from lstm_core.datasets.records import BAD_QUOTE, TOO_LONG_ROW, Record, RecordReader
from lstm_core.datasets.table_format import Quoting

FIELDS = st.text(alphabet=st.sampled_from('ab,;"\n é'), max_size=8)


def read(content: bytes, quoting: Quoting = Quoting.DOUBLED) -> list[Record]:
    return list(RecordReader(io.BytesIO(content), ",", quoting))


def places(found: list[Record]) -> list[tuple[int, str]]:
    return [(row.line, row.problem or row.content.decode().rstrip()) for row in found]


@given(st.lists(st.lists(FIELDS, min_size=2, max_size=3), max_size=6))
def test_what_csv_writes_is_parted_as_csv_reads_it(table: list[list[str]]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(table)
    content = out.getvalue().encode()
    found = read(content)
    assert b"".join(row.content for row in found) == content
    assert not any(row.problem for row in found)
    fields = [next(csv.reader([row.content.decode()], strict=True)) for row in found]
    assert fields == list(csv.reader(io.StringIO(content.decode(), newline=""), strict=True))
    assert [row.line for row in found] == [1 + content[: row.start].count(b"\n") for row in found]


@given(st.binary(max_size=60).map(lambda value: value.replace(b"\0", b'"')))
def test_any_bytes_end_and_every_byte_belongs_to_one_row(content: bytes) -> None:
    found = read(content)
    assert b"".join(row.content for row in found) == content
    assert [row.start for row in found] == sorted({row.start for row in found})


def test_a_quote_never_closed_costs_one_line() -> None:
    found = read(b'1,"open\n2,fine\n3,"two\nlines"\n4,"wrong" end\n5,fine')
    assert places(found) == [
        (1, BAD_QUOTE),
        (2, "2,fine"),
        (3, '3,"two\nlines"'),
        (5, BAD_QUOTE),
        (6, "5,fine"),
    ]


@pytest.mark.parametrize("quote", [b"", b'"'])
def test_a_row_too_long_is_skipped_whole(quote: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "LONGEST_ROW", 20)
    long = quote + b"word " * 30 + quote
    assert places(read(b"1,short\n" + long + b"\n3,short\n")) == [
        (1, "1,short"),
        (2, TOO_LONG_ROW),
        (3, "3,short"),
    ]
    assert places(read(b'"' + b"line\n" * 10 + b'"\nend')) == [(1, TOO_LONG_ROW), (12, "end")]


def test_a_quote_open_for_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "LONGEST_ROW", 20)
    monkeypatch.setattr(records, "LONGEST_SCAN", 40)
    found = read(b'"open\n' + b"line\n" * 30)
    assert len(found) == 31 and places(found)[:2] == [(1, BAD_QUOTE), (2, "line")]


def test_in_plain_text_quotes_are_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "LONGEST_ROW", 20)
    assert places(read(b'"Fine\n\n' + b"x" * 50 + b'\nlast"', Quoting.NONE)) == [
        (1, '"Fine'),
        (2, ""),
        (3, TOO_LONG_ROW),
        (4, 'last"'),
    ]


def test_quotes_escaped_by_a_backslash_stay_inside_their_field() -> None:
    found = read(b'1,"a \\"fine\\" film"\n2,"two\nlines \\" more"\n', Quoting.BACKSLASH)
    assert [row.line for row in found] == [1, 2] and not any(row.problem for row in found)


LONG = "This one was written about a film by somebody"


@pytest.mark.parametrize(
    ("rows", "header"),
    [
        ([["Thu Nov 01 18:16:53", LONG], ["Thu Nov 01 18:16:50", "A film."]], False),
        ([["written on", f"{LONG} else"], ["Thu Nov 01 18:16:50", "A film."]], True),
        ([["Anna", f"{LONG}."], ["Ben", "A film."]], False),
        ([["by whom", LONG], ["Ben", "A film."]], True),
        ([["a1", "What did you like about this film?"], ["b2", "A film."]], True),
        ([["name", "said"], ["Ben 2", "A film."]], True),
    ],
)
def test_a_first_row_of_several_columns_is_a_header_or_not(
    rows: list[list[str]], header: bool
) -> None:
    assert has_header(rows) is header
