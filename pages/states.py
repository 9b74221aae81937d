"""States: every value inside the LSTM, from the whole picture down to one number and up again."""

from functools import partial

import streamlit as st

from lstm_core.analysis.captions import reading_line
from lstm_core.analysis.formatting import p_positive
from lstm_core.analysis.prediction import make_verdict
from lstm_core.analysis.prediction_change import change_caption
from lstm_core.analysis.sign_conflict import conflict_caption
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.trace import Trace
from pages.parts.common.export import (
    download_figures,
    download_trace,
    export_menu,
    note_address,
)
from pages.parts.common.figures import Drawn
from pages.parts.common.lead import draw_lead
from pages.parts.common.link import PAGES
from pages.parts.common.page import model_in_use, opened_by_navigation
from pages.parts.common.pinned import pin_place, pinned_place
from pages.parts.common.prediction_view import WORDS
from pages.parts.common.recurrent import recurrent_in_use
from pages.parts.common.review_input import edit_review
from pages.parts.common.token_colors import token_scores
from pages.parts.components.editor import plain_editor_toggle
from pages.parts.components.token_view import token_view
from pages.parts.states.choice import (
    PLAY_SECONDS,
    choose,
    choose_view,
    move_on,
)
from pages.parts.states.compare import draw_compare
from pages.parts.states.interventions import draw_interventions
from pages.parts.states.keras_check import draw_keras_badge
from pages.parts.states.recurrent import draw_recurrent
from pages.parts.states.step import draw_step
from pages.parts.states.views import draw_memory, draw_overview, draw_padding, draw_unit
from pages.parts.units.choice import draw_find_elsewhere

DRAW = {
    "overview": draw_overview,
    "unit": draw_unit,
    "step": draw_step,
    "memory": draw_memory,
    "padding": draw_padding,
    "interventions": draw_interventions,
    "compare": draw_compare,
}


def states() -> None:
    """The whole page below its first sentence; a change of the review runs it again."""
    model = model_in_use()
    trace = model.trace(edit_review("states_example"))
    st.fragment(look_inside, run_every=PLAY_SECONDS if playing else None)(model, trace)


def look_inside(model: SentimentModel, trace: Trace) -> None:
    """The words and one view; a change of unit, step, order or view runs this part again."""
    move_on(trace)
    pinned, click = pinned_place(trace), partial(pin_place, trace)
    tint = token_scores(model, trace)
    token_view(trace, key="states_strip", tint=tint, pinned=pinned, on_click=click)
    verdict = make_verdict(trace)
    st.caption(
        f"**{WORDS[verdict.leaning]}**, {p_positive(verdict.probability)}. "
        f"{change_caption(trace, tint.values)}. "
        f"{reading_line(trace.encoding)} {conflict_caption(trace, tint.values)} "
        "Click a word to choose its step."
    )
    view = choose_view()
    choice = choose(trace, view, pinned)
    figures = DRAW[view](model, trace, choice)
    with st.container(horizontal=True, vertical_alignment="center"):
        draw_export(trace, figures, view)
        draw_find_elsewhere(trace, choice.place)
        draw_keras_badge(model, trace)
    if bool(st.session_state.get("playing")) != playing:
        st.rerun()  # the page's clock starts or stops with a whole run


def draw_export(trace: Trace, figures: list[Drawn], name: str) -> None:
    """The trace and the pictures as files."""
    if (menu := export_menu()) is not None:
        with menu:
            download_trace(trace)
            download_figures(figures, name)
            note_address("the review, view, unit, step, order and interventions")


opened_by_navigation()
if (imported := recurrent_in_use()) is not None:
    draw_lead(PAGES["states"], "Every gate and state of every recurrent layer.")
    draw_recurrent(imported)
    st.stop()
draw_lead(
    PAGES["states"],
    "Every gate and state of the LSTM at every time step, from all units at "
    "once down to a single multiplication.",
)
playing = bool(st.session_state.get("playing"))
st.fragment(states)()
plain_editor_toggle()
