"""From labels and probabilities to measures, curves and intervals.

Symbols: N reviews, y labels 0 or 1, p probabilities of positive, both ``(N,)``. A review counts as
positive when p is at or above the threshold.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

from lstm_core.evaluation.schema import Array
from lstm_core.metrics import BINS, SMALLEST, Interval, calibration_error, wilson

Floats = npt.NDArray[np.float64]

ROUNDS = 200  # bootstrap rounds: the ends of a 95 % interval then rest on the five outermost values


@dataclass(frozen=True, slots=True)
class Confusion:
    """Counts of verdict against truth at one threshold."""

    true_positive: int
    false_positive: int
    true_negative: int
    false_negative: int

    @property
    def count(self) -> int:
        """All reviews."""
        return self.true_positive + self.false_positive + self.true_negative + self.false_negative

    @property
    def accuracy(self) -> Interval:
        """Share of right verdicts."""
        return wilson(self.true_positive + self.true_negative, self.count)

    @property
    def precision(self) -> Interval:
        """Share of truly positive ones among those called positive."""
        return wilson(self.true_positive, self.true_positive + self.false_positive)

    @property
    def recall(self) -> Interval:
        """Share of the positive reviews that were found."""
        return wilson(self.true_positive, self.true_positive + self.false_negative)

    @property
    def false_positive_rate(self) -> Interval:
        """Share of the negative reviews that were called positive."""
        return wilson(self.false_positive, self.false_positive + self.true_negative)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, 0 when nothing positive was found."""
        wrong = self.false_positive + self.false_negative
        return 2 * self.true_positive / max(2 * self.true_positive + wrong, 1)

    def f1_interval(self, rounds: int = 2_000, seed: int = 0) -> Interval:
        """F1 with its bootstrap interval: drawing reviews anew means drawing the four counts."""
        if not self.count:
            return Interval(0.0, 0.0, 1.0)
        shares = np.array(
            [self.true_positive, self.false_positive, self.true_negative, self.false_negative]
        )
        draws = np.random.default_rng(seed).multinomial(
            self.count, shares / self.count, size=rounds
        )  # (R, 4)
        twice = 2 * draws[:, 0]
        values = twice / np.maximum(twice + draws[:, 1] + draws[:, 3], 1)
        return Interval(self.f1, *_ends(values))


@dataclass(frozen=True, eq=False)
class ScoreCurve:
    """Points of a curve, one for each threshold, the highest threshold first; all ``(P,)``."""

    x: Floats
    y: Floats
    thresholds: Floats

    def thinned(self, most: int = 300) -> "ScoreCurve":
        """At most about `most` points, evenly along the curve's length, ends kept."""
        if len(self.x) <= most:
            return self
        steps = np.hypot(np.diff(self.x), np.diff(self.y))
        along = np.concatenate([[0.0], np.cumsum(steps)])
        wanted = np.linspace(0, along[-1], most)
        keep = np.unique(np.append(np.searchsorted(along, wanted), [0, len(along) - 1]))
        keep = keep[keep < len(along)]
        return ScoreCurve(self.x[keep], self.y[keep], self.thresholds[keep])


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Reviews with nearly the same probability.

    Attributes:
        low: Lower end of the bin.
        high: Upper end.
        count: Reviews in it.
        said: Mean probability that the model gave.
        positive: Share that is positive, with its interval.
    """

    low: float
    high: float
    count: int
    said: float
    positive: Interval


@dataclass(frozen=True, slots=True)
class Scores:
    """The measures of one reading at the threshold one half, with 95 % intervals."""

    count: int
    accuracy: Interval
    loss: Interval
    f1: Interval
    roc_area: Interval
    precision_area: Interval
    calibration_error: float


def summarize_scores(
    labels: Array, probabilities: Floats, rounds: int = ROUNDS, seed: int = 0
) -> Scores:
    """All measures: Wilson intervals for shares, a seeded bootstrap for F1 and the areas."""
    table = confusion(labels, probabilities)
    roc_area, precision_area = _areas(labels, probabilities, rounds, seed)
    return Scores(
        count=len(labels),
        accuracy=table.accuracy,
        loss=loss_interval(labels, probabilities),
        f1=table.f1_interval(seed=seed),
        roc_area=roc_area,
        precision_area=precision_area,
        calibration_error=calibration_error(labels, probabilities),
    )


def confusion(labels: Array, probabilities: Floats, threshold: float = 0.5) -> Confusion:
    """Verdicts at or above `threshold` against the truth."""
    called, true = probabilities >= threshold, labels == 1
    both = int(np.sum(called & true))
    called_count, true_count = int(called.sum()), int(true.sum())
    return Confusion(
        true_positive=both,
        false_positive=called_count - both,
        true_negative=len(labels) - called_count - true_count + both,
        false_negative=true_count - both,
    )


def loss_interval(labels: Array, probabilities: Floats) -> Interval:
    """Mean cross-entropy in nats; its interval is that of a mean of N values."""
    p = np.clip(probabilities, SMALLEST, 1 - SMALLEST)
    losses = -np.log(np.where(labels == 1, p, 1 - p))  # (N,)
    mean, half = float(losses.mean()), 1.96 * float(losses.std()) / sqrt(len(losses))
    return Interval(mean, max(mean - half, 0.0), mean + half)


def roc_curve(labels: Array, probabilities: Floats) -> ScoreCurve:
    """Share of positive reviews found (y) against share of negative ones called positive (x)."""
    found, called, thresholds = _counted(labels, probabilities)
    positives, negatives = max(found[-1], 1), max(called[-1] - found[-1], 1)
    return ScoreCurve((called - found) / negatives, found / positives, thresholds)


def precision_recall_curve(labels: Array, probabilities: Floats) -> ScoreCurve:
    """Precision (y) against recall (x); the point where nothing is called is left out."""
    found, called, thresholds = (values[1:] for values in _counted(labels, probabilities))
    return ScoreCurve(found / max(found[-1], 1), found / called, thresholds)


def calibration_bins(
    labels: Array, probabilities: Floats, bins: int = BINS
) -> tuple[CalibrationBin, ...]:
    """What the model said against what was true, in bins of equal width; empty bins left out."""
    at = np.minimum((probabilities * bins).astype(int), bins - 1)  # (N,)
    found = []
    for number in range(bins):
        inside = at == number
        count = int(inside.sum())
        if count:
            positive = wilson(int(labels[inside].sum()), count)
            said = float(probabilities[inside].mean())
            low, high = number / bins, (number + 1) / bins
            found.append(CalibrationBin(low, high, count, said, positive))
    return tuple(found)


def _counted(labels: Array, probabilities: Floats) -> tuple[Floats, Floats, Floats]:
    """Positives found and reviews called at every distinct threshold, from none to all."""
    order = np.argsort(-probabilities, kind="stable")
    p, y = probabilities[order], labels[order]
    last = np.append(np.flatnonzero(np.diff(p)), len(p) - 1)  # last review of each tie
    found = np.concatenate([[0.0], np.cumsum(y)[last]])
    called = np.concatenate([[0.0], last + 1.0])
    return found, called, np.concatenate([[np.inf], p[last]])


def _areas(
    labels: Array, probabilities: Floats, rounds: int, seed: int
) -> tuple[Interval, Interval]:
    """Areas under the ROC curve and the average precision, with bootstrap intervals.

    The reviews are sorted once; a round only weighs them by how often they were drawn.
    """
    order = np.argsort(-probabilities, kind="stable")
    p, y = probabilities[order], labels[order].astype(np.float64)
    last = np.append(np.flatnonzero(np.diff(p)), len(p) - 1)
    random = np.random.default_rng(seed)
    ones = np.ones(len(y))
    values = [_two_areas(y, ones, last)]
    for _ in range(rounds):
        weights = np.bincount(random.integers(len(y), size=len(y)), minlength=len(y))
        values.append(_two_areas(y, weights.astype(np.float64), last))
    table = np.array(values)  # (R + 1, 2)
    return (
        Interval(float(table[0, 0]), *_ends(table[1:, 0])),
        Interval(float(table[0, 1]), *_ends(table[1:, 1])),
    )


def _two_areas(y: Floats, weights: Floats, last: npt.NDArray[np.intp]) -> tuple[float, float]:
    """ROC area by trapezoids and average precision by steps, of weighted sorted reviews."""
    found = np.concatenate([[0.0], np.cumsum(y * weights)[last]])
    called = np.concatenate([[0.0], np.cumsum(weights)[last]])
    wrong = called - found
    positives, negatives = found[-1], wrong[-1]
    if not positives or not negatives:
        return 0.5, 1.0 if positives else 0.0
    roc = float(np.trapezoid(found, wrong) / (positives * negatives))
    precision = found[1:] / np.maximum(called[1:], 1)
    return roc, float(np.sum(np.diff(found) * precision) / positives)


def _ends(values: Floats) -> tuple[float, float]:
    """The middle 95 % of bootstrap values."""
    if not len(values):
        return 0.0, 1.0
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)
