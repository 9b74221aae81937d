"""Tokenised reviews as one flat array, and windows sampled from it in batches.

The texts follow each other in one array; a window is a start position and a number of words. A
batch of windows is one indexing operation, whatever the lengths of the reviews.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lstm_core.text import PAD, START, UNKNOWN, Vocabulary, split_sentences

Ints = npt.NDArray[np.int64]
Ids = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Tokens:
    """Words of N texts as one flat array."""

    ids: Ids  # word ids of all texts, without start, int32 ``(W,)``
    offsets: Ints  # where each text begins, and the end of the last, int64 ``(N + 1,)``
    sentences: Ints  # where each sentence begins, and the end of the last, int64 ``(S + 1,)``

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> Ints:
        """Words of each text, int64 ``(N,)``."""
        return np.diff(self.offsets)

    def renamed(self, table: Ids) -> "Tokens":
        """The same texts with every id looked up in a table, int32 ``(ids of old,)``."""
        return Tokens(table[self.ids], self.offsets, self.sentences)


@dataclass(frozen=True, eq=False)
class Windows:
    """M stretches of words.

    Attributes:
        text: Number of the text each was cut from, int64 ``(M,)``.
        start: Place of the first word in the row, int64 ``(M,)``.
        length: Words, int64 ``(M,)``.
        marked: Which have a start in front: all but the later windows of a review, bool ``(M,)``.
        short: Which are meant as short texts, bool ``(M,)``.
    """

    text: Ints
    start: Ints
    length: Ints
    marked: npt.NDArray[np.bool_]
    short: npt.NDArray[np.bool_]


def tokenise(texts: Iterable[str], vocabulary: Vocabulary) -> Tokens:
    """Split every text into sentences and words; texts without a word get one unknown word."""
    rows: list[Ids] = []
    sentences: list[int] = []
    offsets, place = [0], 0
    for text in texts:
        begin = place
        for words in split_sentences(text):
            rows.append(np.array(vocabulary.ids_of(words), np.int32))
            sentences.append(place)
            place += len(words)
        if place == begin:
            rows.append(np.array([UNKNOWN], np.int32))
            sentences.append(place)
            place += 1
        offsets.append(place)
    flat = np.concatenate(rows) if rows else np.zeros(0, np.int32)
    return Tokens(flat, np.array(offsets, np.int64), np.array([*sentences, place], np.int64))


def join_words(tokens: Tokens, rows: Sequence[int] | Ints) -> Tokens:
    """The given texts alone, without sentences."""
    spans = [tokens.ids[tokens.offsets[row] : tokens.offsets[row + 1]] for row in rows]
    ends = np.cumsum([0, *(len(span) for span in spans)], dtype=np.int64)
    return Tokens(np.concatenate(spans), ends, ends)


def window_ids(
    ids: Ids,
    start: Ints,
    length: Ints,
    maxlen: int,
    marked: npt.NDArray[np.bool_] | None = None,
) -> Ids:
    """Windows as a model reads them, int32 ``(M, T)``: zeros, start, words.

    Args:
        ids: Word ids of all texts, ``(W,)``.
        start: First word of each window, ``(M,)``.
        length: Words of each window, as many as there are places left at most, ``(M,)``.
        maxlen: T, the places.
        marked: Which have a start in front, ``(M,)``; None for all.
    """
    word = np.arange(maxlen) - (maxlen - length)[:, None]  # (M, T), number of the word at a place
    found = ids[np.clip(start[:, None] + word, 0, len(ids) - 1)]  # (M, T)
    found = np.where(word >= 0, found, PAD).astype(np.int32)
    rows = np.arange(len(start)) if marked is None else np.flatnonzero(marked)
    found[rows, maxlen - 1 - length[rows]] = START
    return found


def draw_windows(
    tokens: Tokens,
    count: int,
    maxlen: int,
    rng: np.random.Generator,
    *,
    opening_share: float,
    short_share: float,
    longest_short: int,
    edge_share: float = 0.0,
) -> Windows:
    """Sample training windows: beginnings, later windows of reviews, and short texts.

    A beginning is the first ``maxlen - 1`` words of a review. Half of the other windows are full
    windows at any position, which gives new windows of the same words, and half are where reading
    the whole review puts them, so that its last, mostly padded window is trained as it is used.
    Short texts are a sentence or two, or a few words.

    Returns:
        `count` windows; each lies inside one text.
    """
    text = rng.integers(0, len(tokens), count)  # (M,)
    begin, words = tokens.offsets[text], tokens.lengths[text]  # (M,)
    place = np.minimum((rng.random(count) * words).astype(np.int64), words - 1)
    free = (rng.random(count) * (np.maximum(words - maxlen, 0) + 1)).astype(np.int64)
    bounds = np.maximum((place + 1) // maxlen * maxlen - 1, 0)
    at = np.where(rng.random(count) < 0.5, free, bounds)
    at = np.where(rng.random(count) < opening_share, 0, at)
    short = rng.random(count) < short_share
    short_start, short_length = _draw_short(
        tokens, begin, words, place, rng, longest_short, edge_share
    )
    marked = (at == 0) | short
    start = np.where(short, short_start, begin + at)
    length = np.minimum(np.where(short, short_length, words - at), maxlen - marked)
    return Windows(text, start, length, marked, short)


def window_counts(words: Ints, maxlen: int) -> Ints:
    """Windows of reviews of so many words: start and words, `maxlen` at a time."""
    return -(-(words + 1) // maxlen)


def whole_readings(tokens: Tokens, text: Ints, maxlen: int) -> tuple[Windows, Ints]:
    """All windows of the given texts, and for each the number of its text among those given."""
    counts = window_counts(tokens.lengths[text], maxlen)  # (R,)
    bag = np.repeat(np.arange(len(text)), counts)  # (M,)
    number = np.arange(len(bag)) - np.repeat(np.cumsum(counts) - counts, counts)  # (M,)
    text = text[bag]
    first = number == 0
    start = tokens.offsets[text] + np.where(first, 0, number * maxlen - 1)
    length = np.minimum(tokens.offsets[text + 1] - start, maxlen - first)
    return Windows(text, start, length, first, np.zeros(len(bag), bool)), bag


def _draw_short(
    tokens: Tokens,
    begin: Ints,
    words: Ints,
    place: Ints,
    rng: np.random.Generator,
    longest: int,
    edge_share: float,
) -> tuple[Ints, Ints]:
    """Start and length of a short text around a place: a sentence or two, or a few words."""
    count = len(place)
    end = rng.random(count) < 0.5  # of the review's two ends, the last word or the first
    edge = np.where(end, words - 1, 0)  # (M,)
    at = np.where(rng.random(count) < edge_share, edge, place)  # (M,)
    sentence = np.searchsorted(tokens.sentences, begin + at, side="right") - 1  # (M,)
    following = sentence + 1 + (rng.random(count) < 0.3)
    last = np.minimum(following, len(tokens.sentences) - 1)
    stop = np.minimum(tokens.sentences[last], begin + words)
    few = np.exp(rng.uniform(0, np.log(longest + 1), count)).astype(np.int64)
    few = np.clip(few, 1, words)
    few_start = begin + np.minimum(place, words - few)
    whole = rng.random(count) < 0.5
    start = np.where(whole, tokens.sentences[sentence], few_start)
    return start, np.where(whole, stop - start, few)
