"""Loading a corpus and turning it into arrays: what the rest of the program calls."""

import dataclasses
import os
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lstm_core.datasets.corpus import Corpus, Reviews, SourceKind
from lstm_core.datasets.find import Found, find_corpus
from lstm_core.datasets.keras_download import download_npz, missing_data
from lstm_core.datasets.keras_imdb import read_keras
from lstm_core.datasets.stanford import read_archive, read_folder
from lstm_core.datasets.table_corpus import read_table
from lstm_core.datasets.table_format import TableOptions
from lstm_core.errors import InputError
from lstm_core.files import Meter
from lstm_core.paths import ASSETS
from lstm_core.progress import ProgressCallback
from lstm_core.text import Vocabulary, check_maxlen, encode_many

SMALL_CORPUS = ASSETS / "corpus" / "small.csv"

_ENCODE_BLOCK = 500


class ImdbArrays(NamedTuple):
    """What `train_lstm` takes, and the vocabulary that belongs to it.

    Attributes:
        x_train: Word ids, int32 ``(N, maxlen)``.
        y_train: 1 positive, 0 negative, float32 ``(N,)``.
        x_test: Word ids, int32 ``(M, maxlen)``.
        y_test: 1 positive, 0 negative, float32 ``(M,)``.
        vocabulary: Made of the training part alone, or Keras' own index for Keras' files.
    """

    x_train: npt.NDArray[np.int32]
    y_train: npt.NDArray[np.float32]
    x_test: npt.NDArray[np.int32]
    y_test: npt.NDArray[np.float32]
    vocabulary: Vocabulary


def load_corpus(
    path: str | os.PathLike[str] | None = None,
    *,
    text_column: str | None = None,
    label_column: str | None = None,
    test_share: float | None = None,
    seed: int = 0,
    table: TableOptions | None = None,
    name: str | None = None,
    unlabelled: bool = True,
    download: bool = True,
    progress: ProgressCallback | None = None,
) -> Corpus:
    """Read a data set of reviews; see `find_corpus` for where it is looked for.

    Args:
        path: Stanford's archive or folder, Keras' ``imdb.npz``, or a table; None to search.
        text_column: For a table, the column with the reviews; None to detect it.
        label_column: For a table, the column with the labels; None to detect it.
        test_share: For a table, the share of the test part; None for 0.5 with Kaggle's, else 0.2.
        seed: For a table, of the split into training and test part.
        table: For a table, everything else that can be said about it.
        name: For a table, what the user calls the file; None for its name in the path.
        unlabelled: Also keep reviews without a label, which only Stanford's data has.
        download: Let Keras download its files when nothing is found; imports TensorFlow then.
        progress: Told how far it is; an exception of its own ends the reading.

    Raises:
        DataError: When nothing is found, or what is found cannot be read: what it is, what is
            accepted, what to do.
        InputError: For settings of a table that do not fit, or that are given with another source.
    """
    options = table or TableOptions()
    if text_column is not None or label_column is not None:
        options = dataclasses.replace(options, text_column=text_column, label_column=label_column)
    found = find_corpus(path)
    if found is None:
        if not download:
            raise missing_data()
        found = Found(download_npz(progress), SourceKind.KERAS_NPZ)
    if found.kind in (SourceKind.CSV, SourceKind.KAGGLE_CSV):
        return read_table(
            found.path, options, test_share=test_share, seed=seed, name=name, progress=progress
        )
    if options != TableOptions() or test_share is not None or seed:
        raise InputError(
            f"Columns, format, test share and split seed are for tables; {found.path.name} is a "
            f"{found.kind} with a split of its own. Leave them out."
        )
    if found.kind is SourceKind.KERAS_NPZ:
        return read_keras(found.path, progress=progress)
    read = read_folder if found.kind is SourceKind.STANFORD_FOLDER else read_archive
    return read(found.path, unlabelled=unlabelled, progress=progress)


@cache
def load_small_corpus() -> Corpus:
    """The small corpus that comes with LSTM Lens: for trying the training without any data.

    It is read once a process.

    Raises:
        DataError: When its file is missing or damaged.
    """
    corpus = read_table(SMALL_CORPUS)
    count = len(corpus.train) + len(corpus.test)
    source = dataclasses.replace(
        corpus.source,
        kind=SourceKind.SMALL_CORPUS,
        description=(
            f"The small corpus written for LSTM Lens, {count} short made-up reviews. It is no "
            "research data set: a model trained on it shows how training goes, not how well an "
            "LSTM can judge."
        ),
    )
    return dataclasses.replace(corpus, source=source)


def load_imdb(
    path: str | os.PathLike[str] | None = None,
    *,
    num_words: int = 10_000,
    maxlen: int = 80,
    text_column: str | None = None,
    label_column: str | None = None,
    test_share: float | None = None,
    seed: int = 0,
    download: bool = True,
    progress: ProgressCallback | None = None,
) -> ImdbArrays:
    """Load a data set and encode it; see `load_corpus` and `encode_corpus`.

    Args:
        path: See `load_corpus`.
        num_words: Size of the id space; words with higher ids are unknown.
        maxlen: Places of an encoding.
        text_column: See `load_corpus`, as the next three.
        label_column: Column with the labels of a table.
        test_share: Share of the test part of a table.
        seed: Seed of the split of a table.
        download: See `load_corpus`.
        progress: Told how far reading, then encoding, has come.

    Returns:
        ``x_train, y_train, x_test, y_test, vocabulary``; the rows are those of
        ``load_corpus(path).train`` and ``.test``.

    Raises:
        DataError: See `load_corpus`.
        InputError: For a `num_words` below 5 or a `maxlen` below 2.
    """
    _check_sizes(num_words, maxlen)
    corpus = load_corpus(
        path,
        text_column=text_column,
        label_column=label_column,
        test_share=test_share,
        seed=seed,
        unlabelled=False,
        download=download,
        progress=progress,
    )
    return encode_corpus(corpus, num_words=num_words, maxlen=maxlen, progress=progress)


def encode_corpus(
    corpus: Corpus,
    *,
    num_words: int = 10_000,
    maxlen: int = 80,
    progress: ProgressCallback | None = None,
) -> ImdbArrays:
    """Make the vocabulary of a corpus and encode its reviews with it, row for row.

    Raises:
        InputError: For a `num_words` below 5 or a `maxlen` below 2.
    """
    _check_sizes(num_words, maxlen)
    vocabulary = corpus.vocabulary(num_words, progress=progress)
    meter = Meter("encoding reviews", len(corpus.train) + len(corpus.test), progress)
    x_train = _encoded(corpus.train, vocabulary, maxlen, meter, 0)
    x_test = _encoded(corpus.test, vocabulary, maxlen, meter, len(corpus.train))
    meter.finish(len(corpus.train) + len(corpus.test))
    return ImdbArrays(
        x_train,
        corpus.train.labels.astype(np.float32),
        x_test,
        corpus.test.labels.astype(np.float32),
        vocabulary,
    )


def _check_sizes(num_words: int, maxlen: int) -> None:
    """Fail before the data is read, not after."""
    Vocabulary((), num_words)
    check_maxlen(maxlen)


def _encoded(
    reviews: Reviews, vocabulary: Vocabulary, maxlen: int, meter: Meter, done: int
) -> npt.NDArray[np.int32]:
    """Ids of all reviews, int32 ``(N, maxlen)``; `done` were encoded before."""
    ids = np.empty((len(reviews), maxlen), dtype=np.int32)  # (N, T)
    for start, block in _blocks(reviews.texts):
        ids[start : start + len(block)] = encode_many(block, vocabulary, maxlen)
        meter.at(done + start + len(block))
    return ids


def _blocks(texts: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    for start in range(0, len(texts), _ENCODE_BLOCK):
        yield start, texts[start : start + _ENCODE_BLOCK]
