"""The texts an index may be of: built in, the data set's test reviews, a person's own file."""

import hashlib
import tomllib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lstm_core.activations.schema import NO_LABEL, Texts
from lstm_core.datasets import find_corpus, load_corpus, load_small_corpus
from lstm_core.datasets.labelled import read_labelled
from lstm_core.datasets.table_format import TableOptions
from lstm_core.datasets.unpack import TemporaryCopy
from lstm_core.errors import DataError
from lstm_core.files import shown, unreadable
from lstm_core.paths import ASSETS
from lstm_core.progress import ProgressCallback

BUILT_IN = "The built-in examples and the small corpus"
LARGEST_FILE = 50_000_000  # bytes of a file of a person
MOST_TEXTS = 100_000
TEST_REVIEWS = 25_000  # of the full data set, for the estimate before anything is read


def built_in_texts() -> Texts:
    """The examples, without labels, and the small corpus: all of our own writing."""
    with (ASSETS / "examples.toml").open("rb") as file:
        examples = [str(entry["text"]).strip() for entry in tomllib.load(file)["example"]]
    corpus = load_small_corpus()
    texts = (*examples, *corpus.train.texts, *corpus.test.texts)
    labels = np.concatenate(
        [np.full(len(examples), NO_LABEL, np.int8), corpus.train.labels, corpus.test.labels]
    )
    return Texts(BUILT_IN, _fingerprint(texts), texts, labels)


def test_stamp() -> str:
    """What tells whether the data set on this machine is still the one of an index.

    Raises:
        DataError: When no data set is found.
    """
    found = find_corpus()
    if found is None:
        raise DataError(
            "The data set is not on this machine. Put Stanford's aclImdb_v1.tar.gz into the folder "
            "data/, or name it in LSTM_LENS_DATA."
        )
    facts = found.path.stat()
    return f"{found.path.resolve()} {facts.st_size} {facts.st_mtime_ns}"


def test_texts(progress: ProgressCallback | None = None) -> Texts:
    """The test reviews of the data set on this machine.

    Raises:
        DataError: When it is not there or cannot be read.
    """
    stamp = test_stamp()
    corpus = load_corpus(unlabelled=False, download=False, progress=progress)
    test = corpus.test
    return Texts(
        f"The {len(test):,} test reviews of {corpus.source.path.name}",
        corpus.source.sha256,
        test.texts,
        test.labels,
        stamp,
    )


def file_texts(
    path: Path,
    options: TableOptions = TableOptions(),  # noqa: B008 - frozen
    name: str | None = None,
) -> Texts:
    """The reviews in a person's file: a table with a text column, or one review per line.

    Args:
        options: What its owner says about it.
        name: What its owner calls it; None for its name in the path.

    Raises:
        DataError: When it is too large, cannot be read or holds no review.
        InputError: For options that do not fit.
    """
    name = name or path.name
    try:
        size = path.stat().st_size
    except OSError as error:
        raise unreadable(path, error) from error
    if size > LARGEST_FILE:
        raise DataError(
            f"{shown(name)} has {size:,} bytes; up to {LARGEST_FILE:,} are read here. Give a part "
            "of it."
        )
    table = read_labelled(path, options, name=name, labels_needed=False, limit=4 * LARGEST_FILE)
    texts = tuple(row.text for row in table.rows)
    if not 0 < len(texts) <= MOST_TEXTS:
        raise DataError(
            f"{shown(name)} holds {len(texts):,} reviews; 1 to {MOST_TEXTS:,} are read. Give a "
            f"table with a text column, or one review per line. {table.left_out}".strip()
        )
    labels = np.array([NO_LABEL if row.label is None else row.label for row in table.rows], np.int8)
    sha256 = _fingerprint(texts, labels.tobytes())
    return Texts(shown(name), sha256, texts, labels, format=table.format)


def upload_texts(content: bytes, name: str, options: TableOptions) -> Texts:
    """The reviews in an uploaded file; see `file_texts`."""
    if not content:
        raise DataError(f"{shown(name)} is empty. Give a file with one review per row.")
    copy = TemporaryCopy([content], name, LARGEST_FILE)
    return file_texts(copy.path, options, name)


def _fingerprint(texts: Sequence[str], more: bytes = b"") -> str:
    digest = hashlib.sha256(more)
    for text in texts:
        content = text.encode(errors="replace")
        digest.update(len(content).to_bytes(8, "little"))
        digest.update(content)
    return digest.hexdigest()
