"""Word masking and occlusion: words deleted, or replaced by the unknown word.

Symbols: N reviews, T places.
"""

from enum import StrEnum

import numpy as np
import numpy.typing as npt

from lstm_core.recurrent.lstm import Floats, Ids, LstmForward
from lstm_core.text import PAD, START, UNKNOWN

Marks = npt.NDArray[np.bool_]


class MaskingStrategy(StrEnum):
    """How a word is masked: deleted, or replaced by the unknown word [UNK]."""

    DELETE = "delete"
    REPLACE_WITH_UNK = "replace_with_unk"


def mask_words(ids: Ids, keep: Marks, removal: MaskingStrategy) -> Ids:
    """Variants of one review in which some words are missing: ids ``(N, T)``.

    Args:
        ids: The review, ``(T,)``.
        keep: Which words stay, ``(N, T)``; padding and start are left as they are.
        removal: Deleted: the others close up behind zeros in front, as if the review had been
            typed without them; nothing that was not read before moves in. Or replaced by the
            unknown word.
    """
    if removal is MaskingStrategy.REPLACE_WITH_UNK:
        missing = ~keep & (ids != PAD) & (ids != START)
        return np.where(missing, UNKNOWN, ids).astype(np.int32)
    stays = np.where((ids == PAD) | (ids == START), ids == START, keep)  # (N, T)
    order = np.argsort(stays, axis=1, kind="stable")  # what goes first, the rest in its order
    moved = np.take_along_axis(np.broadcast_to(ids, keep.shape), order, axis=1)
    gone = np.arange(ids.shape[0]) < (~stays).sum(axis=1, keepdims=True)
    return np.where(gone, PAD, moved).astype(np.int32)


def leave_one_out(forward: LstmForward, ids: Ids, first_word: int) -> Floats:
    """The logit minus the logit without each word: ``(T - first_word,)``, all in one batch."""
    words = forward.maxlen - first_word
    keep = np.ones((words + 1, forward.maxlen), bool)  # the last row is the review itself
    keep[np.arange(words), first_word + np.arange(words)] = False
    logits = forward.logits(forward.final_states(mask_words(ids, keep, MaskingStrategy.DELETE)))
    return logits[-1] - logits[:-1]
