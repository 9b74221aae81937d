"""Delimited text and plain lines: CSV, TSV, tables separated by ';' or '|', one review per line."""

import csv
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from lstm_core.datasets.detect import (
    SAMPLE_BYTES,
    Layout,
    has_header,
    labels_in_front,
    layout_of,
    odd_separator,
    sep_line,
    split_fields,
)
from lstm_core.datasets.encodings import SWAP_TEXT, Utf8Text
from lstm_core.datasets.lines_above import fitting_names, lines_above
from lstm_core.datasets.records import Record, RecordReader
from lstm_core.datasets.table import Table, distinct
from lstm_core.datasets.table_format import (
    BATCH_BYTES,
    LONGEST_ROW,
    ROWS,
    SEPARATORS,
    DetectedFormat,
    Quoting,
    RowBatch,
    RowRange,
    TableKind,
    TableOptions,
    Values,
    fields_of,
    problem_of,
)
from lstm_core.errors import DataError, InputError, reason
from lstm_core.files import CHUNK, sha256_of, shown

NAMES_AGAIN = "the names of the columns again"
TEXT_NAME = "text"  # name of the column of plain lines
_TSV = (".tsv", ".tab")


class DelimitedTable(Table):
    """Rows of a UTF-8 text, separated and quoted as its format says."""

    def __init__(self, text: Utf8Text, name: str, format_: DetectedFormat) -> None:
        super().__init__(name, format_, text.path.stat().st_size)
        self._text = text
        self._swapped = text.line_end == "\r"

    def batches(self, rows: int = ROWS, span: RowRange | None = None) -> Iterator[RowBatch]:
        """See `Table.batches`."""
        for records in self._records(rows, span):
            yield self._batch(records)

    def spans(self, rows: int) -> Iterator[RowRange]:
        """See `Table.spans`."""
        first = 0
        for records in self._records(rows, None):
            start, end = records[0].start, self.done
            sha256 = sha256_of(self._text.path, start, end)
            yield RowRange(len(records), first, start, end, records[0].line, sha256)
            first += len(records)

    def _records(self, rows: int, span: RowRange | None) -> Iterator[list[Record]]:
        format_ = self.format
        with self._text.path.open("rb", CHUNK) as file:
            if span is None:
                file.seek(self._text.start)
                for _ in range(format_.first):
                    file.readline()
                line = format_.first + 1
                reader = RecordReader(file, format_.separator, format_.quoting, line)
                end = self.size
                if format_.header:
                    next(reader, None)
            else:
                file.seek(span.start)
                reader = RecordReader(file, format_.separator, format_.quoting, span.line)
                end = span.end
            while reader.offset < end and (records := list(_until(reader, end, rows))):
                self.done = reader.offset
                yield records

    def _batch(self, records: list[Record]) -> RowBatch:
        table = self._plain_fields(records)
        problems = [""] * len(records)
        if table is None:
            table, problems = self._fields(records)
        width, at_text = len(self.names), self.format.text
        texts: list[str] = []
        for row, fields in enumerate(table):
            text = fields[at_text] if not problems[row] else ""
            problems[row] = problems[row] or problem_of(text)
            if text == self.names[at_text] and self._names_again(fields):
                problems[row] = NAMES_AGAIN
            texts.append("" if problems[row] else text)
            if len(fields) != width:
                missing: list[Any] = [None] * (width - len(fields))
                table[row] = [*fields[:width], *missing]
        columns: list[Values] = [list(values) for values in zip(*table, strict=True)]
        return RowBatch([record.line for record in records], texts, problems, columns)

    def _names_again(self, fields: Sequence[str]) -> bool:
        """Whether a row is the header once more, as in tables that were put behind each other."""
        return self.format.header and 1 < len(fields) and tuple(fields) == self.names

    def _plain_fields(self, records: list[Record]) -> list[list[str]] | None:
        """The fields of rows without a fault, three times as fast as `_fields`; None for others."""
        format_ = self.format
        if format_.quoting is not Quoting.DOUBLED or self._swapped:
            return None
        separator, width = format_.separator, len(self.names)
        try:
            rows = [record.content.decode() for record in records]
            table = list(fields_of(rows, separator))
        except (UnicodeDecodeError, csv.Error):
            return None
        found = any(record.problem for record in records) or len(table) != len(rows)
        return None if found or any(len(fields) != width for fields in table) else table

    def _fields(self, records: list[Record]) -> tuple[list[list[str]], list[str]]:
        """The fields of rows as far as they can be told, and what is wrong with each row."""
        problems = [record.problem for record in records]
        rows = [record.content.decode("utf-8", "surrogateescape") for record in records]
        width = len(self.names)
        table: list[list[str]] = []
        for at, fields in enumerate(self._parsed(rows, problems)):
            row = rows[at]
            if not problems[at] and len(fields) != width:
                if len(fields) > width and not any(map(str.strip, fields[width:])):
                    fields = fields[:width]  # separators behind the last column
                elif row.strip():
                    many = "1 field" if len(fields) == 1 else f"{len(fields)} fields"
                    problems[at] = f"{many}, the table has {width} columns"
                else:
                    fields = [""] * width
            if not row.isascii() and _has_strays(row):
                problems[at] = problems[at] or self._text.stray
                fields = [_clean(one) for one in fields]
            if self._swapped:
                fields = [one.translate(SWAP_TEXT) for one in fields]
            table.append(fields)
        return table, problems

    def _parsed(self, rows: list[str], problems: list[str]) -> Iterator[list[str]]:
        """The fields of every row; a row that cannot be read gets a problem."""
        separator, quoting = self.format.separator, self.format.quoting
        quick = quoting is Quoting.DOUBLED
        good = [row for row, problem in zip(rows, problems, strict=True) if not problem]
        reader = fields_of(good, separator)
        taken = 0
        for at, row in enumerate(rows):
            if problems[at]:
                fields, problems[at] = self._repaired(row, problems[at])
                yield fields
                continue
            taken += 1
            try:
                fields = next(reader) if quick else split_fields(row, separator, quoting)
                if quick and reader.line_num != taken:
                    raise csv.Error("the row does not end where it should")
            except csv.Error as error:
                fields, problems[at] = self._repaired(row, f"not readable: {reason(error)}")
                if quick and reader.line_num != taken:  # it took rows that are not its own
                    good, taken = good[taken:], 0
                    reader = fields_of(good, separator)
            yield fields

    def _repaired(self, row: str, problem: str) -> tuple[list[str], str]:
        """The fields of a row that is not read strictly, and the problem that stays."""
        separator, width, body = self.format.separator, len(self.names), row.rstrip("\r\n")
        plain = body.split(separator) if separator else [body]
        if separator == "\t" and len(plain) == width:  # most TSV files know no quotes
            return plain, ""
        try:
            if "\r" in body:
                return split_fields(row, separator, self.format.quoting), ""
            return next(fields_of([body], separator, strict=False), []), problem
        except csv.Error:
            return plain, problem


def open_delimited(
    text: Utf8Text,
    name: str,
    ending: str,
    options: TableOptions,
    detected: DetectedFormat | None,
) -> DelimitedTable:
    """Open a text as a table, or as lines where it is none.

    Args:
        text: The text.
        name: What its owner calls the file.
        ending: The ending of its name: .txt is lines unless its content is plainly a table, .tsv is
            separated by tabs.
        options: What the user says about it.
        detected: The format as it was detected before.

    Raises:
        DataError: When its first row cannot be read.
        InputError: For options that are none.
    """
    if detected is not None:
        return DelimitedTable(text, name, detected)
    _check(options)
    with text.path.open("rb") as file:
        file.seek(text.start)
        first_line = file.readline(LONGEST_ROW)
        separator = sep_line(first_line)
        skipped = 0 if separator is None else 1
        file.seek(text.start + skipped * len(first_line))
        sample = file.read(SAMPLE_BYTES)
        complete = not file.read(1)
    if options.separator is not None:
        separator = options.separator
    if options.header is not False and separator != "":
        above = lines_above(sample, separator, names_only=ending == ".txt")
        sample, skipped = sample.split(b"\n", above)[-1], skipped + above
    layout = _layout(sample, complete, separator, ending, options)
    if options.header is None:
        header = has_header(layout.rows, usual_only=ending == ".txt" and len(layout.first) == 1)
    else:
        header = options.header
    names = tuple(cell.strip() for cell in layout.first) if header else _numbered(layout.first)
    if header:
        names = tuple(distinct(fitting_names(names, layout.rows[1:])))
    if not layout.rows or (header and not any(names)):
        raise DataError(
            f"The first line of {shown(name)} is empty or cannot be read. Give a line that names "
            "the columns, for example: review,sentiment, or one review per line."
        )
    blank = 0
    if header:
        lines_of_sample = sample.split(b"\n", 1_000)
        blank = next((n for n, line in enumerate(lines_of_sample) if line.strip()), 0)
    lines = not layout.separator and layout.quoting is Quoting.NONE
    format_ = DetectedFormat(
        TableKind.LINES if lines else TableKind.DELIMITED,
        encoding=text.encoding,
        line_end=text.line_end,
        separator=layout.separator,
        quoting=layout.quoting,
        header=header,
        first=skipped + blank,
        names=names,
    )
    return DelimitedTable(text, name, format_)


def _layout(
    sample: bytes, complete: bool, separator: str | None, ending: str, options: TableOptions
) -> Layout:
    quoting = None if options.quoting is None else Quoting(options.quoting)
    lines_first = ending == ".txt"
    if separator is None and quoting is None and labels_in_front(sample, complete):
        separator = " "
    if separator == " ":
        quoting = Quoting.NONE
    candidates = SEPARATORS if separator is None else (separator,)
    if ending in _TSV and separator is None:
        candidates = ("\t",)
    found = layout_of(sample, complete, candidates, quoting, tables_only=lines_first)
    if found is not None:
        return found
    default = quoting or (Quoting.NONE if lines_first else None)
    one = layout_of(sample, complete, ("",), default)
    assert one is not None
    if separator is None and (odd := odd_separator(one)):
        return layout_of(sample, complete, (odd,), quoting) or one
    return one


def _check(options: TableOptions) -> None:
    separator = options.separator
    if separator is not None and (len(separator.encode()) > 1 or separator in ('"', "\n", "\r")):
        raise InputError(
            f"{shown(separator)} came in as the separator; give one ASCII character, for example "
            "',' or ';', or nothing for one column."
        )
    if options.quoting is not None and options.quoting not in list(Quoting):
        raise InputError(
            f"{shown(options.quoting)} came in as the quoting; give {', '.join(Quoting)}."
        )


def _numbered(first: Sequence[str]) -> tuple[str, ...]:
    if len(first) == 1:
        return (TEXT_NAME,)
    return tuple(f"column {number}" for number in range(1, len(first) + 1))


def _until(reader: RecordReader, end: int, rows: int) -> Iterator[Record]:
    """Rows up to an offset, a number and an amount of bytes."""
    end = min(end, reader.offset + BATCH_BYTES)
    for record in islice(reader, rows):
        yield record
        if reader.offset >= end:
            return


def _has_strays(text: str) -> bool:
    """Whether a text holds bytes that were no UTF-8."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def _clean(text: str) -> str:
    """A text with a sign in place of every byte that was no UTF-8."""
    if not _has_strays(text):
        return text
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
