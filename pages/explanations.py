"""Explanations: word attributions by several methods, their faithfulness, counterfactuals."""

import streamlit as st

from lstm_core.analysis.captions import reading_line
from lstm_core.analysis.formatting import p_positive
from lstm_core.analysis.prediction import make_verdict
from lstm_core.attribution.attribute import score_all
from lstm_core.figures.export import scores_csv
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.trace import Trace
from pages.parts.common.export import (
    download,
    download_figures,
    download_trace,
    export_menu,
    note_address,
)
from pages.parts.common.figures import Drawn
from pages.parts.common.lead import draw_lead
from pages.parts.common.link import PAGES
from pages.parts.common.page import model_in_use, opened_by_navigation
from pages.parts.common.prediction_view import WORDS
from pages.parts.common.recurrent import recurrent_in_use
from pages.parts.common.review_input import edit_review
from pages.parts.components.editor import plain_editor_toggle
from pages.parts.explanations.choice import choose_view
from pages.parts.explanations.counterfactuals import draw_counterfactuals
from pages.parts.explanations.faithfulness import draw_faithfulness
from pages.parts.explanations.methods import draw_methods
from pages.parts.explanations.phrases import draw_phrases
from pages.parts.explanations.recurrent import draw_recurrent

DRAW = {
    "methods": draw_methods,
    "faithfulness": draw_faithfulness,
    "phrases": draw_phrases,
    "counterfactuals": draw_counterfactuals,
}


@st.fragment
def explanations() -> None:
    """The whole page below its first sentence; every change runs this again and nothing else."""
    model = model_in_use()
    trace = model.trace(edit_review("explain_example"))
    verdict = make_verdict(trace)
    st.caption(
        f"**{WORDS[verdict.leaning]}**, {p_positive(verdict.probability)}. "
        f"{reading_line(trace.encoding)}"
    )
    view = choose_view()
    if not trace.encoding.read_count and view != "faithfulness":
        st.info("There is no word to explain yet. Type a review above, or take an example.")
        return
    figures = DRAW[view](model, trace)
    draw_export(model, trace, figures, view)


def draw_export(model: SentimentModel, trace: Trace, figures: list[Drawn], name: str) -> None:
    """Word scores, the trace and the pictures as files."""

    def scores() -> bytes:
        return scores_csv(trace, score_all(model.forward, trace))

    if (menu := export_menu()) is not None:
        with menu:
            download("Word scores (CSV)", "scores.csv", "text/csv", scores)
            download_trace(trace)
            download_figures(figures, name)
            note_address("the review, the view, the chosen word, phrase and comparison")


opened_by_navigation()
if (imported := recurrent_in_use()) is not None:
    draw_lead(PAGES["explanations"], "Word attributions by the methods defined for this model.")
    draw_recurrent(imported)
    st.stop()
draw_lead(
    PAGES["explanations"],
    "Word attributions by several methods, how faithful they are to the "
    "model, and what happens when a word is changed.",
)
explanations()
plain_editor_toggle()
