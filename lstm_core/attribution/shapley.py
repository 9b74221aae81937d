"""Shapley value sampling (Castro, Gomez & Tejada 2009; Strumbelj & Kononenko 2010).

The Shapley value of a word is its marginal contribution to the logit, averaged over all orders in
which the words can be added to a review of unknown words. It is estimated by the mean over random
permutations, as in Captum's `ShapleyValueSampling` with the unknown word as baseline. In every
permutation the contributions sum to the logit minus that of the baseline, so their mean does, too.

All coalitions are predicted in one batch: P (S - 1) + 2 sequences, at most 1,952 for 79 words.

Symbols: P permutations, S words, T steps.
"""

import numpy as np

from lstm_core.attribution.occlusion import MaskingStrategy, mask_words
from lstm_core.recurrent.lstm import Floats, Ids, LstmForward

PERMUTATIONS = 25
SEED = 0


def shapley_values(
    forward: LstmForward, ids: Ids, first_word: int, permutations: int = PERMUTATIONS
) -> tuple[Floats, float]:
    """Estimated Shapley values of the words of one review, always the same for the same review.

    Args:
        ids: The review, ``(T,)``.
        first_word: Step of its first word; S = T - first_word.
        permutations: P.

    Returns:
        Values, float32 ``(S,)``, and the logit of the review of unknown words.
    """
    words = len(ids) - first_word
    random = np.random.default_rng(SEED)
    orders = np.stack([random.permutation(words) for _ in range(permutations)])  # (P, S)
    rank = np.argsort(orders, axis=1)  # (P, S), when each word is added
    present = rank[:, None] <= np.arange(words - 1)[:, None]  # (P, S - 1, S), after each addition
    keep = np.ones((permutations * (words - 1) + 2, len(ids)), bool)
    keep[:-2, first_word:] = present.reshape(-1, words)
    keep[-2, first_word:] = False  # the baseline; the last row is the review itself
    inputs = mask_words(ids, keep, MaskingStrategy.REPLACE_WITH_UNK)
    logits = forward.logits(forward.final_states(inputs)).astype(np.float64)
    path = np.empty((permutations, words + 1))  # (P, S + 1), logit after so many words
    path[:, 0], path[:, -1] = logits[-2], logits[-1]
    path[:, 1:-1] = logits[:-2].reshape(permutations, words - 1)
    added = np.diff(path, axis=1)  # (P, S), in the order of addition
    values = np.take_along_axis(added, rank, axis=1).mean(axis=0)
    return values.astype(np.float32), float(logits[-2])
