"""A unit that remembers the start, set up before training.

A beginning and a later window of a whole review want different tones: the one is a verdict by
itself, the other one voice in a mean. All that parts them is the start in front, up to 79 words
before the end, and a fresh LSTM needs thousands of steps to keep one id in mind for so long. So one
unit starts as a latch: its input gate opens for the start alone and its forget gate stays open,

    i = sigmoid(-6 + 12 [start]);    f = 0.998;    c = 1 from the start on, else 0,

and the other units hear it through the recurrent kernel. Training may change every weight of it.

Symbols: V word ids, E embedding size, D units.
"""

from dataclasses import replace

import numpy as np

from lstm_core.recurrent.lstm import LstmWeights
from lstm_core.text import START

SIZE = 0.3  # of every number in the start's vector, far above those of fresh words
CLOSED, KEY = -6.0, 12.0  # input gate: bias, and what the start adds
KEEPS, SHOWS = 6.0, 4.0  # biases of the forget and the output gate
WRITES = 3.0  # tanh(3) is nearly 1


def start_token_init(weights: LstmWeights) -> LstmWeights:
    """Fresh weights whose last unit remembers whether there was a start.

    Models of a single unit are left as they are.
    """
    d, size = weights.recurrent.shape[0], weights.embedding.shape[1]
    if d < 2:
        return weights
    vector = np.where(np.arange(size) % 2, -SIZE, SIZE).astype(np.float32)  # (E,)
    probe = vector / np.float32(vector @ vector)  # (E,), 1 for the start
    own = np.arange(4) * d + d - 1  # the latch's i, f, g, o
    embedding, kernel = weights.embedding.copy(), weights.kernel.copy()
    recurrent, bias = weights.recurrent.copy(), weights.bias.copy()
    embedding[START] = vector
    kernel[:, own] = np.stack([KEY * probe, 0 * probe, WRITES * probe, 0 * probe], axis=1)
    recurrent[:, own] = 0
    bias[own] = (CLOSED, KEEPS, 0, SHOWS)
    return replace(weights, embedding=embedding, kernel=kernel, recurrent=recurrent, bias=bias)
