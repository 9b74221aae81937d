"""A training as a row of steps that can be left and taken up again at any of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from lstm_core.recurrent.lstm import Floats, LstmWeights

WINDOWS_A_CALL = 512  # handed to TensorFlow at once: a report waits for no more

Asked = Callable[[], bool]  # whether somebody wants the steps to end


@dataclass(frozen=True, eq=False)
class StepMetrics:
    """What some steps gave, float32 ``(count,)`` each, all of the batch before its step.

    Attributes:
        losses: Mean loss.
        accuracies: Share of the windows on the target's side of one half.
        norms: Norm of the gradient of all weights together.
    """

    losses: Floats
    accuracies: Floats
    norms: Floats

    def __len__(self) -> int:
        return len(self.losses)


class Trainer(Protocol):
    """A recipe at work. A step depends on its number and on the state, on nothing else.

    Attributes:
        steps: Steps in all.
        done: Steps taken.
        batch_size: Windows a step.
        epoch_ends: Number of steps at the end of each epoch, rising; the last is `steps`.
    """

    steps: int
    done: int
    batch_size: int
    epoch_ends: tuple[int, ...]

    def make_ready(self) -> None:
        """Compile the step: seconds in which nothing is learned."""

    def learn(self, count: int, asked: Asked = ...) -> StepMetrics:
        """Take at least one and at most `count` steps; none any more after one that was `asked`."""

    def weights(self) -> LstmWeights:
        """The model as it would be saved now."""

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """Everything the next step depends on, by name."""

    def restore(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Go on from a state of a course of the same corpus, settings and seed."""


def never_stop() -> bool:
    """Take all steps."""
    return False


def steps_per_call(batch_size: int) -> int:
    """How many batches are handed to TensorFlow at once."""
    return max(1, WINDOWS_A_CALL // batch_size)


def states_equal(
    one: Mapping[str, npt.NDArray[Any]], other: Mapping[str, npt.NDArray[Any]]
) -> bool:
    """Whether two states are equal bit for bit."""
    return one.keys() == other.keys() and all(
        np.array_equal(one[name], other[name]) for name in one
    )
