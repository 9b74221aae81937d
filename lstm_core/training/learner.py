"""The training step of both recipes: the LSTM, its gradient, Adam, weight averaging.

It computes what Keras computes for Embedding -> LSTM -> Dense (a test compares the two), faster:
in large batches the embedding meets the kernel once a step in a table of (V, 4D) instead of once a
word, and the gradient through time is written out, so that only gates and states are kept. A step
depends on its batch and on `Learner.state` alone, so a training can stop and go on bit for bit.
Many steps are one call, and whoever called can end it after any of them.

Symbols: S steps, B windows, T places, V word ids, E embedding size, D units; gates in Keras' order
i, f, g, o. Backward through time (Hochreiter & Schmidhuber 1997, with forget gates), where d* is
dLoss/d*:

    dc_t += dh_t o (1 - tanh(c_t)^2)
    dz_i = dc_t g i (1 - i);    dz_f = dc_t c_{t-1} f (1 - f)
    dz_g = dc_t i (1 - g^2);    dz_o = dh_t tanh(c_t) o (1 - o)
    dh_{t-1} = dz_t U^T;        dc_{t-1} = dc_t f

Cell states that run far out are pulled back where a recipe asks for it (`Rules.cell_limit`): the
loss has PULL / 2 (|c| - limit)^2 more for every state beyond, which adds to dc_t. Beyond 6 tanh is
flat, so nothing is lost, and numbers of that size would cost digits of single precision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from lstm_core.lstm import LstmWeights
from lstm_core.training.course import Asked, Learned, nobody_asks

Floats = npt.NDArray[np.float32]

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7  # Adam (Kingma & Ba 2015), Keras' defaults
PULL = 1e-3  # of cell states beyond the limit
PARTS = ("embedding", "kernel", "recurrent", "bias", "dense_kernel", "dense_bias")


@dataclass(frozen=True, slots=True)
class Rules:
    """How the weights follow the gradient; the defaults are Keras' Adam.

    Attributes:
        averaging: Share of the running average that is kept at a step; 0 for no average.
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
class Batches:
    """Up to S batches for one call.

    Attributes:
        ids: int32 ``(S, B, T)``.
        targets: P(positive) to be learned, float32 ``(S, B)``.
        sharpness: The logit is divided by it before it meets the target, float32 ``(S, B)``.
        shares: Share of each window in its batch's mean, 0 for a filler, float32 ``(S, B)``.
        masks: Factors of the embedding's columns, 0 for a dropped one, float32 ``(S, E)``.
        rates: Learning rate of each step, float32 ``(S,)``.
        count: How many of the S batches are to be learned from.
        bags: Windows with the same number, 0 to B - 1, are judged by the mean of their logits,
            int32 ``(S, B)``; None when each is judged alone.
        held: Windows of bags that learn only half from them, bool ``(S, B)``; None without bags.
    """

    ids: npt.NDArray[np.int32]
    targets: Floats
    sharpness: Floats
    shares: Floats
    masks: Floats
    rates: Floats
    count: int
    bags: npt.NDArray[np.int32] | None = None
    held: npt.NDArray[np.bool_] | None = None


class Learner:
    """The weights while they learn, and their running average.

    Args:
        weights: Where to start.
        rules: How they move.
    """

    def __init__(self, weights: LstmWeights, rules: Rules) -> None:
        start = (
            weights.embedding,
            weights.kernel,
            weights.recurrent,
            weights.bias,
            weights.dense_kernel[:, None],
            np.array([weights.dense_bias], np.float32),
        )
        self._rules = rules
        self._weights = [tf.Variable(array) for array in start]
        self._average = [tf.Variable(array) for array in start if rules.averaging]
        self._means = [tf.Variable(np.zeros_like(array)) for array in start]
        self._squares = [tf.Variable(np.zeros_like(array)) for array in start]
        self._step = tf.Variable(0.0)
        self._asked = nobody_asks
        self._compiled = tf.function(self._between, jit_compile=True, autograph=True)
        self._call = tf.function(self._steps, autograph=True)

    @property
    def embedding_dim(self) -> int:
        """E, the size of a word's vector."""
        return int(self._weights[0].shape[1])

    def run(self, batches: Batches, asked: Asked = nobody_asks) -> Learned:
        """Learn from the batches, one after the other.

        Args:
            batches: What to learn from.
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
            None if batches.bags is None else tf.constant(batches.bags),
            None if batches.held is None else tf.constant(batches.held),
        )
        return Learned(*(array.numpy()[: int(taken)] for array in found))

    def weights(self) -> LstmWeights:
        """The weights of the model: the running average, where there is one."""
        embedding, kernel, recurrent, bias, dense_kernel, dense_bias = (
            variable.numpy() for variable in self._average or self._weights
        )
        return LstmWeights(
            embedding, kernel, recurrent, bias, dense_kernel[:, 0], float(dense_bias[0])
        )

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
            for part, variable in zip(PARTS, variables, strict=False)
        }
        return {**named, "step": self._step}

    def _steps(self, ids: Any, *rest: Any) -> Any:
        """Steps taken, and loss, share judged right and norm of each, ``(S,)``."""
        *arrays, count, bags, held = rest
        told = tf.TensorArray(tf.float32, ids.shape[0], element_shape=(3,))
        step, goes_on = tf.constant(0), tf.constant(True)
        while goes_on:  # once at least: with no batch at all the step is only compiled
            last = tf.minimum(step + 1, count)
            told = told.write(step, self._compiled(ids, *arrays, step, last, bags, held))
            step = last
            asked = tf.numpy_function(lambda: np.bool_(self._asked()), [], tf.bool)
            asked.set_shape(())
            goes_on = tf.logical_and(step < count, tf.logical_not(asked))
        losses, rights, norms = tf.unstack(told.stack(), axis=1)
        return step, losses, rights, norms

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
        bags: Any,
        held: Any,
    ) -> Any:
        """The steps from `step` on, before `last`; what the last of them gave, ``(3,)``."""
        told = tf.zeros(3)
        while step < last:  # numbers as data: XLA would compile anew for others
            with tf.GradientTape() as tape:
                logits = window_logits(
                    self._weights,
                    ids[step],
                    masks[step],
                    by_word=self._rules.as_keras,
                    cell_limit=self._rules.cell_limit,
                )  # (B,)
                if bags is not None:
                    logits = bag_means(half_held(logits, held[step]), bags[step])
                loss = _loss(logits, targets[step], sharpness[step], shares[step])
            gradients = tape.gradient(loss, self._weights)
            right = tf.cast((logits > 0) == (targets[step] > 0.5), tf.float32)  # (B,)
            right = tf.reduce_sum(shares[step] * right)
            told = tf.stack([loss, right, self._update(gradients, rates[step])])
            step += 1
        return told

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
        kept = self._rules.averaging
        for average, weight in zip(self._average, self._weights, strict=False):
            average.assign(kept * average + (1 - kept) * weight)
        return norm


def _loss(logits: Any, targets: Any, sharpness: Any, shares: Any) -> Any:
    """Cross-entropy of sharpened logits, times the sharpness so that gradients keep size."""
    losses = tf.nn.sigmoid_cross_entropy_with_logits(targets, logits / sharpness)  # (B,)
    return tf.reduce_sum(shares * sharpness * losses)


def half_held(logits: Any, held: Any) -> Any:
    """The same logits, of which the held ones take only half of the gradient, ``(B,)``."""
    return tf.where(held, (logits + tf.stop_gradient(logits)) / 2, logits)


def bag_means(logits: Any, bags: Any) -> Any:
    """For every window the mean logit of its bag, ``(B,)`` from two ``(B,)``."""
    member = tf.one_hot(bags, logits.shape[0])  # (B, bags)
    means = tf.linalg.matvec(member, logits, transpose_a=True)  # (bags,), sums so far
    means /= tf.maximum(tf.reduce_sum(member, axis=0), 1)
    return tf.linalg.matvec(member, means)


def window_logits(
    weights: Any, ids: Any, mask: Any, *, by_word: bool = False, cell_limit: float = 0.0
) -> Any:
    """Logits of windows, ``(B,)``.

    Args:
        weights: The six arrays of weights.
        ids: Word ids, ``(B, T)``.
        mask: Factors of the embedding's columns, ``(E,)``.
        by_word: Multiply every word's vector with the kernel even where a table would be faster;
            the gradient of the embedding is then one of rows.
        cell_limit: See `Rules`; it changes the gradient alone.
    """
    embedding, kernel, recurrent, bias, dense_kernel, dense_bias = weights
    places = tf.transpose(ids)  # (T, B)
    if by_word or ids.shape[0] * ids.shape[1] < embedding.shape[0]:
        inputs = (tf.gather(embedding, places) * mask) @ kernel + bias  # (T, B, 4D)
    else:
        inputs = tf.gather((embedding * mask) @ kernel + bias, places)  # (T, B, 4D)
    hidden = last_hidden(inputs, recurrent, cell_limit)  # (B, D)
    return (hidden @ dense_kernel + dense_bias)[:, 0]


def last_hidden(inputs: Any, recurrent: Any, cell_limit: float = 0.0) -> Any:
    """h after the last step ``(B, D)``; inputs ``x_t W + b`` are ``(T, B, 4D)``."""

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def read(inputs: Any, recurrent: Any) -> Any:
        final, gates, cells, hidden = _forward(inputs, recurrent)

        def gradient(upstream: Any) -> tuple[Any, Any]:
            return _backward(upstream, gates, cells, hidden, recurrent, cell_limit)

        return final, gradient

    return read(inputs, recurrent)


def _array(steps: int, batch: int, width: int) -> Any:
    return tf.TensorArray(tf.float32, steps, element_shape=(batch, width))


def _forward(inputs: Any, recurrent: Any) -> tuple[Any, Any, Any, Any]:
    """Last h ``(B, D)``; gates ``(T, B, 4D)``, cells and hidden states ``(T, B, D)``."""
    steps, batch = inputs.shape[0], inputs.shape[1]
    d = recurrent.shape[0]

    def step(t: Any, h: Any, c: Any, gates: Any, cells: Any, hidden: Any) -> tuple[Any, ...]:
        z = inputs[t] + h @ recurrent  # (B, 4D)
        squashed = tf.sigmoid(z)  # (B, 4D)
        i, f, o = squashed[:, :d], squashed[:, d : 2 * d], squashed[:, 3 * d :]
        g = tf.tanh(z[:, 2 * d : 3 * d])  # (B, D)
        c = f * c + i * g  # (B, D)
        h = o * tf.tanh(c)  # (B, D)
        packed = tf.concat([i, f, g, o], axis=1)  # (B, 4D)
        return t + 1, h, c, gates.write(t, packed), cells.write(t, c), hidden.write(t, h)

    zeros = tf.zeros((batch, d))
    arrays = (_array(steps, batch, 4 * d), _array(steps, batch, d), _array(steps, batch, d))
    _, final, _, gates, cells, hidden = _loop(steps, step, (0, zeros, zeros, *arrays))
    return final, gates.stack(), cells.stack(), hidden.stack()


def _backward(
    upstream: Any, gates: Any, cells: Any, hidden: Any, recurrent: Any, cell_limit: float
) -> tuple[Any, Any]:
    """Gradients of the inputs ``(T, B, 4D)`` and of the recurrent kernel ``(D, 4D)``."""
    steps, batch = gates.shape[0], gates.shape[1]
    d = recurrent.shape[0]
    transposed = tf.transpose(recurrent)  # (4D, D)

    def step(done: Any, dh: Any, dc: Any, slopes: Any) -> tuple[Any, ...]:
        t = steps - 1 - done
        i, f, g, o = tf.split(gates[t], 4, axis=1)  # (B, D) each
        c = cells[t]  # (B, D)
        squashed = tf.tanh(c)  # (B, D)
        before = tf.where(t > 0, cells[tf.maximum(t - 1, 0)], 0.0)  # (B, D)
        dc = dc + dh * o * (1 - squashed * squashed)  # (B, D)
        if cell_limit:
            dc += PULL / batch * (c - tf.clip_by_value(c, -cell_limit, cell_limit))
        parts = (
            dc * g * i * (1 - i),
            dc * before * f * (1 - f),
            dc * i * (1 - g * g),
            dh * squashed * o * (1 - o),
        )
        dz = tf.concat(parts, axis=1)  # (B, 4D)
        return done + 1, dz @ transposed, dc * f, slopes.write(t, dz)

    start = (0, upstream, tf.zeros((batch, d)), _array(steps, batch, 4 * d))
    slopes = _loop(steps, step, start)[-1].stack()  # (T, B, 4D)
    earlier = tf.reshape(hidden[:-1], (-1, d))  # (T B - B, D)
    later = tf.reshape(slopes[1:], (-1, 4 * d))  # (T B - B, 4D)
    return slopes, tf.matmul(earlier, later, transpose_a=True)


def _loop(steps: int, step: Callable[..., Any], start: tuple[Any, ...]) -> tuple[Any, ...]:
    def goes_on(t: Any, *_: Any) -> Any:
        return t < steps

    found: tuple[Any, ...] = tf.while_loop(goes_on, step, start, maximum_iterations=steps)
    return found
