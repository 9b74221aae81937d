"""One unit: its six quantities as lines, and what it writes and keeps at every step."""

import numpy as np

from lstm_core.analysis.captions import quoted
from lstm_core.analysis.formatting import percent, signed
from lstm_core.analysis.unit_stats import unit_of
from lstm_core.figures.axes import Places
from lstm_core.figures.states import NAMES
from lstm_core.figures.subplots import Line, LinePanel, Stack
from lstm_core.recurrent.lstm import Floats
from lstm_core.recurrent.trace import Trace

GATE_NAMES = ("input_gate", "forget_gate", "output_gate")
STATE_NAMES = ("candidate", "cell_state", "hidden_state")


def unit_stack(trace: Trace, number: int, *, padding: bool, place: int) -> Stack:
    """All lines of one unit over the words: gates, states, write and keep."""
    places = Places.of(trace.encoding, padding=padding)
    first = places.first
    unit = unit_of(trace, number)
    panels = [_gate(trace, name, number, first) for name in GATE_NAMES]
    panels += [_state(trace, name, number, first) for name in STATE_NAMES]
    before = np.concatenate([[0.0], trace.cell_state[:-1, number]]).astype(np.float32)  # (T,)
    panels.append(_signed("Write i × c̃: what it adds", unit.writes[first:], trace, first))
    panels.append(
        _signed(
            "Keep f × c before: what it holds on to", (unit.keeps * before)[first:], trace, first
        )
    )
    return Stack(
        name="unit",
        labels=places.labels,
        panels=panels,
        order=[number],
        first=first,
        column=place - first,
        unit=number,
        edges=[trace.encoding.first_word - first],
    )


def _gate(trace: Trace, name: str, number: int, first: int) -> LinePanel:
    values = getattr(trace, name)[first:, number]
    top, bottom = int(values.argmax()), int(values.argmin())
    says = f"Widest at {quoted(trace, first + top)}: {percent(values[top])}"
    if top != bottom:
        says += f"; narrowest at {quoted(trace, first + bottom)}: {percent(values[bottom])}"
    title, line = f"{NAMES[name]}: 100 % is open", Line(NAMES[name], values)
    return LinePanel(title, says, [line], height=80, gate=True)


def _state(trace: Trace, name: str, number: int, first: int) -> LinePanel:
    values = getattr(trace, name)[first:, number]
    return _signed(f"{NAMES[name]}: blue above zero", values, trace, first)


def _signed(title: str, values: Floats, trace: Trace, first: int) -> LinePanel:
    at = int(np.abs(values).argmax())
    reach = max(float(np.abs(values).max(initial=0.0)), 0.01)
    return LinePanel(
        title,
        f"Strongest at {quoted(trace, first + at)}: {signed(values[at], 3)}",
        [Line(title.split(":")[0], values)],
        -reach,
        reach,
        0.0,
        per_cent=False,
        height=80,
    )
