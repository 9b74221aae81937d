"""Linear teacher that scores any window of any text by its phrases of one to three words.

Naive Bayes features under a logistic regression (Wang & Manning 2012): a phrase a has the log-count
ratio r_a of positive to negative reviews that contain it, a text is the vector of its r_a scaled to
length one, and the regression gives it weights w. A window s of n words has the score

    q(s) = sum of w_a r_a over its phrases / sqrt(sum of r_a^2) + b

Both sums run over positions, so with cumulative sums the score of a window is two subtractions. The
teacher is cross-fitted: no review is scored by a model that was fitted on it or, where the data set
names the films, on another review of its film, whose names would reveal the label. Last,
P(positive) as a function of q and n is fitted on windows of every length, so that the scores of
short windows are calibrated too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from lstm_core.errors import TrainingError
from lstm_core.progress import Progress, ProgressCallback
from lstm_core.training.recommended.windows import Ints, Tokens, join_words

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]  # by place: half the memory of the totals
Labels = npt.NDArray[np.float32]

LEAST_COUNTS = (2, 3, 4)  # a phrase of 1, 2, 3 words must occur so often to be a feature
FOLDS = 4
PENALTY = 5.0  # scikit-learn's C: the inverse of the regularisation
CALIBRATION_WINDOWS = 200_000
KEY_BASE = 2**20  # above every word id, and its cube fits into 64 bits


@dataclass(frozen=True, eq=False)
class Totals:
    """Cumulative sums of one corpus, for each phrase length k: float64 ``(W + 1,)`` each."""

    scores: tuple[Floats, ...]  # total of w r of the phrases that start before a place
    squares: tuple[Floats, ...]  # total of their r^2
    bias: float  # b of the regression

    def raw(self, start: Ints, length: Ints) -> Floats:
        """q of stretches, ``(M,)``."""
        score, square = np.zeros(len(start)), np.full(len(start), 1e-9)
        for longer, (scores, squares) in enumerate(zip(self.scores, self.squares, strict=True)):
            stop = np.maximum(start + length - longer, start)  # phrases end inside the stretch
            score += scores[stop] - scores[start]
            square += squares[stop] - squares[start]
        return score / np.sqrt(square) + self.bias


@dataclass(frozen=True, eq=False)
class Teacher:
    """Cumulative sums of the labelled and the unlabelled texts, and the calibration."""

    labelled: Totals
    unlabelled: Totals
    slopes: Floats
    intercept: float

    def logits(self, totals: Totals, start: Ints, length: Ints) -> Floats:
        """Logit of P(positive) of stretches of one of the two corpora, ``(M,)``."""
        return _shape(totals.raw(start, length), length) @ self.slopes + self.intercept


@dataclass(frozen=True, eq=False)
class _Model:
    phrases: tuple[Ints, ...]  # sorted keys, one array for each phrase length
    ratios: Floats  # r of all phrases, in that order
    weights: Floats  # w
    bias: float


def fit_teacher(
    labelled: Tokens,
    labels: Labels,
    groups: Sequence[str],
    unlabelled: Tokens,
    rng: np.random.Generator,
    progress: ProgressCallback,
) -> Teacher:
    """Fit the teacher on labelled texts and compute its cumulative sums on both corpora.

    Linear algebra keeps to one thread, so that the sums are the same on every fit.

    Args:
        labelled: Texts with labels.
        labels: 1 positive, 0 negative, ``(N,)``.
        groups: Group of each text, its film: texts of one group do not score each other, ``(N,)``.
        unlabelled: Texts without; may be empty.
        rng: For the folds and the windows of the calibration.
        progress: Receives the number of finished folds.

    Raises:
        TrainingError: When a class has fewer than two texts.
    """
    with threadpool_limits(1, user_api="blas"):
        return _fit_folds(labelled, labels, groups, unlabelled, rng, progress)


def _fit_folds(
    labelled: Tokens,
    labels: Labels,
    groups: Sequence[str],
    unlabelled: Tokens,
    rng: np.random.Generator,
    progress: ProgressCallback,
) -> Teacher:
    fold = _folds(labels, groups, rng)
    count = int(fold.max()) + 1
    own_fold = np.repeat(fold, labelled.lengths)  # (W,)
    own = np.zeros((2, len(LEAST_COUNTS), len(labelled.ids)), np.float32)
    other = np.zeros((2, len(LEAST_COUNTS), len(unlabelled.ids)), np.float32)
    bias = 0.0
    for number in range(count):
        progress(Progress("fitting the teacher", number, count))
        rows = np.flatnonzero(fold != number)
        model = _fit(join_words(labelled, rows), labels[rows])
        own += np.where(own_fold == number, _by_place(labelled, model), 0)
        other += _by_place(unlabelled, model) / count
        bias += model.bias / count
    totals = _totals(own, bias)
    slopes, intercept = _calibrate(totals, labelled, labels, rng)
    progress(Progress("fitting the teacher", count, count))
    return Teacher(totals, _totals(other, bias), slopes, intercept)


def _folds(labels: Labels, groups: Sequence[str], rng: np.random.Generator) -> npt.NDArray[np.intp]:
    """Fold of every text, the same for all of a group, stratified by class."""
    counts = [int((labels == label).sum()) for label in (0, 1)]
    if min(counts) < 2:
        raise TrainingError(
            f"There are {counts[1]} positive and {counts[0]} negative training reviews; the "
            "recommended recipe needs at least two of each. Give more labelled reviews."
        )
    _, first, owner = np.unique(np.asarray(groups), return_index=True, return_inverse=True)
    sides = [np.flatnonzero(labels[first] == label) for label in (0, 1)]  # groups, by first text
    if min(map(len, sides)) < 2:  # too few groups to stratify
        owner = np.arange(len(labels))
        sides = [np.flatnonzero(labels == label) for label in (0, 1)]
    fold = np.zeros(int(owner.max()) + 1, np.intp)
    for side in sides:
        fold[rng.permutation(side)] = np.arange(len(side)) % min(FOLDS, *map(len, sides))
    return fold[owner]


def _phrases(tokens: Tokens) -> list[Ints]:
    """For each phrase length a key of the phrase that starts at each place, -1 where none fits."""
    ids = tokens.ids.astype(np.int64)
    left = np.repeat(tokens.offsets[1:], tokens.lengths) - np.arange(len(ids))  # words to the end
    keys = [ids]
    for longer in range(1, len(LEAST_COUNTS)):
        following = np.append(ids[longer:], np.zeros(min(longer, len(ids)), np.int64))
        keys.append(np.where(left > longer, keys[-1] * KEY_BASE + following, -1))
    return keys


def _find(phrases: Ints, keys: Ints) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Place of every key among the sorted phrases, and whether it is there."""
    if not len(phrases):
        return np.zeros(len(keys), np.int64), np.zeros(len(keys), bool)
    at = np.minimum(np.searchsorted(phrases, keys), len(phrases) - 1)
    return at, phrases[at] == keys


def _fit(tokens: Tokens, labels: Labels) -> _Model:
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import normalize

    keys = _phrases(tokens)
    phrases = tuple(_frequent(key, least) for key, least in zip(keys, LEAST_COUNTS, strict=True))
    held = _held(tokens, keys, phrases)  # (N, phrases)
    positive = np.asarray(held[labels == 1].sum(axis=0)).ravel() + 1
    negative = np.asarray(held[labels == 0].sum(axis=0)).ravel() + 1
    ratios = np.log(positive / positive.sum()) - np.log(negative / negative.sum())
    vectors = normalize(held.multiply(ratios).tocsr())
    regression = LogisticRegression(C=PENALTY, max_iter=100, tol=1e-3).fit(vectors, labels)
    return _Model(phrases, ratios, regression.coef_[0], float(regression.intercept_[0]))


def _frequent(keys: Ints, least: int) -> Ints:
    found, counts = np.unique(keys, return_counts=True)
    return found[(counts >= least) & (found >= 0)]


def _held(tokens: Tokens, keys: list[Ints], phrases: tuple[Ints, ...]) -> csr_matrix:
    """Which text holds which phrase: zeros and ones, ``(N, phrases)``."""
    from scipy.sparse import csr_matrix

    text = np.repeat(np.arange(len(tokens)), tokens.lengths)  # (W,)
    rows: list[Any] = []
    columns: list[Any] = []
    width = 0
    for known, key in zip(phrases, keys, strict=True):
        at, there = _find(known, key)
        rows.append(text[there])
        columns.append(at[there] + width)
        width += len(known)
    row, column = np.concatenate(rows), np.concatenate(columns)
    held = csr_matrix((np.ones(len(row)), (row, column)), shape=(len(tokens), width))
    held.data[:] = 1  # a repeated phrase counts once
    return held


def _by_place(tokens: Tokens, model: _Model) -> Floats32:
    """w r and r^2 of the phrase of each length that starts at each place, ``(2, 3, W)``."""
    found = np.zeros((2, len(LEAST_COUNTS), len(tokens.ids)), np.float32)
    before = 0
    for longer, key in enumerate(_phrases(tokens)):
        known = model.phrases[longer]
        at, there = _find(known, key)
        at = at[there] + before
        found[0, longer, there] = model.weights[at] * model.ratios[at]
        found[1, longer, there] = model.ratios[at] ** 2
        before += len(known)
    return found


def _totals(by_place: Floats32, bias: float) -> Totals:
    padded = np.pad(by_place, ((0, 0), (0, 0), (1, 0)))
    running = np.cumsum(padded, axis=2, dtype=np.float64)  # (2, 3, W + 1)
    return Totals(tuple(running[0]), tuple(running[1]), bias)


def _shape(raw: Floats, length: Ints) -> Floats:
    """Features of the calibration: the score and its products with the length, ``(M, 4)``."""
    size = np.log(np.maximum(length, 1)) / 5
    return np.stack([raw, raw * size, raw * size**2, raw * np.sqrt(length) / 10], axis=1)


def _calibrate(
    totals: Totals, tokens: Tokens, labels: Labels, rng: np.random.Generator
) -> tuple[Floats, float]:
    """Fit P(positive) on windows of 2 words to whole texts, log-uniform in length."""
    from sklearn.linear_model import LogisticRegression

    text = rng.integers(0, len(tokens), CALIBRATION_WINDOWS)
    words = tokens.lengths[text]
    wanted = np.exp(rng.uniform(np.log(2), np.log(words.max() + 1), len(text))).astype(np.int64)
    length = np.minimum(wanted, words)
    start = tokens.offsets[text] + (rng.random(len(text)) * (words - length + 1)).astype(np.int64)
    model = LogisticRegression(C=1e3, max_iter=500)
    model.fit(_shape(totals.raw(start, length), length), labels[text])
    return model.coef_[0], float(model.intercept_[0])
