"""Deletion and insertion curves, and ERASER's comprehensiveness and sufficiency.

If a method ranks the words well, P(predicted label) falls fast when its highest-ranked words are
removed first (deletion), and rises early when they are added first to an empty review (insertion).
Both are drawn against the share of the words moved (Samek et al. 2017; Petsiuk, Das & Saenko 2018).

Comprehensiveness is the fall of P without the top 1, 5, 10, 20 and 50 % of the words, sufficiency
the fall when only those are left, both as means over the five shares (DeYoung et al. 2020, AOPC).
At least one word is moved. Higher comprehensiveness and lower sufficiency are better.

Symbols: T places, S words, K orders, P points of a curve, Q shares of ERASER.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lstm_core.attribution.attribute import score_all
from lstm_core.attribution.occlusion import Marks, MaskingStrategy, mask_words
from lstm_core.attribution.registry import Method
from lstm_core.recurrent.lstm import Floats, Ids, LstmForward, sigmoid
from lstm_core.recurrent.trace import Trace

SHARES = tuple(point / 20 for point in range(21))  # of the words moved
ERASER_SHARES = (0.01, 0.05, 0.1, 0.2, 0.5)  # of the words, as in the paper's section 4.1
FEWEST_WORDS = 5  # a shorter review has no order to speak of
RANDOM_ORDERS = 5  # the random curve of one review is the mean over so many

Order = npt.NDArray[np.intp]


@dataclass(frozen=True)
class ReviewCurves:
    """P(label predicted for the whole review) along every curve of one review."""

    deletion: Floats  # the method's highest-ranked words removed first, ``(K, P)``
    insertion: Floats  # the method's highest-ranked words added first, ``(K, P)``
    comprehensiveness: Floats  # ``(K,)``
    sufficiency: Floats  # ``(K,)``


def orders_of(forward: LstmForward, trace: Trace, methods: Sequence[Method]) -> list[Order]:
    """Places ``(S,)`` in the order of each method, largest contribution to the prediction first."""
    sign = 1 if trace.logits[-1] >= 0 else -1
    first = trace.encoding.first_word
    found = score_all(forward, trace, methods)
    return [np.argsort(-sign * one.scores[first:], kind="stable") for one in found]


def random_orders(words: int, count: int, seed: int) -> list[Order]:
    """Orders by chance, always the same for the same seed."""
    random = np.random.default_rng(seed)
    return [random.permutation(words) for _ in range(count)]


def curve_inputs(
    ids: Ids, first_word: int, orders: Sequence[Order], removal: MaskingStrategy
) -> Ids:
    """The reviews along the curves: ``(K * 2 * (P + Q), T)``, words removed before words left."""
    words = len(ids) - first_word
    moved = np.round(np.array(SHARES) * words).astype(int)  # (P,)
    few = np.maximum(np.round(np.array(ERASER_SHARES) * words).astype(int), 1)  # (Q,)
    moved = np.concatenate([moved, few])
    rank = np.empty((len(orders), words), int)  # (K, S)
    for row, order in zip(rank, orders, strict=True):
        row[order] = np.arange(words)
    away: Marks = rank[:, None] >= moved[:, None]  # (K, P + Q, S), what deletion keeps
    keep = np.ones((len(orders), 2, len(moved), len(ids)), bool)
    keep[:, 0, :, first_word:] = away
    keep[:, 1, :, first_word:] = ~away
    return mask_words(ids, keep.reshape(-1, len(ids)), removal)


def review_curves(
    forward: LstmForward, trace: Trace, orders: Sequence[Order], removal: MaskingStrategy
) -> ReviewCurves:
    """The curves of one review for given orders of its words."""
    inputs = curve_inputs(trace.encoding.ids, trace.encoding.first_word, orders, removal)
    logits = forward.logits(forward.final_states(inputs))
    sign = np.float32(1 if trace.logits[-1] >= 0 else -1)
    said = sigmoid(sign * logits).reshape(len(orders), 2, -1)  # (K, 2, P + Q)
    points = len(SHARES)
    means = said[:, 0, :1] - said[:, :, points:].mean(axis=2)  # (K, 2), full - masked
    return ReviewCurves(said[:, 0, :points], said[:, 1, :points], means[:, 0], means[:, 1])


def gain(deletion: Floats, insertion: Floats) -> Floats:
    """Area between the insertion and the deletion curve: ``(..., P)`` -> ``(...)``.

    Larger is better; an order by chance has about 0.
    """
    between = insertion.astype(np.float64) - deletion
    return np.asarray((between[..., 1:] + between[..., :-1]).mean(axis=-1) / 2, np.float32)
