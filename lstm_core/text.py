"""From a review to word ids and back: the one encoder that serves training and the app.

The rules are those of Keras' IMDb data with the article's cutting: id 0 pads, 1 starts, 2 stands
for an unknown word, words count from 4; a short review gets zeros in front, of a long one the first
``maxlen`` ids are kept. Words are cut by Keras' rules after typography and markup are normalised
(`lstm_core.normalize`): an apostrophe inside a word stays, quotes around it do not.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import chain

import numpy as np
import numpy.typing as npt

from lstm_core import normalize
from lstm_core.errors import InputError
from lstm_core.normalize import plain_text as plain_text
from lstm_core.normalize import split_sentences as split_sentences
from lstm_core.normalize import split_words as split_words

PAD = 0
START = 1
UNKNOWN = 2
FIRST_WORD = 4  # Keras leaves id 3 unused: rank 1 becomes id 4

PAD_LABEL = "(padding)"
START_LABEL = "(start)"
UNKNOWN_LABEL = "(unknown)"
UNKNOWN_SIGN = "\N{REPLACEMENT CHARACTER}"


class Kind(StrEnum):
    """What one place of an encoding stands for."""

    PADDING = "padding"
    START = "start"
    WORD = "word"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the original text, in characters: ``text[start:end]``."""

    start: int
    end: int


def find_words(text: str) -> Iterator[tuple[str, Span]]:
    """Yield every word of a text, normalised, with the stretch of the text it came from."""
    for word, start, end in normalize.find(text):
        yield word, Span(start, end)


class _Ids(dict[str, int]):
    """Ids by word; looking up any other word gives the id of unknown words."""

    def __missing__(self, word: str) -> int:
        return UNKNOWN


class Vocabulary:
    """The words a model knows, most frequent first; belongs to one bundle.

    Args:
        words: Distinct words in order of id: the first one has id 4.
        num_words: Size of the id space, so that ids are below it. At most ``num_words - 4`` words.

    Raises:
        InputError: For repeated or too many words, or a ``num_words`` that leaves no room for one.
    """

    def __init__(self, words: Sequence[str], num_words: int) -> None:
        if num_words <= FIRST_WORD:
            raise InputError(
                f"A vocabulary of {num_words} ids has no room for a word: ids 0 to 3 are reserved. "
                f"Use num_words of at least {FIRST_WORD + 1}."
            )
        if len(words) > num_words - FIRST_WORD:
            raise InputError(
                f"{len(words)} words do not fit into {num_words} ids, of which 4 are reserved. "
                f"Give at most {num_words - FIRST_WORD} words or raise num_words."
            )
        self.words = tuple(words)
        self.num_words = num_words
        self._ids = _Ids((word, id_) for id_, word in enumerate(self.words, start=FIRST_WORD))
        if len(self._ids) != len(self.words):
            repeated = next(w for w, n in Counter(self.words).items() if n > 1)
            raise InputError(
                f"The word {repeated!r} stands twice in the vocabulary. Give every word once."
            )

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self._ids

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Vocabulary):
            return NotImplemented
        return (self.num_words, self.words) == (other.num_words, other.words)

    def __hash__(self) -> int:
        return hash((self.num_words, self.words))

    def __repr__(self) -> str:
        return f"Vocabulary({len(self.words)} words, num_words={self.num_words})"

    def id_of(self, word: str) -> int:
        """Id of a word as it stands in the vocabulary (lower case), 2 when it is not known."""
        return self._ids.get(word, UNKNOWN)

    def ids_of(self, words: Iterable[str]) -> list[int]:
        """Ids of many words; see `id_of`."""
        return list(map(self._ids.__getitem__, words))

    def word_of(self, id_: int) -> str:
        """The word of an id, or a label in brackets for padding, start and unknown.

        Raises:
            InputError: For an id outside 0 .. num_words - 1.
        """
        if not 0 <= id_ < self.num_words:
            raise InputError(f"Word id {id_} is outside 0 to {self.num_words - 1}.")
        if FIRST_WORD <= id_ < FIRST_WORD + len(self.words):
            return self.words[id_ - FIRST_WORD]
        return {PAD: PAD_LABEL, START: START_LABEL}.get(id_, UNKNOWN_LABEL)

    @classmethod
    def from_texts(cls, texts: Iterable[str], num_words: int) -> "Vocabulary":
        """The most frequent words of the texts; ties go by the alphabet, so the order is fixed."""
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(split_words(text))
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        return cls([word for word, _ in ranked[: max(num_words - FIRST_WORD, 0)]], num_words)

    @classmethod
    def from_word_index(cls, word_index: Mapping[str, int], num_words: int) -> "Vocabulary":
        """From Keras' ``{word: rank}`` with ranks 1, 2, 3 ... without gaps."""
        ranked = sorted(word_index.items(), key=lambda item: item[1])
        if [rank for _, rank in ranked] != list(range(1, len(ranked) + 1)):
            raise InputError(
                "A word index must give the ranks 1, 2, 3 ... without gaps or repeats, as Keras' "
                "imdb_word_index.json does."
            )
        return cls([word for word, _ in ranked[: max(num_words - FIRST_WORD, 0)]], num_words)


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
    """

    text: str
    ids: npt.NDArray[np.int32]
    words: tuple[str, ...]
    kinds: tuple[Kind, ...]
    spans: tuple[Span | None, ...]
    unread_words: tuple[str, ...]
    unread_start: int

    @property
    def unread(self) -> str:
        """The end of the text that was not read, as typed; empty when all was read."""
        return self.text[self.unread_start :]

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
        """Zeros in front."""
        return self.kinds.count(Kind.PADDING)

    @property
    def first_word(self) -> int:
        """Place of the first word (that after start), ``maxlen`` when there is none."""
        return min(self.pad_count + 1, self.maxlen)

    @property
    def read_count(self) -> int:
        """Words read, known or not."""
        return self.maxlen - self.first_word

    @property
    def known_count(self) -> int:
        """Words read that the vocabulary knows."""
        return self.read_count - len(self.unknown)

    @property
    def word_count(self) -> int:
        """Words in the whole text."""
        return self.read_count + len(self.unread_words)


def check_maxlen(maxlen: int) -> None:
    """Raise InputError unless at least the start and one word fit."""
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

    Lists, tuples, generators, one column of a table and NumPy arrays of strings are read; a table
    or a dict would yield its column names.
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
    found = list(find_words(check_text(text)))
    read, rest = found[: maxlen - 1], found[maxlen - 1 :]
    word_ids = vocabulary.ids_of(word for word, _ in read)
    pads = maxlen - 1 - len(read)
    kinds = [Kind.UNKNOWN if id_ == UNKNOWN else Kind.WORD for id_ in word_ids]
    return Encoding(
        text=text,
        ids=np.array([PAD] * pads + [START] + word_ids, dtype=np.int32),
        words=(PAD_LABEL,) * pads + (START_LABEL,) + tuple(word for word, _ in read),
        kinds=(Kind.PADDING,) * pads + (Kind.START,) + tuple(kinds),
        spans=(None,) * (pads + 1) + tuple(span for _, span in read),
        unread_words=tuple(word for word, _ in rest),
        unread_start=rest[0][1].start if rest else len(text),
    )


def encode_many(texts: Iterable[str], vocabulary: Vocabulary, maxlen: int) -> npt.NDArray[np.int32]:
    """Encode reviews by the article's rule, their first ``maxlen`` places.

    Returns:
        Word ids, int32 ``(N, maxlen)``.
    """
    check_maxlen(maxlen)
    words = normalize.split_first(check_texts(texts), maxlen - 1)
    return stack_rows([vocabulary.ids_of(row) for row in words], maxlen)


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
    for number, text in enumerate(check_texts(texts)):
        windows = cut_windows(vocabulary.ids_of(split_words(text)), maxlen)
        rows.extend(windows)
        owners.extend([number] * len(windows))
    return stack_places(rows, maxlen), np.array(owners, dtype=np.int64)


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
