"""A table read whole: reviews with their labels, and the rows left out with the reason."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from lstm_core.datasets.columns import PART_COLUMNS, column_of, holds_stars
from lstm_core.datasets.labels import LabelScheme, label_scheme, normalised
from lstm_core.datasets.table import Table, open_table
from lstm_core.datasets.table_format import EMPTY, DetectedFormat, TableOptions
from lstm_core.errors import DataError
from lstm_core.files import MAX_TEXT_BYTES, MAX_UNPACKED_BYTES, Meter, listed, shown, unreadable
from lstm_core.progress import ProgressCallback

NAMED = 3  # invalid rows named in a sentence
MOST_NOTED = 1_000  # invalid rows that are noted one by one


@dataclass(frozen=True, slots=True)
class LabelledRow:
    """One review.

    Attributes:
        line: Its line or row in the file.
        text: The review.
        label: 1 positive, 0 negative, None where it has no label that is known.
        part: Value of the column "part" or "split", lower case; empty where there is none.
    """

    line: int
    text: str
    label: int | None
    part: str


@dataclass(frozen=True, slots=True)
class LabelledTable:
    """All reviews of a table.

    Attributes:
        name: What the user calls the file.
        format: How it was read.
        unit: "line" or "row".
        rows: The reviews, in the order of the file.
        scheme: What the labels mean; None without a label column.
        invalid: Number of rows that are no review.
        without_text: Number of those that have no text.
        problems: The first of the other invalid rows: line and reason.
        neutral: Rows of the middle class, left out.
    """

    name: str
    format: DetectedFormat
    unit: str
    rows: tuple[LabelledRow, ...]
    scheme: LabelScheme | None
    invalid: int
    without_text: int
    problems: tuple[tuple[int, str], ...]
    neutral: int

    @property
    def left_out(self) -> str:
        """A sentence per kind of row that was left out; empty where none was."""
        said = []
        if self.without_text:
            said.append(f"{_rows(self.without_text)} without text left out.")
        if others := self.invalid - self.without_text:
            first = "; ".join(f"{self.unit} {line}: {why}" for line, why in self.problems[:NAMED])
            more = "; and more" if others > NAMED else ""
            said.append(f"{_rows(others)} that cannot be read left out ({first}{more}).")
        if self.neutral:
            said.append(f"{_rows(self.neutral)} of the middle class left out.")
        return " ".join(said)


def read_labelled(
    path: Path,
    options: TableOptions,
    *,
    name: str | None = None,
    labels_needed: bool = True,
    limit: int = MAX_UNPACKED_BYTES,
    progress: ProgressCallback | None = None,
) -> LabelledTable:
    """Read a table whole.

    Args:
        path: The file.
        options: What the user says about it.
        name: What the user calls it.
        labels_needed: Rows without a known label are invalid, and a table without labels an error.
        limit: Most bytes of a compressed file once it is unpacked.
        progress: Told how much is read.

    Raises:
        DataError: When the file cannot be read, is too large or its labels are not two classes.
        InputError: For options that do not fit.
    """
    table = open_table(path, options, name=name, limit=limit)
    if labels_needed and table.format.label is None:
        raise DataError(
            f"{shown(table.name)} has no column of labels among {listed(table.names)}. Accepted "
            "are a column named sentiment or label, or one of two classes. Name it with "
            "--label-column."
        )
    part = column_of(table.names, PART_COLUMNS)
    found: list[tuple[int, str, object, str]] = []
    problems: list[tuple[int, str]] = []
    invalid = without_text = size = 0
    meter = Meter("reading the table", table.size, progress)
    try:
        for batch in table.batches():
            parts = [""] * len(batch) if part is None else batch.columns[part]
            raw = table.labels(batch)
            for at, problem in enumerate(batch.problems):
                if problem:
                    invalid += 1
                    without_text += problem == EMPTY
                    if problem != EMPTY and len(problems) < MOST_NOTED:
                        problems.append((batch.lines[at], problem))
                    continue
                text = batch.texts[at]
                size += len(text)
                where = str(parts[at] or "").strip().lower()
                found.append((batch.lines[at], text, raw[at], where))
            if size > MAX_TEXT_BYTES:
                raise DataError(
                    f"The reviews in {shown(table.name)} have over {MAX_TEXT_BYTES // 10**6} "
                    "million characters together. Give a smaller table."
                )
            meter.at(table.done)
    except OSError as error:
        raise unreadable(path, error) from error
    meter.finish(table.size)
    if labels_needed and not found and not problems:
        raise DataError(f"{shown(table.name)} has no rows with text. Give one review per row.")
    scheme = _scheme(table, found, options, labels_needed)
    rows: list[LabelledRow] = []
    neutral = 0
    for line, text, value, where in found:
        label = scheme.class_of(value) if scheme else None
        if label is None and labels_needed and scheme:
            if scheme.knows(value):
                neutral += 1
            else:
                invalid += 1
                why = f"the label {shown(str(value))} is not known"
                problems.append((line, why if normalised(value) else "no label"))
            continue
        rows.append(LabelledRow(line, text, label, where))
    return LabelledTable(
        table.name,
        table.format,
        table.unit,
        tuple(rows),
        scheme,
        invalid,
        without_text,
        tuple(sorted(problems[:MOST_NOTED])),
        neutral,
    )


def _scheme(
    table: Table,
    found: list[tuple[int, str, object, str]],
    options: TableOptions,
    needed: bool,
) -> LabelScheme | None:
    column = table.format.label_column
    if column is None or (not found and not needed):
        return None
    counts = Counter(normalised(value) for _, _, value, _ in found)
    try:
        return label_scheme(
            counts,
            column,
            drop_neutral=options.drop_neutral,
            star_threshold=options.star_threshold,
            stars=holds_stars(column),
        )
    except DataError as error:
        if not needed and options.label_column is None:
            return None  # the column was only guessed, and the labels are not needed
        raise DataError(f"{shown(table.name)}: {error}") from error


def _rows(count: int) -> str:
    return f"{count:,} {'row' if count == 1 else 'rows'}"
