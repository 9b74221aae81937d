"""The LSTM unrolled for explanations: what its steps were fed, and gradients by hand.

Symbols: T steps, S steps from the start sign on (padding before it is a constant of the model),
N sequences, D units, v the output weights. Pre-activations z_t = x_t W + h_{t-1} U + b lie in the
order i, f, g, o. Every explanation here needs a word only by ``x W``, (4D,) numbers instead of E.
"""

from dataclasses import dataclass

import numpy as np

from lstm_core.recurrent.lstm import Floats, LstmForward, LstmWeights
from lstm_core.recurrent.trace import Trace
from lstm_core.text import UNKNOWN


@dataclass(frozen=True)
class Unrolled:
    """A trace from its start sign on, with what was fed to each step."""

    first: int  # place of the start sign (0 when there is no padding)
    words: Floats  # ``x W`` of each step, without the bias: ``(S, 4D)``
    before: Floats  # ``z`` of each step, ``(S, 4D)``
    cells: Floats  # cell states, that before the first step in front: ``(S + 1, D)``
    hidden: Floats  # hidden states likewise, ``(S + 1, D)``

    @property
    def steps(self) -> int:
        """S."""
        return len(self.words)


def fed(weights: LstmWeights, ids: np.ndarray) -> Floats:
    """What words feed to the gates, ``x W`` without the bias: ids ``(...)`` -> ``(..., 4D)``."""
    return weights.embedding[ids] @ weights.kernel


def unroll(forward: LstmForward, trace: Trace) -> Unrolled:
    """Everything after the padding of a trace, in float32."""
    weights, first = forward.weights, min(trace.encoding.pad_count, forward.maxlen - 1)
    zero = np.zeros((1, forward.units), np.float32)
    cells = np.concatenate([zero, trace.cell_state])[first:]  # (S + 1, D)
    hidden = np.concatenate([zero, trace.hidden_state])[first:]  # (S + 1, D)
    words = fed(weights, trace.encoding.ids[first:])  # (S, 4D)
    before = hidden[:-1] @ weights.recurrent  # (S, 4D)
    before += weights.bias
    before += words
    return Unrolled(first, words, before, cells, hidden)


def unknown_words(forward: LstmForward, trace: Trace, run: Unrolled) -> Floats:
    """The same steps with every word replaced by the unknown one; the start stays: ``(S, 4D)``."""
    empty = run.words.copy()
    empty[trace.encoding.first_word - run.first :] = fed(forward.weights, np.array(UNKNOWN))
    return empty


def logits_and_gradients(
    weights: LstmWeights, inputs: Floats, cell: Floats, hidden: Floats
) -> tuple[Floats, Floats]:
    """The final logit of many sequences and its gradient by what was fed to every step.

    Back-propagation through time (Werbos 1990) of the equations in `lstm_core.recurrent.lstm`.

    Args:
        inputs: ``x W`` of every step, ``(S, N, 4D)``.
        cell: Cell state before the first step, ``(D,)``.
        hidden: Hidden state before it, ``(D,)``.

    Returns:
        Logits ``(N,)``, and the gradients by ``x W``, ``(S, N, 4D)``. Those by the embedding
        vectors are these times ``W`` transposed.
    """
    gates, cells, states = forward_pass(weights, inputs, cell, hidden)
    logits = states[-1] @ weights.dense_kernel + np.float32(weights.dense_bias)  # (N,)
    return logits, backward_pass(weights, gates, cells)


def forward_pass(
    weights: LstmWeights, inputs: Floats, cell: Floats, hidden: Floats
) -> tuple[Floats, Floats, Floats]:
    """Gates ``(S, N, 4D)``, cell and hidden states ``(S + 1, N, D)``, those before in front."""
    steps, size, _ = inputs.shape
    d = weights.lstm_dim
    half = np.full(4 * d, 0.5, np.float32)  # sigmoid(z) = (1 + tanh(z / 2)) / 2
    half[2 * d : 3 * d] = 1
    gates = (inputs + weights.bias) * half  # (S, N, 4D)
    recurrent = weights.recurrent * half  # (D, 4D)
    cells = np.empty((steps + 1, size, d), inputs.dtype)
    states = np.empty_like(cells)
    cells[0], states[0] = cell, hidden
    for step, z in enumerate(gates):  # (N, 4D)
        z += states[step] @ recurrent
        np.tanh(z, out=z)
        z *= half
        z += 1 - half
        i, f, g, o = (z[:, k * d : (k + 1) * d] for k in range(4))  # (N, D) each
        cells[step + 1] = f * cells[step] + i * g
        states[step + 1] = o * np.tanh(cells[step + 1])
    return gates, cells, states


def backward_pass(weights: LstmWeights, gates: Floats, cells: Floats) -> Floats:
    """Gradient of the logit by the pre-activations of every step, ``(S, N, 4D)``."""
    d = weights.lstm_dim
    i, f, g, o = (gates[..., k * d : (k + 1) * d] for k in range(4))  # (S, N, D) each
    shown = np.tanh(cells[1:])  # (S, N, D)
    by_cell = np.stack([g * i * (1 - i), cells[:-1] * f * (1 - f), i * (1 - g * g)], axis=2)
    by_hidden = shown * o * (1 - o)  # dh / dz_o
    through = o * (1 - shown * shown)  # dh / dc
    transposed = np.ascontiguousarray(weights.recurrent.T)  # (4D, D)
    gradients = np.empty_like(gates)
    dh = np.broadcast_to(weights.dense_kernel, cells.shape[1:])  # (N, D)
    dc = np.zeros_like(cells[0])  # (N, D)
    for step in range(len(gates) - 1, -1, -1):
        dz = gradients[step]  # (N, 4D)
        dc = dc + dh * through[step]
        dz[:, : 3 * d].reshape(-1, 3, d)[...] = dc[:, None] * by_cell[step]
        dz[:, 3 * d :] = dh * by_hidden[step]
        dh = dz @ transposed
        dc = dc * f[step]
    return gradients
