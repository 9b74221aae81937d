"""The pinned word: one word of the review, marked in every view of every page.

It is counted from the first word of the text, so that it stays the same word when the text grows;
the link holds it as ``word=3``. The time step of a word follows from it.
"""

import streamlit as st

from lstm_core.recurrent.running import RunningTrace
from lstm_core.recurrent.trace import Trace
from pages.parts.common.link import linked_value, whole_number

PIN, _WORD = "pinned_word", "pinned_text"  # session: number of the word (0: none), the word itself
PARAMETER = "word"
UNIT = "pinned_unit"  # session: the pinned unit, -1 for none
UNIT_AT_FIRST = "unit_at_first"  # session: the unit that States or Units opened at by itself


def pinned_place(trace: RunningTrace) -> int | None:
    """Time step of the pinned word, from 0; None when no word of this review is pinned.

    Args:
        trace: The trace of the review.
    """
    encoding, state = trace.encoding, st.session_state
    linked_value(PIN, 0, whole_number(0, 10**6), parameter=PARAMETER)
    number = state.get(PIN, 0)
    if not 1 <= number <= encoding.read_count:
        return None
    place = encoding.first_word + number - 1
    word = encoding.words[place]
    if state.setdefault(_WORD, (number, word)) != (number, word):
        if state[_WORD][0] == number:  # another word stands there now
            pin(None)
            return None
        state[_WORD] = (number, word)
    return int(place)


def pin(number: int | None) -> None:
    """Pin a word by its number from 1, None for none."""
    st.session_state[PIN] = number or 0
    st.session_state.pop(_WORD, None)


def pin_place(trace: RunningTrace, place: int | None) -> None:
    """Pin the word at a time step; padding and the start token are no word."""
    first = trace.encoding.first_word
    pin(None if place is None or place < first else place - first + 1)


def pinned_unit(trace: Trace) -> int | None:
    """The pinned unit, kept in the link as ``unit=7`` as States does; None without one."""
    last = trace.hidden_state.shape[1] - 1
    unit = linked_value(UNIT, -1, whole_number(-1, last), parameter="unit")
    return unit if unit >= 0 else None


def pin_place_and_unit(trace: Trace, place: int | None, unit: int | None) -> None:
    """Pin the word at a time step and a unit; for a callback."""
    pin_place(trace, place)
    st.session_state[UNIT] = -1 if unit is None else unit
    if unit is not None:
        st.session_state["unit"] = unit  # the unit that States shows
