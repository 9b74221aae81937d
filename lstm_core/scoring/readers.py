"""Files of reviews, read part by part: which formats there are, which column holds the reviews."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lstm_core.datasets.tables import TEXT_COLUMNS
from lstm_core.errors import DataError, InputError
from lstm_core.files import listed, shown, unreadable
from lstm_core.scoring.batch import ROWS, Part

FORMATS = (".csv", ".tsv", ".txt", ".parquet")
MOST_COLUMNS = 1_000
PREVIEW_ROWS = 5
PREVIEW_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rows of one file that can be read without reading what stands before them.

    Attributes:
        rows: How many rows.
        first_row: Number of the first one in its file, from 0.
        start: Offset of the first byte, in a Parquet file the first row group.
        end: Offset behind the last byte, in a Parquet file the row group after the last.
        line: Line of the first row, in a Parquet file its row; from 1.
        sha256: Of these bytes, for a Parquet file of the whole file.
    """

    rows: int
    first_row: int
    start: int
    end: int
    line: int
    sha256: str


class Source(ABC):
    """One file of reviews.

    Attributes:
        path: The file.
        names: The names of its columns.
        unit: What `Part.lines` counts: "line" or "row".
        size: Bytes or rows in all, whatever `done` counts.
        done: How far the file was read.
        nameless: The first line names no columns and is a row like the others.
    """

    unit = "line"
    nameless = False

    def __init__(self, path: Path, names: Sequence[str], size: int) -> None:
        self.path = path
        self.names = tuple(names)
        self.size = size
        self.done = 0
        self.column = 0

    @abstractmethod
    def parts(self, rows: int = ROWS, stretch: Stretch | None = None) -> Iterator[Part]:
        """The rows of the file, or of a stretch of it, at most `rows` at a time."""

    @abstractmethod
    def stretches(self, rows: int) -> Iterator[Stretch]:
        """The file cut into stretches of about so many rows."""

    @property
    @abstractmethod
    def text_columns(self) -> tuple[int, ...]:
        """Which columns may hold reviews."""

    def types(self) -> list[Any] | None:
        """The Arrow type of each column; None when all are texts."""
        return None

    def choose(self, named: str | None) -> None:
        """Settle which column holds the reviews.

        Args:
            named: Its name, in any case; None for a usual name or the only column there is.

        Raises:
            InputError: When there is no such column or none can be told.
        """
        column = find_column(self.names, self.text_columns, named)
        if column is None:
            asked = "" if named is None else f"There is no column {shown(named)} of texts. "
            raise InputError(
                f"{asked}{shown(self.path.name)} has the columns {listed(self.names)}. Say with "
                "--column which one holds the reviews."
            )
        self.column = column


def find_column(names: Sequence[str], texts: Sequence[int], named: str | None) -> int | None:
    """The column with that name, or the first with a usual one, or the only one with texts."""
    if named is not None and named in names:
        exact = names.index(named)
        return exact if exact in texts else None
    folded = [name.strip().casefold() for name in names]
    for name in TEXT_COLUMNS if named is None else [named.strip().casefold()]:
        if name in folded and folded.index(name) in texts:
            return folded.index(name)
    return texts[0] if named is None and len(texts) == 1 else None


def open_source(path: Path) -> Source:
    """Open a file of reviews by the ending of its name.

    CSV and TSV files name their columns in the first line; in a text file every line is a review.

    Raises:
        DataError: When the file is of another kind, missing, empty or damaged.
    """
    ending = path.suffix.lower()
    if ending not in FORMATS:
        raise DataError(
            f"{shown(path.name)} is none of the files that are read: {', '.join(FORMATS)}. "
            "Save the reviews as one of these."
        )
    try:
        if not path.is_file():
            raise DataError(f"There is no file {shown(str(path), 200)}. Check the path.")
        if path.stat().st_size == 0:
            raise DataError(f"{shown(path.name)} is empty. Give a file with one review a row.")
        if ending == ".parquet":
            from lstm_core.scoring.parquet import ParquetSource

            return ParquetSource(path)
        from lstm_core.scoring.delimited import LinesSource, TableSource, is_sheet

        lines = ending == ".txt" and not is_sheet(path)
        return LinesSource(path) if lines else TableSource(path)
    except OSError as error:
        raise unreadable(path, error) from error


@dataclass(frozen=True, slots=True)
class Look:
    """A first look at a file, before it is scored.

    Attributes:
        names: Its columns.
        choices: Names of those that may hold reviews.
        guess: The one that probably does.
        rows: The first rows, their values as texts, cut when they are long.
        problems: Of each of these rows, as far as the guessed column is read.
        nameless: The first line names no columns and is a row like the others.
    """

    names: tuple[str, ...]
    choices: tuple[str, ...]
    guess: str
    rows: tuple[tuple[str, ...], ...]
    problems: tuple[str, ...]
    nameless: bool = False


def look(path: Path) -> Look:
    """Read the head of a file.

    Raises:
        DataError: When it cannot be read or has no column of texts.
    """
    source = open_source(path)
    if not source.text_columns:
        raise DataError(
            f"{shown(path.name)} has no column of texts among {listed(source.names)}. "
            "Give a file with the reviews in a column."
        )
    column = find_column(source.names, source.text_columns, None)
    source.column = source.text_columns[0] if column is None else column
    try:
        part = next(source.parts(PREVIEW_ROWS), Part([], [], [], [[] for _ in source.names]))
        if column is None:
            source.column = max(source.text_columns, key=lambda at: _length(part.columns[at]))
            part = next(source.parts(PREVIEW_ROWS), part)
    except OSError as error:
        raise unreadable(path, error) from error
    rows = zip(*([_shortened(value) for value in values] for values in part.columns), strict=True)
    return Look(
        source.names,
        tuple(source.names[at] for at in source.text_columns),
        source.names[source.column],
        tuple(rows),
        tuple(part.problems),
        source.nameless,
    )


def _length(values: Sequence[object]) -> int:
    return sum(len(str(value)) for value in values if value is not None)


def _shortened(value: object) -> str:
    text = "" if value is None else str(value)
    long = len(text) > PREVIEW_CHARACTERS
    return text[: PREVIEW_CHARACTERS - 1] + "…" if long else text
