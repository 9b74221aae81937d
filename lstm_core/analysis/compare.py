"""Two traces side by side: two reviews in one model, or one review in two models.

Symbols: P pairs of places, D units.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from functools import lru_cache

import numpy as np

from lstm_core.analysis.captions import short
from lstm_core.recurrent.lstm import Floats
from lstm_core.recurrent.trace import Trace
from lstm_core.text import Encoding, Kind

ABSENT = -1
RELATED = 0.75  # share of common letters above which two words are forms of one


class Alignment(StrEnum):
    """Which place of one review stands over which of the other."""

    WORD = "word"
    PLACE = "place"


@dataclass(frozen=True)
class Pairs:
    """Places that belong together, in reading order.

    Attributes:
        left: Place in the first review, -1 where it has none: int ``(P,)``.
        right: Place in the second review, likewise.
        labels: What stands under each pair.
    """

    left: np.ndarray[tuple[int], np.dtype[np.intp]]
    right: np.ndarray[tuple[int], np.dtype[np.intp]]
    labels: tuple[str, ...]


def align(left: Encoding, right: Encoding, by: Alignment) -> Pairs:
    """Put the words of two reviews over each other.

    Args:
        by: By word (the alignment of least edit distance, see `_by_word`) or by place counted from
            the end, where the prediction is made; the padding is left out.
    """
    a = list(range(left.first_word, left.maxlen))
    b = list(range(right.first_word, right.maxlen))
    if by is Alignment.WORD:
        pairs = _by_word([left.words[p] for p in a], [right.words[p] for p in b], a, b)
    else:
        most = max(len(a), len(b))
        front_a: list[int] = [ABSENT] * (most - len(a)) + a
        front_b: list[int] = [ABSENT] * (most - len(b)) + b
        pairs = list(zip(front_a, front_b, strict=True))
    return Pairs(
        np.array([p for p, _ in pairs], np.intp),
        np.array([q for _, q in pairs], np.intp),
        tuple(_label(left, p, right, q) for p, q in pairs),
    )


def _by_word(
    words_a: Sequence[str], words_b: Sequence[str], a: Sequence[int], b: Sequence[int]
) -> list[tuple[int, int]]:
    """Global alignment of least edit distance (Needleman & Wunsch 1970).

    Equal words cost nothing, a word that only one review has costs 1, and forms of one word
    ("film", "films") may stand together at their share of different letters. Unrelated words never
    do: each leaves a gap in the other review.
    """
    rows, columns = len(a), len(b)
    costs = np.zeros((rows + 1, columns + 1))
    costs[:, 0], costs[0] = np.arange(rows + 1), np.arange(columns + 1)
    pair_costs = [[_difference_of(one, other) for other in words_b] for one in words_a]
    for i in range(1, rows + 1):
        for j in range(1, columns + 1):
            together = costs[i - 1, j - 1] + pair_costs[i - 1][j - 1]
            costs[i, j] = min(together, costs[i - 1, j] + 1, costs[i, j - 1] + 1)
    pairs: list[tuple[int, int]] = []
    i, j = rows, columns
    while (
        i or j
    ):  # from the end, where the prediction is made; ties go to words that stand together
        if i and j and costs[i, j] == costs[i - 1, j - 1] + pair_costs[i - 1][j - 1]:
            i, j = i - 1, j - 1
            pairs.append((a[i], b[j]))
        elif j and costs[i, j] == costs[i, j - 1] + 1:
            j -= 1
            pairs.append((ABSENT, b[j]))
        else:
            i -= 1
            pairs.append((a[i], ABSENT))
    return pairs[::-1]


@lru_cache(maxsize=16_384)
def _difference_of(one: str, other: str) -> float:
    """0 for equal words, below 1 for forms of one word, infinite for unrelated ones."""
    if one == other:
        return 0.0
    if one[:1] != other[:1]:
        return float("inf")
    alike = SequenceMatcher(None, one, other, autojunk=False).ratio()
    return 1 - alike if alike > RELATED else float("inf")


def _label(left: Encoding, p: int, right: Encoding, q: int) -> str:
    first = _sign(left, p)
    second = _sign(right, q)
    return first if first == second else f"{first} | {second}"


def _sign(encoding: Encoding, place: int) -> str:
    if place == ABSENT:
        return "–"
    return "start" if encoding.kinds[place] is Kind.START else short(encoding.words[place], 12)


def take(values: Floats, places: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Floats:
    """Rows of ``(T, ...)`` at places, not-a-number where a review has none: ``(P, ...)``."""
    taken = values[np.maximum(places, 0)].astype(np.float32)
    taken[places == ABSENT] = np.nan
    return taken


def difference(left: Trace, right: Trace, quantity: str, pairs: Pairs) -> Floats | None:
    """Second minus first of one quantity, ``(P, D)``; None when the models differ in units."""
    a, b = getattr(left, quantity), getattr(right, quantity)
    if a.shape[1] != b.shape[1]:
        return None
    return take(b, pairs.right) - take(a, pairs.left)


def max_difference_index(left: Trace, right: Trace, pairs: Pairs) -> int | None:
    """The common word at which the two running probabilities differ most, None without one."""
    gap = np.abs(take(right.probability, pairs.right) - take(left.probability, pairs.left))  # (P,)
    return None if np.isnan(gap).all() else int(np.nanargmax(gap))
