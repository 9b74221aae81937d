"""Members of a tar archive, read once from front to back by `tarfile`; no file is ever written."""

import gzip
import io
import tarfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO

from lstm_core.datasets.unpack import GZIP_MAGIC
from lstm_core.errors import DataError, reason
from lstm_core.files import MAX_MEMBERS, MAX_REVIEW_BYTES, MAX_UNPACKED_BYTES, shown

_FETCH_AGAIN = "Fetch the archive again, or give the unpacked folder"


class _Limited(io.RawIOBase):
    """A stream that refuses to give more than `limit` bytes in all."""

    def __init__(self, stream: IO[bytes], limit: int) -> None:
        self._stream = stream
        self._left = limit
        self._limit = limit
        self.tail = b""  # the last bytes given

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise DataError(
                f"The archive unpacks to more than {self._limit / 1e9:.1f} GB, which no review "
                "data set does; reading was stopped. Give Stanford's aclImdb_v1.tar.gz."
            )
        self.tail = (self.tail + data)[-tarfile.BLOCKSIZE :]
        return data


def read_members(
    file: io.RawIOBase, wanted: Callable[[str], bool], limit: int = MAX_UNPACKED_BYTES
) -> Iterator[tuple[str, bytes | None]]:
    """Read a tar archive, plain or gzip, to its last byte.

    Args:
        file: The archive, readable.
        wanted: Says of a file's name whether its content is needed.
        limit: Most bytes that it may unpack to.

    Yields:
        The name of each file and folder without a leading ``./``, and the content of wanted files,
        None for the others.

    Raises:
        DataError: For damage, links and other special members, absolute names, names with ``..``,
            wanted files over `MAX_REVIEW_BYTES`, and an archive that unpacks to over `limit` bytes.
    """
    source = io.BufferedReader(file)
    packed = source.peek(2).startswith(GZIP_MAGIC)
    unpacked = gzip.GzipFile(fileobj=source) if packed else source
    stream = _Limited(unpacked, limit)  # type: ignore[arg-type]
    try:
        with tarfile.open(fileobj=stream, mode="r|", errorlevel=2) as archive:
            seen = 0
            for member in archive:
                archive.members.clear()  # type: ignore[attr-defined]  # keeps the time per member constant
                seen += 1
                if seen > MAX_MEMBERS:
                    raise DataError(
                        f"The archive has more than {MAX_MEMBERS:,} members. Give Stanford's."
                    )
                name = _checked_name(member)
                yield name, _content(archive, member, name) if wanted(name) else None
        while stream.read(1 << 18):  # to the end, so that gzip checks its checksum
            pass
        if stream.tail.strip(b"\0"):  # tarfile itself takes a missing end mark for the end
            raise tarfile.ReadError("its end mark is missing")
    except (tarfile.TarError, EOFError, OSError, zlib.error, ValueError, OverflowError) as error:
        raise DataError(
            f"The archive is damaged, cut off or not a tar archive: {reason(error)}. "
            f"{_FETCH_AGAIN}."
        ) from error
    finally:
        source.detach()  # the caller closes the file


def _checked_name(member: tarfile.TarInfo) -> str:
    """The name without leading ``./``; refuses members that no review data set has."""
    name = member.name
    if not (member.isfile() or member.isdir()) or member.issparse():
        raise DataError(
            f"The archive holds a link or special file, {shown(name)}; only plain files and "
            "folders are read. Give Stanford's aclImdb_v1.tar.gz."
        )
    if name.startswith("/") or ".." in name.split("/"):
        raise DataError(
            f"The archive holds a name that leads outside of it, {shown(name)}; only names below "
            "aclImdb/ are read. Give Stanford's aclImdb_v1.tar.gz."
        )
    while name.startswith("./"):
        name = name[2:]
    return name


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo, name: str) -> bytes | None:
    if member.size > MAX_REVIEW_BYTES:
        raise DataError(
            f"{shown(name)} in the archive has {member.size:,} bytes; a review may have at most "
            f"{MAX_REVIEW_BYTES:,}. Give Stanford's aclImdb_v1.tar.gz."
        )
    content = archive.extractfile(member)
    return None if content is None else content.read()
