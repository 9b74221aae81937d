"""Contextual decomposition: what a phrase says by itself (Murdoch, Liu & Yu 2018).

Every state is split into what comes from the phrase alone (beta) and the rest (gamma), which holds
everything that needs a word outside it: ``h_t = beta_t + gamma_t`` and so for c_t. A gate's or a
candidate's activation of three terms (phrase p, rest r, bias b) is shared out by averaging over
the orders in which they are added, the bias first (their section 3.2.2):

    L(p) = 1/2 [a(b + p) - a(b) + a(b + p + r) - a(b + r)],    L(b) = a(b)

Products are multiplied out (their eq. 14-19): terms of the phrase, alone or with a bias, are
beta's; everything that holds a term of the rest is gamma's. A bias with a bias is beta's at the
words of the phrase and gamma's elsewhere, as in the authors' code. The output gate is left whole,
as in the paper. Since beta and gamma sum to the trace's own states, beta alone is run here.

Symbols: S steps, B phrases, D units.
"""

import numpy as np
import numpy.typing as npt

from lstm_core.recurrent.backward import Unrolled
from lstm_core.recurrent.lstm import Floats, LstmWeights
from lstm_core.recurrent.trace import Trace

Marks = npt.NDArray[np.bool_]


def phrase_parts(
    weights: LstmWeights, trace: Trace, run: Unrolled, marks: Marks, padding: Marks | None = None
) -> Floats:
    """What each phrase says by itself: ``v . beta_T``.

    Args:
        marks: Which steps belong to each phrase, ``(B, S)``; they need not be neighbours.
        padding: Phrases that the states before the first step belong to, ``(B,)``; none of them
            when left out.

    Returns:
        Parts of the final logit, float32 ``(B,)``. What is left of the logit holds the rest of the
        review, the output bias, and what phrase and rest say only together.
    """
    return phrase_states(weights, trace, run, marks, padding) @ weights.dense_kernel


def phrase_states(
    weights: LstmWeights, trace: Trace, run: Unrolled, marks: Marks, padding: Marks | None = None
) -> Floats:
    """beta of the last hidden state for each phrase: ``(B, D)``.

    A phrase is run from its first word on, before which its beta is zero; phrases are sorted by
    it, so that each step runs only those that have begun. As sigmoid(z) = (1 + tanh(z / 2)) / 2,
    halving the gates' columns beforehand leaves one tanh for all, and the ones cancel in L.
    """
    d = weights.lstm_dim
    half = np.full(3 * d, 0.5, np.float32)  # of i, f, g
    half[2 * d :] = 1
    recurrent = np.ascontiguousarray(weights.recurrent[:, : 3 * d] * half)  # (D, 3D)
    words, before = run.words[:, : 3 * d] * half, run.before[:, : 3 * d] * half  # (S, 3D)
    bias = weights.bias[: 3 * d] * half  # (3D,)
    constant = np.tanh(before) - np.tanh(bias)  # (S, 3D), the part of L that no phrase changes
    alone = np.tanh(bias) * half + (1 - half)  # (3D,), L(b)
    b_i, b_f, b_g = (alone[k * d : (k + 1) * d] for k in range(3))  # (D,) each
    shown, output = np.tanh(run.cells[1:]), trace.output_gate[run.first :] * np.float32(0.5)
    begin = np.where(marks.any(axis=1), marks.argmax(axis=1), run.steps)  # (B,)
    if padding is not None:
        begin = np.where(padding, 0, begin)
    order = np.argsort(begin, kind="stable")
    begun = np.searchsorted(begin[order], np.arange(run.steps), side="right")  # (S,)
    sorted_marks = marks[order]
    h = np.zeros((len(marks), d), np.float32)  # (B, D), beta, in that order
    c = np.zeros_like(h)  # (B, D), beta of the cell state
    if padding is not None:
        h[padding[order]], c[padding[order]] = run.hidden[0], run.cells[0]
    for t, rows in enumerate(begun):
        if not rows:
            continue
        phrase = h[:rows] @ recurrent  # (R, 3D), R phrases have begun
        phrase[sorted_marks[:rows, t]] += words[t]
        both = np.tanh(np.stack([bias + phrase, before[t] - phrase]))  # (2, R, 3D)
        own = (both[0] - both[1] + constant[t]) * (half * 0.5)  # (R, 3D), L(phrase)
        i, f, g = (own[:, k * d : (k + 1) * d] for k in range(3))  # (R, D) each
        c[:rows] = (f + b_f) * c[:rows] + i * (g + b_g) + b_i * g
        c[:rows][sorted_marks[:rows, t]] += b_i * b_g
        ends = np.tanh(np.stack([c[:rows], run.cells[t + 1] - c[:rows]]))  # (2, R, D)
        h[:rows] = output[t] * (ends[0] - ends[1] + shown[t])
    states = np.empty_like(h)
    states[order] = h
    return states
