"""One time step: the cell of one unit with this step's numbers, and the unit's lines."""

from functools import partial

import streamlit as st

from lstm_core.analysis.captions import plural, quoted
from lstm_core.analysis.formatting import signed
from lstm_core.analysis.step_breakdown import DIGITS, CellStep, printed, step_arithmetic
from lstm_core.analysis.unit_stats import contribution_of, largest_contribution
from lstm_core.figures.axes import round_limit
from lstm_core.figures.unit import unit_stack
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.trace import Trace
from pages.parts.common.cell import CellTexts, DrawnCell, draw_cell
from pages.parts.common.escape import escape_markdown
from pages.parts.common.figures import Drawn, show_stack
from pages.parts.components.cell import Moves
from pages.parts.states.choice import StatesSelection, place_at, put_place


def draw_step(model: SentimentModel, trace: Trace, choice: StatesSelection) -> list[Drawn]:
    """The cell of one unit at one step, and the unit over the whole review."""
    place, unit = choice.place, choice.unit
    found = step_arithmetic(model.bundle.weights, trace, place, unit)
    where = f"Unit {unit} at {place_at(trace, place)}"
    goes = f"c goes from {printed(found.cell_before)} to {printed(found.cell)}"
    st.header(f"{escape_markdown(where)}: {goes}", anchor=False)
    st.caption(_contribution(trace, choice))
    places, units = trace.hidden_state.shape
    led = {
        "ArrowLeft": (place - 1, unit),
        "ArrowRight": (place + 1, unit),
        "ArrowUp": (place, unit + 1),
        "ArrowDown": (place, unit - 1),
    }
    near = {
        key: _cell(step_arithmetic(model.bundle.weights, trace, *at), model, trace, *at)
        for key, at in led.items()
        if 0 <= at[0] < places and 0 <= at[1] < units
    }
    moves = Moves(
        place,
        places,
        unit,
        units,
        says=f"{where}: {goes}",
        playing=bool(st.session_state.get("playing")),
        go=partial(put_place, trace),
    )
    cell = _cell(found, model, trace, place, unit)
    draw_cell(cell, key="cell", parameter="gate", moves=moves, near=near)
    st.caption(
        f"Every number has {DIGITS} decimals and is computed from the numbers printed before it, "
        "so every line can be checked with a calculator. The trace itself is computed in 32-bit "
        f"floats; here the two differ by at most {found.gap:.1e}. Line widths are proportional to "
        f"the values, {cell.limit:.0f} the thickest; blue is above zero, orange below. The bar in "
        "a gate lies along its line when the gate is open and across it when closed. Left and "
        "right arrow keys in the diagram change the word, up and down the unit."
    )
    stack = unit_stack(trace, unit, padding=False, place=place)
    over_review = st.expander(
        "This unit over the whole review", key="unit_over_review", on_change="rerun"
    )
    if over_review.open:
        with over_review:
            show_stack(stack, key="step_unit")
    return [stack]


def _cell(step: CellStep, model: SentimentModel, trace: Trace, place: int, unit: int) -> DrawnCell:
    texts = CellTexts(
        box=f"xₜ {quoted(trace, place)} and hₜ₋₁ set gates and candidate",
        inputs=plural(model.embedding.shape[1], "number"),
        units=plural(trace.hidden_state.shape[1], "unit"),
        weight="; the last layer multiplies it by the output weight of the unit, "
        f"{signed(float(trace.output_weights[unit]), 3)}",
    )
    return DrawnCell(step, texts, round_limit(trace.cell_state[:, unit]))


def _contribution(trace: Trace, choice: StatesSelection) -> str:
    """What this unit adds to the logit at this step, and where the largest contribution is."""
    here = contribution_of(trace)[choice.place, choice.unit]
    if not trace.encoding.read_count:
        return f"The hidden state of this unit moves the logit by {signed(here, 3)} at this step."
    place, unit = largest_contribution(trace)
    says = f"The hidden state of this unit moves the logit by {signed(here, 3)} at this step"
    if (place, unit) == (choice.place, choice.unit):
        return f"{says}: the largest contribution of a word and a unit in this review."
    there = f"unit {unit} at {place_at(trace, place)}"
    return f"{says}. The largest such contribution in this review: {escape_markdown(there)}."
