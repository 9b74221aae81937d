"""Interface of trainers: a training is a sequence of steps and can resume after any of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from lstm_core.recurrent.lstm import Floats, LstmWeights
from lstm_core.training.schedule import SettingsLog, StepSettings

Asked = Callable[[], bool]  # whether somebody wants the steps to end


@dataclass(frozen=True, eq=False)
class StepMetrics:
    """What some steps gave, float32 ``(count,)`` each, all of the batch before its step."""

    losses: Floats  # mean loss
    accuracies: Floats  # share of the windows on the target's side of one half
    norms: Floats  # norm of the gradient of all weights together

    def __len__(self) -> int:
        return len(self.losses)


@dataclass(frozen=True, eq=False)
class LastBatch:
    """The batch of the last step, and what the step did with it."""

    ids: npt.NDArray[np.int32]  # word ids, int32 ``(B, T)``
    targets: Floats  # P(positive) that was to be learned, ``(B,)``
    mask: Floats  # factors of the embedding's columns, 0 for a dropped one, ``(E,)``
    before: LstmWeights  # the weights before the step
    after: LstmWeights  # the weights after it


class Trainer(Protocol):
    """A recipe at work. A step depends on its number, the settings and the state, nothing else.

    Attributes:
        steps: Steps in all.
        done: Steps taken.
        epoch_ends: Number of steps at the end of each epoch, rising; the last is `steps`.
        log: The settings of every step.
    """

    steps: int
    done: int
    epoch_ends: tuple[int, ...]
    log: SettingsLog

    def make_ready(self) -> None:
        """Compile the step: seconds in which nothing is learned."""

    def learn(self, count: int, asked: Asked = ...) -> StepMetrics:
        """Take at least one and at most `count` steps; none any more after one that was `asked`."""

    def change(self, change: StepSettings) -> None:
        """Use other settings from a step on."""

    def forget_changes(self) -> None:
        """Discard all changes of settings."""

    def last_batch(self) -> LastBatch:
        """The batch of the last step, which was taken by this process."""

    def weights(self) -> LstmWeights:
        """The model as it would be saved now."""

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """Everything the next step depends on, by name."""

    def restore(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Resume from a state of a trainer of the same corpus, settings and seed."""


def never_stop() -> bool:
    """Take all steps."""
    return False
