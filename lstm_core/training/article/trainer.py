"""The trainer of the article's recipe: labelled reviews, their first places, Keras' Adam.

It takes the steps that the article's `fit` takes (a test compares the weights with Keras'), but an
order of reviews depends on seed and epoch alone, so that it can be left and taken up at any step.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lstm_core.recurrent.lstm import Floats, Ids, LstmWeights
from lstm_core.training.rng import RngStream, step_rng
from lstm_core.training.schedule import EpochSchedule, SettingsLog, StepSettings, steps_per_call
from lstm_core.training.trainer import Asked, LastBatch, StepMetrics, never_stop

if TYPE_CHECKING:
    from lstm_core.training.recommended.train_step import BatchIterator, MakeStep

LEARNING_RATE = 1e-3  # Keras' default for Adam


class ArticleTrainer:
    """Epochs over encoded reviews in a new order each.

    Args:
        ids: Word ids, ``(N, T)``.
        labels: 1 positive, 0 negative, float32 ``(N,)``.
        batch_size: B, reviews per step; the last step of an epoch may have fewer.
        epochs: Times through the reviews.
        seed: Where the orders come from.
        step: Makes the training step; `TrainStep` unless given.
    """

    def __init__(
        self,
        ids: Ids,
        labels: Floats,
        start: LstmWeights,
        *,
        batch_size: int,
        epochs: int,
        seed: int,
        step: MakeStep | None = None,
    ) -> None:
        from lstm_core.training.recommended.train_step import OptimizerConfig, TrainStep

        self._ids, self._labels = ids, labels
        self._seed, self._epochs = seed, epochs
        self._learner = (step or TrainStep)(start, OptimizerConfig())
        self.log = SettingsLog(StepSettings(0, LEARNING_RATE, batch_size, 0.0))
        self._plan()
        self.done = 0

    def _plan(self) -> None:
        self._schedule = EpochSchedule(len(self._ids), self._epochs, self.log.batch_sizes)
        self.epoch_ends = self._schedule.epoch_ends
        self.steps = self.epoch_ends[-1]

    def change(self, change: StepSettings) -> None:
        """Use other settings from a step on."""
        self.log.add(change)
        self._plan()

    def forget_changes(self) -> None:
        """Use the first settings for all steps again."""
        self.log.restart()
        self._plan()

    def make_ready(self) -> None:
        """Compile the step."""
        self._learner.run(self._batches(self.done, 0))

    def learn(self, count: int, asked: Asked = never_stop) -> StepMetrics:
        """Take up to `count` steps, no more than a call and never past an epoch or a change."""
        count = self.log.next_call(self.done, count, self.epoch_ends)
        learned = self._learner.run(self._batches(self.done, count), asked)
        self.done += len(learned)
        return learned

    def last_batch(self) -> LastBatch:
        """The batch of the last step, which was taken by this process."""
        batches = self._batches(self.done - 1, 1)
        taken = batches.shares[0] > 0
        before, after = self._learner.around_last_step(float(batches.rates[0]))
        ids, targets = batches.ids[0][taken], batches.targets[0][taken]
        return LastBatch(ids, targets, batches.masks[0], before, after)

    def weights(self) -> LstmWeights:
        """The model as it is now."""
        return self._learner.weights()

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """Everything the next step depends on, by name."""
        return {"done": np.array(self.done), **self._learner.state()}

    def restore(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Go on from a state."""
        self._learner.restore(state)
        self.done = int(state["done"])

    def _batches(self, step: int, count: int) -> BatchIterator:
        """Batches from a step on, filled up to the size of a call."""
        from lstm_core.training.recommended.train_step import BatchIterator

        chosen = self.log.at(step)
        size, call = chosen.batch_size, steps_per_call(chosen.batch_size)
        epoch, first = self._schedule.position(step)
        rows = step_rng(self._seed, RngStream.ORDER, epoch).permutation(len(self._ids))
        rows = rows[first : first + count * size]
        shape = (call, size)
        ids = np.zeros((*shape, self._ids.shape[1]), np.int32)  # (S, B, T)
        targets, shares = np.zeros(shape, np.float32), np.zeros(shape, np.float32)  # (S, B)
        for row, at in enumerate(range(0, len(rows), size)):
            chosen_rows = rows[at : at + size]
            ids[row, : len(chosen_rows)] = self._ids[chosen_rows]
            targets[row, : len(chosen_rows)] = self._labels[chosen_rows]
            shares[row, : len(chosen_rows)] = 1 / len(chosen_rows)
        masks = np.ones((call, self._learner.embedding_dim), np.float32)  # (S, E)
        if chosen.dropout:
            for row in range(count):
                rng = step_rng(self._seed, RngStream.DROPOUT, step + row)
                masks[row] = (rng.random(masks.shape[1]) >= chosen.dropout) / (1 - chosen.dropout)
        return BatchIterator(
            ids=ids,
            targets=targets,
            sharpness=np.ones(shape, np.float32),
            shares=shares,
            masks=masks,
            rates=np.full(call, chosen.learning_rate, np.float32),
            count=count,
        )
