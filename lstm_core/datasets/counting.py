"""How many reviews a table holds, counted row by row, without keeping any of them."""

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lstm_core.datasets.columns import PART_COLUMNS, column_of
from lstm_core.datasets.table import open_table
from lstm_core.datasets.table_corpus import KAGGLE_TEST_SHARE, PARTS, TEST_SHARE, is_kaggle
from lstm_core.datasets.table_format import TableOptions
from lstm_core.errors import DataError

COUNTED = 128 * 2**20  # characters: of a larger table the rest is estimated from these
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


def count_reviews(
    path: Path,
    options: TableOptions = TableOptions(),  # noqa: B008 - frozen
) -> Count:
    """Count the reviews of a table; a table that did not change is counted once.

    Args:
        path: The table.
        options: What the user says about it.

    Raises:
        DataError: When it cannot be read as a table of labelled reviews.
    """
    try:
        stamp = path.stat()
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror or error}.") from error
    return _count(path, options, (stamp.st_size, stamp.st_mtime_ns))


@lru_cache(maxsize=16)
def _count(path: Path, options: TableOptions, stamp: tuple[int, int]) -> Count:
    del stamp  # a changed table is counted again
    table = open_table(path, options)
    if table.format.label is None:
        raise DataError(f"{table.name} has no column of labels. Name it with --label-column.")
    part = column_of(table.names, PART_COLUMNS)
    parts: Counter[str] = Counter()
    rows = words = weighed = characters = 0
    for batch in table.batches():
        for text in filter(None, batch.texts):
            rows += 1
            characters += len(text)
            if weighed < WEIGHED:
                weighed, words = weighed + 1, words + len(text.split())
        if part is not None:
            parts.update(str(value or "").strip().lower() for value in batch.columns[part])
        if characters > COUNTED:
            rows = round(rows * table.size / table.done)
            break
    if part is not None and parts and set(parts) <= PARTS:
        learn = parts["train"] / parts.total()
    else:
        kaggle = table.format.header and is_kaggle(table.names)
        learn = 1 - (KAGGLE_TEST_SHARE if kaggle else TEST_SHARE)
    return Count(round(rows * learn), words / max(weighed, 1))
