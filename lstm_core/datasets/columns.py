"""Which columns a table has, and which two are probably the reviews and the labels."""

import csv
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from lstm_core.datasets.tables import (
    DELIMITERS,
    LABEL_COLUMNS,
    LABELS,
    TEXT_COLUMNS,
    Lines,
    column_of,
    header_of,
)
from lstm_core.files import HashedFile

_LOOKED_AT = 50  # lines that are looked at to tell what the columns hold


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table and which two are probably meant.

    Attributes:
        names: From its first line.
        text: Place of the column with the reviews.
        label: Place of the column with the labels.
    """

    names: tuple[str, ...]
    text: int
    label: int


def read_columns(path: Path) -> Columns:
    """Columns of a table from its first lines: by their usual names, else by what they hold.

    Raises:
        DataError: When the file cannot be read or begins with no line of names.
    """
    with HashedFile(path, "reading the table", None) as file:
        lines = Lines(file, path)
        first = lines.first()
        names, delimiter = max(
            ((header_of(first, d, path), d) for d in DELIMITERS), key=lambda found: len(found[0])
        )
        rows = csv.reader(islice(lines, _LOOKED_AT), delimiter=delimiter)
        try:
            rest = [row for row in rows if len(row) == len(names)]
        except csv.Error:
            rest = []  # whoever reads it all says where it is damaged
    text, label = column_of(names, None, TEXT_COLUMNS), column_of(names, None, LABEL_COLUMNS)
    columns = list(zip(*rest, strict=True)) or [()] * len(names)
    if text is None:
        text = max(range(len(names)), key=lambda at: sum(len(cell) for cell in columns[at]))
    if label is None:
        known = [sum(cell.strip().lower() in LABELS for cell in column) for column in columns]
        label = max(range(len(names)), key=lambda at: (at != text, known[at]))
    return Columns(names, text, label)
