"""What the units page looks at: its unit, and the way to it from the states page."""

from typing import TYPE_CHECKING

import streamlit as st

from lstm_core.analysis.captions import quoted
from lstm_core.analysis.unit_stats import UnitOrder, order_units
from lstm_core.recurrent.trace import Trace
from pages.parts.common.link import linked_value, whole_number
from pages.parts.common.pinned import UNIT_AT_FIRST
from pages.parts.common.review_input import typed_review

if TYPE_CHECKING:
    from lstm_core.activations.layers import IndexedLayer
    from lstm_core.activations.store import StateIndex
    from lstm_core.model.sentiment_model import SentimentModel

VIEWS = {
    "profiles": "Profiles",
    "similar": "Similar activations",
    "projections": "Projections",
    "saturation": "Saturation",
}
OLD_VIEWS = {"Dossiers": "profiles", "Pattern": "similar", "Maps": "projections"}
UNIT = "unit"
PHRASE = "units_phrase"  # first and last word, counted from 1


def choose_unit(layer: "IndexedLayer", box: "st.delta_generator.DeltaGenerator") -> int:
    """The widget in its place, and the unit, from 0.

    Until one is chosen it is the unit that contributes most to the review; of the layers of
    imported models, whose units have no weight in the logit, the first one.
    """
    state, last = st.session_state, layer.units - 1
    first = 0 if layer.name else _largest_unit(layer.model)
    if UNIT in state and state[UNIT] == state.get(UNIT_AT_FIRST):
        state[UNIT] = first  # another review, and nothing was chosen yet
    state[UNIT_AT_FIRST] = first
    unit = linked_value(UNIT, first, whole_number(0, last))
    box.number_input("Unit", 0, last, key=UNIT, persist_state="session")
    return unit


def _largest_unit(model: "SentimentModel") -> int:
    return int(order_units(model.trace(typed_review()), UnitOrder.IMPACT)[0])


def put_unit(unit: int) -> None:
    """Choose a unit from a callback."""
    st.session_state[UNIT] = unit


def index_key(index: "StateIndex") -> tuple[str, str]:
    """What tells one index from another: its folder, and when it was made."""
    return index.folder.name, index.note.made


def draw_find_elsewhere(trace: Trace, place: int) -> None:
    """On the states page: the way to where else the model behaves as it does at a word."""
    number = place - trace.encoding.first_word + 1
    if number < 1:
        return
    if st.button(f"Find activations similar to {quoted(trace, place)}", key="find_elsewhere"):
        query = {"view": "similar", "phrase": f"{number}-{number}"}
        st.switch_page("pages/units.py", query_params=query)
