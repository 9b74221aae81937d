"""Live: type a review and see, letter by letter, what the LSTM thinks of it and why."""

from functools import partial

import streamlit as st

from lstm_core.analysis.captions import reading_line
from lstm_core.figures.live import reading_picture, strongest_words
from lstm_core.model.unit_words import unit_words_of
from pages.parts.common.examples import draw_examples
from pages.parts.common.lead import draw_lead
from pages.parts.common.link import PAGES
from pages.parts.common.page import MAX_CHARACTERS, model_in_use, opened_by_navigation
from pages.parts.common.pinned import pin_place, pin_place_and_unit, pinned_place, pinned_unit
from pages.parts.common.recurrent import recurrent_in_use
from pages.parts.common.review_input import type_review
from pages.parts.common.token_colors import tint_caption, token_scores
from pages.parts.common.way_back import draw_way_back
from pages.parts.components.editor import EditorValue, plain_editor_toggle, toggle_is_on
from pages.parts.components.live_charts import draw_picture, draw_strongest
from pages.parts.components.token_view import Context, stamp_of, token_view
from pages.parts.live.diagnosis import draw_diagnosis, draw_diagnosis_button
from pages.parts.live.export import draw_export, note_shown
from pages.parts.live.introduction import draw_introduction
from pages.parts.live.prediction import draw_prediction
from pages.parts.live.recurrent import draw_recurrent
from pages.parts.live.tour import draw_tour


@st.fragment
def live() -> None:
    """Everything that follows the text: typing runs this again and nothing else.

    Each part costs the server 0.3 to 0.8 ms at every letter of every visitor, and so does a column:
    parts that do not follow the text stand below, and the style sets these in columns.
    """
    typed = type_review()
    model = model_in_use()
    trace = model.trace(typed.text)
    draw_prediction(model, trace, _cut_line(typed))
    draw_examples("example")
    tint = token_scores(model, trace)
    step = draw_tour(model, trace)
    draw_diagnosis(model, trace)
    pinned = pinned_place(trace)
    note_shown(trace, tint.values, pinned)
    around = Context(
        "Attribution of each word",
        f"{reading_line(trace.encoding)} {tint_caption(model, trace, tint)}",
        "Compare explanations",
        _to_the_explanations,
    )
    click = partial(pin_place, trace)
    marked = () if step is None or step.place is None else (step.place,)
    token_view(
        trace, key="strip", tint=tint, marked=marked, pinned=pinned, on_click=click, around=around
    )
    picture = reading_picture(
        trace,
        padding=toggle_is_on("padding"),
        pinned=step.place if step else pinned,
        unit=step.unit if step else pinned_unit(trace),
        raw=toggle_is_on("raw"),
        stored=toggle_is_on("stored"),
        scores=tint.values,
        profiles=unit_words_of(model.bundle),
    )
    draw_picture(picture, stamp_of(trace.encoding), partial(pin_place_and_unit, trace))
    draw_strongest(strongest_words(trace, scores=tint.values))


def _to_the_explanations() -> None:
    st.switch_page("pages/explanations.py", query_params={"view": "faithfulness"})


def _cut_line(typed: EditorValue) -> str:
    if not typed.cut_characters:
        return ""
    return (
        f"The text was longer than {MAX_CHARACTERS:,} characters: the last "
        f"{typed.cut_characters:,} were left out."
    )


opened_by_navigation()
draw_way_back()
if (imported := recurrent_in_use()) is not None:
    draw_lead(
        PAGES["live"], "Type a film review and see how the model classifies it, word by word."
    )
    draw_recurrent(imported)
    st.stop()
top = draw_introduction(model_in_use())
with st.container(key="live-parts"):
    live()
with top:
    draw_diagnosis_button()
    draw_export(model_in_use())
with st.container(horizontal=True, vertical_alignment="center"):
    st.toggle("Show padding", key="padding", bind="query-params")
    st.toggle("Raw hidden states", key="raw", bind="query-params")
    st.toggle("Units in stored order", key="stored", bind="query-params")
    plain_editor_toggle()
