"""How many reviews a table holds, counted row by row, without keeping any of them."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lstm_core.datasets.tables import (
    KAGGLE_COLUMNS,
    KAGGLE_TEST_SHARE,
    PARTS,
    TEST_SHARE,
    Layout,
    Lines,
    TableOptions,
    layout_of,
)
from lstm_core.errors import DataError, reason
from lstm_core.files import HashedFile

COUNTED = 128 * 2**20  # characters: of a larger table the rest is reckoned from these
WEIGHED = 2_000  # reviews whose words are counted


@dataclass(frozen=True, slots=True)
class Count:
    """What a table holds.

    Attributes:
        train: Reviews to learn from, by the table's own part column or the usual share.
        words: Words of a review, mean of the first ones.
    """

    train: int
    words: float


def count_reviews(path: Path, text_column: str = "", label_column: str = "") -> Count:
    """Count the reviews of a table; a table that did not change is counted once.

    Args:
        path: The table.
        text_column: Name of the column with the reviews, empty to look for a usual one.
        label_column: The same for the labels.

    Raises:
        DataError: When it cannot be read as a table of reviews.
    """
    try:
        stamp = path.stat()
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror or error}.") from error
    options = TableOptions(text_column or None, label_column or None)
    return _count(path, options, (stamp.st_size, stamp.st_mtime_ns))


@lru_cache(maxsize=16)
def _count(path: Path, options: TableOptions, stamp: tuple[int, int]) -> Count:
    with HashedFile(path, "counting the reviews", None) as file:
        lines = Lines(file, path)
        layout = layout_of(lines.first(), options, path)
        counted = _Counted(lines)
        parts = dict.fromkeys(PARTS, 0)
        rows = words = weighed = 0
        for fields in _whole_rows(counted, layout):
            rows += 1
            if weighed < WEIGHED:
                weighed, words = weighed + 1, words + len(fields[layout.text].split())
            if layout.part is not None:
                part = fields[layout.part].strip().lower()
                parts[part] = parts.get(part, 0) + 1
    if not counted.ended:
        rows = round(rows * stamp[0] / counted.characters)
    if layout.part is not None and sum(parts.values()) == parts["train"] + parts["test"] > 0:
        learn = parts["train"] / (parts["train"] + parts["test"])
    else:
        kaggle = {name.casefold() for name in layout.header} == KAGGLE_COLUMNS
        learn = 1 - (KAGGLE_TEST_SHARE if kaggle else TEST_SHARE)
    return Count(round(rows * learn), words / max(weighed, 1))


class _Counted:
    """Lines up to so many characters."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self.characters = 0
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.characters += len(line)
            yield line
            if self.characters > COUNTED:
                return
        self.ended = True


def _whole_rows(lines: _Counted, layout: Layout) -> Iterator[list[str]]:
    """Rows with all fields and a text; where the table is damaged the reading ends."""
    try:
        for fields in csv.reader(lines, delimiter=layout.delimiter):
            if len(fields) == len(layout.header) and fields[layout.text].strip():
                yield fields
    except csv.Error as error:
        raise DataError(f"The table cannot be read as CSV: {reason(error)}.") from error
