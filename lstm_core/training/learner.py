"""The training step of the recommended recipe: the LSTM, its gradient, Adam, weight averaging.

It computes what Keras computes for Embedding -> LSTM -> Dense (a test compares the two), faster:
the embedding meets the kernel once a step in a table of (V, 4D) instead of once a word, and the
gradient through time is written out, so that only gates and states are kept.

Symbols: B windows, T places, V word ids, E embedding size, D units; gates in Keras' order i, f, g,
o. Backward through time (Hochreiter & Schmidhuber 1997, with forget gates), d* for dLoss/d*:

    dc_t += dh_t o (1 - tanh(c_t)^2)
    dz_i = dc_t g i (1 - i);    dz_f = dc_t c_{t-1} f (1 - f)
    dz_g = dc_t i (1 - g^2);    dz_o = dh_t tanh(c_t) o (1 - o)
    dh_{t-1} = dz_t U^T;        dc_{t-1} = dc_t f
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from lstm_core.lstm import LstmWeights

Floats = npt.NDArray[np.float32]

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7  # Adam (Kingma & Ba 2015), Keras' defaults
LARGEST_NORM = 1.0  # of the gradient, all weights together


@dataclass(frozen=True, eq=False)
class Batches:
    """S batches for one call.

    Attributes:
        ids: int32 ``(S, B, T)``.
        targets: P(positive) to be learned, float32 ``(S, B)``.
        sharpness: The logit is divided by it before it meets the target, float32 ``(S, B)``.
        masks: Factors of the embedding's columns, 0 for a dropped one, float32 ``(S, E)``.
        rates: Learning rate of each step, float32 ``(S,)``.
    """

    ids: npt.NDArray[np.int32]
    targets: Floats
    sharpness: Floats
    masks: Floats
    rates: Floats


class Learner:
    """The weights while they learn, and their running average, which is the model.

    Args:
        weights: Where to start.
        decay: Share of the average that is kept at a step.
    """

    def __init__(self, weights: LstmWeights, decay: float) -> None:
        start = (
            weights.embedding,
            weights.kernel,
            weights.recurrent,
            weights.bias,
            weights.dense_kernel[:, None],
            np.array([weights.dense_bias], np.float32),
        )
        self._weights = [tf.Variable(array) for array in start]
        self._average = [tf.Variable(array) for array in start]
        self._means = [tf.Variable(np.zeros_like(array)) for array in start]
        self._squares = [tf.Variable(np.zeros_like(array)) for array in start]
        self._decay = decay
        self._step = tf.Variable(0.0)
        self._call = tf.function(self._steps, jit_compile=True, autograph=True)

    def run(self, batches: Batches) -> float:
        """Learn from the batches, one after the other; the mean loss."""
        loss = self._call(
            tf.constant(batches.ids),
            tf.constant(batches.targets),
            tf.constant(batches.sharpness),
            tf.constant(batches.masks),
            tf.constant(batches.rates),
        )
        return float(loss)

    def averaged(self) -> LstmWeights:
        """The running average of the weights."""
        embedding, kernel, recurrent, bias, dense_kernel, dense_bias = (
            variable.numpy() for variable in self._average
        )
        return LstmWeights(
            embedding, kernel, recurrent, bias, dense_kernel[:, 0], float(dense_bias[0])
        )

    def _steps(self, ids: Any, targets: Any, sharpness: Any, masks: Any, rates: Any) -> Any:
        total = 0.0
        for step in tf.range(ids.shape[0]):
            with tf.GradientTape() as tape:
                loss = self._loss(ids[step], targets[step], sharpness[step], masks[step])
            gradients = tape.gradient(loss, self._weights)
            self._update(gradients, rates[step])
            total += loss
        kept = self._decay ** ids.shape[0]
        for average, weight in zip(self._average, self._weights, strict=True):
            average.assign(kept * average + (1 - kept) * weight)
        return total / ids.shape[0]

    def _loss(self, ids: Any, targets: Any, sharpness: Any, mask: Any) -> Any:
        """Cross-entropy of sharpened logits, times the sharpness so that gradients keep size."""
        logits = window_logits(self._weights, ids, mask)  # (B,)
        losses = tf.nn.sigmoid_cross_entropy_with_logits(targets, logits / sharpness)
        return tf.reduce_mean(sharpness * losses)

    def _update(self, gradients: Any, rate: Any) -> None:
        gradients, _ = tf.clip_by_global_norm(gradients, LARGEST_NORM)
        self._step.assign_add(1.0)
        first, second = 1 - BETA_1**self._step, 1 - BETA_2**self._step
        for weight, gradient, mean, square in zip(
            self._weights, gradients, self._means, self._squares, strict=True
        ):
            mean.assign(BETA_1 * mean + (1 - BETA_1) * gradient)
            square.assign(BETA_2 * square + (1 - BETA_2) * gradient * gradient)
            weight.assign_sub(rate * (mean / first) / (tf.sqrt(square / second) + EPSILON))


def window_logits(weights: Any, ids: Any, mask: Any) -> Any:
    """Logits of windows, ``(B,)``, from ids ``(B, T)`` and embedding columns scaled by a mask."""
    embedding, kernel, recurrent, bias, dense_kernel, dense_bias = weights
    table = (embedding * mask) @ kernel + bias  # (V, 4D)
    inputs = tf.gather(table, tf.transpose(ids))  # (T, B, 4D)
    hidden = last_hidden(inputs, recurrent)  # (B, D)
    return (hidden @ dense_kernel + dense_bias)[:, 0]


@tf.custom_gradient  # type: ignore[untyped-decorator]
def last_hidden(inputs: Any, recurrent: Any) -> Any:
    """h after the last step ``(B, D)``; inputs ``x_t W + b`` are ``(T, B, 4D)``."""
    final, gates, cells, hidden = _forward(inputs, recurrent)

    def gradient(upstream: Any) -> tuple[Any, Any]:
        return _backward(upstream, gates, cells, hidden, recurrent)

    return final, gradient


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
    upstream: Any, gates: Any, cells: Any, hidden: Any, recurrent: Any
) -> tuple[Any, Any]:
    """Gradients of the inputs ``(T, B, 4D)`` and of the recurrent kernel ``(D, 4D)``."""
    steps, batch = gates.shape[0], gates.shape[1]
    d = recurrent.shape[0]
    transposed = tf.transpose(recurrent)  # (4D, D)

    def step(done: Any, dh: Any, dc: Any, slopes: Any) -> tuple[Any, ...]:
        t = steps - 1 - done
        i, f, g, o = tf.split(gates[t], 4, axis=1)  # (B, D) each
        squashed = tf.tanh(cells[t])  # (B, D)
        before = tf.where(t > 0, cells[tf.maximum(t - 1, 0)], 0.0)  # (B, D)
        dc = dc + dh * o * (1 - squashed * squashed)  # (B, D)
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
