"""Snapshots: what the model computed for some probe reviews at many steps of its training.

A snapshot keeps the weights that these reviews use (their words' vectors, the LSTM, the output), so
every trace is computed again from it, exactly, in a few hundred kilobytes at the article's sizes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lstm_core.errors import InputError, LstmLensError, RunError, reason
from lstm_core.recurrent.lstm import LstmForward, LstmWeights
from lstm_core.recurrent.trace import Trace, as_trace
from lstm_core.runs.arrays import read_weights, write_weights
from lstm_core.runs.config import RunRequest
from lstm_core.runs.example import EXAMPLE_VOCABULARY
from lstm_core.runs.folder import RunFolder, folder_of
from lstm_core.tasks.atomic import write_file
from lstm_core.text import PAD, Encoding, Vocabulary, encode

LARGEST_BYTES = 96 * 2**20  # of all snapshots of a run
FEWEST_SNAPSHOTS = 8
EARLY = (1, 2, 4, 8, 16, 32, 48, 64, 96, 128, 192, 256, 384, 512)  # steps, in the first epoch
VOCABULARY = "vocabulary.txt"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The weights at one step of the training."""

    step: int  # steps done
    epoch: int  # epochs done
    path: Path  # its file


@dataclass(frozen=True, eq=False)
class SnapshotLog:
    """All snapshots of a run."""

    probes: tuple[str, ...]  # the reviews
    encodings: tuple[Encoding, ...]  # the same as the model reads them
    frames: tuple[Snapshot, ...]  # in the order of steps; empty before the first step

    def trace(self, frame: int, probe: int) -> Trace:
        """Every value inside the model for a probe, with the weights of a snapshot.

        Raises:
            RunError: When the snapshot cannot be read.
        """
        encoding = self.encodings[probe]
        weights, arrays = read_weights(self.frames[frame].path)
        forward = LstmForward(weights, len(encoding.ids))
        ids = np.searchsorted(arrays["known"], encoding.ids).astype(np.int32)
        return as_trace(forward, encoding, forward.steps(ids))


def read_snapshots(name: str) -> SnapshotLog:
    """The snapshots of a run so far.

    Raises:
        RunError: When there is no such run.
    """
    folder = folder_of(name)
    request = RunRequest.from_json(folder.request.read_text(encoding="utf-8"))
    sizes = request.settings.sizes
    try:
        vocabulary = read_vocabulary(folder, sizes.num_words)
        files = sorted(folder.film.glob("*.npz"))
    except LstmLensError:
        return SnapshotLog(request.probes, (), ())
    encodings = tuple(encode(probe, vocabulary, sizes.maxlen) for probe in request.probes)
    frames = []
    for file in files:
        step, _, epoch = file.stem.partition("-")
        frames.append(Snapshot(int(step), int(epoch), file))
    return SnapshotLog(request.probes, encodings, tuple(frames))


def read_vocabulary(folder: RunFolder, num_words: int) -> Vocabulary:
    """The words of a run's ids.

    Raises:
        RunError: They cannot be read, or the run has not begun.
    """
    try:
        path = EXAMPLE_VOCABULARY if folder.is_example else folder.film / VOCABULARY
        words = path.read_text(encoding="utf-8").split("\n")
        return Vocabulary([word for word in words if word], num_words)
    except (OSError, UnicodeDecodeError, InputError) as error:
        raise RunError(f"The words of {folder.name} cannot be read: {reason(error)}.") from error


class SnapshotWriter:
    """Writes the snapshots while a run trains.

    Args:
        maxlen: T, the places of an encoding.
        epoch_ends: Steps done at the end of each epoch.
    """

    def __init__(
        self,
        folder: RunFolder,
        probes: Sequence[str],
        vocabulary: Vocabulary,
        maxlen: int,
        epoch_ends: Sequence[int],
    ) -> None:
        self._folder = folder.film
        self._words = vocabulary.words
        self._ends = tuple(epoch_ends)
        encodings = [encode(probe, vocabulary, maxlen).ids for probe in probes]
        self._known = np.unique(np.concatenate([[PAD], *encodings])).astype(np.int32)  # (K,)
        self._most = FEWEST_SNAPSHOTS
        self.moments: frozenset[int] = frozenset()

    def prepare(self, weights: LstmWeights, done: int) -> None:
        """Choose the steps and delete snapshots of steps that will be done again."""
        self._folder.mkdir(exist_ok=True)
        write_file(self._folder / VOCABULARY, "\n".join(self._words).encode())
        size = sum(array.nbytes for array in self._touched(weights).arrays().values())
        self._most = max(FEWEST_SNAPSHOTS, LARGEST_BYTES // size)
        self.plan(self._ends)
        for file in self._folder.glob("*.npz"):
            if int(file.stem.partition("-")[0]) > done:
                file.unlink()

    def plan(self, epoch_ends: Sequence[int]) -> None:
        """Choose the steps by the ends of the epochs."""
        self._ends = tuple(epoch_ends)
        self.moments = frozenset(snapshot_steps(self._ends, self._most))

    def take(self, weights: LstmWeights, step: int) -> None:
        """Write a snapshot after so many steps."""
        epoch = sum(end <= step for end in self._ends)
        path = self._folder / f"{step:09d}-{epoch:04d}.npz"
        write_weights(path, self._touched(weights), known=self._known)

    def _touched(self, weights: LstmWeights) -> LstmWeights:
        """The weights with the vectors of the known ids alone."""
        return replace(weights, embedding=weights.embedding[self._known])


def snapshot_steps(epoch_ends: Sequence[int], most: int) -> tuple[int, ...]:
    """Steps with a snapshot: the start, early ones, every epoch, `most` at most."""
    early = [0, *(step for step in EARLY if step < epoch_ends[-1])]
    early = early[: most // 2]
    later = [end for end in epoch_ends if end not in early]
    room = most - len(early)
    if len(later) > room:
        chosen = np.linspace(0, len(later) - 1, room).round().astype(int)
        later = [later[number] for number in chosen]
    return tuple(sorted({*early, *later}))
