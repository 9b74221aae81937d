"""Metrics of P(positive) and their 95 % confidence intervals. Positive means 0.5 or more.

SciPy is imported in the functions that need it, so that predicting does not load it.

Symbols: N reviews, G groups (films), R bootstrap rounds, C columns.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

BINS = 15  # bins of the calibration error, Guo et al. 2017
SMALLEST = 1e-7  # keeps the logarithm finite, as Keras' binary cross-entropy does
ROUNDS = 500  # bootstrap rounds: each end of a 95 % interval rests on the 12 outermost values
FEWEST_GROUPS = 20  # with fewer groups their bootstrap is too narrow (Cameron et al. 2008)

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with its 95 % confidence interval."""

    value: float
    low: float
    high: float


def accuracy(labels: Array, probabilities: Array) -> float:
    """Share of correct predictions; labels 0 or 1 ``(N,)``, probabilities of positive ``(N,)``."""
    return float(np.mean((probabilities >= 0.5) == (labels == 1)))


def log_loss(labels: Array, probabilities: Array) -> float:
    """Mean binary cross-entropy in nats."""
    return float(np.mean(cross_entropies(labels, probabilities)))


def cross_entropies(labels: Array, probabilities: Array) -> Array:
    """Binary cross-entropy of each review in nats, ``(N,)``."""
    p = np.clip(probabilities.astype(np.float64), SMALLEST, 1 - SMALLEST)
    return np.asarray(-np.where(labels == 1, np.log(p), np.log1p(-p)))


def calibration_error(labels: Array, probabilities: Array, bins: int = BINS) -> float:
    """Expected calibration error of P(positive) over equal-width bins (Guo et al. 2017).

    In every bin the gap between the mean probability and the share of positive reviews, weighted
    by the number of reviews in the bin.
    """
    at = np.minimum((probabilities * bins).astype(int), bins - 1)  # (N,)
    gaps = np.bincount(at, weights=probabilities - (labels == 1), minlength=bins)  # (bins,)
    return float(np.abs(gaps).sum() / len(labels))


@lru_cache(maxsize=4_096)
def wilson(right: int, count: int) -> Interval:
    """Share `right / count` with Wilson's 95 % score interval (Wilson 1927)."""
    from scipy.stats import binomtest

    if not count:
        return Interval(0.0, 0.0, 1.0)
    found = binomtest(right, count).proportion_ci(method="wilson")
    return Interval(right / count, float(found.low), float(found.high))


def percentile_interval(value: float, draws: Array) -> Interval:
    """A value with the middle 95 % of its bootstrap draws ``(R,)``; 0 to 1 without draws."""
    if not len(draws):
        return Interval(value, 0.0, 1.0)
    low, high = np.percentile(draws, (2.5, 97.5))
    return Interval(value, float(low), float(high))


@dataclass(frozen=True, eq=False)
class ClusterBootstrap:
    """Seeded bootstrap that draws whole groups with replacement (Davison & Hinkley 1997, 3.8).

    Reviews of one film share their subject and often their verdict, so they are not independent.

    Attributes:
        groups: Number of the group of each review, 0 to G - 1, ``(N,)``.
        rounds: R.
        seed: Seed of the draws.
    """

    groups: Array
    rounds: int = ROUNDS
    seed: int = 0

    @property
    def count(self) -> int:
        """G."""
        return int(self.groups.max()) + 1 if len(self.groups) else 0

    @property
    def grouped(self) -> bool:
        """Whether there are groups of more than one review, and enough of them."""
        return FEWEST_GROUPS <= self.count < len(self.groups)

    @cached_property
    def draws(self) -> Array:
        """How often each group is drawn in each round, float32 ``(R, G)``."""
        random, size = np.random.default_rng(self.seed), self.count
        found = np.empty((self.rounds, size), np.float32)
        for row in found:
            row[:] = np.bincount(random.integers(size, size=size), minlength=size)
        return found

    def totals(self, values: Array) -> Array:
        """Sums of columns over the reviews drawn: ``(N, C) -> (R, C)``."""
        sums = [np.bincount(self.groups, column, minlength=self.count) for column in values.T]
        return np.asarray(self.draws @ np.stack(sums, axis=1))

    def mean(self, values: Array) -> Interval:
        """Mean of values ``(N,)`` with its interval."""
        totals = self.totals(np.stack([values, np.ones(len(values))], axis=1))
        return percentile_interval(float(values.mean()), totals[:, 0] / totals[:, 1])

    def means(self, values: Array) -> list[Interval]:
        """Means of the columns of ``(N, C)`` with their intervals."""
        totals = self.totals(np.concatenate([values, np.ones((len(values), 1))], axis=1))
        middle = values.mean(axis=0, dtype=np.float64)
        shares = totals[:, :-1] / totals[:, -1:]
        return [percentile_interval(float(m), d) for m, d in zip(middle, shares.T, strict=True)]

    def share(self, hits: Array, among: Array) -> Interval:
        """Share of `hits` among some reviews, booleans ``(N,)``: by groups, else Wilson's."""
        right, count = int(np.sum(hits & among)), int(np.sum(among))
        few = len(np.unique(self.groups[among])) < FEWEST_GROUPS
        if not self.grouped or few or right in (0, count):
            return wilson(right, count)
        totals = self.totals(np.stack([hits & among, among], axis=1))
        return percentile_interval(right / count, totals[:, 0] / np.maximum(totals[:, 1], 1))


def group_numbers(groups: Iterable[Hashable]) -> Array:
    """Groups by name as numbers from 0 in the order of their first review, ``(N,)``."""
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(group, len(numbers)) for group in groups], np.int64)
