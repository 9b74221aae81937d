"""The texts an index may be of: built in, the data set's test reviews, a person's own file."""

import csv
import hashlib
import io
import tomllib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lstm_core.activations.schema import NO_LABEL, Texts
from lstm_core.datasets import find_corpus, load_corpus, load_small_corpus
from lstm_core.datasets.find import Found
from lstm_core.datasets.tables import LABEL_COLUMNS, LABELS, TEXT_COLUMNS
from lstm_core.errors import DataError, reason
from lstm_core.files import listed, shown
from lstm_core.paths import ASSETS
from lstm_core.progress import ProgressCallback

BUILT_IN = "The built-in examples and the small corpus"
LARGEST_FILE = 50_000_000  # bytes of a file of a person
MOST_TEXTS = 100_000
LONGEST_TEXT = 100_000  # characters kept of one review
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


def test_stamp(found: Found | None = None) -> str:
    """What tells whether the data set on this machine is still the one of an index.

    Raises:
        DataError: When no data set is found.
    """
    found = found or find_corpus()
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
        tuple(text[:LONGEST_TEXT] for text in test.texts),
        test.labels,
        stamp,
    )


def file_texts(content: bytes, name: str) -> Texts:
    """The reviews in a person's file: a CSV with a text column, or one review a line.

    Args:
        content: The file.
        name: Its name; ``.csv`` and ``.tsv`` are read as tables, anything else line by line.

    Raises:
        DataError: When it is too large, no UTF-8, empty, or a table without a text column.
    """
    if len(content) > LARGEST_FILE:
        raise DataError(
            f"{shown(name)} has {len(content):,} bytes; up to {LARGEST_FILE:,} are read here. Give "
            "a part of it."
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{shown(name)} is not UTF-8 text (byte {error.start + 1}). Save it again as UTF-8."
        ) from error
    if name.lower().endswith((".csv", ".tsv")):
        texts, labels = _table(text, name)
    else:
        texts = [line.strip() for line in text.splitlines() if line.strip()]
        labels = [NO_LABEL] * len(texts)
    if not 0 < len(texts) <= MOST_TEXTS:
        raise DataError(
            f"{shown(name)} holds {len(texts):,} reviews; 1 to {MOST_TEXTS:,} are read. Give a CSV "
            "with a text column, or one review a line."
        )
    cut = tuple(one[:LONGEST_TEXT] for one in texts)
    known = np.array(labels, np.int8)
    return Texts(shown(name), _fingerprint(cut, known.tobytes()), cut, known)


def _table(text: str, name: str) -> tuple[list[str], list[int]]:
    """Texts and labels of a table; a label that is not understood is no label."""
    first = text[: text.find("\n")] if "\n" in text else text
    delimiter = max(",;\t", key=first.count)
    try:
        rows = list(csv.DictReader(io.StringIO(text), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise DataError(f"{shown(name)} cannot be read as a table: {reason(error)}.") from error
    header = list(rows[0]) if rows else []
    text_column = _column(header, TEXT_COLUMNS)
    if text_column is None:
        raise DataError(
            f"{shown(name)} has no text column. Columns found: {listed(map(str, header))}. "
            f"Accepted: one of {listed(TEXT_COLUMNS)}."
        )
    label_column = _column(header, LABEL_COLUMNS)
    texts, labels = [], []
    for row in rows:
        if one := (row[text_column] or "").strip():
            texts.append(one)
            said = (row[label_column] or "").strip().lower() if label_column else ""
            labels.append(LABELS.get(said, NO_LABEL))
    return texts, labels


def _column(header: Sequence[str | None], usual: Sequence[str]) -> str | None:
    folded = {name.strip().casefold(): name for name in header if name}
    return next((folded[name] for name in usual if name in folded), None)


def _fingerprint(texts: Sequence[str], more: bytes = b"") -> str:
    digest = hashlib.sha256(more)
    for text in texts:
        content = text.encode(errors="replace")
        digest.update(len(content).to_bytes(8, "little"))
        digest.update(content)
    return digest.hexdigest()


def read_upload(path: Path, name: str) -> Texts:
    """The reviews of a file on disk; see `file_texts`.

    Raises:
        DataError: When it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file_texts(file.read(LARGEST_FILE + 1), name)
    except OSError as error:
        raise DataError(f"{shown(name)} cannot be read: {error.strerror or error}.") from error
