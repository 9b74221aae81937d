"""Live for imported models: prediction of every class, words, running probability."""

from functools import partial

import streamlit as st

from lstm_core.figures.live import reading_picture, strongest_words
from lstm_core.model.recurrent_model import RecurrentModel
from pages.parts.common.examples import draw_examples
from pages.parts.common.pinned import pin_place, pinned_place
from pages.parts.common.recurrent import choose_class, prediction_line, recurrent_colors
from pages.parts.common.review_input import type_review
from pages.parts.components.editor import plain_editor_toggle, toggle_is_on
from pages.parts.components.live_charts import draw_picture, draw_strongest
from pages.parts.components.token_view import token_view


def draw_recurrent(model: RecurrentModel) -> None:
    """The page for an imported model."""
    model = choose_class(model)
    st.fragment(_follow)(model)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.toggle("Show padding", key="padding", bind="query-params")
        plain_editor_toggle()


def _follow(model: RecurrentModel) -> None:
    """Everything that follows the text."""
    trace = model.model_trace(type_review().text)
    st.markdown(prediction_line(model, trace))
    draw_examples("example")
    tint, line = recurrent_colors(model, trace)
    pinned = pinned_place(trace)
    click = partial(pin_place, trace)
    token_view(trace, key="strip", tint=tint, pinned=pinned, on_click=click)
    st.caption(line)
    draw_strongest(strongest_words(trace, scores=tint.values))
    padding = toggle_is_on("padding")
    draw_picture(reading_picture(trace, padding=padding, pinned=pinned, scores=tint.values))
