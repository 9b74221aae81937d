"""Predictions of a scored file against its column of labels: metrics, and errors by group."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from lstm_core.datasets.columns import holds_stars
from lstm_core.datasets.labels import label_scheme
from lstm_core.datasets.table_format import TableOptions
from lstm_core.errors import DataError
from lstm_core.evaluation.schema import Outcomes
from lstm_core.evaluation.scores import Confusion, confusion
from lstm_core.evaluation.slices import Group, by_feature, by_length, by_unknown
from lstm_core.metrics import calibration_error
from lstm_core.scoring.batch import Reading
from lstm_core.scoring.rows import BUT, NEGATION, ScoredRows
from lstm_core.scoring.summary import Summary

LENGTHS = (0, 10, 20, 40, 80, 160, 320, 640)  # words; files hold short texts too
NO_CLASS = -1


@dataclass(frozen=True, eq=False)
class LabelReport:
    """The labelled rows of a file and what was predicted for them.

    Attributes:
        classes: 1 positive, 0 negative, or `NO_CLASS`, of every row, int8 ``(N,)``.
        rule: What the values of the label column mean, in words.
        outcomes: Labels and predictions of the rows that have both.
        reading: The reading that is judged, "first" or "whole".
        has: For every such row the features of `lstm_core.scoring.rows`.
        unlabelled: Scored rows without a label that is known.
    """

    classes: npt.NDArray[np.int8]
    rule: str
    outcomes: Outcomes
    reading: str
    has: npt.NDArray[np.uint8]
    unlabelled: int

    @property
    def probabilities(self) -> npt.NDArray[np.float64]:
        """P(positive) of the labelled rows."""
        return self.outcomes.probabilities(self.reading)

    @cached_property
    def confusion(self) -> Confusion:
        """Counts of prediction against label at one half."""
        return confusion(self.outcomes.labels, self.probabilities)

    @cached_property
    def calibration_error(self) -> float:
        """See `lstm_core.metrics.calibration_error`."""
        return calibration_error(self.outcomes.labels, self.probabilities)

    @cached_property
    def groups(self) -> dict[str, tuple[Group, ...]]:
        """Accuracy by negation, "but", length, unknown words and truncation."""
        outcomes, reading = self.outcomes, self.reading

        def feature(bit: int, name: str) -> tuple[Group, ...]:
            names = (f"without {name}", f"with {name}")
            return by_feature(outcomes, reading, (self.has & bit) > 0, names)

        found = {
            "Negation": feature(NEGATION, "a negation"),
            "“but”": feature(BUT, "“but”"),
            "Length in words": by_length(outcomes, reading, edges=LENGTHS),
            "Out-of-vocabulary words": by_unknown(outcomes, reading),
        }
        if reading == "first":
            cut = outcomes.words > outcomes.maxlen - 1
            names = ("read to its end", "truncated")
            found["Truncation"] = by_feature(outcomes, reading, cut, names)
        return found


def confusion_of(
    summary: Summary,
    options: TableOptions = TableOptions(),  # noqa: B008 - frozen
) -> tuple[Confusion, str]:
    """Counts of prediction against label in a scored file, and what its labels mean.

    Args:
        options: The rules about neutral labels and stars.

    Raises:
        DataError: When there are no labels of two classes: why, and what can be done.
        InputError: When the threshold of stars leaves a class without rows.
    """
    column = summary.format.label_column
    if column is None:
        raise DataError("The file has no column of labels.")
    counts = {value: sum(found) for value, found in summary.labels.items()}
    stars = holds_stars(column)
    scheme = label_scheme(
        counts,
        column,
        drop_neutral=options.drop_neutral,
        star_threshold=options.star_threshold,
        stars=stars,
    )
    cells = np.zeros((2, 2), np.int64)  # label, prediction
    for value, found in summary.labels.items():
        if (label := scheme.class_of(value)) is not None:
            cells[label] += found
    (true_negative, false_positive), (false_negative, true_positive) = cells.tolist()
    return Confusion(true_positive, false_positive, true_negative, false_negative), scheme.rule


def label_report(
    rows: ScoredRows,
    options: TableOptions = TableOptions(),  # noqa: B008 - frozen
) -> LabelReport:
    """Compare the predictions of a file with its labels.

    Args:
        options: The rules about neutral labels and stars.

    Raises:
        DataError: When there are no labels of two classes: why, and what can be done.
        InputError: When the threshold of stars leaves a class without rows.
    """
    note = rows.note
    if note.label_column is None:
        raise DataError("The file has no column of labels.")
    if not note.values:
        raise DataError(
            f"The column {note.label_column!r} has too many different values for labels. Name "
            "another column of labels, or none."
        )
    scheme = label_scheme(
        rows.label_values(),
        note.label_column,
        drop_neutral=options.drop_neutral,
        star_threshold=options.star_threshold,
        stars=note.stars,
    )
    known = [scheme.class_of(value) for value in note.values]
    of_value = np.array([NO_CLASS if one is None else one for one in known], np.int8)
    classes = np.where(rows.scored, of_value[rows.numbers["label"]], NO_CLASS).astype(np.int8)
    labelled = np.flatnonzero(classes != NO_CLASS)
    if not len(labelled):
        raise DataError(f"No scored row has a label of two classes in {note.label_column!r}.")
    found = rows.numbers[labelled]
    reading = "whole" if note.reading is Reading.WHOLE else "first"
    p = found[reading].astype(np.float64)
    outcomes = Outcomes(
        maxlen=note.maxlen,
        labels=classes[labelled],
        stars=np.zeros(len(labelled), np.int8),
        words=found["words"].astype(np.int64),
        unknown_first=found["unknown_first"].astype(np.int64),
        unknown_whole=found["unknown_whole"].astype(np.int64),
        first=p,
        whole=p,
        groups=np.arange(len(labelled)),
    )
    return LabelReport(
        classes,
        scheme.rule,
        outcomes,
        reading,
        found["features"],
        int(rows.scored.sum()) - len(labelled),
    )
