"""Compressed tables: gzip; zip with one table, or with a text per review in a folder per class.

A temporary copy lives as long as its `TemporaryCopy` object, so that rows and offsets are found in
one way for all files and memory does not grow with the file.
"""

import gzip
import json
import tempfile
import weakref
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import IO, cast

from lstm_core.errors import DataError, reason
from lstm_core.files import CHUNK, listed, shown

GZIP_MAGIC = b"\x1f\x8b"
ZIP_MAGIC = b"PK\x03\x04"
EMPTY_ZIP_MAGIC = b"PK\x05\x06"
TABLE_ENDINGS = (
    ".csv .tsv .tab .txt .json .jsonl .ndjson .parquet .xlsx".split()  # as users name them
)
MOST_MEMBERS = 10_000
MOST_OF_TEXT = 10_000_000  # bytes of a review in a file of its own
CLASS_FOLDERS = {
    **dict.fromkeys(("pos", "positive"), "positive"),
    **dict.fromkeys(("neg", "negative"), "negative"),
}
DOCUMENTS = {  # by a member
    "word/document.xml": "a Word document; copy the reviews into a table, or save it as text.",
    "ppt/presentation.xml": "a presentation; copy the reviews into a table.",
    "content.xml": "an OpenDocument file; save it as .xlsx, CSV or plain text.",
    "model.weights.h5": "a Keras model; import it on the Train page.",
}
EXCEL_MEMBER = "xl/workbook.xml"


class TemporaryCopy:
    """Bytes in a temporary file, removed with this object.

    Attributes:
        path: The file.

    Args:
        pieces: The bytes.
        name: Name of the user's file, for errors.
        limit: Most bytes.

    Raises:
        DataError: When there are more, or they cannot be written.
    """

    def __init__(self, pieces: Iterable[bytes], name: str, limit: int) -> None:
        try:
            number, path = tempfile.mkstemp(prefix="lstm-lens-table-")
        except OSError as error:
            raise _no_room(name, error) from error
        self.path = Path(path)
        weakref.finalize(self, self.path.unlink, missing_ok=True)
        size = 0
        with open(number, "wb") as file:
            for piece in pieces:
                size += len(piece)
                if size > limit:
                    raise DataError(
                        f"{shown(name)} unpacks to over {limit // 10**6:,} million bytes, which is "
                        "the most that is read here. Give a part of it."
                    )
                try:
                    file.write(piece)
                    file.flush()
                except OSError as error:
                    raise _no_room(name, error) from error


def _no_room(name: str, error: OSError) -> DataError:
    return DataError(
        f"{shown(name)} cannot be unpacked: {error.strerror or error}. Free some space in the "
        "folder for temporary files."
    )


def container_of(path: Path) -> str:
    """ "gzip", "zip", or "" for a file that is no container of a table (an Excel file is none)."""
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith(GZIP_MAGIC):
        return "gzip"
    if head in (ZIP_MAGIC, EMPTY_ZIP_MAGIC) and not is_excel(path):
        return "zip"
    return ""


def is_excel(path: Path) -> bool:
    """Whether a file is an Excel workbook, by its content."""
    try:
        with zipfile.ZipFile(path) as archive:
            return EXCEL_MEMBER in archive.NameToInfo
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False


def unpacked(path: Path, name: str, limit: int) -> tuple[TemporaryCopy, str]:
    """The table in a gzip or zip file, and its name.

    Args:
        path: The file.
        name: What its owner calls it.
        limit: Most bytes of the unpacked table.

    Raises:
        DataError: When it is damaged, too large, or a zip without exactly one table.
    """
    found = path.stat()
    return _unpacked(path, name, limit, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=1)  # the spans of a large file are read one after the other
def _unpacked(
    path: Path, name: str, limit: int, written: int, size: int
) -> tuple[TemporaryCopy, str]:
    del written, size  # a changed file is unpacked again
    try:
        if container_of(path) == "gzip":
            inner = name[:-3] if name.lower().endswith(".gz") else name
            with gzip.open(path, "rb") as file:
                return TemporaryCopy(_chunks(cast(IO[bytes], file)), name, limit), inner
        with zipfile.ZipFile(path) as archive:
            if texts := _labelled_texts(archive):
                rows = _rows_of(archive, texts, name)
                return TemporaryCopy(rows, name, limit), f"{Path(name).stem}.jsonl"
            member = _table_in(archive, name)
            with archive.open(member) as file:
                return TemporaryCopy(_chunks(file), name, limit), member.filename
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        ValueError,
        NotImplementedError,
        RuntimeError,  # a zip with a password
    ) as error:
        raise DataError(
            f"{shown(name)} cannot be unpacked: {reason(error)}. It may be damaged or protected; "
            "compress the table again, or give it as it is."
        ) from error


def _chunks(file: IO[bytes]) -> Iterable[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


def _table_in(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    """The only table of an archive."""
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise DataError(f"{shown(name)} holds {len(members):,} files; give one with one table.")
    files = [one for one in members if not one.is_dir() and not _is_system(one.filename)]
    tables = [one for one in files if _ending(one.filename) in TABLE_ENDINGS]
    if len(tables) == 1:
        return tables[0]
    names = {one.filename for one in files}
    for member, what in DOCUMENTS.items():
        if member in names:
            raise DataError(f"{shown(name)} is {what}")
    if not tables:
        raise DataError(
            f"{shown(name)} holds no table; it holds {listed(one.filename for one in files)}. "
            f"Give a zip with one file that ends in {', '.join(TABLE_ENDINGS)}."
        )
    raise DataError(
        f"{shown(name)} holds {len(tables):,} tables: {listed(one.filename for one in tables)}. "
        "Give a zip with exactly one, or unpack it and give the table."
    )


def _labelled_texts(archive: zipfile.ZipFile) -> list[tuple[zipfile.ZipInfo, str]]:
    """The texts of an archive and their classes, where each lies in a folder of its class.

    Texts beside folders of both classes (README.txt, urls_pos.txt) are about the reviews.
    """
    texts: list[tuple[zipfile.ZipInfo, str]] = []
    around: set[Path] = set()  # folders that hold folders of classes
    others: list[Path] = []
    for one in archive.infolist():
        if one.is_dir() or _is_system(one.filename):
            continue
        path = Path(one.filename)
        label, ending = CLASS_FOLDERS.get(path.parent.name.lower()), _ending(one.filename)
        if label is not None and ending == ".txt":
            texts.append((one, label))
            around.update(path.parent.parents)
        elif ending in TABLE_ENDINGS:
            others.append(path)
    both = len({label for _, label in texts}) == 2
    beside = all(both and one.suffix.lower() == ".txt" and one.parent in around for one in others)
    return texts if beside and len(texts) <= MOST_MEMBERS else []


def _rows_of(
    archive: zipfile.ZipFile, texts: Sequence[tuple[zipfile.ZipInfo, str]], name: str
) -> Iterable[bytes]:
    """Rows of JSON Lines: the file, its text and the class of its folder."""
    from lstm_core.datasets import encodings  # which imports this module

    for member, _ in texts:
        if member.file_size > MOST_OF_TEXT:
            raise DataError(
                f"{shown(member.filename)} in {shown(name)} has {member.file_size:,} bytes; a "
                f"review has at most {MOST_OF_TEXT:,}. Shorten it or leave it out."
            )
    legacy = encodings.legacy_encoding(archive.read(member) for member, _ in texts)
    for member, label in texts:
        text = encodings.text_of(archive.read(member), legacy)
        row = {"file": member.filename, "review": text, "sentiment": label}
        parts = [part for part in Path(member.filename).parts if part in ("train", "test")]
        row |= {"split": parts[0]} if parts else {}
        yield json.dumps(row).encode() + b"\n"


def _ending(name: str) -> str:
    return Path(name).suffix.lower()


def _is_system(name: str) -> bool:
    """Whether an operating system put the member into the archive."""
    return name.startswith("__MACOSX/") or Path(name).name.startswith(".")
