"""Explanations: which words made the verdict, by seven methods, and which of them to believe."""

import streamlit as st

from lstm_core.explain.score import score_all
from lstm_core.export import scores_csv
from lstm_core.findings import per_cent, reading_line
from lstm_core.verdict import judge
from pages.parts.editor import plain_switch
from pages.parts.explain_choice import VIEWS, choose_view
from pages.parts.explain_court import draw_believe
from pages.parts.explain_edits import draw_edits
from pages.parts.explain_methods import draw_methods
from pages.parts.explain_phrases import draw_phrases
from pages.parts.review_fold import edit_review
from pages.parts.shared import model_in_use, through_the_router
from pages.parts.states_take import Extra, draw_take_along
from pages.parts.verdict_view import WORDS

DRAW = {
    "methods": draw_methods,
    "believe": draw_believe,
    "phrases": draw_phrases,
    "edits": draw_edits,
}


@st.fragment
def explanations() -> None:
    """The whole page below its first sentence; every change runs this again and nothing else."""
    model = model_in_use()
    trace = model.trace(edit_review("explain_example"))
    verdict = judge(trace)
    st.caption(
        f"**{WORDS[verdict.leaning]}**: {per_cent(verdict.probability)} positive. "
        f"{reading_line(trace.encoding)}"
    )
    view = choose_view()
    if not trace.encoding.read_count and view != "believe":
        st.info("There is no word to explain yet. Type a review above, or take an example.")
        return
    figures = DRAW[view](model, trace)
    scores = Extra(
        "Word scores (CSV)",
        "scores.csv",
        "text/csv",
        lambda: scores_csv(trace, score_all(model.forward, trace)),
    )
    holds = "the review, the view, the chosen word, phrase and comparison"
    name = VIEWS[view].lower().replace(" ", "-")
    draw_take_along(trace, figures, name, extra=[scores], holds=holds)


through_the_router()
st.html(
    '<p class="lens-lead">See which words made this verdict, by seven methods that do not always '
    "agree, learn which to believe, and change a word to check.</p>"
)
explanations()
plain_switch()
