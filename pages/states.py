"""States: every value inside the LSTM, from the whole picture down to one number and up again."""

import streamlit as st

from lstm_core.analysis.captions import percent, reading_line, running_title
from lstm_core.analysis.prediction import make_verdict
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.trace import Trace
from pages.parts.common.page import model_in_use, opened_by_navigation
from pages.parts.common.prediction_view import WORDS
from pages.parts.common.review_input import edit_review
from pages.parts.common.token_colors import token_scores
from pages.parts.components.editor import plain_editor_toggle
from pages.parts.components.token_view import token_view
from pages.parts.states.choice import (
    PLAY_SECONDS,
    VIEWS,
    choose,
    choose_view,
    follow_pin,
    move_on,
)
from pages.parts.states.compare import draw_compare
from pages.parts.states.export import draw_export, draw_keras_badge
from pages.parts.states.interventions import draw_interventions
from pages.parts.states.step import draw_step
from pages.parts.states.views import draw_memory, draw_overview, draw_padding, draw_unit
from pages.parts.units.choice import draw_find_elsewhere

DRAW = {
    "overview": draw_overview,
    "unit": draw_unit,
    "step": draw_step,
    "ledger": draw_memory,
    "padding": draw_padding,
    "clamp": draw_interventions,
    "compare": draw_compare,
}


def states() -> None:
    """The whole page below its first sentence; a change of the review runs it again."""
    model = model_in_use()
    trace = model.trace(edit_review("states_example"))
    verdict = make_verdict(trace)
    follow_pin(token_view(trace, key="states_strip", tint=token_scores(model, trace)), model.maxlen)
    st.caption(
        f"**{WORDS[verdict.leaning]}**: {percent(verdict.probability)} positive. "
        f"{running_title(trace)}. {reading_line(trace.encoding)} Click a word to choose its step."
    )
    st.fragment(look_inside, run_every=PLAY_SECONDS if playing else None)(model, trace)


def look_inside(model: SentimentModel, trace: Trace) -> None:
    """One view; a change of unit, step, order or clamp runs this part again and nothing else."""
    move_on(model.maxlen)
    view = choose_view()
    choice = choose(trace, view)
    figures = DRAW[view](model, trace, choice)
    with st.container(horizontal=True, vertical_alignment="center"):
        draw_export(trace, figures, VIEWS[view].lower().replace(" ", "-"))
        draw_find_elsewhere(trace, choice.place)
        draw_keras_badge(model, trace)
    if bool(st.session_state.get("playing")) != playing:
        st.rerun()  # the page's clock starts or stops with a whole run


opened_by_navigation()
st.html(
    '<p class="lens-lead">See every value inside the LSTM while it reads, from all units at once '
    "down to a single multiplication.</p>"
)
playing = bool(st.session_state.get("playing"))
st.fragment(states)()
plain_editor_toggle()
