"""Summary of a scored file: counts, the distribution, rows not scored."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np

from lstm_core.analysis.prediction import UNMEASURED, Label
from lstm_core.datasets.labels import MOST_VALUES, normalised
from lstm_core.datasets.table_format import DetectedFormat
from lstm_core.scoring.batch import Scored

BINS = 20  # of the distribution, 0.05 each
BAD_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was not scored: where it begins and why."""

    line: int
    problem: str


@dataclass(frozen=True, slots=True)
class Summary:
    """Summary of a scored file.

    Attributes:
        rows: Rows in all.
        leanings: How many rows got each verdict.
        bins: How many probabilities lie in each of `BINS` equal parts of 0 to 1.
        short: Scored rows with fewer known words than a sure verdict needs.
        fewest_known: How many it needs.
        labels: Scored rows per value of the label column, as `normalised`: predicted negative and
            predicted positive at one half; empty without labels.
        bad: Rows that were not scored.
        bad_rows: The first of them.
        unit: What their numbers count: "line" or "row".
        format: How the file was read.
        seconds: How long it took.
    """

    rows: int
    leanings: Mapping[str, int]
    bins: tuple[int, ...]
    short: int
    bad: int
    bad_rows: tuple[BadRow, ...]
    unit: str
    format: DetectedFormat
    seconds: float
    fewest_known: int = UNMEASURED.fewest_known
    labels: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def scored(self) -> int:
        """Rows with a probability."""
        return self.rows - self.bad


@dataclass
class Tally:
    """Counts while the parts of a file go by; grows no further than its tables."""

    unit: str
    format: DetectedFormat
    fewest_known: int = UNMEASURED.fewest_known  # by the model that judges
    rows: int = 0
    characters: int = 0
    short: int = 0
    bad: int = 0
    leanings: Counter[str] = field(default_factory=Counter)
    bins: Any = field(default_factory=lambda: np.zeros(BINS, np.int64))
    bad_rows: list[BadRow] = field(default_factory=list)
    labels: Counter[tuple[str, bool]] = field(default_factory=Counter)

    def add(self, scored: Scored, labels: Sequence[Any] = ()) -> None:
        """Count one part.

        Args:
            labels: Values of the rows in the label column, empty where there is none.
        """
        good, batch, said = scored.good, scored.batch, scored.first
        probabilities = said.probabilities[good]
        self.rows += len(batch)
        self.characters += sum(map(len, batch.texts))
        self.bad += int(len(batch) - good.sum())
        self.short += int((said.known[good] < self.fewest_known).sum())
        self.leanings.update(verdict for verdict in said.verdicts if verdict)
        places = np.minimum((probabilities * BINS).astype(int), BINS - 1)
        self.bins += np.bincount(places, minlength=BINS)
        if labels and len(self.labels) <= MOST_VALUES:
            values = (normalised(labels[row]) for row in np.flatnonzero(good).tolist())
            self.labels.update(zip(values, (probabilities >= 0.5).tolist(), strict=True))
        found = ((batch.lines[row], batch.problems[row]) for row in np.flatnonzero(~good))
        room = BAD_ROWS - len(self.bad_rows)
        self.bad_rows += [BadRow(line, problem) for line, problem in islice(found, room)]

    def summary(self, seconds: float) -> Summary:
        """What was counted."""
        return Summary(
            self.rows,
            {str(leaning): self.leanings[str(leaning)] for leaning in Label},
            tuple(int(count) for count in self.bins),
            self.short,
            self.bad,
            tuple(self.bad_rows),
            self.unit,
            self.format,
            seconds,
            self.fewest_known,
            self._label_counts(),
        )

    def _label_counts(self) -> dict[str, tuple[int, int]]:
        if len(self.labels) > MOST_VALUES:
            return {}  # no labels
        values = {value for value, _ in self.labels}
        return {value: (self.labels[value, False], self.labels[value, True]) for value in values}
