"""How the model reads a review, its first words or all of them: one switch, kept in the link."""

from contextlib import suppress

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.errors import StreamlitAPIException

from lstm_core.evaluation import READINGS

READING = "reading"  # key of the switch and parameter of the link


def reading_names(maxlen: int) -> dict[str, str]:
    """What the two readings are called."""
    return {"first": f"First {maxlen - 1} words", "whole": "Whole review"}


def choose_reading(maxlen: int, box: DeltaGenerator) -> str:
    """The switch; a link may say ``reading=whole`` as well as the switch's own words."""
    names = reading_names(maxlen)
    # Streamlit knows its own words alone, and the first reading's change with the model.
    linked = st.query_params.get(READING)
    if linked in READINGS:
        with suppress(StreamlitAPIException):  # bound already: the switch says what is chosen
            st.query_params[READING] = names[linked]
            st.rerun()
    chosen = box.segmented_control(
        "How it reads",
        list(names),
        default=READINGS[0],
        required=True,
        format_func=names.__getitem__,
        key=READING,
        bind="query-params",
    )
    return chosen or READINGS[0]
