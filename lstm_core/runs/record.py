"""Record of a run while it trains: curve, epochs, snapshots, diagnostics."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from lstm_core.metrics import accuracy, log_loss
from lstm_core.model.card import Card
from lstm_core.recurrent.lstm import Ids, LstmForward, LstmWeights, sigmoid
from lstm_core.runs.config import RunRequest
from lstm_core.runs.data import Encoded, RunData
from lstm_core.runs.epochs import (
    best_epoch,
    forget_epochs_after,
    keep_data_note,
    keep_epoch,
)
from lstm_core.runs.events import EventKind, add_event
from lstm_core.runs.folder import RunFolder
from lstm_core.runs.health_checks import DEAD, chance_warning, check_health
from lstm_core.runs.metrics_log import forget_after, write_diagnostics, write_history
from lstm_core.runs.read import NUMBERS_A_STEP, read_curve, read_run
from lstm_core.runs.schema import EpochPoint
from lstm_core.runs.snapshots import SnapshotWriter
from lstm_core.runs.tensorboard import TensorBoardWriter
from lstm_core.training.diagnostics import Diagnostics, compute_diagnostics
from lstm_core.training.trainer import StepMetrics

LOOKED_INSIDE = 64  # reviews


class RunRecord:
    """Writers of the files of a run.

    Attributes:
        points: The epochs so far.
        seconds: Seconds of training so far.
    """

    def __init__(
        self, folder: RunFolder, request: RunRequest, data: RunData, encoded: Encoded
    ) -> None:
        self._folder, self._request = folder, request
        watched = (data.validation, encoded.validation)
        if not len(data.validation):
            watched = (data.corpus.train, encoded.train)
        self._inside_ids = watched[1][:LOOKED_INSIDE]
        self._inside_labels = np.asarray(watched[0].labels[:LOOKED_INSIDE], np.float32)
        self._measured: list[tuple[Ids, np.ndarray]] = [
            (encoded.validation, np.asarray(data.validation.labels)),
            (encoded.test, np.asarray(data.corpus.test.labels)),
        ]
        self._vocabulary = encoded.vocabulary
        self._corpus = data.corpus
        self._board: TensorBoardWriter | None = None
        self._said: set[str] = set()
        self.points: list[EpochPoint] = []
        self.seconds = 0.0

    def begin(
        self, done: int, epoch_ends: Sequence[int], weights: LstmWeights, *, reset: bool = False
    ) -> None:
        """Begin after so many steps: what belongs to later ones is forgotten."""
        self.close()
        self._board = TensorBoardWriter(self._folder, done)
        self._cut_curve(done)
        forget_after(self._folder, done)
        forget_epochs_after(self._folder, done)
        keep_data_note(self._folder, self._corpus)
        more = {"reset": True} if reset else {}
        kept_apart = len(self._measured[0][0])
        events = self._folder.events
        add_event(events, EventKind.STARTED, step=done, validation=kept_apart, **more)
        known = read_run(self._folder.name)
        self.points, self._said = list(known.points), {warn.code for warn in known.warnings}
        self._ends = tuple(epoch_ends)
        self._camera = SnapshotWriter(
            self._folder,
            self._request.probes,
            self._vocabulary,
            self._request.settings.maxlen,
            self._ends,
        )
        self._camera.prepare(weights, done)
        if done == 0:
            self._camera.take(weights, 0)
            self._look_inside(weights, 0)

    def plan(self, epoch_ends: Sequence[int]) -> None:
        """Follow other ends of epochs, after a change of the batch size."""
        self._ends = tuple(epoch_ends)
        self._camera.plan(self._ends)

    @property
    def moments(self) -> frozenset[int]:
        """Steps after which a snapshot is taken."""
        return self._camera.moments

    def add_steps(self, done: int, learned: StepMetrics) -> int | None:
        """Add the steps that end after `done`; the first one that is no number, if any is."""
        table = np.stack([learned.losses, learned.accuracies, learned.norms], axis=1)  # (S, 3)
        with self._folder.steps.open("ab") as file:
            file.write(table.astype(np.float32).tobytes())
        if not np.isfinite(table).all():
            bad = int(np.flatnonzero(~np.isfinite(table).all(axis=1))[0])
            return done - len(table) + bad + 1
        assert self._board is not None
        self._board.steps(done, learned)
        return None

    def take_snapshot(self, weights: LstmWeights, done: int) -> None:
        """Take a snapshot where one belongs."""
        if done in self._camera.moments:
            self._camera.take(weights, done)

    def end_epoch(self, weights: LstmWeights, done: int) -> EpochPoint:
        """Measure and keep the epoch that ended after so many steps."""
        epoch = self._ends.index(done) + 1
        first = self._ends[epoch - 2] if epoch > 1 else 0
        curve = read_curve(self._folder.name)
        validation, test = (_measure(weights, *part) for part in self._measured)
        point = EpochPoint(
            epoch,
            done,
            float(np.mean(curve.losses[first:], dtype=np.float64)),
            float(np.mean(curve.accuracies[first:], dtype=np.float64)),
            *validation,
            round(self.seconds, 2),
            *test,
        )
        inside = self._look_inside(weights, done)
        self.points.append(point)
        best = best_epoch(self.points)
        keep_epoch(self._folder, point, weights, best.epoch if best else None)
        add_event(self._folder.events, EventKind.EPOCH, point=asdict(point))
        held_out = len(self._measured[0][0])
        for warn in check_health(self.points, inside, weights.lstm_dim, held_out):
            if warn.code not in self._said or warn.code.startswith(DEAD):
                self._said.add(warn.code)
                add_event(self._folder.events, EventKind.WARNING, **asdict(warn))
        write_history(self._folder, self.points)
        assert self._board is not None
        self._board.epoch(point, inside)
        self.take_snapshot(weights, done)
        return point

    def warn_if_at_chance(self, card: Card) -> None:
        """Warn when the saved model is not shown to be better than guessing."""
        measured = card.figure("accuracy")
        labels = self._corpus.test.labels.tolist()
        epoch = self.points[-1].epoch if self.points else 1
        warn = chance_warning(measured.value, labels, epoch) if measured else None
        if warn is not None:
            add_event(self._folder.events, EventKind.WARNING, **asdict(warn))

    def close(self) -> None:
        """Write what is left."""
        if self._board is not None:
            self._board.close()
            self._board = None

    def _cut_curve(self, done: int) -> None:
        """Leave the steps that the checkpoint knows; ones that a crash lost are not numbers."""
        size = 4 * NUMBERS_A_STEP * done
        steps = self._folder.steps
        content = steps.read_bytes()[:size] if steps.exists() else b""
        missing = np.full((size - len(content)) // 4, np.nan, np.float32)
        content = content[: size - missing.nbytes] + missing.tobytes()
        steps.write_bytes(content)

    def _look_inside(self, weights: LstmWeights, done: int) -> Diagnostics:
        epoch = sum(end <= done for end in self._ends)
        inside = compute_diagnostics(weights, self._inside_ids, self._inside_labels, done, epoch)
        write_diagnostics(self._folder, inside)
        return inside


def _measure(weights: LstmWeights, ids: Ids, labels: Any) -> tuple[float | None, float | None]:
    """Loss and accuracy on encoded reviews, None without any."""
    if not len(ids):
        return None, None
    forward = LstmForward(weights, ids.shape[1])
    probabilities = sigmoid(forward.logits(forward.final_states(ids)))  # (N,)
    return float(log_loss(labels, probabilities)), float(accuracy(labels, probabilities))
