""" "Why was it wrong?" on Live: the visitor says which label is right, then sees the diagnosis."""

import streamlit as st

from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.trace import Trace
from pages.parts.common.diagnosis import ASKED, ask, draw_asked, draw_lines, is_asked
from pages.parts.live.export import shown_trace

LABEL = "diagnosis_label"
LABELS = ("positive", "negative")


def draw_diagnosis(model: SentimentModel, trace: Trace) -> None:
    """Draw the right label and the lines, while the review is the one that was asked about."""
    draw_asked(
        trace,
        LABEL,
        LABELS,
        _opposite(trace),
        str.capitalize,
        lambda label: draw_lines(model, trace, label == LABELS[0]),
    )


def draw_diagnosis_button() -> None:
    """Draw the button that asks about the review of the moment; a second click closes it."""
    st.button("Why was it wrong?", key="diagnose", type="tertiary", on_click=_ask)


def _ask() -> None:
    trace = shown_trace()
    if is_asked(trace):
        st.session_state.pop(ASKED)
        return
    ask(trace.encoding.text)
    st.session_state[LABEL] = _opposite(trace)


def _opposite(trace: Trace) -> str:
    return LABELS[1] if trace.verdict_probability >= 0.5 else LABELS[0]
