"""A start that remembers: forget gates that are open before anything is learned.

Keras starts forget gates at a bias of 1: sigmoid(1) = 0.73, and half of what a word wrote is gone
two words later. So the verdict, and with it the gradient, hangs on the last few words until the
gates have learned to keep. At a bias of 3 (0.95) half is left after 14 words, and the same steps
learn from most of a review at once (Gers et al. 2000; Jozefowicz et al. 2015).

Measured on a fifth of the training reviews, no film shared, seed 0, first 80 words and whole
reviews: after 400 steps of the recommended recipe 0.789 and 0.865 against 0.693 and 0.820 from 1;
after all 6,400 steps 0.836 and 0.897 against 0.836 and 0.894.
"""

from dataclasses import replace

import numpy as np

from lstm_core.recurrent.lstm import LstmWeights


def forget_bias_init(weights: LstmWeights, forget_bias: float) -> LstmWeights:
    """Fresh weights whose forget gates start at this bias; Keras' own is 1."""
    d = weights.recurrent.shape[0]
    bias = weights.bias.copy()
    bias[d : 2 * d] = np.float32(forget_bias)
    return replace(weights, bias=bias)
