"""Where the rows of a delimited file begin and end, in bounded memory and whatever the bytes are.

The rules are those of RFC 4180 as Python's `csv` reads them in its strict mode: a field that begins
with a quote ends with one, quotes in it are doubled or escaped by a backslash and it may hold line
breaks. `csv` itself stops at the first fault and reads one endless row after a quote that is never
closed. Here such a row is returned as its first line alone and reading goes on with the next line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import BinaryIO

from lstm_core.datasets.table_format import LONGEST_ROW, Quoting

QUOTE = b'"'
LONGEST_SCAN = 2 * LONGEST_ROW  # bytes in which the end of an open quote is looked for
TOO_LONG_ROW = f"too long: a row of over {LONGEST_ROW:,} bytes"
BAD_QUOTE = "a quote is opened and not closed, or closed within the text"

_INSIDE = {
    Quoting.DOUBLED: re.compile(rb'(?:[^"]++|"")*+'),
    Quoting.BACKSLASH: re.compile(rb'(?:[^"\\]++|""|\\.)*+', re.DOTALL),
}
_NO_SEPARATOR = b"\x1f"  # where a table has one column: a control character of no text


class _State(Enum):
    """What has been seen of a row."""

    START = "at the start of a field"
    PLAIN = "in a field without quotes"
    QUOTED = "in a field with quotes"
    CLOSING = "behind a quote that may be its end"
    DONE = "at the end of the row"
    BROKEN = "a quote where none may be"


@dataclass(frozen=True, slots=True)
class Record:
    """One row as it stands in the file.

    Attributes:
        line: Number of its first line, from 1.
        start: Offset of its first byte.
        content: Its bytes; of a row with wrong quotes the first line, of one too long nothing.
        problem: Why it is not read.
    """

    line: int
    start: int
    content: bytes
    problem: str = ""


class RecordReader:
    """The rows of a file from its present position on.

    Args:
        file: An open file that can seek.
        separator: What separates fields, empty for one column.
        quoting: How quotes are escaped; `Quoting.NONE` where every line is one row.
        line: Number of the line that comes next.
    """

    def __init__(self, file: BinaryIO, separator: str, quoting: Quoting, line: int = 1) -> None:
        self._file = file
        self._separator = separator.encode() or _NO_SEPARATOR
        self._inside = _INSIDE.get(quoting)
        self._whole = _one_line(self._separator, quoting)
        self.line = line
        self.offset = file.tell()

    def __iter__(self) -> Iterator[Record]:
        return self

    def __next__(self) -> Record:
        start, line = self.offset, self.line
        first = self._piece()
        if not first:
            raise StopIteration
        if first.endswith(b"\n") and (
            self._inside is None or QUOTE not in first or self._whole.fullmatch(first)
        ):
            return Record(line, start, first)
        if self._inside is None:
            return self._long_line(line, start, first)
        return self._record(line, start, first)

    def _piece(self) -> bytes:
        """The next line, or as much of it as a row may hold."""
        piece = self._file.readline(LONGEST_ROW + 1)
        self.offset += len(piece)
        self.line += piece.endswith(b"\n")
        return piece

    def _long_line(self, line: int, start: int, first: bytes) -> Record:
        """A line that is the last one or longer than a row may be."""
        if len(first) <= LONGEST_ROW:
            return Record(line, start, first)
        self._skip_line(first)
        return Record(line, start, b"", TOO_LONG_ROW)

    def _skip_line(self, piece: bytes) -> None:
        while piece and not piece.endswith(b"\n"):
            piece = self._piece()

    def _record(self, line: int, start: int, first: bytes) -> Record:
        """A row with quotes, perhaps of several lines."""
        pieces, size, state, piece = [first], len(first), _State.START, first
        while True:
            state = self._scan(piece, state)
            if state in (_State.DONE, _State.BROKEN) or size > LONGEST_SCAN:
                break
            if not (piece := self._piece()):
                state = _State.BROKEN if state is _State.QUOTED else _State.DONE
                break
            size += len(piece)
            if size <= LONGEST_ROW:
                pieces.append(piece)
        if state is _State.DONE and size > LONGEST_ROW:
            return Record(line, start, b"", TOO_LONG_ROW)
        if state is _State.DONE:
            return Record(line, start, b"".join(pieces))
        self._back_to(start + len(first), line + first.endswith(b"\n"))
        self._skip_line(first)
        if len(first) > LONGEST_ROW:
            return Record(line, start, b"", TOO_LONG_ROW)
        return Record(line, start, first, BAD_QUOTE)

    def _back_to(self, offset: int, line: int) -> None:
        self._file.seek(offset)
        self.offset, self.line = offset, line

    def _scan(self, piece: bytes, state: _State) -> _State:
        """What is known of a row after one more piece of it."""
        assert self._inside is not None
        at = 0
        while at < len(piece):
            if state is _State.QUOTED:
                found = self._inside.match(piece, at)
                at = found.end() if found else at
                if at < len(piece):
                    state, at = _State.CLOSING, at + 1
            elif state is _State.CLOSING:
                if piece[at : at + 1] == QUOTE:
                    state, at = _State.QUOTED, at + 1
                elif piece[at : at + 1] == self._separator:
                    state, at = _State.START, at + 1
                else:
                    return _State.DONE if piece[at:] in (b"\n", b"\r\n") else _State.BROKEN
            elif state is _State.START and piece[at : at + 1] == QUOTE:
                state, at = _State.QUOTED, at + 1
            else:
                next_one = piece.find(self._separator, at)
                if next_one < 0:
                    return _State.DONE if piece.endswith(b"\n") else _State.PLAIN
                state, at = _State.START, next_one + 1
        return state


def _one_line(separator: bytes, quoting: Quoting) -> "re.Pattern[bytes]":
    """Matches a whole row of one line, so that most rows need one call."""
    inside = rb'(?:[^"\\]++|""|\\.)*+' if quoting is Quoting.BACKSLASH else rb'(?:[^"]++|"")*+'
    mark = re.escape(separator)
    field = rb'(?:"' + inside + rb'"|(?!")[^' + mark + rb"\n]*+)"
    return re.compile(field + rb"(?:" + mark + field + rb")*+\r?\n", re.DOTALL)
