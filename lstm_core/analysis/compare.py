"""Two traces side by side: two reviews in one model, or one review in two models.

Symbols: P pairs of places, D units.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

import numpy as np

from lstm_core.analysis.captions import short
from lstm_core.recurrent.lstm import Floats
from lstm_core.recurrent.trace import Trace
from lstm_core.text import Encoding, Kind

ABSENT = -1


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
        left: The first review.
        right: The second one.
        by: By word (equal words in the same order, found by difflib) or by place counted from the
            end, where the verdict is; the padding is left out.
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
    pairs: list[tuple[int, int]] = []
    matcher = SequenceMatcher(None, words_a, words_b, autojunk=False)
    for tag, a0, a1, b0, b1 in matcher.get_opcodes():
        if tag in ("equal", "replace"):
            both = min(a1 - a0, b1 - b0)
            pairs += zip(a[a0 : a0 + both], b[b0 : b0 + both], strict=True)
            a0, b0 = a0 + both, b0 + both
        pairs += [(p, ABSENT) for p in a[a0:a1]]
        pairs += [(ABSENT, q) for q in b[b0:b1]]
    return pairs


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
    """The pair after which the two running logits part most, None without a common word."""
    gap = take(right.logits, pairs.right) - take(left.logits, pairs.left)  # (P,)
    moved = np.abs(np.diff(gap, prepend=0.0))
    return None if np.isnan(moved).all() else int(np.nanargmax(moved))
