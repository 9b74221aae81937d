"""Data that was read and encoded before, kept beside the runs, so that a training starts sooner.

Kept are IMDb's reviews (never a visitor's file) as one array of bytes, and the vocabulary with the
ids of a split. The name of an entry is the fingerprint of everything that it depends on: the file's
path, size and time, the settings, and the code that reads and encodes. A damaged entry is read
again from the data set. The entries used last are kept.
"""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lstm_core.datasets import Corpus, Reviews, SourceKind
from lstm_core.datasets.corpus import DataSource
from lstm_core.errors import RunError
from lstm_core.paths import CODE, data_folder
from lstm_core.runs.arrays import Arrays, read_arrays, write_arrays

MOST_ENTRIES = 6
READERS = ("datasets", "text")  # packages whose code decides what is read


def cached_corpus(
    path: Path, kind: SourceKind, unlabelled: bool, read: Callable[[], Corpus]
) -> Corpus:
    """A corpus of a file: from the cache, else read and kept there."""
    try:
        stat = path.stat()
    except OSError:
        return read()
    key = ["corpus", str(path.resolve()), stat.st_size, stat.st_mtime_ns, str(kind), unlabelled]
    if (found := _load(key)) is not None:
        with suppress(KeyError, ValueError, TypeError, IndexError):
            return _as_corpus(found, path)
    corpus = read()
    _keep(key, _as_arrays(corpus))
    return corpus


def cached_arrays(key: Sequence[Any], compute: Callable[[], Arrays]) -> Arrays:
    """Arrays of a key: from the cache, else computed and kept there."""
    if (found := _load(key)) is not None:
        return found
    made = compute()
    _keep(key, made)
    return made


def joined(texts: Sequence[str]) -> Arrays:
    """Texts as two arrays: all bytes, and where each text ends."""
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    ends = np.cumsum([len(one) for one in encoded], dtype=np.int64)
    return {"bytes": np.frombuffer(b"".join(encoded), np.uint8), "ends": ends}


def parted(arrays: Arrays, prefix: str = "") -> tuple[str, ...]:
    """The texts that `joined` made arrays of."""
    content, ends = arrays[f"{prefix}bytes"].tobytes(), arrays[f"{prefix}ends"].tolist()
    starts = [0, *ends][:-1]
    return tuple(
        content[start:end].decode("utf-8", "surrogatepass")
        for start, end in zip(starts, ends, strict=True)
    )


def _as_arrays(corpus: Corpus) -> Arrays:
    found: dict[str, npt.NDArray[Any]] = {}
    source = {**asdict(corpus.source), "path": ""}
    lists: dict[str, Sequence[str]] = {
        "unlabelled": corpus.unlabelled,
        "ranked": corpus.ranked_words,
        "source": [json.dumps(source)],
    }
    for name, part in (("train", corpus.train), ("test", corpus.test)):
        found |= {f"{name}.labels": part.labels, f"{name}.ratings": part.ratings}
        lists |= {f"{name}.{what}": getattr(part, what) for what in ("texts", "names", "films")}
    for name, texts in lists.items():
        found |= {f"{name}.{key}": array for key, array in joined(texts).items()}
    return found


def _as_corpus(arrays: Arrays, path: Path) -> Corpus:
    def part(name: str) -> Reviews:
        texts, names, films = (parted(arrays, f"{name}.{w}.") for w in ("texts", "names", "films"))
        return Reviews(texts, arrays[f"{name}.labels"], arrays[f"{name}.ratings"], names, films)

    told = json.loads(parted(arrays, "source.")[0])
    source = DataSource(**{**told, "kind": SourceKind(told["kind"]), "path": path})
    unlabelled, ranked = parted(arrays, "unlabelled."), parted(arrays, "ranked.")
    return Corpus(part("train"), part("test"), unlabelled, source, ranked)


def _load(key: Sequence[Any]) -> Arrays | None:
    with suppress(RunError, OSError):
        arrays = read_arrays(_entry(key))
        os.utime(_entry(key))  # it was used
        return arrays
    return None


def _keep(key: Sequence[Any], arrays: Arrays) -> None:
    """Keep an entry; without room for it nothing is kept."""
    with suppress(OSError):
        _folder().mkdir(parents=True, exist_ok=True)
        write_arrays(_entry(key), arrays)
        entries = sorted(_folder().glob("*.npz"), key=lambda one: -one.stat().st_mtime_ns)
        for old in entries[MOST_ENTRIES:]:
            old.unlink()


def _entry(key: Sequence[Any]) -> Path:
    content = json.dumps([*key, _code()])
    return _folder() / f"{hashlib.sha256(content.encode()).hexdigest()[:32]}.npz"


def _folder() -> Path:
    return data_folder() / "cache"


@cache
def _code() -> str:
    """Fingerprint of the code that reads and encodes: another version reads again."""
    digest = hashlib.sha256()
    for package in READERS:
        for path in sorted((CODE / "lstm_core" / package).glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()
