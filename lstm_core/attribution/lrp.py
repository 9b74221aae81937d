"""Layer-wise relevance propagation through the LSTM (Arras, Montavon, Mueller & Samek 2017).

The logit is handed back from layer to layer. A sum shares its relevance out in proportion to its
terms (their eq. 1, the epsilon rule):

    R_{i<-j} = (z_ij + (e s_j + d b_j) / N) / (z_j + e s_j) R_j,    s_j the sign of z_j, e = 0.001

and at a product of gate and signal the signal takes all (their eq. 2). N counts the inputs of the
sum. With d = 1 the bias and the stabiliser are shared out too and nothing is lost: all relevances
sum to the logit. With d = 0, as in their experiments, both keep their part and the words speak for
themselves.

Symbols: S steps, E embedding size, D units.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lstm_core.recurrent.backward import Unrolled
from lstm_core.recurrent.lstm import LstmWeights
from lstm_core.recurrent.trace import Trace

EPSILON = 0.001

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Relevance:
    """Relevance of each step; the parts sum to the logit."""

    steps: Doubles  # relevance of each step's input, ``(S,)``
    before: float  # what went to the states before the first step (the padding)


def relevance(
    weights: LstmWeights, trace: Trace, run: Unrolled, *, share_bias: bool = False
) -> Relevance:
    """Propagate the final logit back to the words.

    Args:
        share_bias: d = 1 instead of 0, so that the relevances sum to the logit.
    """
    d, delta = weights.lstm_dim, float(share_bias)
    inputs = weights.embedding_dim + d  # N of a candidate's sum
    block = slice(2 * d, 3 * d)  # the candidate's columns
    bias = weights.bias[block].astype(np.float64)  # (D,)
    recurrent = weights.recurrent[:, block].astype(np.float64)  # (D, D)
    words, before = (a[:, block].astype(np.float64) for a in (run.words, run.before))  # (S, D)
    cells, hidden = run.cells.astype(np.float64), run.hidden.astype(np.float64)  # (S + 1, D)
    written = (trace.input_gate * trace.candidate)[run.first :].astype(np.float64)  # (S, D)
    extra = EPSILON * _sign(cells[1:])  # (S, D)
    to_written = (written + delta * extra / 2) / (cells[1:] + extra)  # (S, D)
    to_kept = (cells[1:] - written + delta * extra / 2) / (cells[1:] + extra)  # (S, D)
    stable = EPSILON * _sign(before)  # (S, D)
    shared = delta * (stable + bias) / inputs  # (S, D), to each of the N inputs
    r_h, r_c = _from_logit(weights, hidden[-1], delta), np.zeros(d)  # (D,) each
    steps = np.empty(run.steps)
    for t in range(run.steps - 1, -1, -1):
        r_c = r_c + r_h  # h = o tanh(c): the signal takes all
        part = to_written[t] * r_c / (before[t] + stable[t])  # (D,), by unit of z_g
        steps[t] = (words[t] + weights.embedding_dim * shared[t]) @ part
        r_h = hidden[t] * (recurrent @ part) + shared[t] @ part
        r_c = to_kept[t] * r_c
    return Relevance(steps, float(r_h.sum() + r_c.sum()))


def _from_logit(weights: LstmWeights, last: Doubles, delta: float) -> Doubles:
    """Relevance of the last hidden state: the logit's own sum, ``(D,)``."""
    terms = weights.dense_kernel * last  # (D,)
    logit = float(terms.sum() + weights.dense_bias)
    extra = EPSILON * (1.0 if logit >= 0 else -1.0)
    return (terms + delta * (extra + weights.dense_bias) / len(terms)) / (logit + extra) * logit


def _sign(values: Doubles) -> Doubles:
    """-1 or 1, never 0."""
    return np.where(values >= 0, 1.0, -1.0)
