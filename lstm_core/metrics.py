"""How good probabilities are. Positive means a probability of one half or more."""

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

BINS = 15  # bins of the calibration error, Guo et al. 2017
SMALLEST = 1e-7  # keeps the logarithm finite, as Keras' binary cross-entropy does

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Interval:
    """A share with its 95 % confidence interval."""

    value: float
    low: float
    high: float


def accuracy(labels: Array, probabilities: Array) -> float:
    """Share of right verdicts; labels 0 or 1 ``(N,)``, probabilities of positive ``(N,)``."""
    return float(np.mean((probabilities >= 0.5) == (labels == 1)))


def log_loss(labels: Array, probabilities: Array) -> float:
    """Mean binary cross-entropy in nats."""
    p = np.clip(probabilities.astype(np.float64), SMALLEST, 1 - SMALLEST)
    return float(-np.mean(np.where(labels == 1, np.log(p), np.log1p(-p))))


def calibration_error(labels: Array, probabilities: Array, bins: int = BINS) -> float:
    """Expected calibration error of P(positive) over equal-width bins (Guo et al. 2017).

    In every bin the gap between the mean probability and the share of positive reviews, weighted
    by the number of reviews in the bin.
    """
    at = np.minimum((probabilities * bins).astype(int), bins - 1)  # (N,)
    gaps = np.bincount(at, weights=probabilities - (labels == 1), minlength=bins)  # (bins,)
    return float(np.abs(gaps).sum() / len(labels))


def wilson(right: int, count: int) -> Interval:
    """Share `right / count` with Wilson's 95 % score interval (Wilson 1927)."""
    if not count:
        return Interval(0.0, 0.0, 1.0)
    z, p = 1.959963984540054, right / count
    middle = (p + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * sqrt(p * (1 - p) / count + z * z / (4 * count * count))
    return Interval(p, max(middle - half, 0.0), min(middle + half, 1.0))
