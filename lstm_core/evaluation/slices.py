"""Accuracy by group: length of the review, star rating, share of unknown words, any feature."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lstm_core.analysis.formatting import fixed_percent
from lstm_core.evaluation.schema import Array, Outcomes
from lstm_core.metrics import Interval

# Fixed edges, so that two models can be compared; the last group is open.
LENGTHS = (0, 80, 120, 160, 200, 300, 400, 600, 1_000)
FEWEST = 30  # reviews of a group that a title compares
UNKNOWN_PER_CENT = (0, 1, 3, 5, 7, 10, 15, 20)


@dataclass(frozen=True, slots=True)
class Group:
    """One group of reviews."""

    name: str  # what unites them, in words
    count: int  # how many
    accuracy: Interval  # share of right verdicts with its interval


def by_length(
    outcomes: Outcomes,
    reading: str,
    threshold: float = 0.5,
    edges: tuple[int, ...] = LENGTHS,
) -> tuple[Group, ...]:
    """By the number of words of the whole review; a group begins at each edge, the first at 0."""
    at = np.searchsorted(edges, outcomes.words, side="right") - 1
    return _groups(outcomes, reading, threshold, at, _range_names(edges, ""))


def by_stars(outcomes: Outcomes, reading: str, threshold: float = 0.5) -> tuple[Group, ...]:
    """By the rating that came with the review; reviews without one are left out."""
    names = ["", "1 star", *(f"{stars} stars" for stars in range(2, 11))]
    return _groups(outcomes, reading, threshold, outcomes.stars, names)


def by_unknown(outcomes: Outcomes, reading: str, threshold: float = 0.5) -> tuple[Group, ...]:
    """By the share of unknown words among those that were read."""
    share = 100 * outcomes.unknown_share(reading)
    at = np.searchsorted(UNKNOWN_PER_CENT, share, side="right") - 1
    return _groups(outcomes, reading, threshold, at, _range_names(UNKNOWN_PER_CENT, " %"))


def by_feature(
    outcomes: Outcomes, reading: str, has: npt.NDArray[np.bool_], names: tuple[str, str]
) -> tuple[Group, ...]:
    """By a feature that a review has or not, ``(N,)``; named without it and with it."""
    return _groups(outcomes, reading, 0.5, has.astype(int), list(names))


def _range_names(edges: tuple[int, ...], unit: str) -> list[str]:
    """Names of groups that begin at each edge and end before the next."""
    middle = [
        f"{low}–{high}{unit}" if unit else f"{low:,}–{high - 1:,}"
        for low, high in zip(edges, edges[1:], strict=False)
    ]
    first = f"under {edges[1]}{unit}"
    last = f"{edges[-1]:,}{unit} and more"
    return [first, *middle[1:], last]


def _groups(
    outcomes: Outcomes,
    reading: str,
    threshold: float,
    at: Array,
    names: list[str],
) -> tuple[Group, ...]:
    right = right_verdicts(outcomes, reading, threshold)
    found = []
    for number, name in enumerate(names):
        inside = at == number
        count = int(inside.sum())
        if name and count:
            found.append(Group(name, count, outcomes.bootstrap.share(right, inside)))
    return tuple(found)


def right_verdicts(
    outcomes: Outcomes, reading: str, threshold: float = 0.5
) -> npt.NDArray[np.bool_]:
    """For each review whether its verdict is right, ``(N,)``."""
    called = outcomes.probabilities(reading) >= threshold
    return np.asarray(called == (outcomes.labels == 1))


def whole_lead(outcomes: Outcomes) -> Interval:
    """Accuracy of the whole reading minus that of the first words, paired by review."""
    whole, first = (right_verdicts(outcomes, name).astype(float) for name in ("whole", "first"))
    return outcomes.bootstrap.mean(whole - first)


def slice_title(groups: Sequence[Group]) -> str:
    """The best and the worst group, of those that are large enough to be compared."""
    large = [group for group in groups if group.count >= FEWEST]
    if len(large) < 2:
        return "too few to compare"
    best = max(large, key=lambda one: one.accuracy.value)
    worst = min(large, key=lambda one: one.accuracy.value)
    low, high = (fixed_percent(one.accuracy.value, 0) for one in (worst, best))
    if low == high:
        return f"{high} in all {len(large)} groups compared"
    return f"from {low} ({worst.name}) to {high} ({best.name})"
