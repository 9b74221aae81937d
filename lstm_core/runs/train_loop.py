"""One training from its request to its bundle, told, filmed and saved on the way."""

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from lstm_core.errors import InputError, TrainingError
from lstm_core.metrics import accuracy, log_loss
from lstm_core.progress import Progress
from lstm_core.recurrent.lstm import LstmForward, LstmWeights, sigmoid
from lstm_core.runs.checkpoint import read_checkpoint, remove_checkpoints, write_checkpoint
from lstm_core.runs.config import RunRequest, command_of
from lstm_core.runs.data import RunData
from lstm_core.runs.events import EventKind, add_event
from lstm_core.runs.folder import RunFolder
from lstm_core.runs.health_checks import check_health
from lstm_core.runs.metrics_log import forget_after, write_diagnostics, write_history
from lstm_core.runs.read import NUMBERS_A_STEP, read_curve, read_run
from lstm_core.runs.schema import EpochPoint, Status
from lstm_core.runs.snapshots import SnapshotWriter
from lstm_core.runs.status import RunReporter
from lstm_core.runs.tensorboard import TensorBoardWriter
from lstm_core.text import encode_many
from lstm_core.training.diagnostics import compute_diagnostics
from lstm_core.training.factory import Prepared, TrainedModel, save_trained
from lstm_core.training.trainer import StepMetrics

CHECKPOINT_SECONDS = 45.0  # at least every minute, whatever a call takes
LOOKED_INSIDE = 64  # reviews
CALL_SECONDS = 0.4  # of steps between two reports; what is asked is looked at after each step
BEGINNING, MEASURING = "taking the first steps", "measuring and saving an epoch"
SPEED_SECONDS = 6.0  # over which the speed is a mean


def throttled(steps: int, seconds: float) -> int:
    """How many steps fit between two reports, when so many took so long; at most 8 times more."""
    return max(1, min(8 * steps, int(steps * CALL_SECONDS / max(seconds, 1e-6))))


class NonFiniteLossError(TrainingError):
    """The loss or the weights are no numbers any more."""


class Training:
    """The steps of one run and everything that is kept of them.

    Args:
        folder: The run's folder.
        request: What was asked for.
        data: What is learned from.
        prepared: The recipe at work.
        desk: Where it says how it stands and looks what it is asked.
    """

    def __init__(
        self,
        folder: RunFolder,
        request: RunRequest,
        data: RunData,
        prepared: Prepared,
        desk: RunReporter,
    ) -> None:
        self.folder, self.request, self.data, self.desk = folder, request, data, desk
        self.course, self.vocabulary = prepared.course, prepared.vocabulary
        maxlen = request.settings.maxlen
        self._camera = SnapshotWriter(
            folder, request.probes, self.vocabulary, maxlen, self.course.epoch_ends
        )
        watched = data.validation if len(data.validation) else data.corpus.train
        self._inside_ids = encode_many(watched.texts[:LOOKED_INSIDE], self.vocabulary, maxlen)
        self._inside_labels = np.asarray(watched.labels[:LOOKED_INSIDE], np.float32)
        self._validation = encode_many(data.validation.texts, self.vocabulary, maxlen)
        self._board: TensorBoardWriter | None = None
        self._points: list[EpochPoint] = []
        self._said: set[str] = set()
        self._seconds, self._mark = 0.0, self._clock()
        self._saved_at = time.monotonic()
        self._recent: deque[tuple[float, int]] = deque()
        self._pace = self.course.steps  # handed over at once; the first call says how fast it is

    def resume_from(self) -> None:
        """Go on from the last checkpoint, or begin.

        Raises:
            TrainingError: When the checkpoint is of other data.
        """
        found = read_checkpoint(self.folder)
        if found is not None:
            self._check_same_data(found.told)
            self.course.restore(found.state)
            self._seconds = float(found.told["seconds"])
        done = self.course.done
        self._board = TensorBoardWriter(self.folder, done)
        self._cut_curve(done)
        forget_after(self.folder, done)
        validation = len(self.data.validation)
        add_event(self.folder.events, EventKind.STARTED, step=done, validation=validation)
        known = read_run(self.folder.name)
        self._points, self._said = list(known.points), {warn.code for warn in known.warnings}
        weights = self.weights()
        self._camera.prepare(weights, done)
        if done == 0:
            self._camera.take(weights, 0)
            self._look_inside(weights)
        self._mark = self._clock()
        self._tell(0)

    def run(self) -> None:
        """Take all steps that are left.

        Raises:
            StopAsked: When the run is to stop.
            NotFinite: When the loss is no number any more.
            OSError: When something cannot be written.
        """
        self._mark = self._clock()
        self.desk.show(Progress(BEGINNING, 0))
        self.desk.enter(Status.RUNNING)
        course, moments = self.course, sorted({*self._camera.moments, *self.course.epoch_ends})
        while course.done < course.steps:
            self.desk.check_commands()
            wanted = next(moment for moment in moments if moment > course.done) - course.done
            began = time.monotonic()
            learned = course.learn(min(wanted, self._pace), self.desk.asked)
            self._pace = throttled(len(learned), time.monotonic() - began)
            self._keep(learned)
            self._tell(len(learned))
            if course.done in course.epoch_ends:
                self.desk.show(Progress(MEASURING, 0))
                self._end_epoch()
            elif course.done in self._camera.moments:
                self._camera.take(self.weights(), course.done)
            if course.done in course.epoch_ends or self._due():
                self.save_checkpoint()

    def save_checkpoint(self) -> None:
        """Save everything to go on from."""
        told = {
            "step": self.course.done,
            "seconds": round(self._seconds, 3),
            "sha256": self.data.corpus.source.sha256,
            "reviews": len(self.data.corpus.train),
        }
        write_checkpoint(self.folder, self.course.done, self.course.state(), told)
        self._saved_at = time.monotonic()

    def save_bundle(self) -> None:
        """Measure the model as it is and save it; a whole run needs its checkpoints no more."""
        self.desk.enter(Status.SAVING)
        if self._board is not None:
            self._board.close()
        whole = self.course.done >= self.course.steps
        request, notes = self.request, []
        if not whole:
            notes.append(
                f"Stopped after step {self.course.done:,} of {self.course.steps:,}; it can go on."
            )
        save_trained(
            TrainedModel(self.weights(), self.vocabulary),
            self.data.corpus,
            request.settings,
            self.folder.bundle,
            command=command_of(request),
            report=self.desk.report,
            extra=_extra(request),
            notes=notes,
            replace_existing=True,
        )
        if whole:
            remove_checkpoints(self.folder)

    def weights(self) -> LstmWeights:
        """The model as it is now.

        Raises:
            NotFinite: When it holds values that are no numbers.
        """
        try:
            return self.course.weights()
        except InputError as error:
            raise NonFiniteLossError(_not_finite(self.course.done)) from error

    def _check_same_data(self, told: Mapping[str, Any]) -> None:
        corpus = self.data.corpus
        if (told["sha256"], told["reviews"]) != (corpus.source.sha256, len(corpus.train)):
            raise TrainingError(
                f"The data at {corpus.source.path} is not the data that this run began with. Put "
                "the same data back and go on, or start a new run."
            )

    def _cut_curve(self, done: int) -> None:
        """Leave the steps that the checkpoint knows; ones that a crash lost are not numbers."""
        size = 4 * NUMBERS_A_STEP * done
        content = self.folder.steps.read_bytes()[:size] if self.folder.steps.exists() else b""
        missing = np.full((size - len(content)) // 4, np.nan, np.float32)
        content = content[: size - missing.nbytes] + missing.tobytes()
        self.folder.steps.write_bytes(content)

    def _keep(self, learned: StepMetrics) -> None:
        """Add the steps to the curve; numbers that are none end the run."""
        table = np.stack([learned.losses, learned.accuracies, learned.norms], axis=1)  # (S, 3)
        with self.folder.steps.open("ab") as file:
            file.write(table.astype(np.float32).tobytes())
        if not np.isfinite(table).all():
            bad = int(np.flatnonzero(~np.isfinite(table).all(axis=1))[0])
            raise NonFiniteLossError(_not_finite(self.course.done - len(table) + bad + 1))
        assert self._board is not None
        self._board.steps(self.course.done, learned)

    def _end_epoch(self) -> None:
        ends = self.course.epoch_ends
        epoch = ends.index(self.course.done) + 1
        first = ends[epoch - 2] if epoch > 1 else 0
        curve, weights = read_curve(self.folder.name), self.weights()
        self._lap()
        point = EpochPoint(
            epoch,
            self.course.done,
            float(np.mean(curve.losses[first:], dtype=np.float64)),
            float(np.mean(curve.accuracies[first:], dtype=np.float64)),
            *self._validate(weights),
            round(self._seconds, 2),
        )
        inside = self._look_inside(weights)
        self._points.append(point)
        add_event(self.folder.events, EventKind.EPOCH, point=asdict(point))
        for warn in check_health(self._points, inside, weights.lstm_dim):
            if warn.code not in self._said:
                self._said.add(warn.code)
                add_event(self.folder.events, EventKind.WARNING, **asdict(warn))
        write_history(self.folder, self._points)
        assert self._board is not None
        self._board.epoch(point, inside)
        if self.course.done in self._camera.moments:
            self._camera.take(weights, self.course.done)

    def _validate(self, weights: LstmWeights) -> tuple[float | None, float | None]:
        """Loss and accuracy on the validation reviews."""
        if not len(self._validation):
            return None, None
        forward = LstmForward(weights, self.request.settings.maxlen)
        probabilities = sigmoid(forward.logits(forward.final_states(self._validation)))  # (N,)
        labels = np.asarray(self.data.validation.labels)
        return float(log_loss(labels, probabilities)), float(accuracy(labels, probabilities))

    def _look_inside(self, weights: LstmWeights) -> Any:
        epoch = sum(end <= self.course.done for end in self.course.epoch_ends)
        inside = compute_diagnostics(
            weights, self._inside_ids, self._inside_labels, self.course.done, epoch
        )
        write_diagnostics(self.folder, inside)
        return inside

    def _clock(self) -> float:
        """Seconds that stand still in a pause, whatever the machine's clock is set to."""
        return time.monotonic() - self.desk.paused_seconds

    def _lap(self) -> None:
        """Add the time since the last look to the seconds of training."""
        before, self._mark = self._mark, self._clock()
        self._seconds += self._mark - before

    def _due(self) -> bool:
        return time.monotonic() - self._saved_at > CHECKPOINT_SECONDS

    def _tell(self, steps: int) -> None:
        """Say how far the run is, after so many more steps."""
        self._lap()
        done, ends = self.course.done, self.course.epoch_ends
        epoch = min(sum(end <= done for end in ends) + 1, len(ends))
        first = ends[epoch - 2] if epoch > 1 else 0
        self._recent.append((self._seconds, done))
        while self._seconds - self._recent[0][0] > SPEED_SECONDS and len(self._recent) > 2:
            self._recent.popleft()
        (before, from_step), (now, to_step) = self._recent[0], self._recent[-1]
        rate = (to_step - from_step) / (now - before) if now > before else 0.0
        self.desk.tell(
            step=done,
            steps=self.course.steps,
            epoch=epoch,
            epochs=len(ends),
            epoch_step=done - first,
            epoch_steps=ends[epoch - 1] - first,
            rate=round(rate * self.course.batch_size, 1),
            seconds=round(self._seconds, 2),
            left=round((self.course.steps - done) / rate, 1) if rate else None,
        )
        if steps:
            stage = f"epoch {epoch} of {len(ends)}"
            self.desk.show(Progress(stage, done - first, ends[epoch - 1] - first))


def _extra(request: RunRequest) -> dict[str, Any]:
    """Settings of the run beyond the recipe's, for the card."""
    found: dict[str, Any] = {}
    if request.validation_share:
        found["validation_share"] = request.validation_share
    if request.review_limit:
        found["review_limit"] = request.review_limit
    return found


def _not_finite(step: int) -> str:
    return (
        f"At step {step:,} the loss or a gradient was no finite number any more, so the run ended: "
        "from there on nothing could be learned. Start a new one with a larger batch, a smaller "
        "model or another seed; what it knew before is in its curves and its film."
    )
