"""What the zeros in front of a review do: the model has no mask, so the LSTM runs over them.

Symbols: T steps, D units, W words read, N numbers of zeros looked at.
"""

from dataclasses import dataclass

import numpy as np

from lstm_core.recurrent.lstm import Floats, LstmWeights, sigmoid
from lstm_core.text import PAD, Encoding


@dataclass(frozen=True)
class PaddingEffect:
    """The verdict of one review after 0, 1, 2 ... zeros.

    Attributes:
        probabilities: P(positive) after n zeros, start and the words, ``(N,)`` for n = 0 .. N - 1.
        zeros: How many zeros the review really has.
    """

    probabilities: Floats
    zeros: int

    @property
    def lowest(self) -> int:
        """The number of zeros with the least positive verdict."""
        return int(self.probabilities.argmin())

    @property
    def highest(self) -> int:
        """The number of zeros with the most positive verdict."""
        return int(self.probabilities.argmax())

    @property
    def turns(self) -> bool:
        """Whether some number of zeros carries the verdict across one half."""
        return bool((self.probabilities >= 0.5).any() and (self.probabilities < 0.5).any())


def padding_effect(weights: LstmWeights, encoding: Encoding) -> PaddingEffect:
    """Read the same words after every number of zeros from 0 to T - 1.

    Everything else stays: the start and the words that were read. With more zeros than the review
    really has the sequence is longer than T; an LSTM runs on any length.
    """
    d, count = weights.lstm_dim, encoding.maxlen
    zeros = encoding.pad_count
    h, c = np.zeros((count, d), np.float32), np.zeros((count, d), np.float32)  # (N, D)
    pad = _input(weights, PAD)  # (4D,)
    for n in range(1, count):
        h[n], c[n] = _step(weights, pad, h[n - 1], c[n - 1])
    for id_ in encoding.ids[zeros:]:
        h, c = _step(weights, _input(weights, int(id_)), h, c)
    logits = h @ weights.dense_kernel + np.float32(weights.dense_bias)  # (N,)
    return PaddingEffect(sigmoid(logits), zeros)


def _input(weights: LstmWeights, id_: int) -> Floats:
    return weights.embedding[id_] @ weights.kernel + weights.bias  # (4D,)


def _step(weights: LstmWeights, x: Floats, h_tm1: Floats, c_tm1: Floats) -> tuple[Floats, Floats]:
    """One step of many states at once, ``(..., D)``."""
    z = x + h_tm1 @ weights.recurrent  # (..., 4D)
    d = weights.lstm_dim
    z_i, z_f, z_g, z_o = (z[..., k * d : (k + 1) * d] for k in range(4))
    c = sigmoid(z_f) * c_tm1 + sigmoid(z_i) * np.tanh(z_g)  # (..., D)
    return sigmoid(z_o) * np.tanh(c), c
