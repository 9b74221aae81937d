"""Effect of the zeros in front of a review: the model has no mask, so the LSTM reads them.

Symbols: T steps, D units, W words read, N numbers of zeros looked at.
"""

from dataclasses import dataclass

import numpy as np

from lstm_core.recurrent.backward import fed
from lstm_core.recurrent.cells import lstm_step
from lstm_core.recurrent.lstm import Floats, LstmWeights, sigmoid
from lstm_core.text import PAD, Encoding


@dataclass(frozen=True)
class PaddingEffect:
    """The prediction of one review after 0, 1, 2 ... zeros.

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
    pad = fed(weights, np.array(PAD)) + weights.bias  # (4D,)
    for n in range(1, count):
        *_, c[n], h[n] = lstm_step(pad + h[n - 1] @ weights.recurrent, c[n - 1])
    for x in fed(weights, encoding.ids[zeros:]) + weights.bias:  # (4D,)
        *_, c, h = lstm_step(x + h @ weights.recurrent, c)
    logits = h @ weights.dense_kernel + np.float32(weights.dense_bias)  # (N,)
    return PaddingEffect(sigmoid(logits), zeros)
