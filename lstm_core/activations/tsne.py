"""t-SNE as a process: ``python -m lstm_core.activations.tsne POINTS.npy RESULT.npy``.

Progress goes to standard error as JSON lines; the result is written beside its place and renamed.
"""

import os
import sys
from pathlib import Path

import numpy as np

from lstm_core.activations.projection import tsne
from lstm_core.activations.store import StateIndex, index_root
from lstm_core.recurrent.lstm import Floats
from lstm_core.tasks.process import Process, emit_progress, start_in

POINTS, RESULT = "points.npy", "plane.npy"


def plane_folder(index: StateIndex, what: str) -> Path:
    """Folder of the arrangement of one kind of points of an index."""
    return index_root() / ".planes" / f"{index.folder.name}-{what}"


def start_tsne(folder: Path, values: Floats) -> Process:
    """Start t-SNE of points ``(N, D)`` in a process of its own; the result is `RESULT`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RESULT).unlink(missing_ok=True)
    np.save(folder / POINTS, values, allow_pickle=False)
    module = "lstm_core.activations.tsne"
    return start_in(folder, ["-m", module, str(folder / POINTS), str(folder / RESULT)])


def read_plane(folder: Path, count: int) -> Floats | None:
    """The arrangement of so many points, ``(N, 2)``; None when there is none that fits."""
    try:
        found = np.load(folder / RESULT, allow_pickle=False)
    except (OSError, ValueError):
        return None
    fits = found.shape == (count, 2) and found.dtype.kind == "f" and np.isfinite(found).all()
    return found.astype(np.float32) if fits else None


def main(source: str, target: str) -> int:
    """Arrange the points of one file into another."""
    found = tsne(np.load(source, allow_pickle=False), emit_progress)
    made = Path(f"{target}.part")
    with made.open("wb") as file:
        np.save(file, found)
    os.replace(made, target)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
