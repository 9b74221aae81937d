"""CSV, TSV and plain text files as sources of reviews."""

import csv
import hashlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from lstm_core.datasets.reading import CHUNK, shown, unreadable
from lstm_core.datasets.tables import TEXT_COLUMNS
from lstm_core.errors import DataError
from lstm_core.scoring.part import NOT_UTF8, PART_BYTES, ROWS, Part, Values, problem_of
from lstm_core.scoring.rows import BAD_QUOTE, RawRow, RowReader
from lstm_core.scoring.sources import MOST_COLUMNS, Source, Stretch

DELIMITERS = (",", ";", "\t")
TEXT_NAME = "text"  # how the column of a plain text file is called

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class LinesSource(Source):
    """A plain text file: every line is a review."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, (TEXT_NAME,), path.stat().st_size)
        with path.open("rb") as file:
            head = file.read(len(_BYTE_ORDER_MARK))
        _refuse_utf16(path, head)
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
            sha256 = _sha256(self.path, start, end)
            yield Stretch(len(batch), first, start, end, batch[0].line, sha256)
            first += len(batch)

    def _batches(self, rows: int, stretch: Stretch | None) -> Iterator[list[RawRow]]:
        start, line = (stretch.start, stretch.line) if stretch else (self._head, self._first_line)
        end = stretch.end if stretch else self.size
        mark = None if self._delimiter is None else self._delimiter.encode()
        try:
            with self.path.open("rb", CHUNK) as file:
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
            problem = problem or (NOT_UTF8 if _has_strays(text) else problem_of(text))
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
    """A CSV or TSV file: the first line names the columns."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        with path.open("rb", CHUNK) as file:
            file.seek(self._head)
            reader = RowReader(file, None)
            first = next(reader, RawRow(1, 0, b""))
            self._head = reader.offset
        self._first_line = 2
        self._delimiter, self.names = _header(path, first)

    def _fields(self, row: RawRow) -> tuple[list[str], str]:
        text, delimiter = _decoded(row.content), self._delimiter or ","
        if row.problem == BAD_QUOTE and delimiter == "\t":  # most TSV files know no quotes
            return self._counted(text.rstrip("\r\n").split("\t"))
        try:
            strict = not row.problem
            row_text = text if strict else text.rstrip("\r\n")
            fields = next(csv.reader([row_text], delimiter=delimiter, strict=strict), [])
        except csv.Error as error:
            return [], row.problem or f"not readable as CSV: {error}"
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


def _header(path: Path, first: RawRow) -> tuple[str, tuple[str, ...]]:
    """What parts the fields of a table, and the names of its columns."""
    if first.problem or not first.content.strip():
        raise DataError(
            f"{shown(path.name)} does not begin with a line that names the columns, for example: "
            "review,stars. Add one, or save the reviews as .txt with one review a line."
        )
    try:
        line = first.content.decode("utf-8")
        delimiters = ("\t",) if path.suffix.lower() == ".tsv" else DELIMITERS
        headers = [(one, next(csv.reader([line], delimiter=one))) for one in delimiters]
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"The first line of {shown(path.name)} cannot be read: {error}. It must name the "
            "columns in UTF-8, for example: review,stars."
        ) from error
    delimiter, names = max(headers, key=lambda header: (_has_usual(header[1]), len(header[1])))
    if len(names) > MOST_COLUMNS:
        raise DataError(
            f"{shown(path.name)} has {len(names):,} columns; at most {MOST_COLUMNS:,} are read."
        )
    return delimiter, tuple(name.strip() for name in names)


def _has_usual(names: list[str]) -> bool:
    return any(name.strip().casefold() in TEXT_COLUMNS for name in names)


def _refuse_utf16(path: Path, head: bytes) -> None:
    if head.startswith(_UTF16_MARKS):
        raise DataError(
            f"{shown(path.name)} is UTF-16 text; UTF-8 is read. Save it again as UTF-8 "
            "(in a spreadsheet: 'CSV UTF-8')."
        )


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
