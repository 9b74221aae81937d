"""Diagnostics of the model while it trains: saturated gates, gradients, norms of weights.

A small batch of reviews is run forward and backward in NumPy (`lstm_core.recurrent.backward`); a
test compares the gradients with TensorFlow's.

Symbols: B reviews, T places, D units, E embedding size; d* is dLoss/d*.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lstm_core.recurrent.backward import backward_pass, fed, forward_pass
from lstm_core.recurrent.lstm import Floats, Ids, LstmWeights, sigmoid

LOW, HIGH = 0.1, 0.9  # a gate below is nearly closed, above nearly open
GATES = ("input", "forget", "output")


@dataclass(frozen=True)
class Diagnostics:
    """Diagnostics at one step of a training.

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
class LossGradients:
    """Gradients of the mean cross-entropy of B reviews, shaped like the weights."""

    embedding: Floats  # ``(V, E)``
    kernel: Floats  # ``(E, 4D)``
    recurrent: Floats  # ``(D, 4D)``
    bias: Floats  # ``(4D,)``
    dense_kernel: Floats  # ``(D,)``
    dense_bias: float
    entering: Floats  # gradient of each review's own loss by what enters the gates, ``(T, B, 4D)``
    gates: Floats  # gates and candidate of the forward pass, ``(T, B, 4D)``
    logits: Floats  # its logits, ``(B,)``

    @property
    def time_norms(self) -> Floats:
        """Norm of `entering` at each place, mean over the reviews, ``(T,)``."""
        return np.sqrt((self.entering**2).sum(axis=2)).mean(axis=1)


def compute_diagnostics(
    weights: LstmWeights, ids: Ids, labels: Floats, step: int, epoch: int
) -> Diagnostics:
    """Measure the model on some reviews.

    Args:
        ids: Word ids, ``(B, T)``.
        labels: 1 positive, 0 negative, ``(B,)``.
        step: Steps done, for the record.
        epoch: Epochs done, for the record.
    """
    found = loss_gradients(weights, ids, labels)
    d = weights.lstm_dim
    columns = {"input": slice(0, d), "forget": slice(d, 2 * d), "output": slice(3 * d, 4 * d)}
    blocks = {name: found.gates[:, :, columns[name]] for name in GATES}  # (T, B, D) each
    arrays = ("embedding", "kernel", "recurrent", "bias", "dense_kernel")
    return Diagnostics(
        step=step,
        epoch=epoch,
        low={name: float((block < LOW).mean()) for name, block in blocks.items()},
        high={name: float((block > HIGH).mean()) for name, block in blocks.items()},
        dead={name: int((block < LOW).all(axis=(0, 1)).sum()) for name, block in blocks.items()},
        gradient_norms={name: _norm(getattr(found, name)) for name in arrays},
        time_norms=tuple(float(f"{value:.5g}") for value in found.time_norms),
        weight_norms={name: _norm(getattr(weights, name)) for name in arrays},
    )


def loss_gradients(weights: LstmWeights, ids: Ids, labels: Floats) -> LossGradients:
    """Gradients of the mean cross-entropy: ids ``(B, T)``, labels or soft targets ``(B,)``."""
    batch, d = len(ids), weights.lstm_dim
    start = np.zeros(d, np.float32)
    gates, cells, hidden = forward_pass(weights, fed(weights, ids.T), start, start)
    logits = hidden[-1] @ weights.dense_kernel + np.float32(weights.dense_bias)  # (B,)
    slope = sigmoid(logits) - labels.astype(np.float32)  # (B,), of each review's own loss
    entering = backward_pass(weights, gates, cells) * slope[:, None]  # (T, B, 4D)
    flat = (entering / np.float32(batch)).reshape(-1, 4 * d)  # (T B, 4D), of the mean loss
    places: npt.NDArray[np.int32] = ids.T.ravel()  # (T B,)
    embedding = np.zeros_like(weights.embedding)
    np.add.at(embedding, places, flat @ weights.kernel.T)
    return LossGradients(
        embedding=embedding,
        kernel=weights.embedding[places].T @ flat,
        recurrent=hidden[:-1].reshape(-1, d).T @ flat,
        bias=flat.sum(axis=0),
        dense_kernel=(slope / batch) @ hidden[-1],
        dense_bias=float(slope.mean()),
        entering=entering,
        gates=gates,
        logits=logits,
    )


def _norm(array: Floats) -> float:
    return float(np.sqrt(np.square(array, dtype=np.float64).sum()))
