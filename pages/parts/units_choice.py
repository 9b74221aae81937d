"""The unit that the units page looks at: chosen by a number, a click on a row, or the link."""

import streamlit as st

UNIT = "unit"


def choose_unit(units: int, box: "st.delta_generator.DeltaGenerator") -> int:
    """The widget in its place, and the unit, from 0 to `units` - 1."""
    chosen = box.number_input("Unit", 0, units - 1, 0, key=UNIT, bind="query-params")
    return min(max(int(chosen or 0), 0), units - 1)


def put_unit(unit: int) -> None:
    """Choose a unit from a callback."""
    st.session_state[UNIT] = unit
