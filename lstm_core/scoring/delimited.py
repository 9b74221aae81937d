"""CSV, TSV and plain text files as sources of reviews."""

import csv
import hashlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from lstm_core.datasets.tables import TEXT_COLUMNS
from lstm_core.errors import DataError, reason
from lstm_core.files import CHUNK, shown, unreadable
from lstm_core.scoring.batch import NOT_UTF8, NOT_UTF16, PART_BYTES, ROWS, Part, Values, problem_of
from lstm_core.scoring.readers import MOST_COLUMNS, Source, Stretch
from lstm_core.scoring.rows import BAD_QUOTE, RawRow, RowReader
from lstm_core.scoring.utf16 import utf8_copy

DELIMITERS = (",", ";", "\t")
TEXT_NAME = "text"  # how the column of a plain text file is called

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_FEWEST_WORDS = 5  # of a first cell that is no column's name but a review


class LinesSource(Source):
    """A plain text file: every line is a review."""

    def __init__(self, path: Path) -> None:
        self._copy = utf8_copy(path)
        self._bytes = path if self._copy is None else self._copy.path
        self._stray = NOT_UTF8 if self._copy is None else NOT_UTF16
        super().__init__(path, (TEXT_NAME,), self._bytes.stat().st_size)
        with self._bytes.open("rb") as file:
            head = file.read(len(_BYTE_ORDER_MARK))
        self._head = len(_BYTE_ORDER_MARK) if head == _BYTE_ORDER_MARK else 0
        self._first_line = 1
        self._delimiter: str | None = None

    @property
    def text_columns(self) -> tuple[int, ...]:
        """All of them: every field is a text."""
        return tuple(range(len(self.names)))

    def parts(self, rows: int = ROWS, stretch: Stretch | None = None) -> Iterator[Part]:
        """See `Source.parts`."""
        for batch in self._batches(rows, stretch):
            yield self._part(batch)

    def stretches(self, rows: int) -> Iterator[Stretch]:
        """See `Source.stretches`."""
        first = 0
        for batch in self._batches(rows, None):
            start, end = batch[0].start, self.done
            sha256 = _sha256(self._bytes, start, end)
            yield Stretch(len(batch), first, start, end, batch[0].line, sha256)
            first += len(batch)

    def _batches(self, rows: int, stretch: Stretch | None) -> Iterator[list[RawRow]]:
        start, line = (stretch.start, stretch.line) if stretch else (self._head, self._first_line)
        end = stretch.end if stretch else self.size
        mark = None if self._delimiter is None else self._delimiter.encode()
        try:
            with self._bytes.open("rb", CHUNK) as file:
                file.seek(start)
                reader = RowReader(file, mark, line)
                while reader.offset < end and (batch := list(_until(reader, end, rows))):
                    self.done = reader.offset
                    yield batch
        except OSError as error:
            raise unreadable(self.path, error) from error

    def _part(self, batch: list[RawRow]) -> Part:
        lines: list[int] = []
        texts: list[str] = []
        problems: list[str] = []
        columns: list[Values] = [[] for _ in self.names]
        for row in batch:
            fields, problem = self._fields(row)
            text = fields[self.column] if not problem else ""
            problem = problem or (self._stray if _has_strays(text) else problem_of(text))
            lines.append(row.line)
            texts.append("" if problem else text)
            problems.append(problem)
            for at, values in enumerate(columns):
                values.append(_clean(fields[at]) if at < len(fields) else None)
        return Part(lines, texts, problems, columns)

    def _fields(self, row: RawRow) -> tuple[list[str], str]:
        """The fields of a row, as far as they can be told, and what is wrong with it."""
        return [_decoded(row.content).rstrip("\r\n")], row.problem


class TableSource(LinesSource):
    """A CSV or TSV file: the first line names the columns, unless it is plainly a review."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        with self._bytes.open("rb", CHUNK) as file:
            file.seek(self._head)
            reader = RowReader(file, None)
            first = next(reader, RawRow(1, 0, b""))
            behind = reader.offset
        only_tabs = path.suffix.lower() != ".csv"
        self._delimiter, names = _header(path, first, ("\t",) if only_tabs else DELIMITERS)
        self.nameless = _is_row(names)
        if self.nameless:
            several = tuple(f"column {number}" for number in range(1, len(names) + 1))
            self.names = several if len(names) > 1 else (TEXT_NAME,)
        else:
            self.names, self._head, self._first_line = names, behind, 2

    def _fields(self, row: RawRow) -> tuple[list[str], str]:
        text, delimiter = _decoded(row.content), self._delimiter or ","
        if row.problem == BAD_QUOTE and delimiter == "\t":  # most TSV files know no quotes
            return self._counted(text.rstrip("\r\n").split("\t"))
        try:
            strict = not row.problem
            row_text = text if strict else text.rstrip("\r\n")
            fields = next(csv.reader([row_text], delimiter=delimiter, strict=strict), [])
        except csv.Error as error:
            return [], row.problem or f"not readable as CSV: {reason(error)}"
        if row.problem:
            return fields, row.problem
        return self._counted(fields if text.strip() else [""] * len(self.names))

    def _counted(self, fields: list[str]) -> tuple[list[str], str]:
        if len(fields) == len(self.names):
            return fields, ""
        return fields, f"{len(fields)} fields, the first line has {len(self.names)}"


def _decoded(content: bytes) -> str:
    """Bytes as text; what is no UTF-8 becomes surrogates, which `_has_strays` finds."""
    return content.decode("utf-8", "surrogateescape")


def _until(reader: RowReader, end: int, rows: int) -> Iterator[RawRow]:
    """Rows up to an offset, a number and an amount of bytes."""
    end = min(end, reader.offset + PART_BYTES)
    for row in islice(reader, rows):
        yield row
        if reader.offset >= end:
            return


def _header(path: Path, first: RawRow, delimiters: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """What parts the fields of a table, and the names of its columns."""
    if first.problem or not first.content.strip():
        raise DataError(
            f"{shown(path.name)} does not begin with a line that names the columns, for example: "
            "review,stars. Add one, or save the reviews as .txt with one review a line."
        )
    try:
        line = first.content.decode("utf-8")
        headers = [(one, next(csv.reader([line], delimiter=one))) for one in delimiters]
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"The first line of {shown(path.name)} cannot be read: {reason(error)}. It must name "
            "the columns in UTF-8, for example: review,stars."
        ) from error
    delimiter, names = max(headers, key=lambda header: (_has_usual(header[1]), len(header[1])))
    if len(names) > MOST_COLUMNS:
        raise DataError(
            f"{shown(path.name)} has {len(names):,} columns; at most {MOST_COLUMNS:,} are read."
        )
    return delimiter, tuple(name.strip() for name in names)


def _has_usual(names: list[str]) -> bool:
    return any(name.strip().casefold() in TEXT_COLUMNS for name in names)


def _is_row(names: tuple[str, ...]) -> bool:
    """Whether the first line is plainly a row: a review alone, or one beside a bare number."""
    if _has_usual(list(names)):
        return False
    reviews = [name for name in names if len(name.split()) >= _FEWEST_WORDS and name[-1] != "?"]
    return bool(reviews) and (len(names) == 1 or any(_is_number(name) for name in names))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def is_sheet(path: Path) -> bool:
    """Whether a .txt file is a spreadsheet's "Unicode text": UTF-16 with tabs or a usual name."""
    copy = utf8_copy(path)
    if copy is None:
        return False
    with copy.path.open("rb") as file:
        line = file.readline(CHUNK)
    return b"\t" in line or _has_usual([line.decode("utf-8", "replace").strip()])


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


def _sha256(path: Path, start: int, end: int) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        file.seek(start)
        while start < end and (chunk := file.read(min(CHUNK, end - start))):
            digest.update(chunk)
            start += len(chunk)
    return digest.hexdigest()
