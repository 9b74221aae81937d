"""Initial weights that compute a naive Bayes classifier: the LSTM as a running sum of word scores.

A word's score is its log ratio of positive to negative reviews. The first unit gets gates that are
always open, so that its cell state adds up the scores of the words, and the last layer turns the
sum into a probability:

    i = f = o = 1;    c_t = c_{t-1} + tanh(k r_w);    h = tanh(c);    logit = a h + b

The other units keep their random weights. The scores are refined by a few steps of a logistic
regression; all of it takes half a second. The recommended recipe uses it only on request
(``head_start``): after 3,200 steps, on a film-disjoint validation split, it was 0.3 points worse on
first windows than random initial weights, and worse calibrated (calibration error 0.056 against
0.028).

Symbols: N reviews, T places, V word ids, E embedding size, D units.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from lstm_core.recurrent.lstm import LstmWeights
from lstm_core.text import FIRST_WORD, UNKNOWN

Ids = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]

COLUMNS = 8  # of the embedding that hold the score, so that none of them matters alone
SMOOTHING = 3.0  # reviews added to both counts: rare words say little
OPEN = 5.0  # bias of a gate that stays open: 0.993, and not so far out that it cannot learn
SPREAD = 0.5  # standard deviation of the cell at the end, where tanh is nearly straight
ROUNDS = 25  # Newton steps for a and b
POLISHING = 40  # gradient steps of a logistic regression that starts at the counted scores
RATE, SHRINKING = 0.05, 1e-3  # of these steps: Adagrad's rate, and the pull of the scores to zero


def naive_bayes_init(
    weights: LstmWeights, ids: Ids, labels: npt.NDArray[np.floating]
) -> LstmWeights:
    """Initial weights with one unit that sums word scores.

    Args:
        weights: Random initial weights.
        ids: Reviews as the model reads them, ``(N, T)``.
        labels: 1 positive, 0 negative, ``(N,)``.

    Returns:
        The weights with that unit and a last layer that reads it alone.
    """
    scores = refine(word_scores(ids, labels, len(weights.embedding)), ids, labels)  # (V,)
    totals = scores[ids].sum(axis=1)  # (N,)
    scale = SPREAD / max(float(totals.std()), 1e-9)
    states = np.tanh(np.tanh(scale * scores)[ids].sum(axis=1))  # (N,), h of the counting unit
    slope, intercept = _fit_line(states, labels)
    columns, d = min(COLUMNS, weights.embedding.shape[1]), weights.recurrent.shape[0]
    embedding, kernel = weights.embedding.copy(), weights.kernel.copy()
    recurrent, bias = weights.recurrent.copy(), weights.bias.copy()
    embedding[:, :columns] = scores[:, None]  # (V, columns)
    own = np.arange(4) * d  # the counting unit's i, f, g, o
    kernel[:, own] = 0
    kernel[:columns, own[2]] = scale / columns
    recurrent[:, own] = 0
    bias[own] = (OPEN, OPEN, 0, OPEN)
    dense = np.zeros(d, np.float32)
    dense[0] = slope
    return replace(
        weights,
        embedding=embedding,
        kernel=kernel,
        recurrent=recurrent,
        bias=bias,
        dense_kernel=dense,
        dense_bias=float(intercept),
    )


def word_scores(ids: Ids, labels: npt.NDArray[np.floating], num_words: int) -> Floats:
    """Log ratio of the shares of positive and negative reviews that hold a word, ``(V,)``.

    Padding, start and the unknown word score 0.
    """
    ordered = np.sort(ids, axis=1)  # (N, T)
    first = np.ones(ordered.shape, bool)  # a repeated word counts once
    first[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    owner = np.broadcast_to(labels[:, None] >= 0.5, ids.shape)[first]
    counts = [
        np.bincount(ordered[first][owner == positive], minlength=num_words) + SMOOTHING
        for positive in (True, False)
    ]
    sizes = [max(int((labels >= 0.5).sum()), 1), max(int((labels < 0.5).sum()), 1)]
    scores = np.log(counts[0] / sizes[0]) - np.log(counts[1] / sizes[1])  # (V,)
    scores[: max(FIRST_WORD, UNKNOWN + 1)] = 0
    return scores.astype(np.float64)


def refine(scores: Floats, ids: Ids, labels: npt.NDArray[np.floating]) -> Floats:
    """Scores after some steps of a logistic regression on sums of scores, ``(V,)``.

    Naive Bayes treats words as independent; the steps correct for correlated words.
    """
    scores = scores / max(float(scores[ids].sum(axis=1).std()), 1e-9)
    fixed, squares = scores == 0, np.full(len(scores), 1e-12)
    for _ in range(POLISHING):
        p = (1 + np.tanh(scores[ids].sum(axis=1) / 2)) / 2  # (N,)
        errors = np.repeat((p - labels) / len(ids), ids.shape[1])  # (N T,)
        slope = np.bincount(ids.ravel(), errors, minlength=len(scores)) + SHRINKING * scores
        slope[fixed] = 0
        squares += slope**2
        scores = scores - RATE * slope / np.sqrt(squares)
    return scores


def _fit_line(states: Floats, labels: npt.NDArray[np.floating]) -> tuple[float, float]:
    """a and b of the logistic regression of labels on one number, by Newton's method."""
    line = np.zeros(2)
    features = np.stack([states, np.ones_like(states)], axis=1)  # (N, 2)
    for _ in range(ROUNDS):
        p = (1 + np.tanh(features @ line / 2)) / 2  # (N,)
        slope = features.T @ (labels - p) - 1e-3 * line  # (2,)
        curve = (features * (p * (1 - p))[:, None]).T @ features + 1e-3 * np.eye(2)  # (2, 2)
        line = line + np.linalg.solve(curve, slope)
    return float(line[0]), float(line[1])
