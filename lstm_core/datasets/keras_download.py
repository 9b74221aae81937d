"""Keras' own download of the data: done by Keras, watched and told by us."""

import hashlib
import importlib
import os
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError

from lstm_core.datasets.keras_imdb import INDEX_NAME, NPZ_NAME
from lstm_core.errors import DataError
from lstm_core.files import Meter
from lstm_core.progress import ProgressCallback

ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
MIRROR = "LSTM_LENS_MIRROR"  # another address with the same two files, for example a school's own

_STALLED_AFTER = 60.0  # seconds without a new byte: urlretrieve itself would wait for ever
_LOOK_EVERY = 0.1


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file as `keras.datasets.imdb` asks for it."""

    name: str
    file_hash: str
    algorithm: str
    size: int


FILES = (
    RemoteFile(
        NPZ_NAME,
        "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f",
        "sha256",
        17_464_789,
    ),
    RemoteFile(INDEX_NAME, "bfafd718b763782e994055a2d397834f", "md5", 1_641_221),
)


def cached_npz() -> Path | None:
    """Keras' ``imdb.npz`` when a download of before left both files whole; imports no Keras."""
    for home in _homes():
        folder = home / "datasets"
        if all(_is_whole(folder / file.name, file) for file in FILES):
            return folder / NPZ_NAME
    return None


def origin() -> str:
    """Where the files are fetched from, with a slash at its end."""
    return (os.environ.get(MIRROR, "").strip() or ORIGIN).rstrip("/") + "/"


def download_npz(progress: ProgressCallback | None = None) -> Path:
    """Let Keras download its two files into its cache; returns the path of ``imdb.npz``.

    Args:
        progress: Told the bytes of each file as they arrive.

    Raises:
        DataError: Without Keras, without a network, or when what arrives is not what Keras expects.
    """
    _import_keras()  # here and not in the threads below: it may take longer than they may stall
    home = _writable_home()
    for file in FILES:
        _fetch(file, home, progress)
    return home / "datasets" / NPZ_NAME


def _import_keras() -> None:
    try:
        importlib.import_module("keras")
    except ImportError as error:
        raise DataError(
            _no_data(f"Keras, which would download it, is missing ({error})")
        ) from error


def _homes() -> tuple[Path, Path]:
    """Folders where Keras keeps downloads: its own, and the one used if that is read-only."""
    own = os.environ.get("KERAS_HOME") or os.path.join("~", ".keras")
    return Path(os.path.expanduser(own)), Path(tempfile.gettempdir()) / ".keras"


def _writable_home() -> Path:
    own, spare = _homes()
    try:
        own.mkdir(parents=True, exist_ok=True)
    except OSError:
        return spare
    return own if os.access(own, os.W_OK) else spare


def _is_whole(path: Path, file: RemoteFile) -> bool:
    try:
        with path.open("rb") as opened:
            return hashlib.file_digest(opened, file.algorithm).hexdigest() == file.file_hash
    except OSError:
        return False


def _hang_up(error: BaseException | None) -> None:
    """Close the answer that a refused request left open in its error."""
    while error is not None:
        if isinstance(error, HTTPError):
            error.close()
        error = error.__cause__ or error.__context__


def _fetch(file: RemoteFile, home: Path, progress: ProgressCallback | None) -> None:
    """Fetch one file in a thread of its own, so that this one can tell how far it is."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            _get_file(file, home)
        except BaseException as error:  # told by the thread that waits
            _hang_up(error)
            failures.append(error)

    worker = threading.Thread(target=run, name=f"download {file.name}", daemon=True)
    meter = Meter(f"downloading {file.name}", file.size, progress)
    worker.start()
    size, since = -1, time.monotonic()
    while worker.is_alive():
        worker.join(_LOOK_EVERY)
        if (now := _size(home / "datasets" / file.name)) != size:
            size, since = now, time.monotonic()
        elif time.monotonic() - since > _STALLED_AFTER:
            raise DataError(_no_data(f"no byte of {file.name} came for {_STALLED_AFTER:.0f} s"))
        meter.at(min(max(size, 0), file.size))
    if failures:
        raise DataError(_no_data(f"its download failed ({failures[0]})")) from failures[0]
    meter.finish(file.size)


def _get_file(file: RemoteFile, home: Path) -> None:
    from keras.config import disable_interactive_logging
    from keras.utils import get_file

    disable_interactive_logging()  # holds for this thread only; our output is not Keras' to write
    get_file(
        fname=file.name,
        origin=origin() + file.name,
        file_hash=file.file_hash,
        hash_algorithm=file.algorithm,
        cache_dir=str(home),
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _no_data(reason: str) -> str:
    return (
        f"No review data was found, and {reason}. What to do: give a path, set LSTM_LENS_DATA, or "
        "put one of these into data/ - aclImdb_v1.tar.gz or its folder aclImdb (from "
        f"https://ai.stanford.edu/~amaas/data/sentiment/), {NPZ_NAME} with {INDEX_NAME} (from "
        f"{origin()}), or Kaggle's 'IMDB Dataset.csv'. The small corpus needs no data."
    )


def missing_data() -> DataError:
    """The error for a search that found nothing and may not download."""
    return DataError(_no_data("downloading was not asked for"))
