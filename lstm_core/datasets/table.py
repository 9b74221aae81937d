"""The table reader: any file of reviews as batches of rows, the same at every entry point.

Formats: CSV, TSV, tables separated by ';' or '|', text files with one review per line, JSON Lines,
JSON arrays, Parquet and Excel, also in gzip or in a zip with one table. Encoding, separator,
quoting, header and columns are detected from the content, shown (`Table.format`) and can be given
(`TableOptions`).
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lstm_core.datasets import columns
from lstm_core.datasets.table_format import (
    EMPTY,
    MOST_COLUMNS,
    ROWS,
    DetectedFormat,
    RowBatch,
    RowRange,
    TableKind,
    TableOptions,
    Values,
)
from lstm_core.datasets.unpack import TABLE_ENDINGS, container_of, is_excel, unpacked
from lstm_core.errors import DataError, InputError
from lstm_core.files import MAX_UNPACKED_BYTES, listed, shown, unreadable

FORMATS = (*TABLE_ENDINGS, ".gz", ".zip")  # endings of the files that are read
SAMPLE_ROWS = 200  # rows that tell which column holds what
PREVIEW_ROWS = 5
PREVIEW_CHARACTERS = 300
PARQUET_MAGIC = b"PAR1"
JSON_ENDINGS = (".json", ".jsonl", ".ndjson")


class Table(ABC):
    """One open table.

    Attributes:
        name: What the user calls the file; errors name it so.
        format: How it is read.
        size: Bytes or rows in all, whatever `done` counts.
        done: How far the file was read.
    """

    def __init__(self, name: str, format_: DetectedFormat, size: int) -> None:
        if not 0 < len(format_.names) <= MOST_COLUMNS:
            raise DataError(
                f"{shown(name)} has {len(format_.names):,} columns; 1 to {MOST_COLUMNS:,} are read."
            )
        self.name = name
        self.format = format_
        self.size = size
        self.done = 0
        self.owned: object = None  # a temporary copy that lives as long as the table

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return self.format.names

    @property
    def rows(self) -> int | None:
        """Number of rows, where the file says it; else None."""
        return None

    @property
    def unit(self) -> str:
        """What `RowBatch.lines` counts: "line" or "row"."""
        return "line"

    @abstractmethod
    def batches(self, rows: int = ROWS, span: RowRange | None = None) -> Iterator[RowBatch]:
        """The rows of the table, or of a span of it, at most `rows` at a time."""

    @abstractmethod
    def spans(self, rows: int) -> Iterator[RowRange]:
        """The table cut into spans of about so many rows."""

    @property
    def text_columns(self) -> tuple[int, ...]:
        """Columns that may hold reviews."""
        return tuple(range(len(self.names)))

    def types(self) -> list[Any] | None:
        """The Arrow type of each column; None when all are written as text."""
        return None

    def labels(self, batch: RowBatch) -> Values:
        """The values of the label column in a batch, None where there is no such column."""
        at = self.format.label
        return [None] * len(batch) if at is None else batch.columns[at]


@dataclass(frozen=True)
class Preview:
    """The head of a table.

    Attributes:
        format: How it is read.
        choices: Indices of the columns that may hold reviews.
        rows: The first rows, long values cut.
        problems: Why each of them is invalid, or empty.
    """

    format: DetectedFormat
    choices: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]
    problems: tuple[str, ...]


def open_table(
    path: Path,
    options: TableOptions = TableOptions(),  # noqa: B008 - frozen
    *,
    name: str | None = None,
    detected: DetectedFormat | None = None,
    limit: int = MAX_UNPACKED_BYTES,
    certain: bool = True,
) -> Table:
    """Open a file of reviews.

    Args:
        path: The file.
        options: What the user says about it.
        name: What the user calls it; None for the name in the path.
        detected: The format of this file as it was detected before, for spans read elsewhere.
        limit: Most bytes of a compressed or transcoded file once it is unpacked.
        certain: Refuse a file where no column is plainly one of reviews; else the likeliest is
            taken, for a user to look at.

    Raises:
        DataError: When it is missing, empty, damaged or no table of reviews.
        InputError: For options that do not fit the file.
    """
    name = name or path.name
    try:
        if path.is_dir():
            raise DataError(f"{shown(str(path), 200)} is a folder. Give one file of reviews.")
        if not path.is_file():
            raise DataError(f"There is no file {shown(str(path), 200)}. Check the path.")
        if path.stat().st_size == 0:
            raise DataError(f"{shown(name)} is empty. Give a file with one review per row.")
        container = container_of(path)
        owned: object = None
        inner = name
        if container:
            owned, inner = unpacked(path, name, limit)
            path = owned.path
        table = _opened(path, name, inner, options, detected, limit)
        table.owned = owned
        if detected is not None:
            table.format = detected
            return table
        table.format = replace(table.format, container=container)
        table.format = _with_columns(table, options, certain)
    except OSError as error:
        raise unreadable(path, error) from error
    return table


def _opened(
    path: Path,
    name: str,
    inner: str,
    options: TableOptions,
    detected: DetectedFormat | None,
    limit: int,
) -> Table:
    """The table in a file that is no container."""
    with path.open("rb") as file:
        head = file.read(4)
    if head == PARQUET_MAGIC or inner.lower().endswith(".parquet"):
        from lstm_core.datasets.parquet import ParquetTable

        return ParquetTable(path, name, limit)
    if is_excel(path):
        from lstm_core.datasets.excel import open_excel

        if detected is not None:
            options = replace(options, sheet=detected.sheet, header=detected.header)
        return open_excel(path, name, options, limit)
    if options.sheet is not None:
        raise InputError(
            f"The sheet {shown(options.sheet)} came in, but {shown(name)} is no Excel workbook. "
            "Leave --sheet out."
        )
    from lstm_core.datasets.delimited import open_delimited
    from lstm_core.datasets.encodings import open_text
    from lstm_core.datasets.jsonl import is_json, open_json

    if detected is not None:
        text = open_text(path, name, limit, detected.encoding, detected.line_end)
    else:
        text = open_text(path, name, limit, options.encoding)
    if detected.kind is TableKind.JSON if detected else is_json(text):
        return open_json(text, name, detected, limit)
    ending = Path(inner).suffix.lower()
    if ending in JSON_ENDINGS and detected is None:
        raise DataError(
            f"{shown(name)} is neither JSON Lines nor a JSON array of objects. Give one object per "
            'line, for example {"review": "A fine film.", "label": 1}.'
        )
    return open_delimited(text, name, ending, options, detected)


def _with_columns(table: Table, options: TableOptions, certain: bool) -> DetectedFormat:
    """The format with the columns of reviews and labels."""
    allowed = table.text_columns
    if not allowed:
        raise DataError(
            f"{shown(table.name)} has no column of text among {listed(table.names)}. Give a file "
            "with the reviews in a column."
        )
    table.format = replace(table.format, text=allowed[0])
    batch = next(table.batches(SAMPLE_ROWS), RowBatch([], [], [], [[] for _ in table.names]))
    table.done = 0
    held = [at for at, problem in enumerate(batch.problems) if problem in ("", EMPTY)]
    cells = [[column[at] for at in held] for column in batch.columns] if held else batch.columns
    text: int | None
    if options.text_column is not None:
        text = columns.named_column(
            table.names, options.text_column, "reviews", "--text-column", table.name
        )
        if text not in allowed:
            raise InputError(
                f"The column {shown(options.text_column)} of {shown(table.name)} holds no text. "
                f"Name one of {listed(table.names[at] for at in allowed)} with --text-column."
            )
    else:
        text = columns.text_column(table.names, cells, allowed, certain)
    if text is None:
        raise DataError(
            f"No column of {shown(table.name)} plainly holds reviews; it has the columns "
            f"{listed(table.names)}. Say with --text-column which one holds the reviews."
        )
    if options.label_column is not None:
        label: int | None = columns.named_column(
            table.names, options.label_column, "labels", "--label-column", table.name
        )
        if label == text:
            raise InputError(
                f"The column {shown(table.names[text])} came in for the reviews and the labels. "
                "Name two columns with --text-column and --label-column."
            )
    else:
        label = columns.label_column(table.names, cells, text)
    return replace(table.format, text=text, label=label)


def preview(
    path: Path,
    options: TableOptions = TableOptions(),  # noqa: B008 - frozen
    *,
    name: str | None = None,
    limit: int = MAX_UNPACKED_BYTES,
) -> Preview:
    """Read the head of a file; see `open_table`."""
    table = open_table(path, options, name=name, limit=limit, certain=False)
    empty = RowBatch([], [], [], [[] for _ in table.names])
    try:
        batch = next(table.batches(PREVIEW_ROWS), empty)
    except OSError as error:
        raise unreadable(path, error) from error
    rows = zip(*([_shortened(value) for value in values] for values in batch.columns), strict=True)
    return Preview(table.format, table.text_columns, tuple(rows), tuple(batch.problems))


def _shortened(value: object) -> str:
    text = "" if value is None else str(value)
    long = len(text) > PREVIEW_CHARACTERS
    return text[: PREVIEW_CHARACTERS - 1] + "…" if long else text


def distinct(names: Sequence[str]) -> list[str]:
    """The names, with a number behind each that was there before."""
    found: dict[str, None] = {}
    for name in names:
        number, new = 2, name
        while new in found:
            number, new = number + 1, f"{name}_{number}"
        found[new] = None
    return list(found)
