"""What the units page looks at: its unit, and the way to it from the states page."""

import streamlit as st

from lstm_core.analysis.captions import quoted
from lstm_core.recurrent.trace import Trace

UNIT = "unit"
PHRASE = "phrase"  # first and last word, counted from 1


def choose_unit(units: int, box: "st.delta_generator.DeltaGenerator") -> int:
    """The widget in its place, and the unit, from 0 to `units` - 1."""
    chosen = box.number_input("Unit", 0, units - 1, 0, key=UNIT, bind="query-params")
    return min(max(int(chosen or 0), 0), units - 1)


def put_unit(unit: int) -> None:
    """Choose a unit from a callback."""
    st.session_state[UNIT] = unit


def draw_find_elsewhere(trace: Trace, place: int) -> None:
    """On the states page: the way to where else the model behaves as it does at a word."""
    number = place - trace.encoding.first_word + 1
    if number < 1:
        return
    if st.button(f"Find {quoted(trace, place)} elsewhere", key="find_elsewhere"):
        st.session_state[PHRASE] = (number, number)  # of a range, a switch would lose the link's
        phrase = [str(number), str(number)]
        st.switch_page("pages/units.py", query_params={"show": "Pattern", "phrase": phrase})
