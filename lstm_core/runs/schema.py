"""A run as the pages and the command line read it."""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from lstm_core.metrics import Interval, wilson
from lstm_core.model.card import MetricValue
from lstm_core.progress import Progress
from lstm_core.recurrent.lstm import Floats
from lstm_core.runs.config import RunRequest
from lstm_core.training.schedule import StepSettings


class Status(StrEnum):
    """State of a run; in the first four its process runs."""

    PREPARING = "preparing"
    RUNNING = "running"
    PAUSED = "paused"
    SAVING = "saving"
    STOPPED = "stopped"  # by a person; what was learned is kept
    INTERRUPTED = "interrupted"  # its process died; it goes on from its last checkpoint
    FINISHED = "finished"
    QUEUED = "queued"  # it begins when those before it have ended
    FAILED = "failed"  # it could not go on and said why


ALIVE = (Status.PREPARING, Status.RUNNING, Status.PAUSED, Status.SAVING)


@dataclass(frozen=True, slots=True)
class EpochPoint:
    """What was measured at the end of an epoch.

    Attributes:
        epoch: Its number, from 1.
        step: Steps done at its end.
        loss: Mean loss of its batches.
        accuracy: Mean accuracy of its batches.
        validation_loss: On the validation reviews, None without any.
        validation_accuracy: The same.
        seconds: Seconds of training up to its end, pauses not counted.
        test_loss: On the first places of the test reviews (the article's test score), None in runs
            of older versions. Nothing is chosen by it.
        test_accuracy: The same.
    """

    epoch: int
    step: int
    loss: float
    accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None
    seconds: float
    test_loss: float | None = None
    test_accuracy: float | None = None


TEST_AT_CHANCE = "test at chance"  # code of a warning about the saved model


@dataclass(frozen=True, slots=True)
class HealthWarning:
    """A health warning, shown once."""

    code: str  # which rule spoke ("overfitting")
    epoch: int  # at the end of which epoch
    text: str  # a sentence for a person

    @property
    def sentence(self) -> str:
        """The text with when it was found; the test reviews are measured at the end."""
        return (
            self.text if self.code == TEST_AT_CHANCE else f"After epoch {self.epoch}: {self.text}"
        )


@dataclass(frozen=True, eq=False)
class TrainingCurve:
    """Every step of a run, float32 ``(steps done,)`` each."""

    losses: Floats  # mean loss of the step's batch
    accuracies: Floats  # share of the batch that was judged right before the step
    norms: Floats  # norm of the gradient of all weights together

    def __len__(self) -> int:
        return len(self.losses)

    def thinned(self, most: int = 400) -> tuple[np.ndarray, "TrainingCurve"]:
        """Means over equal stretches, so that a picture has at most so many points.

        Returns:
            Steps done at the end of each stretch, int ``(P,)``, and the curve ``(P,)``.
        """
        size = max(1, -(-len(self) // most))
        starts = np.arange(0, len(self), size)
        ends = np.minimum(starts + size, len(self))
        if not len(starts):
            return ends, self
        counts = (ends - starts).astype(np.float32)
        parts = (
            (np.add.reduceat(part, starts) / counts).astype(np.float32)
            for part in (self.losses, self.accuracies, self.norms)
        )
        return ends, TrainingCurve(*parts)


@dataclass(frozen=True, eq=False)
class Run:
    """A run as it stands at the moment it was read.

    Attributes:
        name: Its name.
        number: Runs are numbered in the order in which they were made.
        made: When, in UTC, "2026-01-31T12:00:00Z".
        request: What was asked for.
        status: How it stands.
        message: A sentence about that; why it failed.
        stage: What it is doing now, with its own bar; None unless it lives.
        stage_seconds: For how long.
        asked_seconds: Seconds since it was started, while it lives.
        start_expected: Seconds from the click to the first step that were expected.
        step: Steps done.
        steps: Steps in all, 0 while they are not known.
        epoch: Number of the epoch under way, from 1; 0 before the first step.
        epochs: Epochs in all.
        epoch_step: Steps done of this epoch.
        epoch_steps: Steps of this epoch.
        reviews_per_second: Speed of late, 0 while it is not known.
        seconds: Seconds of training so far, pauses and preparing not counted.
        seconds_left: Seconds of training left at that speed, None while it is not known.
        points: Its epochs so far.
        validation_reviews: Reviews of the validation split, 0 without one or where not recorded.
        warnings: What looked wrong.
        can_continue: It can be taken up by `continue_run`.
        has_bundle: It has a model that can be used.
        figures: What its model's card says about the test reviews.
        settings: Settings of the next step, None while they are not known.
        is_example: It ships with LSTM Lens and is only read; its model is the shipped one.
        settings_log: Learning rate, batch size and dropout from the steps on at which they changed.
    """

    name: str
    number: int
    made: str
    request: RunRequest
    status: Status
    message: str
    stage: Progress | None
    stage_seconds: float
    asked_seconds: float
    start_expected: float
    step: int
    steps: int
    epoch: int
    epochs: int
    epoch_step: int
    epoch_steps: int
    reviews_per_second: float
    seconds: float
    seconds_left: float | None
    points: tuple[EpochPoint, ...]
    validation_reviews: int
    warnings: tuple[HealthWarning, ...]
    can_continue: bool
    has_bundle: bool
    figures: tuple[MetricValue, ...]
    settings_log: tuple[StepSettings, ...] = ()
    settings: StepSettings | None = None
    is_example: bool = False

    def validation_interval(self, accuracy: float) -> Interval:
        """A validation accuracy with Wilson's 95 % interval; 0 to 1 where the number is unknown."""
        count = self.validation_reviews
        if not count:
            return Interval(accuracy, 0.0, 1.0)
        return replace(wilson(round(accuracy * count), count), value=accuracy)

    @property
    def bundle_is_current(self) -> bool:
        """Its model has what was learned so far; one made before it was resumed has not."""
        return self.has_bundle and self.status in (Status.FINISHED, Status.STOPPED)

    @property
    def alive(self) -> bool:
        """Its process runs, so it may change at any moment."""
        return self.status in ALIVE
