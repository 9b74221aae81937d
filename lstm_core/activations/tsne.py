"""t-SNE of an index's points as a background task, see `lstm_core.tasks`."""

from pathlib import Path

import numpy as np

from lstm_core.activations.projection import tsne
from lstm_core.activations.store import StateIndex, index_root
from lstm_core.permissions import Visitor
from lstm_core.recurrent.lstm import Floats
from lstm_core.tasks.atomic import replacing_file
from lstm_core.tasks.queue import submit
from lstm_core.tasks.worker import TaskContext

KIND = "projection"
POINTS = "points.npy"


def plane_path(index: StateIndex, what: str) -> Path:
    """File of the projection of one kind of points of an index."""
    return index_root() / ".planes" / f"{index.folder.name}-{what}.npy"


def start_tsne(index: StateIndex, what: str, values: Floats, visitor: Visitor) -> None:
    """Ask for t-SNE of points ``(N, D)``; the result is found by `read_plane`.

    Raises:
        NotAllowedError: The visitor may not measure.
        TaskError: It cannot be started.
    """
    path = plane_path(index, what)
    submit(
        KIND,
        path.stem,
        {"target": str(path.resolve())},
        visitor,
        fill=lambda folder: np.save(folder / POINTS, values, allow_pickle=False),
    )


def read_plane(index: StateIndex, what: str, count: int) -> Floats | None:
    """The projection of so many points, ``(N, 2)``; None when there is none that fits."""
    try:
        found = np.load(plane_path(index, what), allow_pickle=False)
    except (OSError, ValueError):
        return None
    fits = found.shape == (count, 2) and found.dtype.kind == "f" and np.isfinite(found).all()
    return found.astype(np.float32) if fits else None


def run(task: TaskContext) -> None:
    """The task's function: project the points and keep the result."""
    found = tsne(np.load(task.path / POINTS, allow_pickle=False), task.report)
    target = Path(str(task.arguments["target"]))
    target.parent.mkdir(parents=True, exist_ok=True)
    with replacing_file(target) as made, made.open("wb") as file:
        np.save(file, found)
