"""Initial bias of the forget gates.

Keras starts forget gates at a bias of 1: sigmoid(1) = 0.73, and half of what a word wrote into the
cell state is gone two words later. The prediction, and with it the gradient, then depends on the
last few words until the gates have been trained. At a bias of 3 (0.95) half is left after 14 words,
and the same steps train on most of a window at once (Gers et al. 2000; Jozefowicz et al. 2015).
Measured values are in ``docs/training.md``.
"""

from dataclasses import replace

import numpy as np

from lstm_core.recurrent.lstm import LstmWeights


def forget_bias_init(weights: LstmWeights, forget_bias: float) -> LstmWeights:
    """Initial weights with this bias of the forget gates; Keras' default is 1."""
    d = weights.recurrent.shape[0]
    bias = weights.bias.copy()
    bias[d : 2 * d] = np.float32(forget_bias)
    return replace(weights, bias=bias)
