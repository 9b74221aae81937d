"""Keras' form of the data: ``imdb.npz`` (ranks of words) beside ``imdb_word_index.json``.

Ranks become words again, joined by blanks, so that the one encoder of `lstm_core.text` gives the
same ids as ``keras.datasets.imdb.load_data``; rows come in the order of that function.
"""

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lstm_core.datasets.corpus import Corpus, DataSource, Reviews, SourceKind
from lstm_core.datasets.npz import NpzFile
from lstm_core.errors import DataError, reason
from lstm_core.files import MAX_TEXT_BYTES, HashedFile, Meter, unreadable
from lstm_core.progress import ProgressCallback
from lstm_core.text import split_words

NPZ_NAME = "imdb.npz"
INDEX_NAME = "imdb_word_index.json"

QUOTE_LETTER = "\N{MODIFIER LETTER DOUBLE APOSTROPHE}"  # part of a word for the encoder

_SHUFFLE_SEED = 113  # the default of keras.datasets.imdb.load_data
_MAX_INDEX_BYTES = 50_000_000  # Keras' own has 1.6 million
_MAX_WORD = 1_000  # characters
_REMEDY = f"Accepted are Keras' {NPZ_NAME} and {INDEX_NAME} in one folder: fetch both again."


def read_keras(path: Path, *, progress: ProgressCallback | None = None) -> Corpus:
    """Read Keras' two files.

    Args:
        path: The ``.npz`` file; ``imdb_word_index.json`` is looked for beside it.
        progress: Told the bytes of the file read, then the reviews decoded.

    Raises:
        DataError: When one of the files is missing, damaged, foreign or does not fit the other.
    """
    with HashedFile(path, "reading imdb.npz", progress) as file:
        sha256 = file.drain()
    index_path = path.with_name(INDEX_NAME)
    ranked = _ranked_words(index_path)
    with NpzFile(path) as npz:
        parts = {name: npz.integers(f"y_{name}") for name in ("train", "test")}
        for name, labels in parts.items():
            _check_labels(labels, f"y_{name}")
        meter = Meter("turning ranks into words", sum(map(len, parts.values())), progress)
        train = _texts(npz, "x_train", ranked, meter, 0)
        texts = {"train": train, "test": _texts(npz, "x_test", ranked, meter, len(train))}
    reviews = _in_keras_order(texts, parts)
    description = (
        f"Keras' form of Stanford's movie reviews: {len(reviews['train']):,} training and "
        f"{len(reviews['test']):,} test reviews as words without punctuation, stars unknown."
    )
    source = DataSource(
        SourceKind.KERAS_NPZ, path, sha256, description, "the data set's own training and test part"
    )
    return Corpus(reviews["train"], reviews["test"], (), source, ranked)


def _texts(npz: NpzFile, name: str, ranked: tuple[str, ...], meter: Meter, done: int) -> list[str]:
    """The reviews of an array of ranks; rank 1 is the first word. `done` were decoded before."""
    words = ("", *ranked)
    texts: list[str] = []
    size = 0
    for row in npz.number_lists(name):
        if row and not (min(row) >= 1 and max(row) <= len(ranked)):
            raise DataError(
                f"In {name}, review {len(texts)} has ranks from {min(row)} to {max(row)}, but the "
                f"word index has the ranks 1 to {len(ranked):,}. {_REMEDY}"
            )
        texts.append(" ".join(map(words.__getitem__, row)))
        size += len(texts[-1])
        if size > MAX_TEXT_BYTES:
            raise DataError(
                f"The reviews of {name} have more than {MAX_TEXT_BYTES // 10**6} million "
                f"characters together; Keras' have 33 million. {_REMEDY}"
            )
        meter.at(done + len(texts))
    meter.finish(done + len(texts))
    return texts


def _check_labels(labels: npt.NDArray[np.int64], name: str) -> None:
    if set(np.unique(labels).tolist()) != {0, 1}:
        raise DataError(
            f"The labels {name} are {np.unique(labels)[:8].tolist()}; accepted are 0 and 1, each "
            f"at least once. {_REMEDY}"
        )


def _in_keras_order(
    texts: dict[str, list[str]], labels: dict[str, npt.NDArray[np.int64]]
) -> dict[str, Reviews]:
    """Shuffle both parts as ``load_data`` does: one generator, training part first."""
    random = np.random.RandomState(_SHUFFLE_SEED)
    reviews: dict[str, Reviews] = {}
    for part, part_texts in texts.items():
        count = len(part_texts)
        if count != len(labels[part]):
            raise DataError(
                f"{count} reviews in x_{part} but {len(labels[part])} labels in y_{part}. {_REMEDY}"
            )
        order = np.arange(count)
        random.shuffle(order)
        names = tuple(f"{part}/{number}" for number in range(count))
        as_stored = Reviews(
            tuple(part_texts), labels[part].astype(np.int8), np.zeros(count, dtype=np.int8), names
        )
        reviews[part] = as_stored.take(order)
    return reviews


def _ranked_words(path: Path) -> tuple[str, ...]:
    """The words of the index in order of rank, each one a word of our encoder."""
    if not path.is_file():
        raise DataError(f"{INDEX_NAME} is missing beside the .npz in {path.parent}. {_REMEDY}")
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_INDEX_BYTES + 1)
    except OSError as error:
        raise unreadable(path, error) from error
    index = _parsed_index(data)
    ranked = sorted(index, key=index.__getitem__)
    if [index[word] for word in ranked] != list(range(1, len(ranked) + 1)):
        raise DataError(f"{INDEX_NAME} does not give the ranks 1, 2, 3 ... once each. {_REMEDY}")
    return _encodable(ranked)


def _parsed_index(data: bytes) -> dict[str, int]:
    try:
        if len(data) > _MAX_INDEX_BYTES:
            raise ValueError(f"more than {_MAX_INDEX_BYTES:,} bytes")
        index = json.loads(data)
        if type(index) is dict:
            "".join(index).encode("utf-8")  # half a surrogate pair could not be saved in a bundle
    except (ValueError, RecursionError) as error:
        raise DataError(f"{INDEX_NAME} cannot be read: {reason(error)}. {_REMEDY}") from error
    if type(index) is not dict or not index or not set(map(type, index.values())) <= {int}:
        raise DataError(f"{INDEX_NAME} is not a table of words and ranks. {_REMEDY}")
    if max(map(len, index)) > _MAX_WORD:
        raise DataError(f"{INDEX_NAME} has a word of over {_MAX_WORD:,} characters. {_REMEDY}")
    return index


def _encodable(ranked: list[str]) -> tuple[str, ...]:
    """Keep each word that our encoder reads as one; give the others a spelling that it does.

    Keras splits at blanks alone and keeps quotes at the edges of a word. Such a word is spelled
    with the letter U+02EE, which looks like a quote, for every apostrophe at its edges and between
    the pieces it falls into; more of them are added until the spelling is free.
    """
    taken = set(ranked)
    words: list[str] = []
    for word in ranked:
        spelling = word
        if split_words(word) != [word]:
            pieces = QUOTE_LETTER.join(split_words(word))
            lead = len(word) - len(word.lstrip("'"))
            trail = len(word) - len(word.rstrip("'")) if pieces else 0
            spelling = QUOTE_LETTER * lead + pieces + QUOTE_LETTER * trail or QUOTE_LETTER
            while spelling in taken:
                spelling += QUOTE_LETTER
            taken.add(spelling)
        words.append(spelling)
    return tuple(words)
