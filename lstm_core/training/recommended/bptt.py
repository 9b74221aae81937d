"""The LSTM and its gradient through time, written out, so that only gates and states are kept.

Symbols: S steps, B windows, T places, V word ids, E embedding size, D units; gates in Keras' order
i, f, g, o. Backward through time (Hochreiter & Schmidhuber 1997, with forget gates), where d* is
dLoss/d*:

    dc_t += dh_t o (1 - tanh(c_t)^2)
    dz_i = dc_t g i (1 - i);    dz_f = dc_t c_{t-1} f (1 - f)
    dz_g = dc_t i (1 - g^2);    dz_o = dh_t tanh(c_t) o (1 - o)
    dh_{t-1} = dz_t U^T;        dc_{t-1} = dc_t f

Cell states beyond a limit are penalised where a recipe asks for it (`OptimizerConfig.cell_limit`):
the loss has PULL / 2 (|c| - limit)^2 more for every such state, which adds to dc_t. Beyond 6 tanh
is flat, so nothing is lost, and numbers of that size would cost digits of single precision.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

PULL = 1e-3  # of cell states beyond the limit


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
        cell_limit: See `OptimizerConfig`; it changes the gradient alone.
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
