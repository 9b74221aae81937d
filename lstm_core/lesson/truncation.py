"""Which words of a review a model reads under the article's rule and under Keras' default.

Both put zeros in front of a short review. Of a long one the article keeps the first `maxlen` ids,
Keras' ``pad_sequences`` by default the last. The ids begin with 1 (start), as in Keras' IMDb data,
so the article's rule reads start and ``maxlen - 1`` words, the default ``maxlen`` words alone.
"""

from dataclasses import dataclass

import numpy as np

from lstm_core.recurrent.lstm import Ids
from lstm_core.text import PAD, START, Span, Vocabulary, check_maxlen, check_text, find_words


@dataclass(frozen=True)
class Cut:
    """What is left of a review under one rule."""

    ids: Ids  # int32 ``(maxlen,)``
    first: int  # number of the first word read, from 0
    end: int  # number after the last word read
    has_start: bool  # whether the start mark is read
    pads: int  # zeros

    @property
    def words(self) -> int:
        """How many words are read."""
        return self.end - self.first


@dataclass(frozen=True)
class Cuts:
    """A review under every rule."""

    text: str  # the review
    words: tuple[tuple[str, Span], ...]  # every word, lower-cased, with the stretch it came from
    article: Cut  # zeros in front, the first places kept
    default: Cut  # Keras' default: zeros in front, the last places kept
    behind: Cut  # zeros behind, the first places kept: no rule of either, but an instructive one

    @property
    def differ(self) -> bool:
        """Whether the two rules read different ids."""
        return not np.array_equal(self.article.ids, self.default.ids)

    @property
    def read_by_both(self) -> int:
        """How many words both rules read."""
        return max(0, self.article.end - self.default.first)


def cut(text: str, vocabulary: Vocabulary, maxlen: int) -> Cuts:
    """Cut and pad one review by every rule.

    Raises:
        InputError: When `text` is not a str or `maxlen` is below 2.
    """
    check_maxlen(maxlen)
    words = tuple(find_words(check_text(text)))
    ids = [START, *vocabulary.ids_of(word for word, _ in words)]
    pads = max(0, maxlen - len(ids))
    front, behind = [PAD] * pads + ids[:maxlen], ids[:maxlen] + [PAD] * pads
    last = [PAD] * pads + ids[-maxlen:]
    read = min(len(words), maxlen - 1)
    lost = max(0, len(ids) - maxlen)  # ids cut off at the front, the start mark among them
    return Cuts(
        text=text,
        words=words,
        article=Cut(np.array(front, np.int32), 0, read, True, pads),
        default=Cut(np.array(last, np.int32), max(0, lost - 1), len(words), lost == 0, pads),
        behind=Cut(np.array(behind, np.int32), 0, read, True, pads),
    )
