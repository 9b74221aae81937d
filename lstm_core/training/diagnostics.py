"""What goes on inside the model while it learns: saturated gates, gradients, sizes of weights.

A small batch of reviews is run forward and backward in NumPy, with the formulas of
`lstm_core.training.recommended.train_step`; a test holds the gradients against TensorFlow's.

Symbols: B reviews, T places, D units, E embedding size; d* is dLoss/d*.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lstm_core.recurrent.lstm import Floats, Ids, LstmWeights, sigmoid

LOW, HIGH = 0.1, 0.9  # a gate below is nearly closed, above nearly open
GATES = ("input", "forget", "output")


@dataclass(frozen=True)
class Diagnostics:
    """What was measured at one moment of a training.

    Attributes:
        step: Steps done.
        epoch: Epochs done.
        low: For each gate (input, forget, output), the share of its values under 0.1.
        high: The same over 0.9.
        dead: For each gate, units that it never lets through: under 0.1 at every place.
        gradient_norms: Norm of the gradient of the mean loss, for each array of weights.
        time_norms: For each place, the norm of the gradient of a review's loss with respect to
            what enters the gates there, mean over the reviews, ``(T,)``: how far back learning
            reaches.
        weight_norms: Norm of each array of weights.
    """

    step: int
    epoch: int
    low: Mapping[str, float]
    high: Mapping[str, float]
    dead: Mapping[str, int]
    gradient_norms: Mapping[str, float]
    time_norms: tuple[float, ...]
    weight_norms: Mapping[str, float]


@dataclass(frozen=True)
class LayerGradients:
    """Gradients of the mean loss, shaped like the weights, and of what enters the gates.

    Attributes:
        embedding: ``(V, E)``.
        kernel: ``(E, 4D)``.
        recurrent: ``(D, 4D)``.
        bias: ``(4D,)``.
        dense_kernel: ``(D,)``.
        dense_bias: One number.
        entering: Of each review's own loss, ``(T, B, 4D)``.
    """

    embedding: Floats
    kernel: Floats
    recurrent: Floats
    bias: Floats
    dense_kernel: Floats
    dense_bias: float
    entering: Floats


def compute_diagnostics(
    weights: LstmWeights, ids: Ids, labels: Floats, step: int, epoch: int
) -> Diagnostics:
    """Measure the model on some reviews.

    Args:
        weights: The model.
        ids: Word ids, ``(B, T)``.
        labels: 1 positive, 0 negative, ``(B,)``.
        step: Steps done, for the record.
        epoch: Epochs done, for the record.
    """
    gates, cells, hidden = run_forward(weights, ids)
    found = run_backward(weights, ids, labels, gates, cells, hidden)
    d = weights.lstm_dim
    columns = {"input": slice(0, d), "forget": slice(d, 2 * d), "output": slice(3 * d, 4 * d)}
    blocks = {name: gates[:, :, columns[name]] for name in GATES}  # (T, B, D) each
    arrays = ("embedding", "kernel", "recurrent", "bias", "dense_kernel")
    by_place = np.sqrt((found.entering**2).sum(axis=2)).mean(axis=1)  # (T,)
    return Diagnostics(
        step=step,
        epoch=epoch,
        low={name: float((block < LOW).mean()) for name, block in blocks.items()},
        high={name: float((block > HIGH).mean()) for name, block in blocks.items()},
        dead={name: int((block < LOW).all(axis=(0, 1)).sum()) for name, block in blocks.items()},
        gradient_norms={name: _norm(getattr(found, name)) for name in arrays},
        time_norms=tuple(float(f"{value:.5g}") for value in by_place),
        weight_norms={name: _norm(getattr(weights, name)) for name in arrays},
    )


def run_forward(weights: LstmWeights, ids: Ids) -> tuple[Floats, Floats, Floats]:
    """Gates and candidate ``(T, B, 4D)``, cell and hidden states ``(T, B, D)``."""
    (batch, steps), d = ids.shape, weights.lstm_dim
    gates = np.empty((steps, batch, 4 * d), np.float32)
    cells, hidden = np.empty((steps, batch, d), np.float32), np.empty((steps, batch, d), np.float32)
    h, c = np.zeros((batch, d), np.float32), np.zeros((batch, d), np.float32)
    for t in range(steps):
        x = weights.embedding[ids[:, t]]  # (B, E)
        z = x @ weights.kernel + h @ weights.recurrent + weights.bias  # (B, 4D)
        packed = sigmoid(z)
        packed[:, 2 * d : 3 * d] = np.tanh(z[:, 2 * d : 3 * d])
        i, f, g, o = np.split(packed, 4, axis=1)  # (B, D) each
        c = f * c + i * g
        h = o * np.tanh(c)
        gates[t], cells[t], hidden[t] = packed, c, h
    return gates, cells, hidden


def run_backward(
    weights: LstmWeights, ids: Ids, labels: Floats, gates: Floats, cells: Floats, hidden: Floats
) -> LayerGradients:
    """Backward through time from the cross-entropy of every review."""
    (batch, steps), d = ids.shape, weights.lstm_dim
    logits = hidden[-1] @ weights.dense_kernel + np.float32(weights.dense_bias)  # (B,)
    slope = sigmoid(logits) - labels.astype(np.float32)  # (B,), of each review's own loss
    dh, dc = slope[:, None] * weights.dense_kernel, np.zeros((batch, d), np.float32)  # (B, D)
    entering = np.empty((steps, batch, 4 * d), np.float32)
    nothing = np.zeros((batch, d), np.float32)
    for t in range(steps - 1, -1, -1):
        i, f, g, o = np.split(gates[t], 4, axis=1)  # (B, D) each
        squashed, before = np.tanh(cells[t]), cells[t - 1] if t else nothing
        dc = dc + dh * o * (1 - squashed**2)
        parts = [
            dc * g * i * (1 - i),
            dc * before * f * (1 - f),
            dc * i * (1 - g**2),
            dh * squashed * o * (1 - o),
        ]
        entering[t] = np.concatenate(parts, axis=1)
        dh, dc = entering[t] @ weights.recurrent.T, dc * f
    return _of_weights(weights, ids, slope, hidden, entering)


def _of_weights(
    weights: LstmWeights, ids: Ids, slope: Floats, hidden: Floats, entering: Floats
) -> LayerGradients:
    batch, d = len(ids), weights.lstm_dim
    dz = entering / np.float32(batch)  # (T, B, 4D), of the mean loss
    flat = dz.reshape(-1, 4 * d)  # (T B, 4D)
    places: npt.NDArray[np.int32] = ids.T.ravel()  # (T B,)
    embedding = np.zeros_like(weights.embedding)
    np.add.at(embedding, places, flat @ weights.kernel.T)
    return LayerGradients(
        embedding=embedding,
        kernel=weights.embedding[places].T @ flat,
        recurrent=hidden[:-1].reshape(-1, d).T @ dz[1:].reshape(-1, 4 * d),
        bias=flat.sum(axis=0),
        dense_kernel=(slope / batch) @ hidden[-1],
        dense_bias=float(slope.mean()),
        entering=entering,
    )


def _norm(array: Floats) -> float:
    return float(np.sqrt(np.square(array, dtype=np.float64).sum()))
