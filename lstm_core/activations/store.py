"""An index on disk: a folder of arrays, whole or not at all, checked when it is opened.

``data/index/<fingerprint>-<texts>/`` is keyed by the bundle and the texts, so another model or
other texts never meet an old index. The large arrays are one byte a value and are mapped, not
read: what a question needs is what comes into memory. The manifest is written last and the folder
renamed.

Symbols: N reviews, P words, D units, V word ids.
"""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lstm_core.activations.schema import (
    GATES_OF,
    KEPT,
    LAYER_KEPT,
    AblationResult,
    Aggregates,
    Counts,
    IndexNote,
)
from lstm_core.errors import DataError, reason
from lstm_core.files import sha256_of
from lstm_core.json_codec import decode
from lstm_core.model.card import FileNote
from lstm_core.paths import data_folder
from lstm_core.recurrent.lstm import Floats, Ids
from lstm_core.tasks.atomic import remove_folder

FORMAT = 2
MANIFEST = "manifest.json"
LARGEST_INDEX = 2**30  # bytes of the arrays of one index
LARGEST_TOGETHER = 2 * 2**30  # bytes of all indices; the ones built first go first
ADVICE = "Build the index again."
TEXTS = "texts.bin"
Array = npt.NDArray[Any]
Shape = tuple[tuple[int, ...], str]


def index_root() -> Path:
    """Folder of all indices."""
    return data_folder() / "index"


def index_folder(fingerprint: str, sha256: str) -> Path:
    """Folder of the index of these texts as this bundle reads them."""
    return index_root() / f"{fingerprint[:16]}-{sha256[:16]}"


def shapes(note: IndexNote) -> dict[str, Shape]:
    """Shape and type of every array of an index."""
    n, p, d = note.reviews, note.words, note.lstm_dim
    ablation = {
        "lost": ((3, d), "float64"),
        "turned": ((d,), "float64"),
        "moved": ((d,), "float64"),
    }
    own = {"word_ids": ((note.num_words,), "int32")} if note.layer else ablation
    return {
        "ids": ((p,), "int32"),
        "starts": ((n + 1,), "int64"),
        "labels": ((n,), "int8"),
        "logits": ((n,), "float32"),
        "final": ((n, d), "float32"),
        "text_starts": ((n + 1,), "int64"),
        **own,
        **Aggregates.shapes(note.num_words, d, len(note.gates)),
        **{name: ((d, p), kind) for name, kind in (LAYER_KEPT if note.layer else KEPT).items()},
    }


@dataclass(frozen=True, eq=False)
class StateIndex:
    """An index that was opened and checked. Its large arrays are mapped, and none is written."""

    folder: Path
    note: IndexNote  # what it is of
    arrays: Mapping[str, Array]  # see `shapes`

    @property
    def ids(self) -> Ids:
        """The words read, review after review, ``(P,)``."""
        return self.arrays["ids"]

    @property
    def starts(self) -> Counts:
        """Where each review begins in `ids`, and the end: ``(N + 1,)``."""
        return self.arrays["starts"]

    @property
    def labels(self) -> npt.NDArray[np.int8]:
        """1, 0, or -1 for unknown, ``(N,)``."""
        return self.arrays["labels"]

    @property
    def logits(self) -> Floats:
        """What the model says, ``(N,)``."""
        return self.arrays["logits"]

    @property
    def final(self) -> Floats:
        """Last hidden states, ``(N, D)``."""
        return self.arrays["final"]

    def kept(self, quantity: str) -> Array:
        """A quantity, ``(D, P)``; see `schema.KEPT` and `schema.LAYER_KEPT`."""
        return self.arrays[quantity]

    @cached_property
    def word_ids(self) -> Ids:
        """The id that each row of the sums over words belongs to, ``(V,)``, ascending."""
        every = np.arange(self.note.num_words, dtype=np.int32)
        return every if not self.note.layer else self.arrays["word_ids"]

    @cached_property
    def sums(self) -> Aggregates:
        """The exact sums over the corpus."""
        return Aggregates(**{field.name: self.arrays[field.name] for field in fields(Aggregates)})

    @property
    def silenced(self) -> AblationResult:
        """What ablating each unit costs."""
        return AblationResult(self.arrays["lost"], self.arrays["turned"], self.arrays["moved"])

    def text(self, review: int) -> str:
        """The text of a review.

        Raises:
            DataError: When the index was removed meanwhile.
        """
        start, end = (int(at) for at in self.arrays["text_starts"][review : review + 2])
        try:
            with (self.folder / TEXTS).open("rb") as file:
                file.seek(start)
                return file.read(end - start).decode("utf-8", errors="replace")
        except OSError as error:
            raise DataError(f"The index {self.folder.name} was removed. {ADVICE}") from error


def write_array(folder: Path, name: str, values: Array) -> None:
    """Write one array."""
    np.save(folder / f"{name}.npy", values, allow_pickle=False)


def write_texts(folder: Path, texts: tuple[str, ...]) -> None:
    """Write the texts one behind the other, and where each begins."""
    starts = [0]
    with (folder / TEXTS).open("wb") as file:
        for text in texts:
            starts.append(starts[-1] + file.write(text.encode("utf-8", errors="replace")))
    write_array(folder, "text_starts", np.array(starts, np.int64))


def file_notes(folder: Path) -> dict[str, FileNote]:
    """Fingerprints of everything in a folder, after it has reached the disk."""
    notes = {}
    for path in sorted(folder.iterdir()):
        with path.open("rb") as file:
            os.fsync(file.fileno())
        notes[path.name] = FileNote(sha256_of(path), path.stat().st_size)
    return notes


def write_note(made: Path, note: IndexNote) -> None:
    """Write the manifest, the last file of a folder that is being built."""
    text = json.dumps(asdict(note), ensure_ascii=False, indent=1) + "\n"
    with (made / MANIFEST).open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def read_note(folder: Path) -> IndexNote | None:
    """What an index says about itself, None when there is no whole one of this version."""
    try:
        return _decoded_note((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


@lru_cache(8)
def _decoded_note(text: str) -> IndexNote | None:
    loaded = json.loads(text)
    if loaded["format"] != FORMAT:
        return None
    note = decode(IndexNote, loaded, MANIFEST)
    return note if note.kind in GATES_OF else None


def find_index(fingerprint: str, *, sha256: str = "", stamp: str = "") -> Path | None:
    """The index of texts known by their fingerprint or their file's stamp, None without one."""
    if sha256:
        folder = index_folder(fingerprint, sha256)
        note = read_note(folder)
        return folder if note and (note.fingerprint, note.sha256) == (fingerprint, sha256) else None
    for folder in sorted(index_root().glob(f"{fingerprint[:16]}-*")):
        note = read_note(folder)
        if note is not None and note.fingerprint == fingerprint and stamp and note.stamp == stamp:
            return folder
    return None


def open_index(folder: Path, *, thorough: bool = False) -> StateIndex:
    """Open an index, trusting nothing: every size and shape, and the contents of small arrays.

    Args:
        folder: Its folder.
        thorough: Also compare the contents of the large arrays with their fingerprints.

    Raises:
        DataError: When it is missing, damaged or of another version.
    """
    note = read_note(folder)
    if note is None:
        raise DataError(f"There is no whole index in {folder.name}. {ADVICE}")
    wanted = shapes(note)
    if {f"{name}.npy" for name in wanted} | {TEXTS} != set(note.files):
        raise DataError(f"The index {folder.name} does not list the files it must have. {ADVICE}")
    for name, file in note.files.items():
        _check(folder / name, file, thorough=thorough or name.removesuffix(".npy") not in KEPT)
    arrays = {name: _mapped(folder, name, shape) for name, shape in wanted.items()}
    starts = arrays["starts"]
    if starts[0] != 0 or starts[-1] != note.words or (np.diff(starts) < 0).any():
        raise DataError(f"The index {folder.name} does not say where its reviews are. {ADVICE}")
    return StateIndex(folder, note, arrays)


def make_room(keep: Path) -> None:
    """Remove the indices that were built first until all together keep to the bound."""
    found = [(path, read_note(path)) for path in index_root().glob("*-*")]
    known = [(path, note) for path, note in found if note is not None]
    known.sort(key=lambda item: (item[0] != keep, -(item[0] / MANIFEST).stat().st_mtime))
    together = 0
    for path, note in known:
        together += note.size
        if together > LARGEST_TOGETHER and path != keep:
            with suppress(OSError):
                remove_folder(path)


def _check(path: Path, file: FileNote, *, thorough: bool) -> None:
    try:
        fits = not path.is_symlink() and path.stat().st_size == file.size
        fits = fits and (not thorough or sha256_of(path) == file.sha256)
    except OSError:
        fits = False
    if not fits:
        raise DataError(f"{path.parent.name}/{path.name} is missing or damaged. {ADVICE}")


def _mapped(folder: Path, name: str, shape: Shape) -> Array:
    path = folder / f"{name}.npy"
    try:
        # Each mapped array holds a file handle, so only the large ones are; NumPy cannot map an
        # array without a value.
        mode = "r" if name in KEPT and np.prod(shape[0]) else None
        values = np.load(path, mmap_mode=mode, allow_pickle=False)  # type: ignore[arg-type]
    except (OSError, ValueError) as error:
        raise DataError(
            f"{folder.name}/{path.name} cannot be read: {reason(error)}. {ADVICE}"
        ) from error
    values.setflags(write=False)
    if (values.shape, values.dtype.name) != shape:
        raise DataError(
            f"{folder.name}/{path.name} holds {values.dtype.name} {values.shape}, not {shape[1]} "
            f"{shape[0]}. {ADVICE}"
        )
    return values
