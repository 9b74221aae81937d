"""Contextual decomposition: what a phrase says by itself (Murdoch, Liu & Yu 2018).

Every state is split into what comes from the phrase alone (beta) and the rest (gamma), which holds
everything that needs a word outside it: ``h_t = beta_t + gamma_t`` and so for c_t. A gate's or a
candidate's activation of three terms (phrase p, rest r, bias b) is shared out by averaging over
the orders in which they are added, the bias first (their section 3.2.2):

    L(p) = 1/2 [a(b + p) - a(b) + a(b + p + r) - a(b + r)],    L(b) = a(b)

Products are multiplied out (their eq. 14-19): terms of the phrase, alone or with a bias, are
beta's; a bias with a bias and everything that holds a term of the rest are gamma's. The output gate
is left whole, as in the paper. Since beta and gamma sum to the trace's own states, beta alone is
run here.

Symbols: S steps, B phrases, D units.
"""

import numpy as np
import numpy.typing as npt

from lstm_core.explain.unroll import Unrolled
from lstm_core.lstm import Floats, LstmWeights, sigmoid
from lstm_core.trace import Trace

Marks = npt.NDArray[np.bool_]


def phrase_parts(weights: LstmWeights, trace: Trace, run: Unrolled, marks: Marks) -> Floats:
    """What each phrase says by itself: ``v . beta_T``.

    Args:
        weights: The weights.
        trace: The trace of the review.
        run: The same, unrolled.
        marks: Which steps belong to each phrase, ``(B, S)``; they need not be neighbours.

    Returns:
        Parts of the final logit, float32 ``(B,)``. What is left of the logit holds the rest of the
        review, the biases, and what phrase and rest say only together.
    """
    return phrase_states(weights, trace, run, marks) @ weights.dense_kernel


def phrase_states(weights: LstmWeights, trace: Trace, run: Unrolled, marks: Marks) -> Floats:
    """beta of the last hidden state for each phrase: ``(B, D)``."""
    d, places = weights.lstm_dim, run.first + np.arange(run.steps)
    recurrent = np.ascontiguousarray(weights.recurrent[:, : 3 * d])  # (D, 3D): i, f, g
    bias: Floats = weights.bias[: 3 * d]  # (3D,)
    before = run.before[:, : 3 * d]  # (S, 3D)
    alone = _activate(bias, d)  # (3D,), L(b)
    whole = np.concatenate([trace.input_gate, trace.forget_gate, trace.candidate], axis=1)[places]
    shown = np.tanh(run.cells[1:])  # (S, D)
    h = np.zeros((len(marks), d), np.float32)  # (B, D), beta
    c = np.zeros_like(h)  # (B, D), beta of the cell state
    start = int(marks.any(axis=0).argmax()) if marks.any() else run.steps
    for t in range(start, run.steps):
        phrase = h @ recurrent  # (B, 3D)
        phrase[marks[:, t]] += run.words[t, : 3 * d]
        with_it, without = _activate(bias + phrase, d), _activate(before[t] - phrase, d)
        own = 0.5 * (with_it - alone + whole[t] - without)  # (B, 3D), L(phrase)
        i, f, g = (own[:, k * d : (k + 1) * d] for k in range(3))  # (B, D) each
        b_i, b_f, b_g = (alone[k * d : (k + 1) * d] for k in range(3))  # (D,) each
        c = (f + b_f) * c + i * (g + b_g) + b_i * g
        h = (
            trace.output_gate[places[t]]
            * 0.5
            * (np.tanh(c) + shown[t] - np.tanh(run.cells[t + 1] - c))
        )
    return h


def _activate(values: Floats, d: int) -> Floats:
    """Sigmoid of input and forget gate, tanh of the candidate: ``(..., 3D)``."""
    out = np.empty_like(values)
    out[..., : 2 * d] = sigmoid(values[..., : 2 * d])
    np.tanh(values[..., 2 * d :], out=out[..., 2 * d :])
    return out
