"""Live for imported models: prediction of every class, words, running probability."""

from functools import partial

import streamlit as st

from lstm_core.figures.live import reading_picture, strongest_words
from lstm_core.model.recurrent_model import RecurrentModel
from pages.parts.common.diagnosis import ask, draw_asked, draw_model_lines, second_class
from pages.parts.common.escape import escape_markdown
from pages.parts.common.examples import draw_examples
from pages.parts.common.pinned import pin_place, pinned_place
from pages.parts.common.recurrent import choose_class, prediction_line, recurrent_colors
from pages.parts.common.review_input import type_review, typed_review
from pages.parts.components.editor import plain_editor_toggle, toggle_is_on
from pages.parts.components.live_charts import draw_picture, draw_strongest
from pages.parts.components.token_view import token_view

LABEL = "diagnosis_class"  # session key: the right class of the review that was asked about


def draw_recurrent(model: RecurrentModel) -> None:
    """The page for an imported model."""
    model = choose_class(model)
    st.fragment(_follow)(model)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.toggle("Show padding", key="padding", bind="query-params")
        plain_editor_toggle()
        st.button("Why was it wrong?", key="diagnose", on_click=_ask, args=(model,))


def _ask(model: RecurrentModel) -> None:
    trace = model.model_trace(typed_review())
    ask(trace.encoding.text)
    st.session_state[LABEL] = second_class(trace)


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
    draw_asked(
        trace,
        LABEL,
        range(len(model.class_names)),
        second_class(trace),
        lambda number: escape_markdown(model.class_names[number]),
        lambda number: draw_model_lines(model, trace.encoding.text, number),
    )
