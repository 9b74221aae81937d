"""A data set as a model of some sizes will see it: ids, unknown words, what is cut off."""

from dataclasses import dataclass

import numpy as np

from lstm_core.datasets.corpus import Corpus
from lstm_core.datasets.labels import POSITIVE
from lstm_core.text import Encoding, encode

LOOKED_AT = 1_000  # training reviews that the shares are counted on
SHOWN = 3


@dataclass(frozen=True, slots=True)
class EncodingPreview:
    """What becomes of the reviews.

    Attributes:
        train: Training reviews.
        test: Test reviews.
        positive: Share of positive ones among the training reviews.
        words: Median number of words of a review.
        looked_at: Training reviews that the shares were counted on.
        unknown: Share of the words read that have no id of their own.
        cut_reviews: Share of the reviews that are not read to their end.
        cut_words: Share of all words that are not read.
        known_words: Words that have an id.
        shown: A few reviews, encoded, with their labels (True: positive).
    """

    train: int
    test: int
    positive: float
    words: float
    looked_at: int
    unknown: float
    cut_reviews: float
    cut_words: float
    known_words: int
    shown: tuple[tuple[Encoding, bool], ...]


def preview(corpus: Corpus, num_words: int, maxlen: int) -> EncodingPreview:
    """Encode some training reviews as the training will.

    Raises:
        InputError: For a `num_words` below 5 or a `maxlen` below 2.
    """
    vocabulary = corpus.vocabulary(num_words)
    texts = corpus.train.texts[:LOOKED_AT]
    found = [encode(text, vocabulary, maxlen) for text in texts]
    words = np.array([one.word_count for one in found])  # (N,)
    read = np.array([one.read_count for one in found])  # (N,)
    unknown = sum(len(one.unknown) for one in found)
    labels = corpus.train.labels
    return EncodingPreview(
        train=len(corpus.train),
        test=len(corpus.test),
        positive=float((labels == POSITIVE).mean()),
        words=float(np.median(words)),
        looked_at=len(found),
        unknown=unknown / max(int(read.sum()), 1),
        cut_reviews=float((read < words).mean()),
        cut_words=1 - int(read.sum()) / max(int(words.sum()), 1),
        known_words=len(vocabulary),
        shown=tuple((one, bool(labels[at] == POSITIVE)) for at, one in enumerate(found[:SHOWN])),
    )
