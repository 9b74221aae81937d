"""Text encodings of tables: detection, and a UTF-8 copy of files in another encoding.

UTF-8 files are read in place. UTF-16, Windows-1252 and others are read by way of a temporary copy,
as are files with old Mac line ends (CR), in which CR and LF change places. Bytes that do not belong
to the encoding become bytes that are no UTF-8: only the row that holds them is invalid.
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lstm_core.datasets.legacy_encoding import HIGH, encoding_of
from lstm_core.datasets.table_format import encoding_name
from lstm_core.datasets.unpack import TemporaryCopy
from lstm_core.errors import DataError, InputError
from lstm_core.files import CHUNK, shown

UTF8_MARK = codecs.BOM_UTF8
SCANNED = 256 << 20  # bytes in which invalid UTF-8 is counted
SAMPLE = 64 << 10  # bytes that other detection looks at
SWAP = bytes.maketrans(b"\r\n", b"\n\r")
SWAP_TEXT = {10: 13, 13: 10}
MIXED = "mixed"  # some rows end with CR, others with LF

_LONE_CR = re.compile(r"\r(?!\n)")
_QUOTED = re.compile(r'"(?:[^"]++|"")*+"')

_UTF16_MARKS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_UTF32_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_MARKS = re.compile(b"(?:%b|%b)+" % (UTF8_MARK, UTF8_MARK.decode("cp1252").encode()))  # even "ï»¿"
_WEB_PAGE = re.compile(rb"\s*(?:<!doctype html|<html\b|<\?xml\b)", re.IGNORECASE)
_SURROGATE = re.compile("[\udc80-\udcff]")
_STRAY = b"\xff"  # no byte of any UTF-8 text
_CONTROL = bytes({*range(32)} - {*b"\t\n\v\f\r\x0e\x0f\x1a\x1b\x1c\x1d\x1e\x1f"})
_FEWEST_TOLD = 1_000  # bytes: in a shorter file NUL bytes alone count
_BINARY = 0.05  # share of NUL and other control bytes above which a file is no text
_MAGIC = {
    b"\xd0\xcf\x11\xe0": "an old Excel or Word file; save it as .xlsx or CSV",
    b"%PDF-": "a PDF; copy the reviews into a table",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"\x89HDF": "an HDF5 file",
    b"\x93NUMPY": "a NumPy array",
    b"\x7fELF": "a program",
    b"\x1f\x8b": "compressed twice; unpack it once",
    b"\xfd7zXZ": "an xz file; unpack it, or compress it as .gz or .zip",
    b"7z\xbc\xaf": "a 7-Zip file; unpack it, or compress it as .gz or .zip",
    b"Rar!\x1a": "a RAR file; unpack it, or compress it as .gz or .zip",
    b"\x28\xb5\x2f\xfd": "a Zstandard file; unpack it, or compress it as .gz or .zip",
    b"\x04\x22\x4d\x18": "an LZ4 file; unpack it, or compress it as .gz or .zip",
    b"\x1f\x9d": "a .Z file; unpack it, or compress it as .gz or .zip",
    b"ARROW1\0": "a Feather (Arrow) file; save it as Parquet or CSV",
    b"{\\rtf": "an RTF document; save it as plain text, or copy the reviews into a table",
    **{
        bytes([0x80, version]): "a pickle, which is never unpickled here; write a CSV with to_csv"
        for version in range(2, 6)
    },
    b"SQLite format 3\0": "a database; export the reviews as CSV",
}
_BEGINNINGS = {  # of formats whose first letters may also begin a text
    re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)"): (
        "a bzip2 file; unpack it, or compress it as .gz or .zip"
    ),
    re.compile(rb"@relation\s.*\s@attribute\s", re.IGNORECASE | re.DOTALL): (
        "an ARFF file of Weka; save it as CSV"
    ),
    re.compile(rb"ORC.*[\x00-\x08]", re.DOTALL): "an ORC file; save it as Parquet or CSV",
}
_REFUSED = ("utf-32", "utf-7", "idna", "punycode", "unicode_escape", "raw_unicode_escape")


@dataclass(frozen=True)
class Utf8Text:
    """A text file as UTF-8 bytes.

    Attributes:
        path: The file itself or a temporary copy.
        encoding: The encoding of the file.
        line_end: "\\n", or "\\r" where CR and LF changed places in the copy, `MIXED`
            where each CR alone became LF.
        start: Bytes before the text, a byte order mark.
        copy: Keeps the temporary copy alive.
    """

    path: Path
    encoding: str
    line_end: str
    start: int
    copy: TemporaryCopy | None = None

    @property
    def stray(self) -> str:
        """The problem of a row with bytes that do not belong to the encoding."""
        return f"not {encoding_name(self.encoding).removesuffix(' LE').removesuffix(' BE')} text"


def open_text(
    path: Path, name: str, limit: int, encoding: str | None = None, line_end: str | None = None
) -> Utf8Text:
    """A text file as UTF-8.

    Args:
        path: The file.
        name: What its owner calls it.
        limit: Most bytes of the copy.
        encoding: The encoding; None to detect it.
        line_end: "\\n", "\\r" or `MIXED`; None to detect it.

    Raises:
        DataError: When the file is UTF-32 or no text.
        InputError: When there is no such encoding.
    """
    known = detect_encoding(path, name) if encoding is None else checked_encoding(encoding)
    found = path.stat()
    return _opened(path, name, limit, known, line_end, (found.st_mtime_ns, found.st_size))


@lru_cache(maxsize=2)  # the spans of a large file are read one after the other
def _opened(
    path: Path,
    name: str,
    limit: int,
    encoding: str,
    line_end: str | None,
    stamp: tuple[int, int],
) -> Utf8Text:
    del stamp  # a changed file is copied again
    with path.open("rb") as file:
        head = file.read(SAMPLE)
    line_end = line_end or _line_end(head, encoding)
    if encoding == "utf-8" and line_end == "\n":
        mark = _MARKS.match(head)
        return Utf8Text(path, encoding, line_end, mark.end() if mark else 0)
    copy = TemporaryCopy(_transcoded(path, encoding, line_end), name, limit)
    return Utf8Text(copy.path, encoding, line_end, 0, copy)


def checked_encoding(name: str) -> str:
    """The canonical name of an encoding that a user gave.

    Raises:
        InputError: When there is none, or it is not one of a file.
    """
    try:
        known = codecs.lookup(name.strip()).name
        b"a\n".decode(known if not known.startswith("utf-16") else "ascii")
    except (LookupError, ValueError, TypeError):
        known = "utf-32"
    if known in ("utf-16", "utf_16"):
        return "utf-16-le"  # a mark in the file says which of the two
    if known == "utf-8-sig" or known == "ascii":
        return "utf-8"
    if known.replace("-", "_") in {one.replace("-", "_") for one in _REFUSED} or "32" in known:
        raise InputError(
            f"{shown(name)} came in as the encoding; give utf-8, utf-16, windows-1252 or another "
            "that Python knows."
        )
    return known


def detect_encoding(path: Path, name: str) -> str:
    """The encoding of a file: by its mark, its NUL bytes, its UTF-8, else by its letters.

    Raises:
        DataError: When it is UTF-32 or no text.
    """
    with path.open("rb") as file:
        head = file.read(SAMPLE)
    if head.startswith(UTF8_MARK):
        return "utf-8"
    if head.startswith(_UTF32_MARKS):
        raise DataError(
            f"{shown(name)} is UTF-32 text; UTF-8 and UTF-16 are read. Save it again as UTF-8 "
            "(in a spreadsheet: 'CSV UTF-8')."
        )
    if head[:2] in _UTF16_MARKS:
        return _UTF16_MARKS[head[:2]]
    formats = [what for magic, what in _MAGIC.items() if head.startswith(magic)]
    formats += [what for beginning, what in _BEGINNINGS.items() if beginning.match(head)]
    if formats:
        raise DataError(f"{shown(name)} is not a table: it is {formats[0]}.")
    if _WEB_PAGE.match(head):
        raise DataError(
            f"{shown(name)} is not a table: it is a web page or XML; copy the reviews into a table."
        )
    if encoding := _unmarked_utf16(head):
        return encoding
    binary = _CONTROL if len(head) >= _FEWEST_TOLD else b"\0"
    control = len(head) - len(head.translate(None, binary))
    if control > _BINARY * len(head):
        raise DataError(
            f"{shown(name)} is not text: {control / len(head):.0%} of it are NUL and other control "
            "bytes. Give a table of reviews as CSV, JSON Lines, Parquet or Excel."
        )
    return "utf-8" if _is_utf8(path) else _legacy(path)


def text_of(content: bytes, legacy: str) -> str:
    """The text in the bytes of a small file: UTF-8, UTF-16, UTF-32, `legacy` or Windows-1252."""
    if content.startswith(_UTF32_MARKS):
        return content.decode("utf-32", "replace")
    if encoding := _UTF16_MARKS.get(content[:2]) or _unmarked_utf16(content):
        return content.decode(encoding, "replace").removeprefix("\ufeff")
    for encoding in ("utf-8-sig", legacy):
        with suppress(UnicodeDecodeError):
            return content.decode(encoding)
    return content.decode("utf-8" if legacy == "utf-8" else "cp1252", "replace")


def legacy_encoding(contents: Iterable[bytes]) -> str:
    """The one encoding of files that belong together, of those that are in no form of Unicode."""
    sample = b""
    for content in contents:
        marked = content.startswith((*_UTF32_MARKS, *_UTF16_MARKS))
        if not (marked or _unmarked_utf16(content) or _strictly_utf8([content])):
            sample += content + b"\n"
        if len(sample) > SAMPLE:
            break
    return "utf-8" if _few_invalid([sample]) else encoding_of(sample)


def _unmarked_utf16(head: bytes) -> str | None:
    """UTF-16 without a mark: nearly every second byte of Latin text is NUL."""
    half = max(len(head) // 2, 1)
    even, odd = head[0::2].count(0) / half, head[1::2].count(0) / half
    if odd > 0.4 and even < 0.05:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 and odd < 0.05 else None


def _is_utf8(path: Path) -> bool:
    """Whether a file is UTF-8, perhaps with some invalid bytes among valid letters."""
    return _strictly_utf8(_head_chunks(path)) or _few_invalid(_head_chunks(path))


def _strictly_utf8(chunks: Iterable[bytes]) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    try:
        for chunk in chunks:
            decoder.decode(chunk)
    except UnicodeDecodeError:
        return False
    return True


def _few_invalid(chunks: Iterable[bytes]) -> bool:
    """Whether a few bytes outside ASCII are invalid in UTF-8: a third at most; of GBK half are."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    invalid = high = 0
    for chunk in chunks:
        high += len(chunk) - len(chunk.translate(None, HIGH))
        invalid += len(_SURROGATE.findall(decoder.decode(chunk)))
    return 0 < invalid * 3 <= high


def _head_chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        for _ in range(SCANNED // CHUNK):
            if not (chunk := file.read(CHUNK)):
                return
            yield chunk


def _legacy(path: Path) -> str:
    """The encoding of a file in a single-byte or East Asian encoding."""
    lines: list[bytes] = []
    size = 0
    with path.open("rb") as file:
        while size < SAMPLE and (line := file.readline(SAMPLE)):
            if not line.isascii():
                lines.append(line)
                size += len(line)
    return encoding_of(b"".join(lines))


def _line_end(head: bytes, encoding: str) -> str:
    text = head.decode(encoding, "replace")
    if "\r" in text[:-1] and "\n" not in text:
        return "\r"
    first = _QUOTED.sub("", text.split("\n", 1)[0]).rstrip("\r")
    return MIXED if "\r" in first else "\n"


def _transcoded(path: Path, encoding: str, line_end: str) -> Iterator[bytes]:
    utf16 = encoding.startswith("utf-16")
    errors = "surrogatepass" if utf16 else "surrogateescape"
    with path.open("rb") as file:
        mark = file.read(2)
        if utf16 and mark in _UTF16_MARKS:
            encoding = _UTF16_MARKS[mark]
        else:
            file.seek(0)
        decoder = codecs.getincrementaldecoder(encoding)(errors)
        held = ""  # a CR that may belong to a CRLF
        while chunk := file.read(CHUNK):
            text = held + _decoded(decoder, chunk)
            if line_end == MIXED:
                held = "\r" if text.endswith("\r") else ""
                text = _LONE_CR.sub("\n", text.removesuffix(held))
            piece = text.encode("utf-8", errors)
            yield piece.translate(SWAP) if line_end == "\r" else piece
        if held:
            yield b"\n"
        if decoder.getstate()[0]:  # half a character is left
            yield _STRAY


def _decoded(decoder: codecs.IncrementalDecoder, chunk: bytes) -> str:
    try:
        return decoder.decode(chunk)
    except UnicodeDecodeError as error:  # what the error handler does not take
        whole = decoder.getstate()[0] + chunk
        decoder.reset()
        return whole.decode(error.encoding, "replace").replace("\ufffd", "\udcff")
