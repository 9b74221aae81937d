"""Where the rows of a delimited file begin and end, in bounded memory and whatever the bytes are.

The rules are those of RFC 4180 as Python's `csv` reads them in its strict mode: a field that begins
with a quote ends with one, quotes in it are doubled or escaped by a backslash and it may hold line
breaks (`Quoting` has the other ways). `csv` itself stops at the first fault and reads one endless
row after a quote that is never closed. Here such a row is returned as its first line alone and
reading goes on with the next line.
"""

import re
from collections.abc import Iterator
from enum import Enum
from typing import BinaryIO, NamedTuple

from lstm_core.datasets.table_format import LONGEST_ROW, NO_SEPARATOR, Quoting
from lstm_core.files import CHUNK

_MOST_READ = LONGEST_ROW + 1  # bytes at a time: one more tells that a row is too long
LONGEST_SCAN = 2 * LONGEST_ROW  # bytes in which the end of an open quote is looked for
TOO_LONG_ROW = f"too long: a row of over {LONGEST_ROW:,} bytes"
BAD_QUOTE = "a quote is opened and not closed, or closed within the text"

_OPENING = {  # how a quoted field begins; the last byte is the quote
    Quoting.DOUBLED: b'"',
    Quoting.BACKSLASH: b'"',
    Quoting.SPACED: b' *"',
    Quoting.SINGLE: b" *'",
}
_INSIDE = {
    Quoting.DOUBLED: rb'(?:[^"]++|"")*+',
    Quoting.BACKSLASH: rb'(?:[^"\\]++|""|\\.)*+',
    Quoting.SPACED: rb'(?:[^"]++|"")*+',
    Quoting.SINGLE: rb"(?:[^'\\]++|''|\\.)*+",
}


class _State(Enum):
    """What has been seen of a row."""

    START = "at the start of a field"
    PLAIN = "in a field without quotes"
    QUOTED = "in a field with quotes"
    CLOSING = "behind a quote that may be its end"
    DONE = "at the end of the row"
    BROKEN = "a quote where none may be"


class Record(NamedTuple):
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
        self._separator = (separator or NO_SEPARATOR).encode()
        self._plain = quoting is Quoting.NONE
        opening = _OPENING.get(quoting, b'"')
        self._quote = opening[-1:]
        self._opening = re.compile(opening)
        self._inside = re.compile(_INSIDE.get(quoting, b""), re.DOTALL)
        self._whole = _one_line(self._separator, quoting)
        self.line = line
        self.offset = file.tell()

    def __iter__(self) -> Iterator[Record]:
        return self

    def __next__(self) -> Record:
        start, line = self.offset, self.line
        first = self._piece(_MOST_READ)
        if not first:
            raise StopIteration
        if len(first) <= LONGEST_ROW and (self._plain or self._is_whole(first)):
            return Record(line, start, first)
        pieces = [first]
        del first  # so that `_record` can free it
        return self._record(line, start, pieces)

    def _is_whole(self, line: bytes) -> bool:
        """Whether a line is a row, without looking at it byte by byte."""
        if not line.endswith(b"\n"):
            return False
        return self._quote not in line or self._whole.fullmatch(line) is not None

    def _piece(self, size: int) -> bytes:
        """The next line, or its first bytes."""
        piece = self._file.readline(size)
        self.offset += len(piece)
        self.line += piece.endswith(b"\n")
        return piece

    def _record(self, line: int, start: int, pieces: list[bytes]) -> Record:
        """A row with quotes, perhaps of several lines, or one that is too long.

        Of a row that is too long a small piece is held at a time.
        """
        length, ended = len(pieces[0]), pieces[0].endswith(b"\n")  # of the first line
        state = _State.BROKEN if self._plain else self._scan(pieces[0], _State.START)
        size = length
        while state not in (_State.DONE, _State.BROKEN) and size <= LONGEST_SCAN:
            if size > LONGEST_ROW:
                pieces.clear()
            if not (piece := self._piece(max(_MOST_READ - size, CHUNK))):
                state = _State.BROKEN if state is _State.QUOTED else _State.DONE
                break
            state = self._scan(piece, state)
            size += len(piece)
            pieces.append(piece)
        if state is _State.DONE and size <= LONGEST_ROW:
            return Record(line, start, b"".join(pieces))
        if state is not _State.DONE:
            if length <= LONGEST_ROW:
                self._back_to(start, line)
                return Record(line, start, self._piece(_MOST_READ), BAD_QUOTE)
            self._back_to(start + length, line + ended)
            pieces.clear()
            while not ended and (piece := self._piece(CHUNK)):
                ended = piece.endswith(b"\n")
        return Record(line, start, b"", TOO_LONG_ROW)

    def _back_to(self, offset: int, line: int) -> None:
        self._file.seek(offset)
        self.offset, self.line = offset, line

    def _scan(self, piece: bytes, state: _State) -> _State:
        """What is known of a row after one more piece of it."""
        at = 0
        while at < len(piece):
            if state is _State.QUOTED:
                found = self._inside.match(piece, at)
                at = found.end() if found else at
                if at < len(piece):
                    state, at = _State.CLOSING, at + 1
            elif state is _State.CLOSING:
                if piece[at : at + 1] == self._quote:
                    state, at = _State.QUOTED, at + 1
                elif piece[at : at + 1] == self._separator:
                    state, at = _State.START, at + 1
                else:
                    return _State.DONE if piece[at:] in (b"\n", b"\r\n") else _State.BROKEN
            elif state is _State.START and (found := self._opening.match(piece, at)):
                state, at = _State.QUOTED, found.end()
            else:
                next_one = piece.find(self._separator, at)
                if next_one < 0:
                    return _State.DONE if piece.endswith(b"\n") else _State.PLAIN
                state, at = _State.START, next_one + 1
        return state


def _one_line(separator: bytes, quoting: Quoting) -> "re.Pattern[bytes]":
    """Matches a whole row of one line, so that most rows need one call."""
    known = Quoting.DOUBLED if quoting is Quoting.NONE else quoting
    opening, inside, mark = _OPENING[known], _INSIDE[known], re.escape(separator)
    field = b"(?:%b%b%b|(?!%b)[^%b\n]*+)" % (opening, inside, opening[-1:], opening, mark)
    return re.compile(field + rb"(?:" + mark + field + rb")*+\r?\n", re.DOTALL)
