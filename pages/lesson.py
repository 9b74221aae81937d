"""Lesson: the LSTM step by step, with questions to answer before the result is shown."""

from collections.abc import Callable

import streamlit as st

from lstm_core.lesson.content import text_block
from lstm_core.lesson.links import sections_from_query
from pages.parts.common.lead import draw_lead
from pages.parts.common.link import PAGES, linked_choice
from pages.parts.common.page import opened_by_navigation
from pages.parts.common.recurrent import recurrent_in_use
from pages.parts.lesson.cells import draw_cells
from pages.parts.lesson.common import (
    NAMES,
    OLD_NAMES,
    TROUBLE,
    Lesson,
    progress_line,
    seed_input,
)
from pages.parts.lesson.gates import draw_gates
from pages.parts.lesson.model import draw_model
from pages.parts.lesson.own_inputs import draw_own
from pages.parts.lesson.return_values import draw_returns
from pages.parts.lesson.tour import draw_teachers, draw_tour
from pages.parts.lesson.truncation import draw_truncation

ALL = "all"
DRAW: dict[str, Callable[[Lesson], None]] = {
    "gates": draw_gates,
    "model": draw_model,
    "returns": draw_returns,
    "own": draw_own,
    "truncation": draw_truncation,
    "cells": draw_cells,
    "tour": draw_tour,
    "teachers": draw_teachers,
}

opened_by_navigation()
if recurrent_in_use() is not None:
    st.caption(
        "The lesson shows the article's architecture. The model in use is another one, so the "
        "shipped model is used here."
    )
wanted = sections_from_query(st.query_params.get("sections"), list(NAMES))
choose, seed_place = st.columns([5, 1], gap="large", vertical_alignment="bottom")
with seed_place:
    lesson = Lesson(wanted.sections, seed_input())
with choose:
    draw_lead(PAGES["lesson"], text_block("page", "lead"))
    chosen = lesson.sections[0]
    if len(lesson.sections) > 1:
        chosen = linked_choice(
            st.segmented_control,
            "Section",
            {name: NAMES[name] for name in lesson.sections} | {ALL: "All"},
            key="section",
            aliases=OLD_NAMES,
            label_visibility="collapsed",
            wrap=True,
        )
if wanted.unknown:
    st.warning(text_block("page", "unknown-sections", {"names": ", ".join(wanted.unknown)}))
if TROUBLE in st.session_state:
    st.warning(st.session_state.pop(TROUBLE))

right, total = progress_line(lesson)
if total:
    st.progress(
        right / total, text=text_block("page", "progress", {"right": right, "total": total})
    )
for name in lesson.sections:
    if chosen in (name, ALL):
        DRAW[name](lesson)
