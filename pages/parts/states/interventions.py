"""Interventions: force gates, ablate units, freeze the state, and see what follows."""

import streamlit as st

from lstm_core.analysis.captions import instead_of
from lstm_core.analysis.interventions import BLOCKS, Clamp, Clamps, clamped_trace
from lstm_core.analysis.unit_stats import order_units
from lstm_core.figures.states import NAMES, clamp_lab
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.trace import Trace
from pages.parts.common.figures import Drawn, show_stack
from pages.parts.common.link import linked_choice
from pages.parts.components.callbacks import value_of
from pages.parts.states.choice import StatesSelection, choose_quantity, place_at
from pages.parts.states.views import LEGEND

KEYS = {"input_gate": "clamp_i", "forget_gate": "clamp_f", "output_gate": "clamp_o"}
FREE, CHOSEN = "free", "value"
SETTINGS = {FREE: "not forced", "0": "0, closed", "1": "1, open", CHOSEN: "set to value"}
UNITS = {"all": "all units", "one": "the chosen unit"}
STEPS = {"all": "all time steps", "words": "all words", "step": "the chosen step"}
OLD_SETTINGS = {"as computed": FREE, "the value": CHOSEN}
OLD_STEPS = {"at every place": "all", "at the words": "words", "at the chosen step": "step"}
PRESETS = {
    "Clear and write": ("1", "0", "f = 0, i = 1"),
    "Copy": ("0", "1", "f = 1, i = 0"),
    "Reset": (FREE, FREE, "nothing forced"),
}
LESSONS = {
    ("1", "0"): "With f = 0 and i = 1 the memory is emptied and the candidate takes its place: "
    "c = c̃. The past is not wholly gone, because the candidate itself was computed from the hidden "
    "state before.",
    ("0", "1"): "With f = 1 and i = 0 the memory is copied: c stays what it was, and nothing of "
    "this word is written. Whether it shows is the output gate's decision.",
}


def draw_interventions(model: SentimentModel, trace: Trace, choice: StatesSelection) -> list[Drawn]:
    """Interventions; a change of one runs this part again and nothing else of the page."""
    drawn: list[Drawn] = []
    st.fragment(_draw_lab)(model, trace, choice, drawn)
    st.caption(
        "The whole review is run again with the forced values; everything after them follows. "
        "Ablating a unit sets its output gate to 0 at every time step. Freezing keeps the cell and "
        "hidden state of all units as they are after the chosen step."
    )
    return drawn


def _draw_lab(
    model: SentimentModel, trace: Trace, choice: StatesSelection, drawn: list[Drawn]
) -> None:
    """The widgets, the verdict before and after, the changed trace and the difference."""
    _draw_presets()
    clamps = _choose(trace, choice)
    clamped = clamped_trace(model.forward, trace.encoding, clamps)
    lesson = LESSONS.get((value_of("clamp_i", FREE), value_of("clamp_f", FREE)))
    if lesson:
        st.info(lesson)
    true, now = trace.verdict_probability, clamped.verdict_probability
    st.header(
        instead_of(now, true) if clamps else "Nothing is forced: this is the original trace",
        anchor=False,
    )
    quantity = choose_quantity(st.selectbox, "clamp_show", "cell_state")
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
    """The widgets, all of them in the link."""
    boxes = [
        *st.columns(3, vertical_alignment="bottom"),
        *st.columns(3, vertical_alignment="bottom"),
    ]
    chosen: dict[str, str] = {}
    for box, gate in zip(boxes, BLOCKS, strict=False):
        chosen[gate] = linked_choice(
            box.selectbox, NAMES[gate], SETTINGS, key=KEYS[gate], aliases=OLD_SETTINGS
        )
    value = boxes[3].slider("Value", 0.0, 1.0, 0.5, 0.05, key="clamp_value", bind="query-params")
    who = linked_choice(boxes[4].selectbox, "Units", UNITS, key="clamp_units")
    where = linked_choice(boxes[5].selectbox, "Steps", STEPS, key="clamp_where", aliases=OLD_STEPS)
    left, right = st.columns(2, vertical_alignment="bottom")
    silent = left.multiselect(
        "Ablate units",
        list(range(trace.hidden_state.shape[1])),
        key="silent",
        bind="query-params",
        placeholder="none",
    )
    freeze = right.toggle(
        f"Freeze the state after {place_at(trace, choice.place)}",
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
