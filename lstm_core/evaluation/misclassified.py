"""The most confident mistakes on the test reviews, filtered by kind."""

from dataclasses import dataclass

import numpy as np

from lstm_core.evaluation.schema import Outcomes
from lstm_core.evaluation.slices import right_verdicts

MANY_UNKNOWN = 0.10  # share of unknown words from which a review counts as one with many


@dataclass(frozen=True, slots=True)
class Filter:
    """Which mistakes to show; every part may be left open.

    Attributes:
        called_positive: True for negative reviews called positive, False for the other way.
        cut: True for reviews of which a part was not read, False for those read to the end.
        many_unknown: True for at least a tenth of unknown words, False for fewer.
    """

    called_positive: bool | None = None
    cut: bool | None = None
    many_unknown: bool | None = None


@dataclass(frozen=True, slots=True)
class Misclassified:
    """One wrong verdict."""

    row: int  # row of the review in the test part
    probability: float  # P(positive) that the model gave
    positive: bool  # whether the review is positive in truth
    stars: int  # its rating, 0 where unknown
    words: int  # its words


def misclassified_reviews(
    outcomes: Outcomes, reading: str, wanted: Filter
) -> tuple[Misclassified, ...]:
    """Wrong verdicts that pass the filter, the surest first."""
    p, share = outcomes.probabilities(reading), outcomes.unknown_share(reading)
    chosen = ~right_verdicts(outcomes, reading)
    if wanted.called_positive is not None:
        chosen &= (p >= 0.5) == wanted.called_positive
    if wanted.cut is not None:
        chosen &= (outcomes.words > outcomes.maxlen - 1) == wanted.cut
    if wanted.many_unknown is not None:
        chosen &= (share >= MANY_UNKNOWN) == wanted.many_unknown
    rows = np.flatnonzero(chosen)
    rows = rows[np.argsort(-np.abs(p[rows] - 0.5), kind="stable")]
    return tuple(
        Misclassified(
            row=int(row),
            probability=float(p[row]),
            positive=bool(outcomes.labels[row]),
            stars=int(outcomes.stars[row]),
            words=int(outcomes.words[row]),
        )
        for row in rows
    )
