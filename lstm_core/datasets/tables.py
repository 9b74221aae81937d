"""Reviews in a CSV table: Kaggle's ``IMDB Dataset.csv``, the small corpus, or anybody's own.

Read with the standard `csv` module, which gives line numbers for the errors. A table that
does not say which rows are for testing is parted here: stratified, seeded, equal texts on one side.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lstm_core.datasets.corpus import NEGATIVE, POSITIVE, Corpus, DataSource, Reviews, SourceKind
from lstm_core.datasets.splits import stable_permutation, train_validation_split
from lstm_core.errors import DataError, InputError, reason
from lstm_core.files import (
    CHUNK,
    MAX_REVIEW_BYTES,
    MAX_TEXT_BYTES,
    HashedFile,
    listed,
    shown,
)
from lstm_core.progress import ProgressCallback

KAGGLE_NAME = "IMDB Dataset.csv"
KAGGLE_COLUMNS = {"review", "sentiment"}
KAGGLE_TEST_SHARE = 0.5  # the shares of Stanford's own split
TEST_SHARE = 0.2

TEXT_COLUMNS = ("review", "text", "review_text", "sentence", "comment", "content", "body")
LABEL_COLUMNS = ("sentiment", "label", "polarity", "class", "target", "labels")
PART_COLUMNS = ("part", "split")
PARTS = {"train", "test"}
LABELS = {
    **dict.fromkeys(("positive", "pos", "1", "1.0", "true"), POSITIVE),
    **dict.fromkeys(("negative", "neg", "0", "0.0", "false", "-1", "-1.0"), NEGATIVE),
}

DELIMITERS = (",", ";", "\t")
_ACCEPTED_LABELS = "positive/negative, pos/neg, 1/0, 1/-1 or true/false, in any case"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class TableOptions:
    """How to read a table that does not say it itself.

    Attributes:
        text_column: Name of the column with the reviews, None to look for a usual one.
        label_column: Name of the column with the labels, None to look for a usual one.
        test_share: Share of the test part; None for 0.5 with Kaggle's file and 0.2 otherwise.
        seed: Of the split into training and test part.
    """

    text_column: str | None = None
    label_column: str | None = None
    test_share: float | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the text and the label stand in a row."""

    header: tuple[str, ...]
    delimiter: str
    text: int
    label: int
    part: int | None


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    text: str
    label: int
    part: str


def read_table(
    path: Path,
    options: TableOptions = TableOptions(),  # noqa: B008 - frozen
    *,
    progress: ProgressCallback | None = None,
) -> Corpus:
    """Read a CSV file with a text and a label column.

    The first line names the columns; fields are parted by comma, semicolon or tab; the text is
    UTF-8. Labels are positive/negative, pos/neg, 1/0, 1/-1 or true/false. Stars are refused,
    because only the owner knows which are positive. Rows without text are left out and counted.
    A column "part" or "split" with train or test in every row is followed, unless a share is given.

    Args:
        path: The file.
        options: Columns, test share and seed.
        progress: Told the bytes read of the bytes in all, about 20 times a second.

    Raises:
        DataError: For anything in the file that cannot be read, with its line.
        InputError: For a test share outside 0 to 1 or a bad seed.
    """
    rows: list[_Row] = []
    empty = size = 0
    with HashedFile(path, "reading the table", progress) as file:
        lines = Lines(file, path)
        layout = layout_of(lines.first(), options, path)
        for row in _rows(lines, layout, path):
            if not row.text.strip():
                empty += 1
                continue
            rows.append(row)
            size += len(row.text)
            if size > MAX_TEXT_BYTES:
                raise DataError(
                    f"The reviews in {shown(path.name)} have over {MAX_TEXT_BYTES // 10**6} "
                    "million characters together. Give a smaller table."
                )
        sha256 = file.drain()
    return _corpus(path, sha256, layout, rows, empty, options)


class Lines:
    """The lines of a file as text, with the number of the last one."""

    def __init__(self, file: HashedFile, path: Path) -> None:
        self._file = io.BufferedReader(file, CHUNK)
        self._path = path
        self.number = 0

    def first(self) -> str:
        """The line with the names of the columns."""
        line = next(self, "")
        if not line.strip():
            raise DataError(
                f"{shown(self._path.name)} begins with an empty line or is empty. The first line "
                "must name the columns, for example: review,sentiment."
            )
        return line

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        raw = self._file.readline(MAX_REVIEW_BYTES + 1)
        if not raw:
            raise StopIteration
        self.number += 1
        if len(raw) > MAX_REVIEW_BYTES:
            raise DataError(
                f"Line {self.number} of {shown(self._path.name)} has over {MAX_REVIEW_BYTES:,} "
                "bytes. Give a CSV file, one review in a row."
            )
        if self.number == 1 and raw.startswith(_UTF16_MARKS):
            raise DataError(
                f"{shown(self._path.name)} is UTF-16 text; UTF-8 is read. Save it again as "
                "'CSV UTF-8'."
            )
        try:
            return raw.decode("utf-8-sig" if self.number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise DataError(
                f"Line {self.number} of {shown(self._path.name)} is not UTF-8 text (byte "
                f"{error.start + 1} of the line is {raw[error.start]:#04x}). Save the file "
                "again as 'CSV UTF-8'."
            ) from error


def layout_of(line: str, options: TableOptions, path: Path) -> Layout:
    """Find the two columns in the first line, whatever parts its fields."""
    headers = [header_of(line, delimiter, path) for delimiter in DELIMITERS]
    for header, delimiter in zip(headers, DELIMITERS, strict=True):
        text = column_of(header, options.text_column, TEXT_COLUMNS)
        label = column_of(header, options.label_column, LABEL_COLUMNS)
        if text is not None and label is not None and text != label:
            return Layout(header, delimiter, text, label, column_of(header, None, PART_COLUMNS))
    best = max(headers, key=len)
    wanted = [
        f"{what} one of {listed(usual)}" if named is None else f"{what} {shown(named)}"
        for what, named, usual in (
            ("for the text", options.text_column, TEXT_COLUMNS),
            ("for the label", options.label_column, LABEL_COLUMNS),
        )
    ]
    raise DataError(
        f"{shown(path.name)} lacks a text or a label column. Columns found: {listed(best)}. "
        f"Accepted: {', '.join(wanted)}. Rename the columns or say which they are with "
        "text_column and label_column."
    )


def header_of(line: str, delimiter: str, path: Path) -> tuple[str, ...]:
    try:
        return tuple(name.strip() for name in next(csv.reader([line], delimiter=delimiter)))
    except csv.Error as error:
        raise DataError(
            f"The first line of {shown(path.name)} cannot be read as CSV: {reason(error)}. It "
            "must name the columns, for example: review,sentiment."
        ) from error


def column_of(header: tuple[str, ...], named: str | None, usual: Iterable[str]) -> int | None:
    """Place of the named column, or of the first usual one; names are equal in any case."""
    folded = [name.casefold() for name in header]
    for name in [named.strip().casefold()] if named is not None else usual:
        if name in folded:
            return folded.index(name)
    return None


def _rows(lines: Lines, layout: Layout, path: Path) -> Iterator[_Row]:
    reader = csv.reader(lines, delimiter=layout.delimiter, strict=True)
    while True:
        start = lines.number + 1
        try:
            fields = next(reader, None)
        except csv.Error as error:
            raise DataError(
                f"{shown(path.name)} cannot be read as CSV from line {start} on: {reason(error)}. "
                "A quote that is never closed or a cut file are usual causes."
            ) from error
        if fields is None:
            return
        if not fields:
            continue
        if len(fields) != len(layout.header):
            raise DataError(
                f"Line {start} of {shown(path.name)} has {len(fields)} fields, the first line has "
                f"{len(layout.header)}. Put a text that holds {layout.delimiter!r} in quotes."
            )
        part = fields[layout.part].strip().lower() if layout.part is not None else ""
        yield _Row(start, fields[layout.text], _label(fields[layout.label], start, path), part)


def _label(value: str, line: int, path: Path) -> int:
    label = LABELS.get(value.strip().lower())
    if label is None:
        raise DataError(
            f"The label {shown(value)} in line {line} of {shown(path.name)} is not known. "
            f"Accepted: {_ACCEPTED_LABELS}. Of stars make one of these first (Stanford's rule: up "
            "to 4 of 10 negative, from 7 positive, the middle left out)."
        )
    return label


def _corpus(
    path: Path,
    sha256: str,
    layout: Layout,
    rows: list[_Row],
    empty: int,
    options: TableOptions,
) -> Corpus:
    """Part the rows as the table says, or by a seed, and put both parts in a mixed order."""
    _check_classes(rows, path, "")
    kaggle = {name.casefold() for name in layout.header} == KAGGLE_COLUMNS
    mixed = [rows[at] for at in stable_permutation(len(rows), options.seed)]
    in_table = {row.part for row in rows} == PARTS and options.test_share is None
    if in_table:
        train = [row for row in mixed if row.part == "train"]
        test = [row for row in mixed if row.part == "test"]
        _check_classes(train, path, " in the training part")
        _check_classes(test, path, " in the test part")
        split = "the table's own training and test part"
    else:
        usual = KAGGLE_TEST_SHARE if kaggle else TEST_SHARE
        share = usual if options.test_share is None else options.test_share
        train, test = _parted(mixed, share, options.seed, path)
        split = f"made here: stratified, test share {share:g}, seed {options.seed}"
    left_out = f" {empty:,} rows without text were left out." if empty else ""
    source = DataSource(
        kind=SourceKind.KAGGLE_CSV if kaggle else SourceKind.CSV,
        path=path,
        sha256=sha256,
        description=f"Table {path.name}: {len(rows):,} reviews.{left_out}",
        split=split,
    )
    return Corpus(_reviews(train), _reviews(test), (), source)


def _check_classes(rows: list[_Row], path: Path, where: str) -> None:
    """Raise DataError unless each class can be parted once more, for validation."""
    counts = [sum(row.label == label for row in rows) for label in (POSITIVE, NEGATIVE)]
    if min(counts) < 2:
        raise DataError(
            f"{shown(path.name)} has {counts[0]} positive and {counts[1]} negative reviews{where}. "
            "At least two of each are needed."
        )


def _parted(rows: list[_Row], share: float, seed: int, path: Path) -> tuple[list[_Row], list[_Row]]:
    """Training and test rows by class and seed, equal texts on one side."""
    if not 0 < share < 1:
        raise InputError(f"A test share of {share} came in; give one above 0 and below 1.")
    labels = np.array([row.label for row in rows], dtype=np.int8)
    try:
        train, test = train_validation_split(labels, share, seed, texts=[row.text for row in rows])
    except InputError as error:
        raise DataError(f"{shown(path.name)} cannot be parted: {reason(error)}") from error
    return [rows[at] for at in train], [rows[at] for at in test]


def _reviews(rows: list[_Row]) -> Reviews:
    return Reviews(
        texts=tuple(row.text for row in rows),
        labels=np.array([row.label for row in rows], dtype=np.int8),
        ratings=np.zeros(len(rows), dtype=np.int8),
        names=tuple(f"line {row.line}" for row in rows),
    )
