"""The clamp lab: force gates, silence units, freeze the state, and see what follows."""

import streamlit as st

from lstm_core.analysis.captions import percent
from lstm_core.analysis.interventions import BLOCKS, Clamp, Clamps, clamped_trace
from lstm_core.analysis.unit_stats import order_units
from lstm_core.figures.states import NAMES, clamp_lab
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.lstm import QUANTITIES
from lstm_core.recurrent.trace import Trace
from pages.parts.common.figures import show_stack
from pages.parts.states.choice import StatesSelection, word_at
from pages.parts.states.views import LEGEND, Drawn

KEYS = {"input_gate": "clamp_i", "forget_gate": "clamp_f", "output_gate": "clamp_o"}
FREE, CHOSEN = "free", "value"
SETTINGS = {FREE: "as computed", "0": "0, closed", "1": "1, open", CHOSEN: "the value"}
UNITS = {"all": "all units", "one": "the chosen unit"}
WHERE = {"all": "at every place", "words": "at the words", "step": "at the chosen step"}
PRESETS = {
    "Clear and write": ("1", "0", "f = 0, i = 1"),
    "Copy": ("0", "1", "f = 1, i = 0"),
    "Release all": (FREE, FREE, "as computed"),
}
LESSONS = {
    ("1", "0"): "With f = 0 and i = 1 the memory is emptied and the candidate takes its place: "
    "c = g. The past is not wholly gone, because the candidate itself was computed from the hidden "
    "state before.",
    ("0", "1"): "With f = 1 and i = 0 the memory is copied: c stays what it was, and nothing of "
    "this word is written. Whether it shows is the output gate's decision.",
}


def draw_interventions(model: SentimentModel, trace: Trace, choice: StatesSelection) -> list[Drawn]:
    """The lab; a change of a clamp runs it again and nothing else of the page."""
    drawn: list[Drawn] = []
    st.fragment(_draw_lab)(model, trace, choice, drawn)
    st.caption(
        "The whole review is run again with the forced values; everything after them follows. "
        "Silencing a unit closes its output gate at every place. Freezing keeps cell and hidden "
        "state of all units as they are after the chosen step."
    )
    return drawn


def _draw_lab(
    model: SentimentModel, trace: Trace, choice: StatesSelection, drawn: list[Drawn]
) -> None:
    """The widgets, the verdict before and after, the changed trace and the difference."""
    _draw_presets()
    clamps = _choose(trace, choice)
    clamped = clamped_trace(model.forward, trace.encoding, clamps)
    lesson = LESSONS.get((st.session_state["clamp_i"], st.session_state["clamp_f"]))
    if lesson:
        st.info(lesson)
    true, now = trace.verdict_probability, clamped.verdict_probability
    st.subheader(
        f"{percent(true)} positive becomes {percent(now)}"
        if clamps
        else "Nothing is forced: this is the true trace",
        anchor=False,
    )
    quantity = st.selectbox(
        "Quantity",
        QUANTITIES,
        index=QUANTITIES.index("cell_state"),
        format_func=NAMES.__getitem__,
        key="clamp_show",
        bind="query-params",
    )
    st.html(LEGEND)
    order = order_units(trace, choice.order)  # of the true trace, so that rows stay in place
    stack = clamp_lab(trace, clamped, quantity, order, padding=choice.padding, place=choice.place)
    drawn[:] = [show_stack(stack, key="clamp")]


def _draw_presets() -> None:
    with st.container(horizontal=True):
        for name, (i, f, says) in PRESETS.items():
            st.button(f"{name} ({says})", key=f"preset_{name}", on_click=_preset, args=(i, f))


def _preset(i: str, f: str) -> None:
    st.session_state["clamp_i"], st.session_state["clamp_f"] = i, f
    if i == f == FREE:
        st.session_state["clamp_o"] = FREE
        st.session_state["silent"] = []
        st.session_state["freeze"] = False


def _choose(trace: Trace, choice: StatesSelection) -> Clamps:
    """The widgets of the lab, all of them in the link."""
    boxes = [
        *st.columns(3, vertical_alignment="bottom"),
        *st.columns(3, vertical_alignment="bottom"),
    ]
    chosen: dict[str, str] = {}
    for box, gate in zip(boxes, BLOCKS, strict=False):
        chosen[gate] = box.selectbox(
            NAMES[gate],
            list(SETTINGS),
            format_func=SETTINGS.__getitem__,
            key=KEYS[gate],
            bind="query-params",
        )
    value = boxes[3].slider(
        "The value", 0.0, 1.0, 0.5, 0.05, key="clamp_value", bind="query-params"
    )
    who = boxes[4].selectbox(
        "Of", list(UNITS), format_func=UNITS.__getitem__, key="clamp_units", bind="query-params"
    )
    where = boxes[5].selectbox(
        "Where", list(WHERE), format_func=WHERE.__getitem__, key="clamp_where", bind="query-params"
    )
    left, right = st.columns(2, vertical_alignment="bottom")
    silent = left.multiselect(
        "Silence units",
        list(range(trace.hidden_state.shape[1])),
        key="silent",
        bind="query-params",
        placeholder="none",
    )
    freeze = right.toggle(
        f"Freeze the state after step {choice.place + 1}, {word_at(trace, choice.place)}",
        key="freeze",
        bind="query-params",
    )
    first, last = _places(where, trace, choice)
    unit = choice.unit if who == "one" else None
    numbers = {"0": 0.0, "1": 1.0, CHOSEN: min(max(float(value), 0.0), 1.0)}
    gates = tuple(
        Clamp(gate, numbers[setting], unit, first, last)
        for gate, setting in chosen.items()
        if setting != FREE and first <= last
    )
    return Clamps(gates, tuple(silent), choice.place if freeze else None)


def _places(where: str, trace: Trace, choice: StatesSelection) -> tuple[int, int]:
    last = trace.encoding.maxlen - 1
    if where == "step":
        return choice.place, choice.place
    return (trace.encoding.first_word if where == "words" else 0), last
