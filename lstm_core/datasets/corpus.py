"""What a data set is once it has been read: reviews with labels, and where they came from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lstm_core.datasets.labels import POSITIVE
from lstm_core.files import metered
from lstm_core.progress import ProgressCallback
from lstm_core.text import Vocabulary


class SourceKind(StrEnum):
    """The forms of data set that are read."""

    STANFORD_ARCHIVE = "stanford archive"
    STANFORD_FOLDER = "stanford folder"
    KERAS_NPZ = "keras npz"
    KAGGLE_CSV = "kaggle csv"
    CSV = "csv"
    SMALL_CORPUS = "small corpus"


@dataclass(frozen=True, slots=True)
class DataSource:
    """Where a corpus came from.

    Attributes:
        kind: The form of the data set.
        path: The file or folder that was read.
        sha256: Fingerprint, 64 hex digits. Of the file (archive, npz, CSV); of a folder, of the
            names and contents of its labelled reviews in sorted order.
        description: One or two sentences for a person.
        split: How training and test part came about, in words.
    """

    kind: SourceKind
    path: Path
    sha256: str
    description: str
    split: str


@dataclass(frozen=True, eq=False, repr=False)
class Reviews:
    """Labelled reviews; all have the same length N.

    Attributes:
        texts: The reviews as the data set holds them.
        labels: 1 positive, 0 negative, int8 ``(N,)``, read-only.
        ratings: Stars 1 to 10, 0 where unknown, int8 ``(N,)``, read-only.
        names: What the data set calls each review ("train/pos/200_8.txt", "line 17").
        films: The film each review is of ("tt0453418"); empty when the data set does not say.
    """

    texts: tuple[str, ...]
    labels: npt.NDArray[np.int8]
    ratings: npt.NDArray[np.int8]
    names: tuple[str, ...]
    films: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        films = len(self.films) or len(self.texts)
        lengths = {len(self.texts), len(self.labels), len(self.ratings), len(self.names), films}
        if len(lengths) != 1:
            raise ValueError(f"texts, labels, ratings, names, films differ in length: {lengths}")
        self.labels.setflags(write=False)
        self.ratings.setflags(write=False)

    def __len__(self) -> int:
        return len(self.texts)

    def __repr__(self) -> str:
        positive = int((self.labels == POSITIVE).sum())
        return f"Reviews({len(self)}: {positive} positive, {len(self) - positive} negative)"

    def take(self, rows: Sequence[int] | npt.NDArray[np.intp]) -> "Reviews":
        """The reviews of the given rows, in that order."""
        at = np.asarray(rows, dtype=np.intp)
        return Reviews(
            texts=tuple(self.texts[row] for row in at),
            labels=self.labels[at],
            ratings=self.ratings[at],
            names=tuple(self.names[row] for row in at),
            films=tuple(self.films[row] for row in at) if self.films else (),
        )

    @property
    def groups(self) -> tuple[str, ...]:
        """What reviews that must stay on one side of a validation split share: film or text."""
        return self.films or self.texts


@dataclass(frozen=True, eq=False)
class Corpus:
    """A data set in memory. Its rows are in a mixed, fixed order: a slice holds both classes.

    Attributes:
        train: Reviews to learn from.
        test: Reviews for the last figure only.
        unlabelled: Reviews without a label; empty when the source has none or they were not asked.
        source: Where all this came from.
        ranked_words: Words in the source's own order of rank, when it brings one (Keras' index);
            else empty.
    """

    train: Reviews
    test: Reviews
    unlabelled: tuple[str, ...] = field(repr=False)
    source: DataSource
    ranked_words: tuple[str, ...] = field(default=(), repr=False)

    def vocabulary(self, num_words: int, *, progress: ProgressCallback | None = None) -> Vocabulary:
        """The words that have an id: the source's own index, or made of the training part alone.

        Args:
            num_words: Size of the id space, 4 more than there are words at most.
            progress: Told the training reviews counted.

        Raises:
            InputError: When `num_words` leaves no room for a word.
        """
        if self.ranked_words:
            ranks = {word: rank for rank, word in enumerate(self.ranked_words, start=1)}
            return Vocabulary.from_word_index(ranks, num_words)
        return Vocabulary.from_texts(
            metered(self.train.texts, "counting words", progress), num_words
        )
