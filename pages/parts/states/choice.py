"""What a person has chosen on the states page, and the widgets that choose it."""

import time
from dataclasses import dataclass

import streamlit as st

from lstm_core.analysis.captions import quoted
from lstm_core.analysis.unit_stats import UnitOrder
from lstm_core.recurrent.trace import Trace
from lstm_core.text import Kind

VIEWS = {
    "overview": "Overview",
    "unit": "One unit",
    "step": "One step",
    "ledger": "Memory ledger",
    "padding": "Padding",
    "clamp": "Clamp lab",
    "compare": "Compare",
}
ORDERS = {
    UnitOrder.STORED: "as stored",
    UnitOrder.WEIGHT: "by output weight",
    UnitOrder.IMPACT: "by part in this verdict",
    UnitOrder.SIMILAR: "similar ones together",
}
WITH_UNIT = ("overview", "unit", "step", "ledger", "padding", "clamp")
WITH_STEP = ("overview", "unit", "step", "ledger", "clamp")
WITH_ORDER = ("overview", "ledger", "padding", "clamp", "compare")
WITH_PADDING = ("overview", "unit", "clamp")
PLAY_SECONDS = 0.9
_LAST_PIN = "states_last_pin"
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
    view = st.segmented_control(
        "View",
        list(VIEWS),
        format_func=VIEWS.__getitem__,
        default="overview",
        required=True,
        key="view",
        bind="query-params",
        label_visibility="collapsed",
        wrap=True,
    )
    return view if view in VIEWS else "overview"


def choose(trace: Trace, view: str) -> StatesSelection:
    """The widgets a view needs, beside each other; the others keep what the link says."""
    maxlen, units = trace.hidden_state.shape
    boxes = st.columns([2, 5, 3, 3], vertical_alignment="bottom")
    unit, place, order, padding = 0, maxlen - 1, UnitOrder.STORED, False
    if view in WITH_UNIT:
        with boxes[0]:
            unit = _whole(
                st.number_input("Unit", 0, units - 1, 0, key="unit", bind="query-params"), units
            )
    if view in WITH_STEP:
        with boxes[1]:
            place = _choose_step(trace, maxlen)
    if view in WITH_ORDER:
        with boxes[2]:
            order = _choose_order()
    if view in WITH_PADDING:
        with boxes[3]:
            padding = st.toggle("Show the padding", key="padding", bind="query-params")
    return StatesSelection(unit, place, order, padding)


def follow_pin(pinned: int | None, maxlen: int) -> None:
    """Make a word that was just pinned the chosen step; the word of another page at first."""
    if _LAST_PIN not in st.session_state:
        carried = st.session_state.get("pinned")
        if "step" not in st.query_params and isinstance(carried, int) and 0 <= carried < maxlen:
            st.session_state["step"] = carried + 1
        st.session_state[_LAST_PIN] = pinned
    elif pinned is not None and pinned != st.session_state[_LAST_PIN]:
        st.session_state["step"] = pinned + 1
    st.session_state[_LAST_PIN] = pinned


def move_on(maxlen: int) -> None:
    """While it plays: the next step, the first word's again never; stops at the last one."""
    now = time.monotonic()
    if not st.session_state.get("playing"):
        return
    if now - st.session_state.get(_LAST_MOVE, 0.0) < 0.8 * PLAY_SECONDS:
        return
    st.session_state[_LAST_MOVE] = now
    step = st.session_state.get("step", maxlen)
    if step < maxlen:
        st.session_state["step"] = step + 1
    else:
        st.session_state["playing"] = False


def word_at(trace: Trace, place: int) -> str:
    """A place in words: its word in quotation marks, or what else it is."""
    kind = trace.encoding.kinds[place]
    if kind is Kind.PADDING:
        return "padding"
    if kind is Kind.START:
        return "the start"
    unknown = ", not in the vocabulary" if kind is Kind.UNKNOWN else ""
    return quoted(trace, place) + unknown


def _choose_order() -> UnitOrder:
    order = st.selectbox(
        "Order of units",
        list(UnitOrder),
        format_func=ORDERS.__getitem__,
        key="order",
        bind="query-params",
    )
    return UnitOrder(order or UnitOrder.STORED)


def _choose_step(trace: Trace, maxlen: int) -> int:
    linked = st.query_params.get("step", "")
    known = int(linked) if linked.isascii() and linked.isdigit() else maxlen
    place = _whole(st.session_state.get("step", known), maxlen + 1) - 1
    label = f"Step: {word_at(trace, max(place, 0))}"
    step = st.slider(label, 1, maxlen, maxlen, key="step", bind="query-params")
    return min(max(step, 1), maxlen) - 1


def _whole(value: object, limit: int) -> int:
    """A whole number from 0 to limit - 1, whatever the link or the browser said."""
    return min(max(int(value), 0), limit - 1) if isinstance(value, int | float) else 0
