"""The training step of both recipes: the LSTM, its gradient, Adam, weight averaging.

It computes what Keras computes for Embedding -> LSTM -> Dense (a test compares the two), faster:
in large batches the embedding meets the kernel once a step in a table of (V, 4D) instead of once a
word, and the gradient through time is written out (`bptt`). A step depends on its batch
and on `TrainStep.state` alone, so training can stop and resume bit for bit. Many steps are one
call, and the caller can end it after any of them.

Symbols: S steps, B windows, T places, V word ids, E embedding size, D units.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from lstm_core.recurrent.weights import ARRAYS, LstmWeights
from lstm_core.training.recommended.bptt import window_logits
from lstm_core.training.trainer import Asked, StepMetrics, never_stop

Floats = npt.NDArray[np.float32]

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7  # Adam (Kingma & Ba 2015), Keras' defaults


@dataclass(frozen=True, slots=True)
class OptimizerConfig:
    """How the weights follow the gradient; the defaults are Keras' Adam.

    Attributes:
        averaging: Share of the running average that is kept at a step t, at most: it is
            ``min(averaging, (1 + t) / (10 + t))``, as in TensorFlow's `ExponentialMovingAverage`,
            so that short trainings do not keep their first weights; 0 for no average.
        largest_norm: The gradient of all weights together is cut to this norm; 0 for any.
        as_keras: Take Keras' steps: epsilon is added to the root before the correction of its bias,
            and a word that occurs several times in a batch adds the square of each occurrence's
            gradient to its running square. Otherwise as in the paper: epsilon after the
            correction, the square of the whole gradient.
        cell_limit: Cell states beyond it are pulled back; 0 for no limit.
    """

    averaging: float = 0.0
    largest_norm: float = 0.0
    as_keras: bool = True
    cell_limit: float = 0.0


@dataclass(frozen=True, eq=False)
class BatchIterator:
    """Up to S batches for one call."""

    ids: npt.NDArray[np.int32]  # int32 ``(S, B, T)``
    targets: Floats  # P(positive) to be learned, float32 ``(S, B)``
    sharpness: Floats  # the logit is divided by it before it meets the target, float32 ``(S, B)``
    shares: Floats  # share of each window in its batch's mean, 0 for a filler, float32 ``(S, B)``
    masks: Floats  # factors of the embedding's columns, 0 for a dropped one, float32 ``(S, E)``
    rates: Floats  # learning rate of each step, float32 ``(S,)``
    count: int  # how many of the S batches are to be learned from


class TrainStep:
    """The weights while they learn, and their running average."""

    def __init__(self, weights: LstmWeights, rules: OptimizerConfig) -> None:
        start = list(weights.arrays().values())
        self._rules = rules
        self._weights = [tf.Variable(array) for array in start]
        self._average = [tf.Variable(array) for array in start if rules.averaging]
        self._means = [tf.Variable(np.zeros_like(array)) for array in start]
        self._squares = [tf.Variable(np.zeros_like(array)) for array in start]
        self._step = tf.Variable(0.0)
        self._asked = never_stop
        # Without autograph, which would take longer than the compiling.
        self._compiled = tf.function(self._between, jit_compile=True, autograph=False)
        self._call = tf.function(self._steps, autograph=False)

    @property
    def embedding_dim(self) -> int:
        """E, the size of a word's vector."""
        return int(self._weights[0].shape[1])

    def begin(self, weights: LstmWeights) -> None:
        """Start again from other weights of the same shapes, with what was compiled."""
        for group in (self._weights, self._average):
            for variable, array in zip(group, weights.arrays().values(), strict=False):
                variable.assign(array)
        for variable in (*self._means, *self._squares):
            variable.assign(tf.zeros_like(variable))
        self._step.assign(0.0)

    def run(self, batches: BatchIterator, asked: Asked = never_stop) -> StepMetrics:
        """Learn from the batches, one after the other.

        Args:
            asked: Looked at after every batch; once it says True, the rest is left.
        """
        self._asked = asked
        taken, *found = self._call(
            tf.constant(batches.ids),
            tf.constant(batches.targets),
            tf.constant(batches.sharpness),
            tf.constant(batches.shares),
            tf.constant(batches.masks),
            tf.constant(batches.rates),
            tf.constant(batches.count),
        )
        return StepMetrics(*(array.numpy()[: int(taken)] for array in found))

    def weights(self) -> LstmWeights:
        """The weights of the model: the running average, where there is one."""
        variables = self._average or self._weights
        return LstmWeights.from_arrays(variable.numpy() for variable in variables)

    def around_last_step(self, rate: float) -> tuple[LstmWeights, LstmWeights]:
        """The weights, not averaged, before and after the last step, whose rate was `rate`.

        Adam's state after a step holds what the step subtracted, so nothing is kept for this.
        """
        step = float(self._step)
        first, second = 1 - BETA_1**step, 1 - BETA_2**step
        epsilon = EPSILON / np.sqrt(second) if self._rules.as_keras else EPSILON
        after = [variable.numpy() for variable in self._weights]
        before = [
            weight + rate * (mean.numpy() / first) / (np.sqrt(square.numpy() / second) + epsilon)
            for weight, mean, square in zip(after, self._means, self._squares, strict=True)
        ]
        return LstmWeights.from_arrays(before), LstmWeights.from_arrays(after)

    def state(self) -> dict[str, Floats]:
        """Everything the next step depends on, by name."""
        return {name: variable.numpy() for name, variable in self._named().items()}

    def restore(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Go on from a state."""
        for name, variable in self._named().items():
            variable.assign(state[name])

    def _named(self) -> dict[str, Any]:
        groups = {
            "weights": self._weights,
            "average": self._average,
            "means": self._means,
            "squares": self._squares,
        }
        named = {
            f"{group}.{part}": variable
            for group, variables in groups.items()
            for part, variable in zip(ARRAYS, variables, strict=False)
        }
        return {**named, "step": self._step}

    def _steps(self, ids: Any, *rest: Any) -> Any:
        """Steps taken, and loss, share judged right and norm of each, ``(S,)``."""
        *arrays, count = rest

        def step(at: Any, goes_on: Any, told: Any) -> tuple[Any, ...]:
            last = tf.minimum(at + 1, count)
            told = told.write(at, self._compiled(ids, *arrays, at, last))
            asked = tf.numpy_function(lambda: np.bool_(self._asked()), [], tf.bool)
            asked.set_shape(())
            return last, tf.logical_and(last < count, tf.logical_not(asked)), told

        # True: once at least, with no batch at all the step is only compiled.
        start = (0, True, tf.TensorArray(tf.float32, ids.shape[0], element_shape=(3,)))
        taken, _, told = tf.while_loop(lambda at, goes_on, told: goes_on, step, start)
        losses, rights, norms = tf.unstack(told.stack(), axis=1)
        return taken, losses, rights, norms

    def _between(
        self,
        ids: Any,
        targets: Any,
        sharpness: Any,
        shares: Any,
        masks: Any,
        rates: Any,
        step: Any,
        last: Any,
    ) -> Any:
        """The steps from `step` on, before `last`; what the last of them gave, ``(3,)``."""

        def take(at: Any, _: Any) -> tuple[Any, Any]:
            with tf.GradientTape() as tape:
                logits = window_logits(
                    self._weights,
                    ids[at],
                    masks[at],
                    by_word=self._rules.as_keras,
                    cell_limit=self._rules.cell_limit,
                )  # (B,)
                loss = _loss(logits, targets[at], sharpness[at], shares[at])
            gradients = tape.gradient(loss, self._weights)
            right = tf.cast((logits > 0) == (targets[at] > 0.5), tf.float32)  # (B,)
            right = tf.reduce_sum(shares[at] * right)
            return at + 1, tf.stack([loss, right, self._update(gradients, rates[at])])

        # Numbers as data: XLA would compile again for others.
        return tf.while_loop(lambda at, _: at < last, take, (step, tf.zeros(3)))[1]

    def _update(self, found: Any, rate: Any) -> Any:
        """One step of Adam and of the average; the norm of the gradient."""
        gradients = [tf.convert_to_tensor(gradient) for gradient in found]
        norm = tf.linalg.global_norm(gradients)
        if self._rules.largest_norm:
            gradients, _ = tf.clip_by_global_norm(gradients, self._rules.largest_norm, norm)
        squared = [gradient * gradient for gradient in gradients]
        if self._rules.as_keras:
            squared[0] = tf.convert_to_tensor(
                tf.IndexedSlices(found[0].values ** 2, found[0].indices, found[0].dense_shape)
            )
        self._step.assign_add(1.0)
        first, second = 1 - BETA_1**self._step, 1 - BETA_2**self._step
        epsilon = EPSILON / tf.sqrt(second) if self._rules.as_keras else EPSILON
        for weight, gradient, new, mean, square in zip(
            self._weights, gradients, squared, self._means, self._squares, strict=True
        ):
            mean.assign(BETA_1 * mean + (1 - BETA_1) * gradient)
            square.assign(BETA_2 * square + (1 - BETA_2) * new)
            weight.assign_sub(rate * (mean / first) / (tf.sqrt(square / second) + epsilon))
        # Warm-up: after t steps the average spans about the last t / 9 of them, up to the rule's.
        kept = tf.minimum(self._rules.averaging, (1 + self._step) / (10 + self._step))
        for average, weight in zip(self._average, self._weights, strict=False):
            average.assign(kept * average + (1 - kept) * weight)
        return norm


MakeStep = Callable[[LstmWeights, OptimizerConfig], TrainStep]


class StepPool:
    """Compiled training steps of this process that no training uses: at most one."""

    def __init__(self) -> None:
        self._free: dict[str, TrainStep] = {}

    def holds(self, key: str) -> bool:
        """Whether the step of these sizes is compiled; see `TrainSettings.step_key`."""
        return key in self._free

    def take(self, key: str, weights: LstmWeights, rules: OptimizerConfig) -> TrainStep:
        """The compiled step of these sizes from these weights; a new one where there is none."""
        if (found := self._free.pop(key, None)) is None:
            return TrainStep(weights, rules)
        found.begin(weights)
        return found

    def give(self, key: str, step: TrainStep) -> None:
        """Keep a step for the next training of these sizes."""
        self._free = {key: step}


def _loss(logits: Any, targets: Any, sharpness: Any, shares: Any) -> Any:
    """Cross-entropy of sharpened logits, times the sharpness so that gradients keep size."""
    losses = tf.nn.sigmoid_cross_entropy_with_logits(targets, logits / sharpness)  # (B,)
    return tf.reduce_sum(shares * sharpness * losses)
