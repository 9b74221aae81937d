"""Checkpoints: one file with everything that a training resumes from, replaced atomically.

The file is written beside its place, waited for until the disk has it, and renamed; the one before
is kept until the next. A line with the SHA-256 of the rest stands at the front, so a damaged file
is noticed and the one before it is taken.
"""

import hashlib
import io
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lstm_core.runs.folder import RunFolder
from lstm_core.tasks.atomic import write_file

MARK = b"LSTM Lens checkpoint 1 "
KEPT = 2
_TOLD = "told"

State = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """What was saved.

    Attributes:
        state: The trainer's state.
        told: What else there is to know: the step, the data's fingerprint, seconds of training.
    """

    state: State
    told: Mapping[str, Any]


def write_checkpoint(folder: RunFolder, step: int, state: State, told: Mapping[str, Any]) -> None:
    """Save a state; older checkpoints but the last one go.

    Raises:
        OSError: When it cannot be written; the ones before are then still there.
    """
    made = io.BytesIO()
    text = np.frombuffer(json.dumps(dict(told)).encode(), np.uint8)
    arrays: dict[str, Any] = {f"state.{name}": array for name, array in state.items()}
    arrays[_TOLD] = text
    np.savez(made, **arrays)
    payload = made.getvalue()
    head = MARK + hashlib.sha256(payload).hexdigest().encode() + b"\n"
    write_file(folder.path / f"checkpoint-{step:09d}.npz", head + payload, durable=True)
    for old in _files(folder)[KEPT:]:
        with suppress(OSError):
            old.unlink()


def read_checkpoint(folder: RunFolder) -> Checkpoint | None:
    """The newest checkpoint that is whole, None when there is none."""
    for path in _files(folder):
        with suppress(OSError, ValueError, KeyError):
            return _read(path)
    return None


def remove_checkpoints(folder: RunFolder) -> None:
    """Remove all of them: a finished run needs none."""
    for path in _files(folder):
        with suppress(OSError):
            path.unlink()


def _files(folder: RunFolder) -> list[Path]:
    """Newest first."""
    return sorted(folder.path.glob("checkpoint-*.npz"), reverse=True)


def _read(path: Path) -> Checkpoint:
    head, _, payload = path.read_bytes().partition(b"\n")
    if head != MARK + hashlib.sha256(payload).hexdigest().encode():
        raise ValueError(f"{path.name} is damaged")
    with np.load(io.BytesIO(payload), allow_pickle=False) as found:
        arrays = {name: found[name] for name in found.files}
    told = json.loads(arrays.pop(_TOLD).tobytes())
    return Checkpoint({name.removeprefix("state."): a for name, a in arrays.items()}, told)
