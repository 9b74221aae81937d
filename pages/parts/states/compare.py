"""Two reviews in one model, or one review in two models, side by side and as a difference."""

import streamlit as st

from lstm_core.analysis.compare import Alignment
from lstm_core.analysis.formatting import p_positive
from lstm_core.analysis.unit_stats import order_units
from lstm_core.errors import BundleError, InputError
from lstm_core.figures.states import comparison
from lstm_core.model.registry import list_models
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.trace import Trace
from pages.parts.common.cell_comparison import cells_lead, draw_cell_comparison
from pages.parts.common.escape import escape_markdown
from pages.parts.common.figures import Drawn, show_stack
from pages.parts.common.link import linked_choice, linked_names, linked_value
from pages.parts.common.page import MAX_CHARACTERS, REVIEW, load_run
from pages.parts.components.editor import clean_text, put_review
from pages.parts.states.choice import StatesSelection, choose_quantity
from pages.parts.states.views import LEGEND

PAIR = ("This film is good.", "This film is not good.")
WITH = {
    "review": "another review",
    "model": "another model",
    "cells": "SimpleRNN, GRU and LSTM",
}
ALIGN = {str(Alignment.WORD): "by word", str(Alignment.PLACE): "from the end"}
OLD_ALIGN = {"by place, from the end": str(Alignment.PLACE)}
MOST_RUNS = 200


def draw_compare(model: SentimentModel, trace: Trace, choice: StatesSelection) -> list[Drawn]:
    """A is the page's review in the page's model; B is chosen here."""
    with_what = linked_choice(st.segmented_control, "Compare with", WITH, key="with")
    if with_what == "cells":
        st.markdown(cells_lead())
        draw_cell_comparison(trace.encoding.text)
        return []
    other = _other_model(trace) if with_what == "model" else _other_review(model)
    if other is None:
        return []
    boxes = st.columns(2)
    quantity = choose_quantity(boxes[0].selectbox, "compare_show", "hidden_state")
    by = linked_choice(boxes[1].selectbox, "Align", ALIGN, key="align", aliases=OLD_ALIGN)
    st.header(
        f"A: {p_positive(trace.verdict_probability)}, B: {p_positive(other.verdict_probability)}",
        anchor=False,
    )
    st.html(LEGEND)
    same = other.hidden_state.shape[1] == trace.hidden_state.shape[1]
    stack = comparison(
        trace,
        other,
        quantity,
        Alignment(by),
        order_units(trace, choice.order),
        same,
    )
    figure = show_stack(stack, key="compare")
    st.caption(_how_to_read(with_what == "model", same))
    return [figure]


def _how_to_read(models: bool, same: bool) -> str:
    says = "A word that only one of the two has leaves a gap in the other and in the difference."
    if not models:
        return says
    if not same:
        return f"{says} The two models have different numbers of units: there is no difference."
    return (
        f"{says} Units of two trainings do not correspond: unit 3 here and unit 3 there learned "
        "different things. The running probability can be compared, single rows cannot."
    )


def _other_review(model: SentimentModel) -> Trace:
    st.button("“good” against “not good”", on_click=_take_pair, key="pair")
    linked_value("other", PAIR[1], lambda values: values[-1][:MAX_CHARACTERS])
    text = st.text_area(
        "Review B",
        key="other",
        max_chars=MAX_CHARACTERS,
        height=90,
        persist_state="session",
    )
    return model.trace(clean_text(text or "", MAX_CHARACTERS).text)


def _take_pair() -> None:
    put_review(PAIR[0], key=REVIEW)
    st.session_state["other"] = PAIR[1]


def _other_model(trace: Trace) -> Trace | None:
    names = [model.name for model in list_models()[:MOST_RUNS]]
    if not names:
        st.info(
            "There is no second model yet. Train one on the training page or with `python -m "
            "lstm_core train`; every finished run can be chosen here."
        )
        return None
    linked_value("other_model", names[0], linked_names(names))
    name = st.selectbox("Model B", names, key="other_model", persist_state="session")
    if name not in names:
        return None
    try:
        return load_run(name).trace(trace.encoding.text)
    except (BundleError, InputError, OSError) as error:
        st.error(escape_markdown(str(error)))
        return None
