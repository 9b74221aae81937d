"""Deletion and insertion: take a review's words away, or put them in, in the order of a method.

If a method knows which words made the verdict, then the verdict falls fast when its best words are
taken away first (deletion), and is there early when they are put in first (insertion). Both are
drawn against the share of the words moved. Samek et al. 2017; Petsiuk, Das & Saenko 2018.

Symbols: T places, S words, K orders, P points of a curve.
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
FEWEST_WORDS = 5  # a shorter review has no order to speak of
RANDOM_ORDERS = 5  # the random curve of one review is the mean over so many

Order = npt.NDArray[np.intp]


@dataclass(frozen=True)
class ReviewCurves:
    """P(the verdict of the whole review) along every curve of one review.

    Attributes:
        deletion: The method's best words taken away first, ``(K, P)``.
        insertion: The method's best words put in first, ``(K, P)``.
    """

    deletion: Floats
    insertion: Floats


def orders_of(forward: LstmForward, trace: Trace, methods: Sequence[Method]) -> list[Order]:
    """A review's words in the order of each method, what speaks most for its verdict first.

    Returns:
        For each method the numbers of the words, ``(S,)``.
    """
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
    """The reviews along the curves: ``(K * 2 * P, T)``, deletion before insertion."""
    words = len(ids) - first_word
    moved = np.round(np.array(SHARES) * words).astype(int)  # (P,)
    places = np.empty((len(orders), words), int)  # (K, S), rank of each word
    for row, order in zip(places, orders, strict=True):
        row[order] = np.arange(words)
    away: Marks = places[:, None] >= moved[:, None]  # (K, P, S), what deletion keeps
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
    said = sigmoid(sign * logits).reshape(len(orders), 2, len(SHARES))
    return ReviewCurves(said[:, 0], said[:, 1])


def gain(deletion: Floats, insertion: Floats) -> Floats:
    """Area between the insertion and the deletion curve: ``(..., P)`` -> ``(...)``.

    Larger is better; an order by chance has about 0.
    """
    between = insertion.astype(np.float64) - deletion
    return np.asarray((between[..., 1:] + between[..., :-1]).mean(axis=-1) / 2, np.float32)
