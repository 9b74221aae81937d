"""Explanations for imported models: the methods that are defined, and why the others are not."""

import streamlit as st

from lstm_core.attribution.models import DEFINED, score_model, unavailable_methods
from lstm_core.attribution.registry import NOTES, Method
from lstm_core.model.recurrent_model import RecurrentModel
from pages.parts.common.recurrent import choose_class, prediction_line, running_line
from pages.parts.common.review_input import edit_review
from pages.parts.components.editor import plain_editor_toggle
from pages.parts.explanations.methods import draw_scores

SHAPLEY_WORDS = 100  # up to this length Shapley values are computed without being asked for
OTHERS = (
    "Faithfulness, phrases and counterfactuals are computed by the article's architecture's own "
    "forward and backward pass; they are not offered for this model."
)


def draw_recurrent(model: RecurrentModel) -> None:
    """The page for an imported model."""
    model = choose_class(model)
    st.fragment(_explain)(model)
    plain_editor_toggle()


def _explain(model: RecurrentModel) -> None:
    trace = model.model_trace(edit_review("explain_example"))
    st.caption(f"{prediction_line(model, trace)} {running_line(model)}")
    missing = unavailable_methods(model)
    if trace.encoding.read_count:
        methods = [method for method in DEFINED if method not in missing]
        if trace.encoding.read_count * model.maxlen > SHAPLEY_WORDS * 100:
            methods = [method for method in methods if method is not Method.SHAPLEY]
            st.caption("Shapley values are left out: this review and model take too long for them.")
        draw_scores(trace, score_model(model, trace, methods))
    else:
        st.info("There is no word to explain yet. Type a review above, or take an example.")
    st.header("Methods that are not defined for this model", anchor=False)
    st.markdown("\n".join(f"- **{NOTES[one].full_name}**: {why}." for one, why in missing.items()))
    st.caption(OTHERS)
