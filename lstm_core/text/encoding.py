"""Encodings: the ids of a review, what each stands for, and what was not read."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from itertools import chain, islice

import numpy as np
import numpy.typing as npt

from lstm_core.errors import InputError
from lstm_core.text import normalize
from lstm_core.text.beginnings import encode_beginnings
from lstm_core.text.encode_rules import encode_by_rules, ids_of, places_of, stack, windows_of
from lstm_core.text.rules import ARTICLE_RULES
from lstm_core.text.vocabulary import (
    PAD,
    PAD_LABEL,
    START,
    START_LABEL,
    UNKNOWN,
    UNKNOWN_LABEL,
    UNKNOWN_SIGN,
    Vocabulary,
)
from lstm_core.text.words import Span, find_words, split_words


class Kind(StrEnum):
    """What one place of an encoding stands for."""

    PADDING = "padding"
    START = "start"
    WORD = "word"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Encoding:
    """The ids made of one review, with what each stands for and what of the text was not read.

    Attributes:
        text: The review as it came in.
        ids: Word ids, int32 ``(maxlen,)``.
        words: For each place the word read there, lower-cased and as typed even if unknown; a label
            in brackets for padding and start.
        kinds: For each place what it stands for.
        spans: For each place the stretch of `text` it came from, None for padding and start.
        unread: The words of the text after the last one read, in order.
        unread_start: Character offset in `text` where the part that was not read begins;
            ``len(text)`` when all was read.
        unread_before: Character offset where reading begins, for a model that reads the end of a
            long text; 0 otherwise.
        left_out: Unknown words, for a model that has no id for them; they take no place.
    """

    text: str
    ids: npt.NDArray[np.int32]
    words: tuple[str, ...]
    kinds: tuple[Kind, ...]
    spans: tuple[Span | None, ...]
    unread_words: tuple[str, ...]
    unread_start: int
    unread_before: int = 0
    left_out: tuple[str, ...] = ()

    @property
    def unread(self) -> str:
        """The part of the text that was not read, as typed; empty when all was read."""
        return self.text[: self.unread_before] + self.text[self.unread_start :]

    @cached_property
    def unknown(self) -> tuple[int, ...]:
        """Places that hold a word the vocabulary does not know."""
        return tuple(at for at, kind in enumerate(self.kinds) if kind is Kind.UNKNOWN)

    @property
    def maxlen(self) -> int:
        """Number of places."""
        return len(self.kinds)

    @cached_property
    def pad_count(self) -> int:
        """Places of padding; by the article's rules zeros in front."""
        return self.kinds.count(Kind.PADDING)

    @cached_property
    def first_word(self) -> int:
        """Place of the first word (that after start), ``maxlen`` when there is none."""
        words = (at for at, kind in enumerate(self.kinds) if kind in (Kind.WORD, Kind.UNKNOWN))
        return next(words, self.maxlen)

    @cached_property
    def read_count(self) -> int:
        """Words read, known or not."""
        return self.kinds.count(Kind.WORD) + self.kinds.count(Kind.UNKNOWN)

    @property
    def known_count(self) -> int:
        """Words read that the vocabulary knows."""
        return self.read_count - len(self.unknown)

    @property
    def word_count(self) -> int:
        """Words in the whole text."""
        return self.read_count + len(self.unread_words) + len(self.left_out)

    def without_padding_behind(self) -> "Encoding":
        """The same encoding up to its last word: padding behind the words is left away."""
        end = max(len(self.kinds) - self._padding_behind(), 1)
        return replace(
            self,
            ids=self.ids[:end],
            words=self.words[:end],
            kinds=self.kinds[:end],
            spans=self.spans[:end],
        )

    def _padding_behind(self) -> int:
        behind = (n for n, kind in enumerate(reversed(self.kinds)) if kind is not Kind.PADDING)
        return next(behind, 0)


def check_maxlen(maxlen: int) -> None:
    """Raise InputError unless at least the start and one word fit."""
    if not isinstance(maxlen, int | np.integer):
        raise InputError(f"maxlen is {maxlen!r}; it must be a whole number from 2 on.")
    if maxlen < 2:
        raise InputError(
            f"maxlen of {maxlen} leaves no room for a word after the start. Use 2 or more."
        )


def check_text(text: object) -> str:
    """Return a text that is one; raise InputError for anything else."""
    if not isinstance(text, str):
        raise InputError(
            f"A review must be a text (str); a value of type {type(text).__name__} came in. "
            "Decode bytes first, and give a list of texts to predict."
        )
    return text


def check_texts(texts: object) -> list[str]:
    """Return a list of texts; raise InputError for anything else.

    Accepted is everything that yields texts one by one in a fixed order: lists, tuples, generators,
    one column of a table, NumPy arrays of strings. A table or a dict would yield its column names.

    Args:
        texts: What a person gave.

    Raises:
        InputError: For a single text, a table, a dict, a set, or an entry that is no text.
    """
    known = isinstance(texts, str | bytes | bytearray | Mapping | Set)
    if known or not isinstance(texts, Iterable) or getattr(texts, "ndim", 1) != 1:
        raise InputError(
            f"A list of reviews is needed; a {type(texts).__name__} came in. Write "
            '["..."] for one review, and name the column of a table: table["text"].'
        )
    found = list(texts)
    for number, text in enumerate(found):
        if not isinstance(text, str):
            raise InputError(
                f"Entry {number} of the reviews is of type {type(text).__name__}; each must be a "
                "text (str). Leave out missing values and decode bytes first."
            )
    return found


def encode(text: str, vocabulary: Vocabulary, maxlen: int) -> Encoding:
    """Encode one review with everything a person may want to know about it.

    Args:
        text: Any text.
        vocabulary: The words that have an id.
        maxlen: Number of places.

    Returns:
        The encoding; its ids are those of `encode_many`.

    Raises:
        InputError: When `text` is not a str or `maxlen` is below 2.
    """
    check_maxlen(maxlen)
    if vocabulary.rules != ARTICLE_RULES:
        return encode_by_rules(check_text(text), vocabulary, maxlen)
    found = list(islice(find_words(check_text(text)), maxlen))
    read, after = found[: maxlen - 1], found[maxlen - 1 :]  # what follows needs no stretches
    word_ids = vocabulary.ids_of(word for word, _ in read)
    pads = maxlen - 1 - len(read)
    kinds = [Kind.UNKNOWN if id_ == UNKNOWN else Kind.WORD for id_ in word_ids]
    return Encoding(
        text=text,
        ids=np.array([PAD] * pads + [START] + word_ids, dtype=np.int32),
        words=(PAD_LABEL,) * pads + (START_LABEL,) + tuple(word for word, _ in read),
        kinds=(Kind.PADDING,) * pads + (Kind.START,) + tuple(kinds),
        spans=(None,) * (pads + 1) + tuple(span for _, span in read),
        unread_words=tuple(split_words(text)[maxlen - 1 :]) if after else (),
        unread_start=after[0][1].start if after else len(text),
    )


def encode_many(texts: Iterable[str], vocabulary: Vocabulary, maxlen: int) -> npt.NDArray[np.int32]:
    """Encode reviews by the article's rule, their first ``maxlen`` places.

    Returns:
        Word ids, int32 ``(N, maxlen)``.
    """
    check_maxlen(maxlen)
    if (rules := vocabulary.rules) != ARTICLE_RULES:
        found = (ids_of(text, vocabulary) for text in check_texts(texts))
        return stack([places_of(ids, rules, maxlen) for ids in found], maxlen)
    return encode_beginnings(check_texts(texts), vocabulary, maxlen)


def encode_windows(
    texts: Iterable[str], vocabulary: Vocabulary, maxlen: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Encode whole reviews as windows of ``maxlen`` places: start and words, cut one by one.

    The first window is the encoding of the first reading; the others have no start, so that a
    model can tell the middle of a review from its beginning. The last has zeros in front.

    Returns:
        Word ids of all windows one under the other, int32 ``(W, maxlen)``, and for each window the
        number of its review, int64 ``(W,)``. A review without words has one window of padding.
    """
    check_maxlen(maxlen)
    rows: list[list[int]] = []
    owners: list[int] = []
    article = vocabulary.rules == ARTICLE_RULES
    for number, text in enumerate(check_texts(texts)):
        if article:
            windows = cut_windows(vocabulary.ids_of(normalize.split(text)), maxlen)
        else:
            windows = windows_of(ids_of(text, vocabulary), vocabulary.rules, maxlen)
        rows.extend(windows)
        owners.extend([number] * len(windows))
    stacked = stack_places(rows, maxlen) if article else stack(rows, maxlen)
    return stacked, np.array(owners, dtype=np.int64)


def cut_windows(ids: Sequence[int], maxlen: int) -> list[list[int]]:
    """The windows of one review: start and its word ids, `maxlen` at a time; at least one."""
    places = [START, *ids]
    return [places[at : at + maxlen] for at in range(0, len(places), maxlen)]


def stack_rows(rows: Sequence[Sequence[int]], maxlen: int) -> npt.NDArray[np.int32]:
    """Put word ids (without start) into places: zeros, start, words. Rows of at most maxlen - 1."""
    return stack_places([[START, *row] for row in rows], maxlen)


def stack_places(rows: Sequence[Sequence[int]], maxlen: int) -> npt.NDArray[np.int32]:
    """Put 1 to `maxlen` ids a row into places, zeros in front; int32 ``(N, maxlen)``."""
    lengths = np.fromiter(map(len, rows), np.int64, len(rows))  # (N,)
    ids = np.zeros((len(rows), maxlen), dtype=np.int32)  # (N, T)
    flat = chain.from_iterable(rows)
    ids[np.arange(maxlen) >= maxlen - lengths[:, None]] = np.fromiter(flat, np.int32)
    return ids


def decode(ids: Iterable[int], vocabulary: Vocabulary) -> str:
    """The words of ids with blanks between, which encode to the same ids again.

    Padding and start are left out; an unknown word becomes U+FFFD, which no vocabulary holds.
    """
    words = (vocabulary.word_of(int(id_)) for id_ in ids if id_ not in (PAD, START))
    return " ".join(UNKNOWN_SIGN if word == UNKNOWN_LABEL else word for word in words)
