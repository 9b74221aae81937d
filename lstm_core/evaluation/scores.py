"""From labels and probabilities to metrics, curves and intervals.

Symbols: N reviews, y labels 0 or 1, p probabilities of positive, both ``(N,)``, R bootstrap rounds.
A review is predicted positive when p is at or above the threshold.

Curves are scikit-learn's. Two things are computed here: the areas in a bootstrap round, because
one sort serves all rounds (ten times faster than a call per round), and the calibration bins,
because `calibration_curve` does not return the counts that their intervals need.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from lstm_core.evaluation.schema import Array
from lstm_core.metrics import (
    BINS,
    ROUNDS,
    ClusterBootstrap,
    Interval,
    calibration_error,
    cross_entropies,
    percentile_interval,
    wilson,
)

Floats = npt.NDArray[np.float64]

TP, FP, TN, FN = range(4)  # columns of the bootstrapped counts


@dataclass(frozen=True, slots=True)
class Confusion:
    """Counts of prediction against label at one threshold.

    Attributes:
        true_positive: Positive reviews predicted positive.
        false_positive: Negative reviews predicted positive.
        true_negative: Negative reviews predicted negative.
        false_negative: Positive reviews predicted negative.
        draws: The four counts in each round of a bootstrap by film, ``(R, 4)``; None where the
            reviews have no groups, then the intervals are Wilson's.
    """

    true_positive: int
    false_positive: int
    true_negative: int
    false_negative: int
    draws: Array | None = field(default=None, compare=False, repr=False)

    @property
    def count(self) -> int:
        """All reviews."""
        return self.true_positive + self.false_positive + self.true_negative + self.false_negative

    @property
    def accuracy(self) -> Interval:
        """Share of correct predictions."""
        return self._share((TP, TN), (TP, FP, TN, FN))

    @property
    def precision(self) -> Interval:
        """Share of positive reviews among those predicted positive."""
        return self._share((TP,), (TP, FP))

    @property
    def recall(self) -> Interval:
        """Share of the positive reviews that are predicted positive."""
        return self._share((TP,), (TP, FN))

    @property
    def false_positive_rate(self) -> Interval:
        """Share of the negative reviews that are predicted positive."""
        return self._share((FP,), (FP, TN))

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, 0 when nothing positive was found."""
        wrong = self.false_positive + self.false_negative
        return 2 * self.true_positive / max(2 * self.true_positive + wrong, 1)

    def f1_interval(self, rounds: int = ROUNDS, seed: int = 0) -> Interval:
        """F1 with its bootstrap interval: by film, or by review when there are no groups."""
        relevant = self.count - self.true_negative
        if self.true_positive in (0, relevant):  # all draws are alike: by Wilson's interval of J,
            share = wilson(self.true_positive, relevant)  # as F1 is 2J / (1 + J), J = TP / relevant
            return Interval(self.f1, *(2 * j / (1 + j) for j in (share.low, share.high)))
        draws = self.draws
        if draws is None:  # drawing reviews is drawing the four counts
            shares = self._counts / self.count
            draws = np.random.default_rng(seed).multinomial(self.count, shares, size=rounds)
        twice = 2 * draws[:, TP]
        return percentile_interval(
            self.f1, twice / np.maximum(twice + draws[:, FP] + draws[:, FN], 1)
        )

    @property
    def _counts(self) -> Array:
        return np.array(
            [self.true_positive, self.false_positive, self.true_negative, self.false_negative]
        )

    def _share(self, hits: tuple[int, ...], among: tuple[int, ...]) -> Interval:
        right, count = (int(self._counts[list(one)].sum()) for one in (hits, among))
        if self.draws is None or right in (0, count):
            return wilson(right, count)
        top, bottom = (self.draws[:, list(one)].sum(axis=1) for one in (hits, among))  # (R,)
        return percentile_interval(right / count, top / np.maximum(bottom, 1))


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
    """Reviews with nearly the same probability."""

    low: float  # lower end of the bin
    high: float  # upper end
    count: int  # reviews in it
    said: float  # mean predicted probability
    positive: Interval  # share that is positive, with its interval


@dataclass(frozen=True, slots=True)
class Scores:
    """The metrics of one reading at the threshold one half, with 95 % intervals."""

    count: int
    accuracy: Interval
    loss: Interval
    f1: Interval
    roc_area: Interval
    precision_area: Interval
    calibration_error: float


def summarize_scores(
    labels: Array,
    probabilities: Floats,
    rounds: int = ROUNDS,
    seed: int = 0,
    groups: Array | None = None,
) -> Scores:
    """All metrics with intervals by a seeded bootstrap.

    Args:
        labels: ``(N,)``.
        probabilities: ``(N,)``.
        rounds: R; 0 leaves the intervals open (0 to 1).
        seed: Seed of the bootstrap.
        groups: Film of each review as a number from 0, ``(N,)``: whole films are drawn. None draws
            single reviews, and shares have Wilson's interval.
    """
    numbers = np.arange(len(labels)) if groups is None else groups
    bootstrap = ClusterBootstrap(numbers, rounds, seed)
    table = confusion(labels, probabilities, bootstrap=bootstrap if rounds else None)
    roc_area, precision_area = _areas(labels, probabilities, bootstrap)
    return Scores(
        count=len(labels),
        accuracy=table.accuracy,
        loss=bootstrap.mean(cross_entropies(labels, probabilities)),
        f1=table.f1_interval(rounds, seed),
        roc_area=roc_area,
        precision_area=precision_area,
        calibration_error=calibration_error(labels, probabilities),
    )


def confusion(
    labels: Array,
    probabilities: Floats,
    threshold: float = 0.5,
    bootstrap: ClusterBootstrap | None = None,
) -> Confusion:
    """Predictions at or above `threshold` against the labels; intervals by the groups if any."""
    called, true = probabilities >= threshold, labels == 1
    cells = np.stack([called & true, called & ~true, ~called & ~true, ~called & true], axis=1)
    draws = bootstrap.totals(cells) if bootstrap is not None and bootstrap.grouped else None
    counts = [int(one) for one in cells.sum(axis=0)]
    return Confusion(counts[TP], counts[FP], counts[TN], counts[FN], draws)


def roc_curve(labels: Array, probabilities: Floats) -> ScoreCurve:
    """True positive rate (y) against false positive rate (x)."""
    from sklearn import metrics

    return ScoreCurve(*metrics.roc_curve(labels, probabilities, drop_intermediate=False))


def precision_recall_curve(labels: Array, probabilities: Floats) -> ScoreCurve:
    """Precision (y) against recall (x); the point where nothing is predicted is left out."""
    from sklearn import metrics

    precision, recall, thresholds = metrics.precision_recall_curve(labels, probabilities)
    return ScoreCurve(recall[-2::-1], precision[-2::-1], thresholds[::-1])


def calibration_bins(
    labels: Array, probabilities: Floats, bins: int = BINS
) -> tuple[CalibrationBin, ...]:
    """Predicted probability against the share of positives, equal widths; no empty bins."""
    at = np.minimum((probabilities * bins).astype(int), bins - 1)  # (N,)
    found = []
    for number in np.unique(at):
        inside = at == number
        count = int(inside.sum())
        positive = wilson(int(labels[inside].sum()), count)
        said = float(probabilities[inside].mean())
        found.append(CalibrationBin(number / bins, (number + 1) / bins, count, said, positive))
    return tuple(found)


def _areas(
    labels: Array, probabilities: Floats, bootstrap: ClusterBootstrap
) -> tuple[Interval, Interval]:
    """ROC area and average precision; a round only weighs the sorted reviews."""
    order = np.argsort(-probabilities, kind="stable")
    p, y, groups = probabilities[order], labels[order].astype(np.float64), bootstrap.groups[order]
    last = np.append(np.flatnonzero(np.diff(p)), len(p) - 1)  # last review of each tie
    values = [_two_areas(y, np.ones(len(y)), last)]
    values += [_two_areas(y, drawn[groups].astype(np.float64), last) for drawn in bootstrap.draws]
    table = np.array(values)  # (R + 1, 2)
    positives = int(y.sum())
    fewest = (min(positives, len(y) - positives), positives)
    roc, precision = (
        _area_interval(column, few) for column, few in zip(table.T, fewest, strict=True)
    )
    return roc, precision


def _area_interval(values: Floats, fewest: int) -> Interval:
    """Of an area and its draws, ``(R + 1,)``; where all are 1 or all 0, Wilson's of `fewest`."""
    area, draws = float(values[0]), values[1:]
    if area in (0.0, 1.0) and len(draws) and fewest:
        return wilson(round(area * fewest), fewest)
    return percentile_interval(area, draws)


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
