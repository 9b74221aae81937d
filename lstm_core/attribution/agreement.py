"""Rank agreement of attribution methods on the words of a review (Spearman 1904).

Symbols: M methods, S words.
"""

from collections.abc import Sequence

import numpy as np

from lstm_core.recurrent.lstm import Floats


def agreement(scores: Sequence[Floats]) -> Floats:
    """Spearman's rank correlation of every pair of methods.

    Args:
        scores: Attribution of each method to the words, ``(S,)`` each.

    Returns:
        Float32 ``(M, M)`` from -1 to 1; not-a-number where one gives all words the same score.
    """
    from scipy.stats import rankdata

    ranks = rankdata(np.stack(scores), axis=1)  # (M, S)
    if ranks.shape[1] < 2:  # one word has no order
        return np.full((len(ranks), len(ranks)), np.nan, np.float32)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.corrcoef(ranks)
    return np.clip(np.atleast_2d(found), -1, 1).astype(np.float32)
