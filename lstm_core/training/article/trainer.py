"""The article's recipe as a course: labelled reviews, their first places, Keras' Adam.

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
from lstm_core.training.trainer import Asked, StepMetrics, never_stop, steps_per_call

if TYPE_CHECKING:
    from lstm_core.training.recommended.train_step import BatchIterator

LEARNING_RATE = 1e-3  # Keras' default for Adam


class ArticleTrainer:
    """Epochs over encoded reviews in a new order each.

    Args:
        ids: Word ids, ``(N, T)``.
        labels: 1 positive, 0 negative, float32 ``(N,)``.
        start: The first weights.
        batch_size: B, reviews per step; the last step of an epoch may have fewer.
        epochs: Times through the reviews.
        seed: Where the orders come from.
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
    ) -> None:
        from lstm_core.training.recommended.train_step import OptimizerConfig, TrainStep

        self._ids, self._labels = ids, labels
        self.batch_size = batch_size
        self._seed = seed
        self._learner = TrainStep(start, OptimizerConfig())
        self._epoch_steps = -(-len(ids) // batch_size)
        self._call = min(steps_per_call(batch_size), self._epoch_steps)
        self.epoch_ends = tuple(self._epoch_steps * (epoch + 1) for epoch in range(epochs))
        self.steps = self.epoch_ends[-1]
        self.done = 0

    def make_ready(self) -> None:
        """Compile the step."""
        self._learner.run(self._batches(0))

    def learn(self, count: int, asked: Asked = never_stop) -> StepMetrics:
        """Take up to `count` steps, no more than a call and never past the end of an epoch."""
        left = self._epoch_steps - self.done % self._epoch_steps
        count = min(count, self._call, left)
        learned = self._learner.run(self._batches(count), asked)
        self.done += len(learned)
        return learned

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

    def _batches(self, count: int) -> BatchIterator:
        """The next batches, filled up to the size of a call."""
        from lstm_core.training.recommended.train_step import BatchIterator

        epoch, first = divmod(self.done, self._epoch_steps)
        size = self.batch_size
        rows = step_rng(self._seed, RngStream.ORDER, epoch).permutation(len(self._ids))
        rows = rows[first * size : (first + count) * size]
        shape = (self._call, size)
        ids = np.zeros((*shape, self._ids.shape[1]), np.int32)  # (S, B, T)
        targets, shares = np.zeros(shape, np.float32), np.zeros(shape, np.float32)  # (S, B)
        for row, at in enumerate(range(0, len(rows), size)):
            chosen = rows[at : at + size]
            ids[row, : len(chosen)] = self._ids[chosen]
            targets[row, : len(chosen)] = self._labels[chosen]
            shares[row, : len(chosen)] = 1 / len(chosen)
        return BatchIterator(
            ids=ids,
            targets=targets,
            sharpness=np.ones(shape, np.float32),
            shares=shares,
            masks=np.ones((self._call, self._learner.embedding_dim), np.float32),
            rates=np.full(self._call, LEARNING_RATE, np.float32),
            count=count,
        )
