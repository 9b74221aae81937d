"""The pictures of the states page, each a `Stack` made of a trace.

Symbols: S columns shown, D units.
"""

from collections.abc import Sequence

import numpy as np

from lstm_core.analysis.captions import instead_of, quoted
from lstm_core.analysis.compare import (
    Alignment,
    Pairs,
    align,
    difference,
    max_difference_index,
    take,
)
from lstm_core.analysis.formatting import number, probability, signed
from lstm_core.analysis.prediction_change import change_caption
from lstm_core.analysis.unit_stats import Order, finding
from lstm_core.figures.axes import Places, round_limit
from lstm_core.figures.subplots import HeatPanel, Line, LinePanel, Stack
from lstm_core.recurrent.contributions import ledger_contributions, memory_ledger, survival
from lstm_core.recurrent.lstm import QUANTITIES, Floats
from lstm_core.recurrent.trace import Trace

NAMES = {
    "input_gate": "Input gate i",
    "forget_gate": "Forget gate f",
    "candidate": "Candidate c̃",
    "output_gate": "Output gate o",
    "cell_state": "Cell state c",
    "hidden_state": "Hidden state h",
    "update_gate": "Update gate z",
    "reset_gate": "Reset gate r",
}
READINGS = {
    "input_gate": "green lets the candidate in",
    "forget_gate": "green keeps the memory",
    "candidate": "what each word would write",
    "output_gate": "green shows the memory",
    "cell_state": "the memory itself",
    "hidden_state": "the memory as shown",
    "update_gate": "green keeps the memory",
    "reset_gate": "green lets the memory into the candidate",
}
ORDINARY = "P(positive) so far"
NOTHING_COMMON = "No common word to compare"


def full_colour(limit: float) -> str:
    """End of a title: the value of full colour, where that is not 1."""
    return "" if limit == 1 else f", full colour at ±{limit:.0f}"


def range_panel(name: str, quantity: str, values: Floats) -> HeatPanel:
    """One quantity ``(S, D)`` of a layer of any kind, with its smallest and largest value.

    Args:
        name: Name of the layer.
        quantity: Name of the quantity.
        values: The quantity.
    """
    low, high = float(values.min()), float(values.max())
    gate = quantity.endswith("_gate") and low >= 0 and high <= 1
    limit = round_limit(values)
    return HeatPanel(
        title=f"{NAMES[quantity]} of {name}: {READINGS[quantity]}"
        f"{'' if gate else full_colour(limit)}",
        finding=value_range(low, high, gate=gate),
        values=values,
        gate=gate,
        limit=limit,
    )


def value_range(low: float, high: float, *, gate: bool) -> str:
    """The smallest and the largest value, those of a gate without a sign."""
    first, last = map(number if gate else signed, (low, high))
    return f"From {first} to {last}"


def limit_of(trace: Trace, quantity: str) -> float:
    """Value of full colour: 1, for a cell state that grows larger the next whole number."""
    return round_limit(trace.cell_state) if quantity == "cell_state" else 1.0


def heat_panel(trace: Trace, quantity: str, first: int, says: str | None = None) -> HeatPanel:
    """One quantity of a trace from a place on."""
    gate, limit = quantity.endswith("_gate"), limit_of(trace, quantity)
    return HeatPanel(
        title=f"{NAMES[quantity]}: {READINGS[quantity]}{'' if gate else full_colour(limit)}",
        finding=finding(trace, quantity) if says is None else says,
        values=getattr(trace, quantity)[first:],
        gate=gate,
        limit=limit,
    )


def running_panel(trace: Trace, first: int, says: str | None = None) -> LinePanel:
    """The running probability from a place on."""
    moved = [f", moved by {signed(value, 3)}" for value in trace.contributions[first:]]
    line = Line(ORDINARY, trace.probability[first:], detail=moved)
    return LinePanel(f"Running probability: {ORDINARY}", says or change_caption(trace), [line])


def overview(
    trace: Trace,
    order: Order,
    *,
    padding: bool,
    place: int,
    unit: int,
    scores: Floats | None = None,
) -> Stack:
    """All six quantities of every unit and the running probability, on one axis of words.

    `scores` ``(T,)`` is the attribution shown beside it, with which the title agrees.
    """
    places = Places.of(trace.encoding, padding=padding)
    return Stack(
        name="overview",
        labels=places.labels,
        panels=[
            running_panel(trace, places.first, change_caption(trace, scores)),
            *(heat_panel(trace, quantity, places.first) for quantity in QUANTITIES),
        ],
        order=order,
        first=places.first,
        column=place - places.first,
        unit=unit,
        edges=[trace.encoding.first_word - places.first],
    )


def ledger(trace: Trace, order: Order, *, place: int, unit: int) -> Stack:
    """The final cell state as the sum of what every word wrote and is still there.

    The padding's writes, with that of the start, are one column in front.
    """
    first = min(trace.encoding.first_word, trace.encoding.maxlen)
    parts, left = memory_ledger(trace), survival(trace)  # (T, D)
    front = parts[:first].sum(axis=0, keepdims=True, dtype=np.float64).astype(np.float32)
    shown = np.concatenate([front, parts[first:]])  # (1 + S, D)
    none = np.full_like(front, np.nan)
    said = ledger_contributions(trace, trace.output_weights)  # (T,)
    bars = np.concatenate([[said[:first].sum()], said[first:]]).astype(np.float32)
    reach = max(float(np.abs(bars).max(initial=0.0)), 0.1)
    limit = round_limit(shown)
    return Stack(
        name="ledger",
        labels=[
            "(padding)" if trace.encoding.pad_count else "(start)",
            *Places(trace.encoding, first).labels,
        ],
        panels=[
            LinePanel(
                "Share of the final logit: each word's surviving write",
                _strongest_entry(trace, bars, first),
                [Line("share of the logit", bars)],
                -reach,
                reach,
                0.0,
                per_cent=False,
            ),
            HeatPanel(
                f"Ledger: write × all later forget gates{full_colour(limit)}",
                _largest_entry(trace, shown, first),
                shown,
                limit=limit,
                height=230,
            ),
            HeatPanel(
                "Survival: green is still remembered at the end",
                _survivors(trace, left, first),
                np.concatenate([none, left[first:]]),
                gate=True,
                height=160,
            ),
        ],
        order=order,
        first=first - 1,
        column=max(place - first + 1, 0),
        unit=unit,
        edges=[1],
    )


def padding_states(trace: Trace, order: Order, *, unit: int) -> Stack:
    """What the zeros and the start do before the first word is read."""
    end = min(trace.encoding.first_word + 1, trace.encoding.maxlen)
    places = Places(trace.encoding, 0)
    labels = [str(n + 1) if n < trace.encoding.pad_count else places.labels[n] for n in range(end)]
    cells, hidden = trace.cell_state[:end], trace.hidden_state[:end]
    last = max(trace.encoding.pad_count - 1, 0)
    at = int(np.abs(cells[last]).argmax())
    zeros = trace.encoding.pad_count
    low, high = (probability(trace.probability[step]) for step in (0, last))
    before = f"From {low} to {high} after the zeros"
    held = f"Unit {at} holds {signed(cells[last, at])} when the zeros end"
    return Stack(
        name="padding",
        labels=labels,
        panels=[
            LinePanel(
                "Running probability: while only zeros are read",
                before if zeros else "This review fills every place: it has no zeros",
                [Line(ORDINARY, trace.probability[:end])],
            ),
            HeatPanel(
                f"Cell state c: full colour at ±{round_limit(cells):.0f}",
                held if zeros else "No zeros",
                cells,
                limit=round_limit(cells),
            ),
            HeatPanel("Hidden state h: the memory as shown", "After each zero", hidden),
        ],
        order=order,
        unit=unit,
        edges=[trace.encoding.pad_count, trace.encoding.first_word],
    )


def clamp_lab(
    true: Trace, clamped: Trace, quantity: str, order: Order, *, padding: bool, place: int
) -> Stack:
    """One quantity with forced gates and how it differs from the true one."""
    places = Places.of(true.encoding, padding=padding)
    first = places.first
    change = (getattr(clamped, quantity) - getattr(true, quantity))[first:]  # (S, D)
    says = "With the forced values" if change.any() else "As in the original trace"
    if not getattr(clamped, quantity)[first:].any():
        says += ": zero everywhere"
    both = LinePanel(
        "Running probability: solid with forced values, dotted without",
        f"Ends at {instead_of(clamped.verdict_probability, true.verdict_probability)}",
        [
            Line("original", true.probability[first:], dashed=True),
            Line("forced", clamped.probability[first:]),
        ],
    )
    return Stack(
        name="clamp",
        labels=places.labels,
        panels=[
            both,
            heat_panel(clamped, quantity, first, says),
            _difference_panel("forced minus original", change, places.labels),
        ],
        order=order,
        first=first,
        column=place - first,
        edges=[true.encoding.first_word - first],
    )


def comparison(
    left: Trace, right: Trace, quantity: str, by: Alignment, order: Order, same_units: bool = True
) -> Stack:
    """Two traces over each other and their difference, second minus first.

    With different numbers of units only the running probabilities stand over each other.
    """
    pairs = align(left.encoding, right.encoding, by)
    panels: list[LinePanel | HeatPanel] = [
        LinePanel(
            "Running probability: solid B, dotted A",
            _largest_gap(left, right, pairs),
            [
                Line("A", take(left.probability, pairs.left), dashed=True),
                Line("B", take(right.probability, pairs.right)),
            ],
        ),
    ]
    if same_units:
        panels += [_side("A", left, quantity, pairs), _side("B", right, quantity, pairs)]
    change = difference(left, right, quantity, pairs)
    if change is not None:
        panels.append(_difference_panel("B minus A", change, pairs.labels))
    return Stack(name="compare", labels=pairs.labels, panels=panels, order=order)


def _largest_gap(left: Trace, right: Trace, pairs: Pairs) -> str:
    """Where the two running probabilities differ most, with both."""
    at = max_difference_index(left, right, pairs)
    if at is None:
        return NOTHING_COMMON
    one, other = left.probability[pairs.left[at]], right.probability[pairs.right[at]]
    if one == other:
        return "The same at every common word"
    return (
        f"Of their common words they differ most at {_label(pairs.labels, at)}: "
        f"A {probability(float(one))}, B {probability(float(other))}"
    )


def _side(name: str, trace: Trace, quantity: str, pairs: Pairs) -> HeatPanel:
    places = pairs.left if name == "A" else pairs.right
    panel = heat_panel(trace, quantity, 0)
    head = f"{name}, {panel.title}"
    return HeatPanel(
        head, panel.finding, take(panel.values, places), gate=panel.gate, limit=panel.limit
    )


def _label(labels: Sequence[str], at: int) -> str:
    """A label in quotation marks; which one it is where several are equal."""
    count, number = labels.count(labels[at]), labels[: at + 1].count(labels[at])
    return f"“{labels[at]}”" + (f" (occurrence {number} of {count})" if count > 1 else "")


def _difference_panel(name: str, change: Floats, labels: Sequence[str]) -> HeatPanel:
    size = np.nan_to_num(np.abs(change))
    if np.isnan(change).all():
        says = NOTHING_COMMON
    elif not size.any():
        says = "No difference at all"
    else:
        at, unit = np.unravel_index(int(size.argmax()), size.shape)
        says = f"Most in unit {unit} at {_label(labels, int(at))}: {signed(change[at, unit], 3)}"
    limit = round_limit(change)
    return HeatPanel(f"Difference: {name}, full colour at ±{limit:.0f}", says, change, limit=limit)


def _entry(trace: Trace, column: int, first: int) -> str:
    before = "the padding and the start" if trace.encoding.pad_count else "the start"
    return before if column == 0 else quoted(trace, first + column - 1)


def _strongest_entry(trace: Trace, bars: Floats, first: int) -> str:
    at = int(np.abs(bars).argmax())
    return f"Largest: {_entry(trace, at, first)}, {signed(bars[at], 3)}"


def _largest_entry(trace: Trace, shown: Floats, first: int) -> str:
    at, unit = np.unravel_index(int(np.abs(shown).argmax()), shown.shape)
    return f"Largest: {_entry(trace, int(at), first)} in unit {unit}, {signed(shown[at, unit])}"


def _survivors(trace: Trace, left: Floats, first: int) -> str:
    if first >= len(left):
        return "No word has been read"
    share = (left[first] > 0.5).sum()
    return (
        f"{quoted(trace, first)} is still more than half there in {share} of {left.shape[1]} units"
    )
