"""Types of the table reader: options, detected format, a batch of rows and a span of a file."""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from lstm_core.files import MAX_REVIEW_BYTES

if TYPE_CHECKING:
    from _csv import Reader

ROWS = 4_096  # rows of a batch
BATCH_BYTES = 16 << 20  # bytes of a batch, unless a single row is larger
LONGEST_CELL = MAX_REVIEW_BYTES  # bytes
LONGEST_ROW = 2 * LONGEST_CELL  # bytes
MOST_COLUMNS = 1_000
EMPTY = "empty"
TOTAL = "a total, no review"
UNNAMED = re.compile(r"column \d+")  # name of a column without a header
Values = list[Any]  # of one column: text, or what JSON and Parquet hold; None where nothing is


class TableKind(StrEnum):
    """The forms of table that are read."""

    DELIMITED = "delimited"
    LINES = "lines"
    JSON = "json"
    PARQUET = "parquet"
    EXCEL = "excel"


class Quoting(StrEnum):
    """How a quote inside a quoted field is written; `NONE` where quotes are plain characters.

    `SPACED`: doubled, with blanks in front of quoted fields. `SINGLE`: fields in single quotes,
    with quotes in them doubled or behind a backslash, and perhaps blanks in front.
    """

    DOUBLED = "doubled"
    BACKSLASH = "backslash"
    SPACED = "spaced"
    SINGLE = "single"
    NONE = "none"


_MISSING = frozenset(("NA", "N/A", "NaN", "nan", "NULL", "null", "None", "#N/A", "<NA>"))
_TOTALS = frozenset(("total", "totals", "subtotal", "grand total"))
_LONGEST_MARK = 20  # characters of either with blanks around it
SEPARATORS = (",", ";", "\t", "|")
NO_SEPARATOR = "\x1f"  # between fields that are none, where a table has one column
SEPARATOR_NAMES = {
    ",": "comma",
    ";": "semicolon",
    "\t": "tab",
    "|": "pipe",
    " ": "blank behind a label",
    "": "none: one column",
}
QUOTING_NAMES = {
    Quoting.DOUBLED: "escaped by doubling",
    Quoting.BACKSLASH: "escaped by a backslash",
    Quoting.SPACED: "behind blanks, escaped by doubling",
    Quoting.SINGLE: "single",
    Quoting.NONE: "plain characters",
}
_FORMATS = {
    TableKind.DELIMITED: "delimited text",
    TableKind.LINES: "one review per line",
    TableKind.JSON: "JSON",
    TableKind.PARQUET: "Parquet",
    TableKind.EXCEL: "Excel",
}
_ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
    "cp1252": "Windows-1252",
}


def fields_of(
    rows: Iterable[str],
    separator: str,
    *,
    quote: str = '"',
    spaced: bool = False,
    strict: bool = True,
) -> "Reader":
    """The fields of each row.

    Args:
        rows: The rows as text.
        separator: Between fields; empty for one column.
        quote: Around a field that holds separators.
        spaced: Blanks may stand before a field.
        strict: Raise csv.Error at a quote that does not fit.
    """
    return csv.reader(
        rows,
        delimiter=separator or NO_SEPARATOR,
        quotechar=quote,
        skipinitialspace=spaced,
        strict=strict,
    )


def encoding_name(encoding: str) -> str:
    """The usual name of an encoding."""
    return _ENCODINGS.get(encoding, encoding)


@dataclass(frozen=True, slots=True)
class TableOptions:
    """What a user says about a table; None means detect.

    Attributes:
        encoding: Name of a text encoding, for example ``utf-8`` or ``windows-1252``.
        separator: One ASCII character between fields; empty for one column.
        quoting: See `Quoting`.
        header: Whether the first row names the columns.
        text_column: Name of the column with the reviews, in any case.
        label_column: Name of the column with the labels, in any case.
        drop_neutral: Leave out the middle class of three instead of refusing the column.
        star_threshold: Stars at or above are positive, the others negative; None for the usual
            rule, which leaves out the middle (see `lstm_core.datasets.labels`).
        sheet: Name of the sheet of an Excel workbook.
    """

    encoding: str | None = None
    separator: str | None = None
    quoting: str | None = None
    header: bool | None = None
    text_column: str | None = None
    label_column: str | None = None
    drop_neutral: bool = False
    star_threshold: float | None = None
    sheet: str | None = None

    def as_arguments(self) -> list[str]:
        """The options of the command line that say the same."""
        values = {
            "encoding": self.encoding,
            "separator": self.separator if self.separator != "" else "none",
            "quoting": self.quoting,
            "text-column": self.text_column,
            "label-column": self.label_column,
            "sheet": self.sheet,
            "star-threshold": None if self.star_threshold is None else f"{self.star_threshold:g}",
        }
        words = [f"--{name}={value}" for name, value in values.items() if value is not None]
        if self.header is not None:
            words.append("--header" if self.header else "--no-header")
        return [*words, "--drop-neutral"] if self.drop_neutral else words


@dataclass(frozen=True, slots=True)
class DetectedFormat:
    """How a table is read: everything that was detected or given.

    Attributes:
        kind: The form of table.
        container: "", "gzip" or "zip".
        encoding: Of the text; empty for Parquet and Excel.
        line_end: "\\n", "\\r" or "mixed"; "\\r\\n" counts as "\\n".
        separator: Between fields; empty for one column.
        quoting: See `Quoting`.
        header: Whether the first row names the columns.
        first: Number of lines above the first row or header: a ``sep=`` line, a title, comments.
        names: Names of the columns.
        text: Index of the column with the reviews.
        label: Index of the column with the labels, None where there is none.
        sheet: The sheet of a workbook that is read.
        sheets: Names of all its sheets.
    """

    kind: TableKind
    container: str = ""
    encoding: str = ""
    line_end: str = "\n"
    separator: str = ""
    quoting: Quoting = Quoting.NONE
    header: bool = False
    first: int = 0
    names: tuple[str, ...] = ()
    text: int = 0
    label: int | None = None
    sheet: str = ""
    sheets: tuple[str, ...] = ()

    @property
    def text_column(self) -> str:
        """Name of the column with the reviews."""
        return self.names[self.text]

    @property
    def label_column(self) -> str | None:
        """Name of the column with the labels."""
        return None if self.label is None else self.names[self.label]

    def described(self) -> dict[str, str]:
        """The settings by name, in words, as far as this kind of table has them."""
        found = {
            "Format": _FORMATS[self.kind] + (f" in {self.container}" if self.container else "")
        }
        if self.encoding:
            found["Encoding"] = encoding_name(self.encoding)
        if self.kind in (TableKind.DELIMITED, TableKind.LINES):
            found["Separator"] = SEPARATOR_NAMES.get(self.separator, self.separator)
            found["Quotes"] = QUOTING_NAMES[self.quoting]
        if self.kind in (TableKind.DELIMITED, TableKind.LINES, TableKind.EXCEL):
            found["Header"] = "yes" if self.header else "no, the first row is a review"
        if len(self.sheets) > 1:
            found["Sheet"] = f"{self.sheet} (one of {len(self.sheets)})"
        if self.first:
            found["Lines above the table"] = f"{self.first}, left out"
        if self.line_end != "\n":
            found["Line ends"] = "CR" if self.line_end == "\r" else "CR and LF"
        found["Text column"] = self.text_column
        found["Label column"] = self.label_column or "none"
        return found


@dataclass(frozen=True, slots=True)
class RowBatch:
    """Rows that follow each other.

    Attributes:
        lines: Where each row begins: its line, or its row in Excel, Parquet and a JSON array; from
            1.
        texts: The reviews, empty for an invalid row.
        problems: Why a row is invalid; empty for all others.
        columns: The values of the table's columns, column by column, as they stand in the file.
    """

    lines: list[int]
    texts: list[str]
    problems: list[str]
    columns: list[Values]

    def __len__(self) -> int:
        return len(self.lines)


@dataclass(frozen=True, slots=True)
class RowRange:
    """Rows of one file that can be read without reading those before them.

    Attributes:
        rows: How many rows.
        first_row: Number of the first one in its file, from 0.
        start: Offset of the first byte, in a Parquet file the first row group.
        end: Offset behind the last byte, in a Parquet file the row group after the last.
        line: Line (or row) of the first row, from 1.
        sha256: Of these bytes, for a Parquet file of the whole file.
    """

    rows: int
    first_row: int
    start: int
    end: int
    line: int
    sha256: str


def problem_of(text: str) -> str:
    """Why a text is no review, empty when it is one."""
    if not text or text.isspace():
        return EMPTY
    if len(text) < _LONGEST_MARK:
        if text.strip() in _MISSING:
            return EMPTY
        if text.strip().rstrip(":").casefold() in _TOTALS:
            return TOTAL
    if len(text) > LONGEST_CELL or (
        len(text) > LONGEST_CELL // 4 and len(text.encode("utf-8", "replace")) > LONGEST_CELL
    ):
        return f"too long: {len(text):,} characters, at most {LONGEST_CELL:,} bytes are read"
    return ""
