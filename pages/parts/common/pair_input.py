"""Texts that another page sends to the form of a new minimal pair."""

from collections.abc import Sequence

import streamlit as st

FIRST, SECOND = "new_first", "new_second"  # keys of the form's fields


def send_to_pairs(texts: Sequence[str]) -> None:
    """Fill in the form of a new pair with one or two texts."""
    for key, text in zip((FIRST, SECOND), (*texts, ""), strict=False):
        st.session_state[key] = text


def pair_is_begun() -> bool:
    """Whether a text is in the form."""
    return bool(st.session_state.get(FIRST))
