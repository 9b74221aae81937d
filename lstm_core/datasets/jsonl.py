"""JSON Lines; JSON arrays and tables in one object by way of a copy with one row per line."""

import codecs
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lstm_core.datasets.encodings import SWAP_TEXT, Utf8Text
from lstm_core.datasets.json_shapes import flat, names_in, numbered, rows_of
from lstm_core.datasets.records import Record, RecordReader
from lstm_core.datasets.table import Table
from lstm_core.datasets.table_format import (
    BATCH_BYTES,
    LONGEST_ROW,
    MOST_COLUMNS,
    DetectedFormat,
    Quoting,
    RowBatch,
    RowRange,
    TableKind,
    Values,
    problem_of,
)
from lstm_core.datasets.unpack import TemporaryCopy
from lstm_core.errors import DataError, reason
from lstm_core.files import CHUNK, sha256_of, shown

HEAD = 1 << 20  # bytes in which the first element must end to be recognised
LARGEST_OBJECT = 64 << 20  # bytes of a table in one object, which is held whole
TEXT_NAME = "text"  # of the column where the elements are plain strings

_SPACE = re.compile(r"[ \t\n\r]*")
_decoder = json.JSONDecoder()


def is_json(text: Utf8Text) -> bool:
    """Whether a text is JSON Lines, a JSON array of rows, or one JSON object."""
    with text.path.open("rb") as file:
        file.seek(text.start)
        head = file.read(HEAD).lstrip()
    if head[:1] == b"[":
        return head[1:].lstrip()[:1] in (b"{", b'"', b"]", b"[")
    if head[:1] != b"{":
        return False
    return _object(head.split(b"\n", 1)[0]) is not None or _whole(text) is not None


def _object(content: bytes) -> dict[str, Any] | None:
    """The JSON object in some bytes, None when they are none."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _whole(text: Utf8Text) -> dict[str, Any] | None:
    """The object that a text is; None for JSON Lines, of which only the beginning is read."""
    with text.path.open("rb") as file:
        file.seek(text.start)
        head = file.read(HEAD)
        first, _, rest = head.lstrip().partition(b"\n")
        if rest.strip() and _object(first) is not None:
            return None
        content = head + file.read(LARGEST_OBJECT + 1 - len(head))
    return None if len(content) > LARGEST_OBJECT else _object(content)


def open_json(
    text: Utf8Text, name: str, detected: DetectedFormat | None, limit: int
) -> "JsonTable":
    """Open JSON Lines, a JSON array or a table in one JSON object.

    Raises:
        DataError: When an array is damaged, or no element is an object or a string.
    """
    with text.path.open("rb") as file:
        file.seek(text.start)
        array = file.read(HEAD).lstrip()[:1] == b"["
    copy: TemporaryCopy | None = None
    path, start = text.path, text.start
    if array:
        copy = TemporaryCopy(_elements(text, name), name, limit)
    elif (value := _whole(text)) is not None:
        array = True
        lines = (json.dumps(row).encode() + b"\n" for row in rows_of(value, name))
        copy = TemporaryCopy(lines, name, limit)
    if copy is not None:
        path, start = copy.path, 0
    format_ = detected or DetectedFormat(
        TableKind.JSON, encoding=text.encoding, line_end=text.line_end, names=("",)
    )
    table = JsonTable(path, start, text, name, format_, array, copy)
    if detected is None:
        table.format = DetectedFormat(
            TableKind.JSON,
            encoding=text.encoding,
            line_end=text.line_end,
            names=table.keys(),
        )
    return table


class JsonTable(Table):
    """One JSON value per line: an object is a row of named values, a string is a review."""

    def __init__(
        self,
        path: Path,
        start: int,
        text: Utf8Text,
        name: str,
        format_: DetectedFormat,
        array: bool,
        copy: TemporaryCopy | None,
    ) -> None:
        super().__init__(name, format_, path.stat().st_size)
        self._path, self._start, self._text = path, start, text
        self._array, self._copy = array, copy

    @property
    def unit(self) -> str:
        """See `Table.unit`."""
        return "row" if self._array else "line"

    def keys(self) -> tuple[str, ...]:
        """The keys of all objects, in the order in which they appear.

        Those of objects in objects are ``outer.inner``, unless there are too many.
        """
        found: dict[str, None] = {}
        inner: dict[str, None] = {}
        strings = False
        for records in self._records(CHUNK, None):
            for record in records:
                value, _ = self._value(record)
                if isinstance(value, dict):
                    found.update(dict.fromkeys(value))
                    if len(inner) <= MOST_COLUMNS:
                        inner.update(dict.fromkeys(flat(value)))
                strings = strings or isinstance(value, str)
                if len(found) > MOST_COLUMNS:
                    raise DataError(
                        f"The objects of {shown(self.name)} have over {MOST_COLUMNS:,} different "
                        "keys; give rows with the same keys."
                    )
        if len(inner) <= MOST_COLUMNS:
            found = inner
        if strings and TEXT_NAME not in found:
            found[TEXT_NAME] = None
        if not found:
            raise DataError(
                f"{shown(self.name)} holds no JSON object with values. Give one object per line, "
                'for example {"review": "A fine film.", "label": 1}.'
            )
        self.done = 0
        return tuple(found)

    def batches(self, rows: int = 4_096, span: RowRange | None = None) -> Iterator[RowBatch]:
        """See `Table.batches`."""
        for records in self._records(rows, span):
            yield self._batch(records)

    def spans(self, rows: int) -> Iterator[RowRange]:
        """See `Table.spans`."""
        first = 0
        for records in self._records(rows, None):
            start, end = records[0].start, self.done
            sha256 = sha256_of(self._path, start, end)
            yield RowRange(len(records), first, start, end, records[0].line, sha256)
            first += len(records)

    def _records(self, rows: int, span: RowRange | None) -> Iterator[list[Record]]:
        """Lines with content; blank lines are no rows."""
        with self._path.open("rb", CHUNK) as file:
            file.seek(span.start if span else self._start)
            reader = RecordReader(file, "", Quoting.NONE, span.line if span else 1)
            end = span.end if span else self.size
            held: list[Record] = []
            size = 0
            while reader.offset < end and (record := next(reader, None)) is not None:
                if record.content.strip() or record.problem:
                    held.append(record)
                    size += len(record.content)
                if len(held) >= rows or size >= BATCH_BYTES:
                    self.done = reader.offset
                    yield held
                    held, size = [], 0
            if held:
                self.done = reader.offset
                yield held

    def _batch(self, records: list[Record]) -> RowBatch:
        names, at_text = self.names, self.format.text
        texts: list[str] = []
        problems: list[str] = []
        columns: list[Values] = [[] for _ in names]
        for record in records:
            value, problem = self._value(record)
            row = {**value, **flat(value)} if isinstance(value, dict) else {TEXT_NAME: value}
            for column, name in zip(columns, names, strict=True):
                column.append(_kept(row.get(name)))
            text = columns[at_text][-1]
            if not problem:
                text = "" if text is None else text if isinstance(text, str) else str(text)
                problem = problem_of(text)
            texts.append("" if problem else str(text))
            problems.append(problem)
        return RowBatch([record.line for record in records], texts, problems, columns)

    def _value(self, record: Record) -> tuple[Any, str]:
        """The value of a line, and what is wrong with it."""
        if record.problem:
            return None, record.problem
        try:
            line = record.content.decode("utf-8")
        except UnicodeDecodeError:
            return None, self._text.stray
        try:
            value = json.loads(line.translate(SWAP_TEXT) if self._text.line_end == "\r" else line)
        except (ValueError, RecursionError) as error:
            return None, f"not readable as JSON: {reason(error, 100)}"
        if isinstance(value, dict | str):
            return value, ""
        return None, "no JSON object or string"


def _kept(value: Any) -> Any:
    """A value as it is kept: lists as JSON text, strings without lone surrogates, NaN as None."""
    if value != value:
        return None
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-8", "replace").decode()
    return value


def _elements(text: Utf8Text, name: str) -> Iterator[bytes]:
    """The elements of an array, each as one line."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    with text.path.open("rb") as file:
        file.seek(text.start)
        buffer = decoder.decode(file.read(CHUNK))
        at, number, ended, want = buffer.index("[") + 1, 0, False, CHUNK
        names: list[str] | None = None  # of the values of rows that are lists
        while True:
            at = _space(buffer, at)
            if number and buffer[at : at + 1] == ",":
                at = _space(buffer, at + 1)
            if buffer[at : at + 1] == "]":
                return
            try:
                if at >= len(buffer):
                    raise ValueError("unexpected end of the array")
                value, end = _decoder.raw_decode(buffer, at)
                if end >= len(buffer) and not ended:
                    raise ValueError("the element may go on")
            except (ValueError, RecursionError) as error:
                if ended or len(buffer) - at > LONGEST_ROW or isinstance(error, RecursionError):
                    raise DataError(
                        f"Element {number + 1:,} of {shown(name)} is not readable as JSON: "
                        f"{reason(error, 100)}. The file may be cut; write it again, or give JSON "
                        "Lines, of which single bad lines are skipped."
                    ) from error
                chunk = file.read(want)
                ended = not chunk
                buffer, at = buffer[at:] + decoder.decode(chunk, ended), 0
                want = min(want * 2, LONGEST_ROW)
                continue
            line = buffer[at:end].replace("\n", " ").replace("\r", " ")
            if isinstance(value, list):
                if names is None and (names := names_in(value)):
                    line = ""
                names = names or numbered(value)
                line = line and json.dumps(dict(zip(names, value, strict=False)))
            yield line.encode("utf-8", "replace") + b"\n"
            at, number, want = end, number + 1, CHUNK


def _space(buffer: str, at: int) -> int:
    found = _SPACE.match(buffer, at)
    return found.end() if found else at
