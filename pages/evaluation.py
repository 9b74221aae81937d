"""Evaluation: measures, curves, baselines, word order, minimal pairs, errors, model card."""

import streamlit as st

from lstm_core.analysis.captions import plural
from lstm_core.evaluation import Evaluation
from lstm_core.model.sentiment_model import SentimentModel
from pages.parts.common.escape import escape_markdown
from pages.parts.common.html_table import headline_html
from pages.parts.common.input_mode import choose_reading
from pages.parts.common.lead import draw_lead
from pages.parts.common.link import PAGES, linked_choice
from pages.parts.common.page import any_model_in_use, opened_by_navigation
from pages.parts.common.recurrent import draw_model_notes
from pages.parts.evaluation.baselines import draw_baselines
from pages.parts.evaluation.card import draw_card, draw_card_figures, draw_measuring
from pages.parts.evaluation.data import (
    evaluation_of,
    scores_of,
    stored_evaluation,
    ways_to_measure,
)
from pages.parts.evaluation.errors import draw_errors
from pages.parts.evaluation.measures import (
    draw_calibration,
    draw_overview,
    draw_slices,
    draw_threshold,
)
from pages.parts.evaluation.minimal_pairs import draw_pairs
from pages.parts.evaluation.word_order import draw_order

VIEWS = {
    "overview": "Overview",
    "threshold": "Threshold",
    "calibration": "Calibration",
    "slices": "Slices",
    "baselines": "Baselines",
    "word_order": "Word order",
    "minimal_pairs": "Minimal pairs",
    "errors": "Errors",
    "model_card": "Model card",
}
OLD_VIEWS = {"Order": "word_order", "Mistakes": "errors"}
MEASURED = {
    "overview": draw_overview,
    "threshold": draw_threshold,
    "calibration": draw_calibration,
    "slices": draw_slices,
    "baselines": draw_baselines,
}
READ_AS = {"first": "from their first {words}", "whole": "when it reads all their words"}


def draw_headline(evaluation: Evaluation, reading: str, maxlen: int) -> None:
    """The one number with its picture."""
    accuracy = scores_of(evaluation, reading).accuracy.value
    how = READ_AS[reading].format(words=plural(maxlen - 1, "word"))
    st.html(headline_html(accuracy, evaluation.stamp.reviews, how))


def draw_missing(model: SentimentModel) -> None:
    """Why there are no curves and intervals, and how to make them."""
    trouble = escape_markdown(stored_evaluation(model).trouble)
    reason = trouble or "No evaluation is stored with this model yet."
    st.info(f"{reason} Measure it {ways_to_measure(model)}.")


def draw_unmeasured(model: SentimentModel) -> None:
    """What the model card holds, and the button that measures the rest."""
    if model.card.figures:
        st.header("Figures of the model card", anchor=False)
        draw_card_figures(model)
    draw_measuring(model)


def draw_view(model: SentimentModel, evaluation: Evaluation | None, reading: str) -> None:
    """The switch between the views, and the chosen one."""
    view = linked_choice(
        st.segmented_control,
        "View",
        VIEWS,
        key="evaluation_view",
        parameter="view",
        old=("part",),
        aliases=OLD_VIEWS,
        label_visibility="collapsed",
        wrap=True,
    )
    if view in MEASURED and evaluation is not None:
        MEASURED[view](evaluation, reading)
    elif view == "word_order":
        draw_order(model, evaluation, reading)
    elif view == "minimal_pairs":
        draw_pairs(model)
    elif view == "errors":
        draw_errors(model, evaluation, reading)
    elif view == "model_card":
        draw_card(model, evaluation)
    else:
        draw_unmeasured(model)


opened_by_navigation()
draw_lead(
    PAGES["evaluation"],
    "Accuracy on test reviews, calibration, errors, and a comparison with word-count baselines.",
)
model = any_model_in_use()
draw_model_notes(model)
evaluation = evaluation_of(model)
head, switch = st.container(), st.container()
reading = choose_reading(model.maxlen, switch.segmented_control)
with head:
    if evaluation is None:
        draw_missing(model)
    else:
        draw_headline(evaluation, reading, model.maxlen)
draw_view(model, evaluation, reading)
