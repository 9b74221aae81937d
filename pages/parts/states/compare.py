"""Two reviews in one model, or one review in two models, side by side and as a difference."""

import streamlit as st

from lstm_core.analysis.captions import percent
from lstm_core.analysis.compare import Alignment
from lstm_core.analysis.unit_stats import order_units
from lstm_core.errors import BundleError
from lstm_core.figures.states import NAMES, comparison
from lstm_core.model.registry import list_models
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.lstm import QUANTITIES
from lstm_core.recurrent.trace import Trace
from pages.parts.common.escape import escape_markdown
from pages.parts.common.figures import show_stack
from pages.parts.common.page import MAX_CHARACTERS, REVIEW, load_run
from pages.parts.components.editor import clean_text, put_review
from pages.parts.states.choice import StatesSelection
from pages.parts.states.views import LEGEND, Drawn

PAIR = ("This film is good.", "This film is not good.")
WITH = {"review": "another review", "model": "another model"}
BY = {Alignment.WORD: "by word", Alignment.PLACE: "by place, from the end"}
MOST_RUNS = 200


def draw_compare(model: SentimentModel, trace: Trace, choice: StatesSelection) -> list[Drawn]:
    """A is the page's review in the page's model; B is chosen here."""
    with_what = st.segmented_control(
        "Compare with",
        list(WITH),
        format_func=WITH.__getitem__,
        default="review",
        required=True,
        key="with",
        bind="query-params",
    )
    other = _other_model(trace) if with_what == "model" else _other_review(model)
    if other is None:
        return []
    boxes = st.columns(2)
    quantity = boxes[0].selectbox(
        "Quantity",
        QUANTITIES,
        index=QUANTITIES.index("hidden_state"),
        format_func=NAMES.__getitem__,
        key="compare_show",
        bind="query-params",
    )
    by = boxes[1].selectbox(
        "Line up",
        list(Alignment),
        format_func=BY.__getitem__,
        key="align",
        bind="query-params",
    )
    st.subheader(
        f"A: {percent(trace.verdict_probability)} positive, "
        f"B: {percent(other.verdict_probability)} positive",
        anchor=False,
    )
    st.html(LEGEND)
    same = other.hidden_state.shape[1] == trace.hidden_state.shape[1]
    stack = comparison(
        trace,
        other,
        quantity,
        Alignment(by or Alignment.WORD),
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
    text = st.text_area(
        "Review B",
        PAIR[1],
        key="other",
        max_chars=MAX_CHARACTERS,
        height=90,
        bind="query-params",
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
    name = st.selectbox("Model B: the run", names, key="other_model", bind="query-params")
    if name not in names:
        return None
    try:
        return load_run(name).trace(trace.encoding.text)
    except (BundleError, OSError) as error:
        st.error(escape_markdown(str(error)))
        return None
