"""Statistics of single units in one review: their order, memory, and extremes of each quantity.

Symbols: T steps, D units, S words read, v the output weights.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from lstm_core.analysis.captions import nothing_known, plural, quoted
from lstm_core.analysis.formatting import percent, signed
from lstm_core.recurrent.lstm import Floats
from lstm_core.recurrent.trace import Trace

OPEN = 0.9  # a forget gate at or above it counts as staying open
LEAST_GATE = 1e-6  # keeps the logarithm of a gate finite
ROUNDING = 1e-7  # of sums of logarithms
BEST_LEAVES = 64  # up to this many units the leaves are put in the best order (cubic in D)

Order = npt.NDArray[np.intp]


class UnitOrder(StrEnum):
    """How units are put one under the other, the same in every picture of a page."""

    STORED = "stored"
    WEIGHT = "weight"
    IMPACT = "impact"
    SIMILAR = "similar"


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit in one review.

    Attributes:
        number: The unit.
        output_weight: Its weight in the logit.
        half_life: Median time to half: words until at most half of what a word wrote is left;
            infinite when more than half of the writes are still half there at the end.
        logit_part: What it adds to the final logit.
        writes: ``i g`` at every place, ``(T,)``.
        keeps: ``f`` at every place, ``(T,)``.
    """

    number: int
    output_weight: float
    half_life: float
    logit_part: float
    writes: Floats
    keeps: Floats


def unit_of(trace: Trace, number: int) -> Unit:
    """Everything about one unit of a trace."""
    return Unit(
        number=number,
        output_weight=float(trace.output_weights[number]),
        half_life=_half_life(trace.forget_gate[_from(trace) :, number]),
        logit_part=float(logit_parts(trace)[number]),
        writes=trace.input_gate[:, number] * trace.candidate[:, number],
        keeps=trace.forget_gate[:, number],
    )


def logit_parts(trace: Trace) -> Floats:
    """What each unit adds to the final logit, ``v * h_T``: ``(D,)``, with the bias its sum."""
    return trace.output_weights * trace.hidden_state[-1]


def contribution_of(trace: Trace) -> Floats:
    """How far each unit moved the running logit at each step, ``v (h_t - h_{t-1})``: ``(T, D)``.

    The sum over the units is `Trace.contributions`, the sum over the steps `logit_parts`.
    """
    before = np.zeros_like(trace.hidden_state[:1])
    return np.diff(trace.hidden_state, axis=0, prepend=before) * trace.output_weights


def largest_contribution(trace: Trace) -> tuple[int, int]:
    """Step, from 0, and unit of the largest contribution of a word; of the last step without."""
    first = min(trace.encoding.first_word, trace.encoding.maxlen - 1)
    sizes = np.abs(contribution_of(trace)[first:])
    at, unit = np.unravel_index(int(sizes.argmax()), sizes.shape)
    return first + int(at), int(unit)


def half_lives(trace: Trace) -> npt.NDArray[np.float64]:
    """Median measured time to half of each unit's writes, in words: ``(D,)``.

    Over the words read (over all steps when there is none). See `median_time_to_half`.
    """
    forget = trace.forget_gate[_from(trace) :]
    return np.array([_half_life(gate) for gate in forget.T])


def _half_life(forget: Floats) -> float:
    return median_time_to_half(forget, np.array([len(forget)]))


def median_time_to_half(forget: npt.ArrayLike, lengths: npt.NDArray[np.int64]) -> float:
    """Kaplan-Meier median of the words until at most half of a write is left.

    What a word wrote is multiplied by every later forget gate. A write that is still half there at
    the end of its review is censored: it counts as lasting at least that long (Kaplan & Meier
    1958). The time depends on the gates that really followed, not on their mean.

    Args:
        forget: A unit's forget gate at the words of several reviews, review after review, ``(P,)``.
        lengths: Words of each review; they sum to P.

    Returns:
        Words; infinite when less than half of the writes are seen to fall that far.
    """
    values = np.maximum(np.asarray(forget, np.float64), LEAST_GATE)
    if not len(values):
        return float("inf")
    total = np.cumsum(np.log(values))  # (P,), never rises
    at = np.arange(len(total))
    ends = np.repeat(np.cumsum(lengths), lengths)  # (P,), after the last word of each review
    half = np.searchsorted(-total, -total - np.log(0.5) - ROUNDING)  # (P,), the word it is half at
    seen = half < ends
    times = np.where(seen, half, ends - 1) - at  # (P,), of a censored write the words that followed
    longest = int(times.max()) + 1
    events = np.bincount(times[seen], minlength=longest)  # (longest,)
    leaving = events + np.bincount(times[~seen], minlength=longest)
    at_risk = len(times) - np.concatenate([[0], np.cumsum(leaving)[:-1]])
    left = np.cumprod(1 - events / np.maximum(at_risk, 1))
    below = np.flatnonzero(left <= 0.5)
    return float(below[0]) if len(below) else float("inf")


def write_half_lives(trace: Trace) -> npt.NDArray[np.int32]:
    """Steps until less than half of each write is left, int32 ``(T, D)``; -1: never in this review.

    Computed with the gates that really followed, not with their mean.
    """
    forget = trace.forget_gate
    found = np.full(forget.shape, -1, np.int32)
    left = np.empty_like(forget)  # (T, D), what is left of each earlier write
    for place in range(len(forget)):
        left[:place] *= forget[place]
        gone = (left[:place] < 0.5) & (found[:place] < 0)
        found[:place][gone] = (place - np.nonzero(gone)[0]).astype(np.int32)
        left[place] = 1
    return found


def order_units(trace: Trace, order: UnitOrder) -> Order:
    """Units in the order in which they are drawn, the top one first: ``(D,)``."""
    if order is UnitOrder.WEIGHT:
        return np.argsort(-trace.output_weights, kind="stable")
    if order is UnitOrder.IMPACT:
        return np.argsort(-np.abs(logit_parts(trace)), kind="stable")
    if order is UnitOrder.SIMILAR:
        return _by_similarity(trace.hidden_state[_from(trace) :].T)
    return np.arange(len(trace.output_weights))


def _by_similarity(behaviour: Floats) -> Order:
    """Leaves of Ward's hierarchical clustering of units ``(D, S)`` by their hidden states."""
    from scipy.cluster.hierarchy import leaves_list, linkage

    if len(behaviour) < 3:
        return np.arange(len(behaviour))
    best = len(behaviour) <= BEST_LEAVES
    return leaves_list(linkage(behaviour, "ward", optimal_ordering=best)).astype(np.intp)


def _from(trace: Trace) -> int:
    """First place that findings look at: the first word, or 0 when there is none."""
    first = trace.encoding.first_word
    return first if first < trace.encoding.maxlen else 0


def finding(trace: Trace, quantity: str) -> str:
    """What stands out of one quantity in this review, as a short sentence."""
    if not trace.encoding.read_count:
        return nothing_known(trace.encoding)
    return {
        "input_gate": _most_let_in,
        "forget_gate": _longest_kept,
        "candidate": _strongest_proposal,
        "output_gate": _most_shown,
        "cell_state": _fullest_memory,
        "hidden_state": _heaviest_unit,
    }[quantity](trace)


def longest_open(trace: Trace) -> tuple[int, int, int]:
    """The longest stretch of words a forget gate stays open: unit, place before it, words."""
    first = trace.encoding.first_word
    best = (0, first, 0)
    for unit, column in enumerate(trace.forget_gate[first:].T >= OPEN):  # (S,)
        edges = np.diff(np.concatenate(([0], column.astype(np.int8), [0])))
        starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
        if not len(starts):
            continue
        at = int((ends - starts).argmax())
        length = int(ends[at] - starts[at])
        if length > best[2]:
            best = (unit, first + int(starts[at]) - 1, length)
    return best


def _most_let_in(trace: Trace) -> str:
    first, units = trace.encoding.first_word, trace.input_gate.shape[1]
    place = first + int(trace.input_gate[first:].mean(axis=1).argmax())
    count = int((trace.input_gate[place] > 0.5).sum())
    return f"{quoted(trace, place)} opens most: {count} of {units} units above one half"


def _longest_kept(trace: Trace) -> str:
    unit, place, length = longest_open(trace)
    if not length:
        return f"No unit's gate reaches {OPEN} at a word of this review"
    if place < trace.encoding.first_word:
        return f"Unit {unit} stays open for {plural(length, 'word')} from the first word"
    return f"Unit {unit} stays open for {plural(length, 'word')} after {quoted(trace, place)}"


def _strongest_proposal(trace: Trace) -> str:
    first = trace.encoding.first_word
    place = first + int(np.abs(trace.candidate[first:]).mean(axis=1).argmax())
    unit = int(np.abs(trace.candidate[place]).argmax())
    value = trace.candidate[place, unit]
    return f"{quoted(trace, place)} proposes most, unit {unit} by {signed(value)}"


def _most_shown(trace: Trace) -> str:
    shown = trace.output_gate[trace.encoding.first_word :].mean(axis=0)  # (D,)
    most, least = int(shown.argmax()), int(shown.argmin())
    if most == least:
        return f"Unit {most} shows {percent(shown[most])} on average"
    return (
        f"Unit {most} shows most ({percent(shown[most])}), "
        f"unit {least} least ({percent(shown[least])})"
    )


def _fullest_memory(trace: Trace) -> str:
    cells = trace.cell_state[trace.encoding.first_word :]  # (S, D)
    at, unit = np.unravel_index(int(np.abs(cells).argmax()), cells.shape)
    place = trace.encoding.first_word + int(at)
    return f"Unit {unit} holds most: {signed(cells[at, unit])} after {quoted(trace, place)}"


def _heaviest_unit(trace: Trace) -> str:
    parts = logit_parts(trace)
    unit = int(np.abs(parts).argmax())
    way = "positive" if parts[unit] >= 0 else "negative"
    return f"Unit {unit} ends up weighing most: {signed(parts[unit])}, towards {way}"
