"""What a person has chosen on the states page, and the widgets that choose it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from lstm_core.analysis.captions import place_name, quoted
from lstm_core.analysis.unit_stats import UnitOrder
from lstm_core.figures.states import NAMES
from lstm_core.recurrent.lstm import QUANTITIES
from lstm_core.recurrent.trace import Trace
from lstm_core.text import Kind
from pages.parts.common.link import linked_choice, linked_value, whole_number
from pages.parts.common.pinned import pin_place
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
PLAY_SECONDS = 0.9
_LAST_MOVE = "states_last_move"


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
    boxes = st.columns([2, 5, 3, 3], vertical_alignment="bottom")
    unit, place, order, padding = 0, maxlen - 1, UnitOrder.STORED, False
    if view in WITH_UNIT:
        with boxes[0]:
            unit = _whole(
                st.number_input("Unit", 0, units - 1, key="unit", bind="query-params"), units
            )
    if view in WITH_STEP:
        with boxes[1]:
            place = _choose_step(trace, pinned)
    if view in WITH_ORDER:
        with boxes[2]:
            order = _choose_order()
    if view in WITH_PADDING:
        with boxes[3]:
            padding = st.toggle("Show padding", key="padding", bind="query-params")
    return StatesSelection(unit, place, order, padding)


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


def word_at(trace: Trace, place: int) -> str:
    """A place in words: its word in quotation marks, or what else it is."""
    kind = trace.encoding.kinds[place]
    if kind is Kind.PADDING:
        return "padding"
    if kind is Kind.START:
        return "the start"
    unknown = ", not in the vocabulary" if kind is Kind.UNKNOWN else ""
    return quoted(trace, place) + unknown


def choose_quantity(draw: Callable[..., Any], key: str, default: str) -> str:
    """Which of the six quantities a picture shows."""
    names = {name: NAMES[name] for name in QUANTITIES}
    old = {"Candidate g": "candidate"}
    return linked_choice(draw, "Quantity", names, key=key, default=default, aliases=old)


def _choose_order() -> UnitOrder:
    order = linked_choice(st.selectbox, "Order of units", ORDERS, key="order", aliases=OLD_ORDERS)
    return UnitOrder(order)


def _choose_step(trace: Trace, pinned: int | None) -> int:
    """The step: that of the pinned word, else the chosen one, at first the last."""
    maxlen = trace.encoding.maxlen
    if pinned is not None and st.session_state.get("step") != pinned + 1:
        st.session_state["step"] = pinned + 1
    place = linked_value("step", maxlen, whole_number(1, maxlen)) - 1
    st.slider(
        f"{place_name(trace.encoding, place).capitalize()}: {word_at(trace, place)}",
        1,
        maxlen,
        key="step",
        persist_state="session",
        on_change=_step_moved,
        args=(trace,),
    )
    return place


def _step_moved(trace: Trace) -> None:
    put_step(trace, value_of("step", trace.encoding.maxlen))


def _whole(value: object, limit: int) -> int:
    """A whole number from 0 to limit - 1, whatever the link or the browser said."""
    return min(max(int(value), 0), limit - 1) if isinstance(value, int | float) else 0
