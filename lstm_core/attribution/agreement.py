"""How far methods agree on the order of a review's words (Spearman 1904).

Symbols: M methods, S words.
"""

from collections.abc import Sequence

import numpy as np

from lstm_core.recurrent.lstm import Floats


def ranks(values: Floats) -> Floats:
    """Ranks from 0, equal values sharing their mean rank: ``(S,)``."""
    _, where, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)  # rank after the last of each value
    return ((2 * ends - counts - 1) / 2)[where].astype(np.float32)


def agreement(scores: Sequence[Floats]) -> Floats:
    """Rank correlation of every pair of methods.

    Args:
        scores: What each method says to the words, ``(S,)`` each.

    Returns:
        Float32 ``(M, M)`` from -1 to 1; not-a-number where one gives all words the same score.
    """
    ranked = np.stack([ranks(values) for values in scores]).astype(np.float64)  # (M, S)
    centred = ranked - ranked.mean(axis=1, keepdims=True)
    size = np.sqrt((centred**2).sum(axis=1))  # (M,)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = centred @ centred.T / np.outer(size, size)
    return np.clip(found, -1, 1).astype(np.float32)
