"""UTF-16 text, which spreadsheets save as "Unicode text": read by way of a copy in UTF-8.

The copy is a temporary file that goes with the process, so that rows, quotes and offsets are found
in one way for all files and memory does not grow. What is no UTF-16 becomes what is no UTF-8: the
row that holds it is marked, the others are read.
"""

import codecs
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from lstm_core.errors import DataError
from lstm_core.files import CHUNK, shown

_ENCODINGS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_UTF32_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_STRAY = b"\xff"  # no byte of any UTF-8 text


class Utf8Copy:
    """The text of a UTF-16 file in UTF-8, as long as this object lives."""

    def __init__(self, path: Path, encoding: str) -> None:
        self._file = tempfile.NamedTemporaryFile(prefix="lstm-lens-utf8-")  # noqa: SIM115
        with path.open("rb") as file:
            file.seek(len(codecs.BOM_UTF16_LE))
            for piece in _encoded(file, encoding):
                self._file.write(piece)
        self._file.flush()

    @property
    def path(self) -> Path:
        """Where it is."""
        return Path(self._file.name)


def utf8_copy(path: Path) -> Utf8Copy | None:
    """A copy in UTF-8 of a file that begins with a mark of UTF-16; None for any other file.

    Raises:
        DataError: For UTF-32.
    """
    with path.open("rb") as file:
        head = file.read(len(codecs.BOM_UTF32_LE))
    if head in _UTF32_MARKS:
        raise DataError(
            f"{shown(path.name)} is UTF-32 text; UTF-8 and UTF-16 are read. Save it again as UTF-8 "
            "(in a spreadsheet: 'CSV UTF-8')."
        )
    encoding = _ENCODINGS.get(head[:2])
    if encoding is None:
        return None
    found = path.stat()
    return _copied(path, encoding, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=1)  # the pieces of a large file are read one after the other
def _copied(path: Path, encoding: str, written: int, size: int) -> Utf8Copy:
    del written, size  # a file written anew is copied anew
    return Utf8Copy(path, encoding)


def _encoded(file: BinaryIO, encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
    while chunk := file.read(CHUNK):
        yield decoder.decode(chunk).encode("utf-8", "surrogatepass")
    if decoder.getstate()[0]:  # half a letter is left
        yield _STRAY
