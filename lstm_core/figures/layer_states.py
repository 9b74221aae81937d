"""Figures and tables of `lstm_core.recurrent.layer_trace`: any recurrent layer, both directions.

Symbols: N sequences, T steps, D units.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from lstm_core.errors import InputError
from lstm_core.figures.states import range_panel
from lstm_core.figures.subplots import HeatPanel, Stack
from lstm_core.recurrent.layer_trace import (
    AnyTrace,
    BidirectionalTrace,
    LayerTrace,
    StackedTrace,
    Traces,
)

if TYPE_CHECKING:
    import pandas as pd


def parts(trace: AnyTrace) -> Iterator[tuple[str, LayerTrace]]:
    """The plain layers of a trace, each with its name inside: "forward", "cell 0" or nothing."""
    if isinstance(trace, BidirectionalTrace):
        yield from (("forward", trace.forward), ("backward", trace.backward))
    elif isinstance(trace, StackedTrace):
        yield from ((f"cell {number}", cell) for number, cell in enumerate(trace.cells))
    else:
        yield "", trace


def layer_stack(trace: AnyTrace, quantity: str | None, sequence: int) -> Stack:
    """All quantities of one sequence, or one quantity, below each other.

    Raises:
        InputError: When there is no such quantity or sequence.
    """
    there = list(dict.fromkeys(name for _, part in parts(trace) for name in part.quantities))
    if quantity is not None and quantity not in there:
        raise InputError(f"The quantity {quantity!r} came in; there are {', '.join(there)}.")
    panels = [
        heat_panel(part, name, sequence, f"{trace.name}{', ' if inside else ''}{inside}")
        for inside, part in parts(trace)
        for name in part.quantities
        if quantity in (None, name)
    ]
    first = next(part for _, part in parts(trace))
    return _stack(trace.name, first, panels)


def traces_stack(traces: Traces, quantity: str | None, sequence: int) -> Stack:
    """One quantity of every layer that has it, the hidden state when none is named.

    Raises:
        InputError: When no layer has it, or there is no such sequence.
    """
    wanted = quantity or "hidden_state"
    found = [
        (f"{name}{', ' if inside else ''}{inside}", part)
        for name, trace in traces.items()
        for inside, part in parts(trace)
        if wanted in part.quantities
    ]
    if not found:
        raise InputError(f"No layer here has a quantity {wanted!r}.")
    panels = [heat_panel(part, wanted, sequence, name) for name, part in found]
    longest = max((part for _, part in found), key=lambda part: len(part.steps))
    return _stack("layers", longest, panels)


def _stack(name: str, part: LayerTrace, panels: list[HeatPanel]) -> Stack:
    units = max(panel.values.shape[1] for panel in panels)
    steps = max(panel.values.shape[0] for panel in panels)
    labels = [str(step + 1) for step in part.steps]
    same = all(panel.values.shape == (steps, units) for panel in panels)
    return Stack(name, labels, panels if same else [_filled(p, steps, units) for p in panels],
                 np.arange(units))  # fmt: skip


def _filled(panel: HeatPanel, steps: int, units: int) -> HeatPanel:
    """A panel on the axes of a larger one, empty where it has no values."""
    values = np.full((steps, units), np.nan, np.float32)
    values[: panel.values.shape[0], : panel.values.shape[1]] = panel.values
    return HeatPanel(panel.title, panel.finding, values, gate=panel.gate, limit=panel.limit)


def heat_panel(part: LayerTrace, quantity: str, sequence: int, name: str) -> HeatPanel:
    """One quantity of one sequence."""
    array = part.arrays()[quantity]
    if not -len(array) <= sequence < len(array):
        raise InputError(f"Sequence {sequence} came in; there are 0 to {len(array) - 1}.")
    return range_panel(name, quantity, array[sequence])


def layer_table(trace: AnyTrace) -> "pd.DataFrame":
    """One row for each sequence, step and unit: sequence from 0, step of the input from 1.

    With several directions or cells, the column ``part`` names them.
    """
    import pandas as pd

    tables = []
    for inside, part in parts(trace):
        size, steps, units = part.arrays()["hidden_state"].shape
        columns = {
            **({"part": inside} if inside else {}),
            "sequence": np.repeat(np.arange(size, dtype=np.int32), steps * units),
            "step": np.tile(np.repeat(part.steps.astype(np.int32) + 1, units), size),
            "unit": np.tile(np.arange(units, dtype=np.int32), size * steps),
            **({} if part.mask is None else {"read": np.repeat(part.mask.ravel(), units)}),
            **{name: array.ravel() for name, array in part.arrays().items()},
        }
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)


def traces_table(traces: Traces) -> "pd.DataFrame":
    """The tables of all layers below each other, with the layer's name in front."""
    import pandas as pd

    tables = [layer_table(trace).assign(layer=name) for name, trace in traces.items()]
    if not tables:
        return pd.DataFrame({"layer": []})
    whole = pd.concat(tables, ignore_index=True)
    return whole[["layer", *(name for name in whole if name != "layer")]]
