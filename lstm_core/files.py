"""Reading files with care: progress, fingerprint and limits that every source shares."""

import hashlib
import io
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from lstm_core.errors import DataError
from lstm_core.progress import Progress, ProgressCallback

CHUNK = 1 << 18
MAX_REVIEW_BYTES = 10_000_000  # the longest of Stanford's reviews has 14,282
MAX_TEXT_BYTES = 500_000_000  # all of Stanford's texts together have 135 million
MAX_UNPACKED_BYTES = 2_000_000_000  # Stanford's archive unpacks to about 0.5 billion
MAX_MEMBERS = 500_000  # Stanford's archive has about 100,000

_REPORT_EVERY = 0.05  # seconds: twenty reports a second look fluent and cost nothing


def shown(name: str, limit: int = 60) -> str:
    """A name from outside, quoted, printable and short enough for a sentence."""
    text = name if len(name) <= limit else name[: limit - 3] + "..."
    return ascii(text) if not text.isprintable() else repr(text)


def listed(names: Iterable[str], limit: int = 8) -> str:
    """Names from outside as a list for a sentence, cut after `limit` of them."""
    quoted = [shown(name) for name in names]
    if not quoted:
        return "nothing"
    more = f" and {len(quoted) - limit} more" if len(quoted) > limit else ""
    return ", ".join(quoted[:limit]) + more


class Meter:
    """Passes progress on to a callback, at most twenty times per second and always at the end."""

    def __init__(self, stage: str, total: int | None, callback: ProgressCallback | None) -> None:
        self._stage = stage
        self._total = total
        self._callback = callback
        self._next = 0.0
        self._last = -1

    def at(self, done: int) -> None:
        """Say that `done` units are finished; most of these calls end here."""
        if self._callback is not None and time.monotonic() >= self._next:
            self._report(done)

    def finish(self, done: int) -> None:
        """Say the last figure, whenever the one before was said."""
        if self._callback is not None and done != self._last:
            self._report(done)

    def _report(self, done: int) -> None:
        assert self._callback is not None
        self._next = time.monotonic() + _REPORT_EVERY
        self._last = done
        self._callback(Progress(self._stage, done, self._total))


def metered(items: Sequence[str], stage: str, progress: ProgressCallback | None) -> Iterator[str]:
    """The items one by one, telling how many have gone by."""
    meter = Meter(stage, len(items), progress)
    for done, item in enumerate(items):
        meter.at(done)
        yield item
    meter.finish(len(items))


class HashedFile(io.RawIOBase):
    """A file that is fingerprinted and metered while it is read, once, from front to back."""

    def __init__(self, path: Path, stage: str, progress: ProgressCallback | None) -> None:
        self._path = path
        self._file: io.FileIO | None = None
        try:
            self._file = io.FileIO(path)
            size = path.stat().st_size
        except OSError as error:
            raise unreadable(path, error) from error
        self._digest = hashlib.sha256()
        self._meter = Meter(stage, size, progress)
        self._done = 0

    def readable(self) -> bool:
        """Always true."""
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        """Fill the buffer; see `io.RawIOBase.readinto`."""
        assert self._file is not None
        try:
            count = self._file.readinto(buffer)
        except OSError as error:
            raise unreadable(self._path, error) from error
        self._digest.update(memoryview(buffer)[:count])
        self._done += count
        self._meter.at(self._done)
        return count

    def chunks(self) -> Iterator[bytes]:
        """The file piece by piece."""
        while chunk := self.read(CHUNK):
            yield chunk

    def drain(self) -> str:
        """Read what is left and return the sha256 of the whole file."""
        for _ in self.chunks():
            pass
        self._meter.finish(self._done)
        return self._digest.hexdigest()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
        super().close()


def stamp(path: Path) -> tuple[int, int]:
    """Modification time in nanoseconds and size of a file, by which a change is noticed."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


def unreadable(path: Path, error: OSError) -> DataError:
    """The error for a file that the system does not let us read."""
    return DataError(
        f"{shown(str(path), 200)} cannot be read: {error.strerror or error}. "
        "Check the path and its permissions."
    )


def sha256_of(path: Path, start: int = 0, end: int | None = None) -> str:
    """The sha256 of a file, or of its bytes from `start` up to `end`, as 64 hex digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        file.seek(start)
        left = path.stat().st_size - start if end is None else end - start
        while left > 0 and (chunk := file.read(min(CHUNK, left))):
            digest.update(chunk)
            left -= len(chunk)
    return digest.hexdigest()


def is_pickle(start: bytes) -> bool:
    """Whether a file begins like one of pickle, of joblib without compression, or old PyTorch."""
    return start[:1] == b"\x80" and start[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05")
