"""A labelled table as a corpus to train on: Kaggle's ``IMDB Dataset.csv`` or anybody's own table.

A table that does not say which rows are for testing is split here: stratified, seeded, equal texts
on one side.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lstm_core.datasets.corpus import Corpus, DataSource, Reviews, SourceKind
from lstm_core.datasets.labelled import LabelledRow, LabelledTable, read_labelled
from lstm_core.datasets.labels import NEGATIVE, POSITIVE
from lstm_core.datasets.splits import stable_permutation, train_validation_split
from lstm_core.datasets.table_format import TableOptions
from lstm_core.errors import DataError, InputError, reason
from lstm_core.files import sha256_of, shown
from lstm_core.progress import ProgressCallback

KAGGLE_NAME = "IMDB Dataset.csv"
KAGGLE_COLUMNS = {"review", "sentiment"}
KAGGLE_TEST_SHARE = 0.5  # the shares of Stanford's own split
TEST_SHARE = 0.2
PARTS = {"train", "test"}


def read_table(
    path: Path,
    options: TableOptions = TableOptions(),  # noqa: B008 - frozen
    *,
    test_share: float | None = None,
    seed: int = 0,
    name: str | None = None,
    progress: ProgressCallback | None = None,
) -> Corpus:
    """Read a table with a text and a label column; see `lstm_core.datasets.table` for the formats.

    Invalid rows are left out, counted and the first of them named in the corpus' description. A
    column "part" or "split" with train or test in every row is followed, unless a share is given.

    Args:
        path: The file.
        options: What the user says about the table.
        test_share: Share of the test part; None for 0.5 with Kaggle's file and 0.2 otherwise.
        seed: Of the split into training and test part.
        name: What the user calls the file; None for its name in the path.
        progress: Told how much is read, about 20 times per second.

    Raises:
        DataError: When the file is no table of labelled reviews, or has too few of a class.
        InputError: For options that do not fit, a test share outside 0 to 1 or a bad seed.
    """
    table = read_labelled(path, options, name=name, progress=progress)
    rows = table.rows
    _check_classes(rows, table, "")
    kaggle = table.format.header and is_kaggle(table.format.names)
    mixed = [rows[at] for at in stable_permutation(len(rows), seed)]
    if {row.part for row in rows} == PARTS and test_share is None:
        train = [row for row in mixed if row.part == "train"]
        test = [row for row in mixed if row.part == "test"]
        _check_classes(train, table, " in the training part")
        _check_classes(test, table, " in the test part")
        split = "the table's own training and test part"
    else:
        usual = KAGGLE_TEST_SHARE if kaggle else TEST_SHARE
        share = usual if test_share is None else test_share
        train, test = _split(mixed, share, seed, table.name)
        split = f"made here: stratified, test share {share:g}, seed {seed}"
    source = DataSource(
        kind=SourceKind.KAGGLE_CSV if kaggle else SourceKind.CSV,
        path=path,
        sha256=sha256_of(path),
        description=_description(table),
        split=split,
    )
    return Corpus(_reviews(train, table.unit), _reviews(test, table.unit), (), source)


def is_kaggle(names: Sequence[str]) -> bool:
    """Whether a table has the columns of Kaggle's file."""
    return {name.casefold() for name in names} == KAGGLE_COLUMNS


def _description(table: LabelledTable) -> str:
    label = table.format.label_column
    rule = f" Labels in {shown(label or '')}: {table.scheme.rule}." if table.scheme else ""
    return f"Table {table.name}: {len(table.rows):,} reviews.{rule} {table.left_out}".strip()


def _check_classes(rows: Sequence[LabelledRow], table: LabelledTable, where: str) -> None:
    """Raise DataError unless each class can be split once more, for validation."""
    counts = [sum(row.label == label for row in rows) for label in (POSITIVE, NEGATIVE)]
    if min(counts) < 2:
        left_out = f" {table.left_out}" if table.left_out else ""
        raise DataError(
            f"{shown(table.name)} has {counts[0]} positive and {counts[1]} negative "
            f"reviews{where}. At least two of each are needed.{left_out}"
        )


def _split(
    rows: list[LabelledRow], share: float, seed: int, name: str
) -> tuple[list[LabelledRow], list[LabelledRow]]:
    """Training and test rows by class and seed, equal texts on one side."""
    if not 0 < share < 1:
        raise InputError(f"A test share of {share} came in; give one above 0 and below 1.")
    labels = np.array([row.label for row in rows], dtype=np.int8)
    try:
        train, test = train_validation_split(labels, share, seed, texts=[row.text for row in rows])
    except InputError as error:
        raise DataError(f"{shown(name)} cannot be split: {reason(error)}") from error
    return [rows[at] for at in train], [rows[at] for at in test]


def _reviews(rows: list[LabelledRow], unit: str) -> Reviews:
    return Reviews(
        texts=tuple(row.text for row in rows),
        labels=np.array([row.label for row in rows], dtype=np.int8),
        ratings=np.zeros(len(rows), dtype=np.int8),
        names=tuple(f"{unit} {row.line}" for row in rows),
    )
