"""Where the data is: the path given, ``LSTM_LENS_DATA``, ``data/``, then Keras' cache.

``data/`` is first that under the current folder, then that of the repository.
"""

import gzip
import os
import stat
import zlib
from dataclasses import dataclass
from pathlib import Path

from lstm_core.datasets.corpus import SourceKind
from lstm_core.datasets.keras_download import cached_npz
from lstm_core.datasets.keras_imdb import INDEX_NAME, NPZ_NAME
from lstm_core.datasets.stanford import ROOT
from lstm_core.datasets.table_corpus import KAGGLE_NAME
from lstm_core.datasets.unpack import GZIP_MAGIC
from lstm_core.errors import DataError, InputError
from lstm_core.files import listed, shown, unreadable
from lstm_core.paths import data_folder

VARIABLE = "LSTM_LENS_DATA"
DATA_FOLDER = "data"
ARCHIVE_NAMES = ("aclImdb_v1.tar.gz", "aclImdb_v1.tar", "aclImdb.tar.gz", "aclImdb.tar")

_ACCEPTED = (
    f"Accepted: Stanford's aclImdb_v1.tar.gz or its folder {ROOT}, Keras' {NPZ_NAME} with "
    f"{INDEX_NAME} beside it, Kaggle's {KAGGLE_NAME!r}, or any table with a text and a label "
    "column (CSV, TSV, text, JSON Lines, Parquet, Excel; also .gz and .zip)."
)
_TAR_MARK = slice(257, 262)


@dataclass(frozen=True, slots=True)
class Found:
    """A data set that was found and the form it seems to have."""

    path: Path
    kind: SourceKind


def find_corpus(path: str | os.PathLike[str] | None = None) -> Found | None:
    """Look for a data set without reading or downloading it.

    Args:
        path: Looked at alone when given; else ``LSTM_LENS_DATA``, else ``data/``, else what
            Keras downloaded before.

    Returns:
        What `load_corpus` would read, or None when it would have to download.

    Raises:
        DataError: When the path or the one in ``LSTM_LENS_DATA`` holds nothing that is read.
        InputError: When `path` is no path.
    """
    if path is not None:
        if not isinstance(path, str | os.PathLike) or not str(path):
            raise InputError(f"{path!r} is no path. Give a file or folder. {_ACCEPTED}")
        return _named(Path(path), "The path")
    if named := os.environ.get(VARIABLE, "").strip():
        return _named(Path(named), f"The path in {VARIABLE},")
    for folder in (Path(DATA_FOLDER), data_folder()):
        if found := _in_folder(folder):
            return found
    npz = cached_npz()
    return Found(npz, SourceKind.KERAS_NPZ) if npz else None


def _named(path: Path, who: str) -> Found:
    """What a path that somebody named holds; nothing is an error here."""
    try:
        path = path.expanduser()
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError, RuntimeError):
        raise DataError(
            f"{who} {shown(str(path), 200)} does not exist (current folder: {Path.cwd()}). "
            f"{_ACCEPTED}"
        ) from None
    except OSError as error:
        raise unreadable(path, error) from error
    if stat.S_ISREG(mode):
        return Found(*_file_kind(path))
    if not stat.S_ISDIR(mode):
        raise DataError(f"{who} {shown(str(path), 200)} is no plain file or folder. {_ACCEPTED}")
    if found := _in_folder(path):
        return found
    try:
        names = sorted(entry.name for entry in path.iterdir())
    except OSError as error:
        raise unreadable(path, error) from error
    raise DataError(
        f"{who} {shown(str(path), 200)} is a folder without a data set; it holds {listed(names)}. "
        f"{_ACCEPTED}"
    )


def _in_folder(folder: Path) -> Found | None:
    """The first data set in a folder that has one of the known names."""
    try:
        return _looked_through(folder)
    except OSError as error:
        raise unreadable(folder, error) from error


def _looked_through(folder: Path) -> Found | None:
    for root in (folder, folder / ROOT):
        halves = (root / "train").is_dir() or (root / "test").is_dir()
        if halves or (root.name == ROOT and root.is_dir()):
            return Found(root, SourceKind.STANFORD_FOLDER)
    known = [(name, SourceKind.STANFORD_ARCHIVE) for name in ARCHIVE_NAMES]
    known += [(NPZ_NAME, SourceKind.KERAS_NPZ), (KAGGLE_NAME, SourceKind.KAGGLE_CSV)]
    for name, kind in known:
        if (folder / name).is_file():
            return Found(folder / name, kind)
    return None


def _file_kind(path: Path) -> tuple[Path, SourceKind]:
    """The form of a file by its first bytes, with Keras' index leading to the npz beside it."""
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except OSError as error:
        raise unreadable(path, error) from error
    if path.name == INDEX_NAME:
        return path.with_name(NPZ_NAME), SourceKind.KERAS_NPZ
    packed = head.startswith(GZIP_MAGIC)
    if head[_TAR_MARK] == b"ustar" or (packed and _holds_tar(path)):
        return path, SourceKind.STANFORD_ARCHIVE
    if path.suffix.lower() == ".npz":
        return path, SourceKind.KERAS_NPZ
    if not packed and path.name.lower().endswith((".tar.gz", ".tgz", ".tar")):
        raise DataError(
            f"{shown(path.name)} has the name of an archive but not its content (it begins with "
            f"{head[:8]!r}). The download may be an error page: fetch it again. {_ACCEPTED}"
        )
    return path, SourceKind.CSV


def _holds_tar(path: Path) -> bool:
    """Whether a gzip file holds a tar archive, or is damaged under the name of one."""
    try:
        with gzip.open(path, "rb") as file:
            return file.read(512)[_TAR_MARK] == b"ustar"
    except (OSError, EOFError, zlib.error):
        return path.name.lower().endswith((".tar.gz", ".tgz"))
