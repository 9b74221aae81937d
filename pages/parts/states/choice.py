"""What a person has chosen on the states page, and the widgets that choose it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from lstm_core.analysis.captions import place_name, quoted, quoted_word
from lstm_core.analysis.unit_stats import UnitOrder, largest_contribution
from lstm_core.figures.states import NAMES
from lstm_core.recurrent.lstm import QUANTITIES
from lstm_core.recurrent.trace import Trace
from lstm_core.text import Kind
from pages.parts.common.link import linked_choice, linked_value, visit_number, whole_number
from pages.parts.common.pinned import UNIT_AT_FIRST, pin_place
from pages.parts.common.review_input import came_with_new_text
from pages.parts.components.callbacks import value_of

VIEWS = {
    "overview": "Overview",
    "unit": "Unit",
    "step": "Step",
    "memory": "Memory",
    "padding": "Padding",
    "interventions": "Interventions",
    "compare": "Compare",
}
OLD_VIEWS = {  # labels and keys of older links
    "One unit": "unit",
    "One step": "step",
    "Memory ledger": "memory",
    "ledger": "memory",
    "Clamp lab": "interventions",
    "clamp": "interventions",
}
ORDERS = {
    str(UnitOrder.STORED): "as stored",
    str(UnitOrder.WEIGHT): "by output weight",
    str(UnitOrder.IMPACT): "by contribution",
    str(UnitOrder.SIMILAR): "clustered",
}
OLD_ORDERS = {
    "by part in this verdict": str(UnitOrder.IMPACT),
    "similar ones together": str(UnitOrder.SIMILAR),
}
WITH_UNIT = ("overview", "unit", "step", "memory", "padding", "interventions")
WITH_STEP = ("overview", "unit", "step", "memory", "interventions")
WITH_ORDER = ("overview", "memory", "padding", "interventions", "compare")
WITH_PADDING = ("overview", "unit", "interventions")
UNIT, STEP, ORDER, ZEROS, ALL = 2, 5, 3, 3, 13  # widths of the widgets, and of all of them
PLAY_SECONDS = 0.9
_LAST_MOVE = "states_last_move"
# Session: visit and text of the last run, the step and unit put there at first, and those shown.
_AT_FIRST = "states_at_first"


@dataclass(frozen=True, slots=True)
class StatesSelection:
    """Checked values of the widgets.

    Attributes:
        unit: The unit, from 0.
        place: The step, from 0.
        order: Order of the units.
        padding: Whether the zeros in front are shown.
    """

    unit: int
    place: int
    order: UnitOrder
    padding: bool


def choose_view() -> str:
    """Which question the page answers; only that one is computed."""
    return linked_choice(
        st.segmented_control,
        "View",
        VIEWS,
        key="states_view",
        parameter="view",
        aliases=OLD_VIEWS,
        label_visibility="collapsed",
        wrap=True,
    )


def choose(trace: Trace, view: str, pinned: int | None) -> StatesSelection:
    """The widgets a view needs, beside each other; the others keep what the link says."""
    maxlen, units = trace.hidden_state.shape
    wanted = ((UNIT, WITH_UNIT), (STEP, WITH_STEP), (ORDER, WITH_ORDER), (ZEROS, WITH_PADDING))
    widths = [2, 4] if view == "step" else [width for width, views in wanted if view in views]
    spare = [ALL - sum(widths)] if sum(widths) < ALL else []
    boxes = iter(st.columns([*widths, *spare], vertical_alignment="bottom"))
    place, unit = _follow_largest(trace)
    order, padding = UnitOrder.STORED, False
    if view in WITH_UNIT:
        with next(boxes):
            unit = _choose_unit(units, unit)
    if view in WITH_STEP:
        with next(boxes):
            place = _choose_step(trace, pinned, place)
    if view in WITH_ORDER:
        with next(boxes):
            order = _choose_order()
    if view in WITH_PADDING:
        with next(boxes):
            padding = st.toggle("Show padding", key="padding", bind="query-params")
    if view == "step":
        with next(boxes):
            _draw_moves(trace)
    st.session_state[_AT_FIRST] = (*st.session_state[_AT_FIRST][:2], _chosen())
    return StatesSelection(unit, place, order, padding)


def _follow_largest(trace: Trace) -> tuple[int, int]:
    """Step and unit at first: those of the largest contribution, until others are chosen.

    Values that came with another text are older than ours (see `came_with_new_text`).
    """
    place, unit = largest_contribution(trace)
    state, here = st.session_state, (visit_number(), trace.encoding.text)
    last, before, shown = state.get(_AT_FIRST, (here, {}, {}))
    before = before | {"unit": state.get(UNIT_AT_FIRST)}
    stale = last[0] == here[0] and last[1] != here[1]
    values = _chosen() | (shown if stale else {})
    now = {"step": place + 1, "unit": unit}
    for key, value in values.items():
        if value == before.get(key):
            values[key] = now[key]  # another review, and nothing was chosen yet
        if state[key] != values[key]:
            state[key] = values[key]
    state[_AT_FIRST], state[UNIT_AT_FIRST] = (here, now, values), unit
    return place, unit


def _chosen() -> dict[str, int]:
    return {key: st.session_state[key] for key in ("step", "unit") if key in st.session_state}


def move_on(trace: Trace) -> None:
    """While it plays: the next step; stops at the last one."""
    now, maxlen = time.monotonic(), trace.encoding.maxlen
    if not st.session_state.get("playing"):
        return
    if now - st.session_state.get(_LAST_MOVE, 0.0) < 0.8 * PLAY_SECONDS:
        return
    st.session_state[_LAST_MOVE] = now
    step = st.session_state.get("step", maxlen)
    if step < maxlen:
        put_step(trace, step + 1)
    else:
        st.session_state["playing"] = False


def put_step(trace: Trace, step: int) -> None:
    """Choose a step, counted from 1, and pin its word; for a callback."""
    step = min(max(step, 1), trace.encoding.maxlen)
    st.session_state["step"] = step
    pin_place(trace, step - 1)


def put_place(trace: Trace, place: int, unit: int) -> None:
    """Choose a step, from 0, and a unit; for a callback."""
    put_step(trace, place + 1)
    st.session_state["unit"] = unit


def word_at(trace: Trace, place: int, *, numbered: bool = True) -> str:
    """A place in words: its word in quotation marks, or what else it is.

    Args:
        numbered: Whether a word that was read more than once has its number.
    """
    kind = trace.encoding.kinds[place]
    if kind is Kind.PADDING:
        return "padding"
    if kind is Kind.START:
        return "the start"
    unknown = ", not in the vocabulary" if kind is Kind.UNKNOWN else ""
    word = quoted(trace, place) if numbered else quoted_word(trace.encoding.words[place])
    return word + unknown


def place_at(trace: Trace, place: int) -> str:
    """A time step and its word: "word 3, step 74, “good”"."""
    return f"{place_name(trace.encoding, place)}, {word_at(trace, place, numbered=False)}"


def choose_quantity(draw: Callable[..., Any], key: str, default: str) -> str:
    """Which of the six quantities a picture shows."""
    names = {name: NAMES[name] for name in QUANTITIES}
    old = {"Candidate g": "candidate"}
    return linked_choice(draw, "Quantity", names, key=key, default=default, aliases=old)


def _draw_moves(trace: Trace) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Step back", on_click=_move, args=(trace, -1), key="back")
        st.button("Step forward", on_click=_move, args=(trace, 1), key="forward")
        st.button("Largest contribution", on_click=_to_largest, args=(trace,), key="largest")
        st.toggle("Play", key="playing", help="One step after the other to the end of the review.")


def _move(trace: Trace, by: int) -> None:
    put_step(trace, value_of("step", trace.encoding.maxlen) + by)


def _to_largest(trace: Trace) -> None:
    put_place(trace, *largest_contribution(trace))


def _choose_order() -> UnitOrder:
    order = linked_choice(st.selectbox, "Order of units", ORDERS, key="order", aliases=OLD_ORDERS)
    return UnitOrder(order)


def _choose_unit(units: int, first: int) -> int:
    unit = linked_value("unit", first, whole_number(0, units - 1))
    st.number_input("Unit", 0, units - 1, key="unit", persist_state="session")
    return unit


def _choose_step(trace: Trace, pinned: int | None, first: int) -> int:
    """The step: that of the pinned word, else the chosen one."""
    maxlen = trace.encoding.maxlen
    if pinned is not None and st.session_state.get("step") != pinned + 1:
        st.session_state["step"] = pinned + 1
    place = linked_value("step", first + 1, whole_number(1, maxlen)) - 1
    word = word_at(trace, place, numbered=False)
    st.slider(
        f"{place_name(trace.encoding, place).capitalize()}: {word}",
        1,
        maxlen,
        key="step",
        persist_state="session",
        on_change=_step_moved,
        args=(trace,),
    )
    return place


def _step_moved(trace: Trace) -> None:
    if came_with_new_text(trace):
        return
    put_step(trace, value_of("step", trace.encoding.maxlen))
