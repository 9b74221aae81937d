"""Initial weights with a unit that stores whether there was a start token.

First and later windows of a review need different calibration (`trainer`). The only input that
distinguishes them is the start token, up to 79 steps before the end, and an LSTM with random
weights needs thousands of steps to store one id for so long. So one unit starts as a latch: its
input gate opens for the start token alone and its forget gate stays open,

    i = sigmoid(-6 + 12 [start]);    f = 0.998;    c = 1 from the start on, else 0,

and the other units receive it through the recurrent kernel. Training may change all its weights.

Symbols: V word ids, E embedding size, D units.
"""

from dataclasses import replace

import numpy as np

from lstm_core.recurrent.lstm import LstmWeights
from lstm_core.text import START

SIZE = 0.3  # of every number in the start's vector, far above those of other words
CLOSED, KEY = -6.0, 12.0  # input gate: bias, and what the start adds
KEEPS, SHOWS = 6.0, 4.0  # biases of the forget and the output gate
WRITES = 3.0  # tanh(3) is nearly 1


def start_token_init(weights: LstmWeights) -> LstmWeights:
    """Initial weights whose last unit stores whether there was a start token.

    Models of a single unit are returned unchanged.
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
