"""Scored rows kept for looking through: sorted, filtered by text, compared with their labels.

Three files beside the result: the numbers of every row, the texts, and what both mean. Rows are
read by number, so a page of a large file takes no more memory than that of a small one.

Symbols: N rows.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from lstm_core.analysis.prediction import label_of
from lstm_core.datasets.columns import holds_stars
from lstm_core.datasets.labels import MOST_VALUES, normalised
from lstm_core.datasets.table import Table
from lstm_core.files import CHUNK
from lstm_core.json_codec import from_json, to_json
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.scoring.batch import Reading, Scored
from lstm_core.text import UNKNOWN, split_words

NUMBERS, TEXTS, NOTE = "rows.bin", "texts.bin", "rows.json"
LONGEST = 100_000  # characters of a text that are kept
NEGATION, BUT = 1, 2  # bits of the features of a row
NEGATIONS = frozenset(
    "no not never nothing nobody none neither nor nowhere without cannot".split()
)  # and every word that ends in n't
_END = "\x1e"  # behind each text

ROW = np.dtype(
    [
        ("line", "<i8"),
        ("end", "<i8"),  # offset behind its text
        ("first", "<f4"),  # P(positive) by the first places, NaN where they were not read
        ("whole", "<f4"),  # P(positive) of the whole review, likewise
        ("known", "<u4"),  # known words read
        ("words", "<u4"),  # words of the whole review
        ("unknown_first", "<u4"),  # unknown words among the first places
        ("unknown_whole", "<u4"),  # unknown words of the whole review
        ("features", "<u1"),  # `NEGATION` and `BUT`, among the words read
        ("label", "<u2"),  # number of its value in `Note.values`
    ]
)
Numbers = npt.NDArray[Any]


class Order(StrEnum):
    """The orders of rows."""

    FILE = "file"
    POSITIVE = "positive"  # highest P(positive) first
    NEGATIVE = "negative"  # lowest P(positive) first
    UNCERTAIN = "uncertain"  # nearest to one half first
    DISAGREEMENT = "disagreement"  # furthest from the label first


@dataclass(frozen=True, slots=True)
class Note:
    """What the numbers and texts mean.

    Attributes:
        rows: N.
        reading: How much of a review was read.
        maxlen: Places of an encoding.
        unit: What `line` counts: "line" or "row".
        label_column: Name of the column of labels, None where there is none.
        stars: That column's name says stars.
        values: The values of that column, normalised; empty where there are too many for labels.
    """

    rows: int
    reading: Reading
    maxlen: int
    unit: str
    label_column: str | None
    stars: bool
    values: tuple[str, ...]


class RowsWriter:
    """Writes scored rows into a folder, batch by batch. To be used as a context manager.

    Args:
        folder: An existing folder.
    """

    def __init__(self, folder: Path, model: SentimentModel, table: Table, reading: Reading) -> None:
        self._folder, self._model, self._table, self._reading = folder, model, table, reading
        self._numbers = (folder / NUMBERS).open("wb")
        self._texts = (folder / TEXTS).open("wb")
        self._values: dict[str, int] = {}
        self._rows = 0

    def __enter__(self) -> "RowsWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: object, __: TracebackType | None
    ) -> None:
        self._numbers.close()
        self._texts.close()
        if kind is None:
            column = self._table.format.label_column
            note = Note(
                self._rows,
                self._reading,
                self._model.maxlen,
                self._table.unit,
                column,
                holds_stars(column),
                tuple(self._values) if len(self._values) <= MOST_VALUES else (),
            )
            (self._folder / NOTE).write_text(to_json(note), encoding="utf-8")

    def add(self, scored: Scored) -> None:
        """Add rows. Of a row that was not scored the reason is kept in place of the text."""
        batch = scored.batch
        found = np.zeros(len(batch), ROW)  # (N,)
        found["line"] = batch.lines
        found["first"] = found["whole"] = np.nan
        if self._reading is not Reading.WHOLE:
            found["first"] = scored.predictions[0].probabilities
        if self._reading is not Reading.FIRST:
            found["whole"] = scored.predictions[-1].probabilities
        found["known"] = scored.first.known
        at = self._texts.tell()
        for row, text in enumerate(batch.texts):
            kept = (text or batch.problems[row])[:LONGEST].replace(_END, " ") + _END
            at += self._texts.write(kept.encode("utf-8", "replace"))
            found["end"][row] = at
        if self._table.format.label is not None:
            self._add_labels(found, self._table.labels(batch), batch.texts)
        found.tofile(self._numbers)
        self._rows += len(batch)

    def _add_labels(self, found: Numbers, labels: Sequence[Any], texts: Sequence[str]) -> None:
        """What errors are grouped by; only rows with a label can be errors."""
        for row, label in enumerate(labels):
            if len(self._values) <= MOST_VALUES:
                value = normalised(label)[:LONGEST]
                found["label"][row] = self._values.setdefault(value, len(self._values))
        most = self._model.maxlen - 1
        for row, text in enumerate(texts):
            words = split_words(text)
            ids = np.array(self._model.vocabulary.ids_of(words), np.int32)
            found["words"][row] = len(words)
            found["unknown_first"][row] = np.count_nonzero(ids[:most] == UNKNOWN)
            found["unknown_whole"][row] = np.count_nonzero(ids == UNKNOWN)
            read = words if self._reading is Reading.WHOLE else words[:most]
            found["features"][row] = features_of(read)


def features_of(words: Iterable[str]) -> int:
    """`NEGATION` and `BUT`, as far as they are among the words."""
    different = set(words)
    negated = bool(different & NEGATIONS) or any(word.endswith("n't") for word in different)
    return NEGATION * negated | BUT * ("but" in different)


@dataclass(frozen=True, eq=False)
class ScoredRows:
    """The rows of one scored file."""

    folder: Path  # where they are kept
    note: Note  # what they mean
    numbers: Numbers  # one `ROW` per row, ``(N,)``

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def probabilities(self) -> npt.NDArray[np.float32]:
        """P(positive) by the reading that summaries are of, NaN for rows not scored, ``(N,)``."""
        return np.asarray(self.numbers["whole" if self.note.reading is Reading.WHOLE else "first"])

    @property
    def scored(self) -> npt.NDArray[np.bool_]:
        """Which rows were scored, ``(N,)``."""
        return ~np.isnan(self.probabilities)

    def verdict(self, row: int) -> str:
        """The verdict on a row, empty where it was not scored."""
        p = float(self.probabilities[row])
        return "" if p != p else str(label_of(p, int(self.numbers["known"][row])))

    def label(self, row: int) -> str:
        """The value of the label column in a row, normalised; empty where there is none."""
        at = int(self.numbers["label"][row])
        return self.note.values[at] if at < len(self.note.values) else ""

    def texts(self, rows: Iterable[int]) -> list[str]:
        """The reviews of rows; for a row that was not scored the reason."""
        ends, found = self.numbers["end"], []
        with (self.folder / TEXTS).open("rb") as file:
            for row in rows:
                start = int(ends[row - 1]) if row else 0
                file.seek(start)
                found.append(file.read(int(ends[row]) - start).decode("utf-8", "replace")[:-1])
        return found

    def label_values(self) -> dict[str, int]:
        """Rows per value of the label column, scored ones alone; see `label_scheme`."""
        counts = np.bincount(self.numbers["label"][self.scored], minlength=len(self.note.values))
        return {value: int(n) for value, n in zip(self.note.values, counts, strict=False) if n}

    def matching(self, query: str) -> npt.NDArray[np.bool_]:
        """Which scored rows hold a text, in any case, ``(N,)``."""
        wanted, found = query.casefold().encode(), np.zeros(len(self), np.bool_)
        folded = bytes.lower if query.isascii() else _casefold
        row, rest = 0, b""
        with (self.folder / TEXTS).open("rb") as file:
            while chunk := file.read(CHUNK):
                whole, end, tail = chunk.rpartition(_END.encode())
                if not end:
                    rest += chunk
                    continue
                texts = (rest + whole).split(_END.encode())
                found[row : row + len(texts)] = [wanted in folded(text) for text in texts]
                row, rest = row + len(texts), tail
        return found & self.scored

    def ordered(
        self, rows: npt.NDArray[np.intp], order: Order, labels: npt.NDArray[np.int8] | None
    ) -> npt.NDArray[np.intp]:
        """Rows in an order; those without what they are ordered by come last.

        Args:
            rows: Numbers of rows.
            labels: The classes of all rows, see `lstm_core.scoring.labels`; None without labels.
        """
        p = self.probabilities[rows]
        if order is Order.POSITIVE:
            key = -p
        elif order is Order.NEGATIVE:
            key = p
        elif order is Order.UNCERTAIN:
            key = np.abs(p - 0.5)
        elif order is Order.DISAGREEMENT and labels is not None:
            true = labels[rows]
            key = np.where(true < 0, np.nan, -np.abs(p - true))
        else:
            return rows
        return rows[np.argsort(key, kind="stable")]


def rows_to_csv(rows: ScoredRows, numbers: Sequence[int]) -> str:
    """Some rows as CSV: line (or row), review, label, P(positive) and verdict."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")  # so that a lone CR is quoted, too
    second = rows.note.reading is Reading.BOTH
    labels = [] if rows.note.label_column is None else ["label"]
    whole = ["probability_whole"] if second else []
    writer.writerow([rows.note.unit, "review", *labels, "probability", *whole, "verdict"])
    for number, text in zip(numbers, rows.texts(numbers), strict=True):
        found = rows.numbers[number]
        label = [rows.label(number)] if labels else []
        both = [_number(found["whole"])] if second else []
        p = _number(rows.probabilities[number])
        writer.writerow([found["line"], text, *label, p, *both, rows.verdict(number)])
    return out.getvalue()


def _casefold(text: bytes) -> bytes:
    return text.decode("utf-8", "replace").casefold().encode()


def _number(value: np.float32) -> str:
    return "" if np.isnan(value) else str(value)


def read_rows(folder: Path) -> ScoredRows:
    """The rows kept in a folder.

    Raises:
        OSError, ValueError: When they are not there or damaged.
    """
    note = from_json(Note, (folder / NOTE).read_bytes())
    path = folder / NUMBERS
    empty = not path.stat().st_size  # which cannot be mapped
    numbers: Numbers = np.zeros(0, ROW) if empty else np.memmap(path, ROW, "r")
    if len(numbers) != note.rows:
        raise ValueError(f"{len(numbers):,} rows are there instead of {note.rows:,}")
    return ScoredRows(folder, note, numbers)
