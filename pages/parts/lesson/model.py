"""The section on the model: layers, shapes, counts, and a review on its way through."""

import numpy as np
import streamlit as st

from lstm_core.analysis.formatting import probability, signed
from lstm_core.errors import InputError
from lstm_core.figures.lesson import logit_figure, matrix_figure
from lstm_core.lesson.content import text_block
from lstm_core.lesson.facts import size_facts
from lstm_core.lesson.sizes import LIMITS, ModelSizes, layer_lines
from lstm_core.recurrent.trace import Trace
from lstm_core.text import Kind
from pages.parts.common.encoding_html import ids_html
from pages.parts.common.figures import QUIET
from pages.parts.common.link import linked_choice
from pages.parts.common.page import model_in_use
from pages.parts.common.review_input import typed_review
from pages.parts.components.chart import draw_chart
from pages.parts.lesson.common import Lesson, draw_questions, draw_title
from pages.parts.lesson.tables import layers_html

ARTICLE = ModelSizes()
STAGES = {"ids": "Ids", "vectors": "Embeddings", "states": "States", "probability": "Probability"}

SIZES = {  # labels of the article's arguments
    "num_words": "Vocabulary size `num_words`",
    "maxlen": "Sequence length `maxlen`",
    "embedding_dim": "Embedding size `embedding_dim`",
    "lstm_dim": "LSTM units `lstm_dim`",
}


@st.fragment
def draw_model(lesson: Lesson) -> None:
    """Sizes and counts; then the review's way through the loaded model."""
    del lesson  # the counts depend on no seed
    draw_title("model")
    sizes = ModelSizes(**{name: _wished(name) for name in LIMITS})
    st.markdown(text_block("model", "lead", _blanks(sizes)))
    questions = st.container()
    for column, name in zip(st.columns(4), LIMITS, strict=True):
        low, high = LIMITS[name]
        start = getattr(ARTICLE, name)
        column.number_input(SIZES[name], low, high, start, 1, key=name, bind="query-params")
    table, note = st.columns([3, 2], gap="large", vertical_alignment="center")
    table.html(layers_html(layer_lines(sizes), sizes.total))
    note.caption(_note(sizes))
    for column, name in zip(st.columns(3), ("embedding", "lstm", "output"), strict=True):
        column.markdown(text_block("model", name, _blanks(sizes)))
    with questions:
        draw_questions("model", size_facts(sizes))
    draw_layers()


@st.fragment
def draw_layers() -> None:
    """The shared review as ids, vectors, states and probability, one at a time."""
    model = model_in_use()
    trace = model.trace(typed_review())
    weights = model.bundle.weights
    blanks = {
        "maxlen": f"{model.maxlen:,}",
        "embedding_dim": f"{weights.embedding_dim:,}",
        "lstm_dim": f"{model.lstm_dim:,}",
    }
    st.markdown(text_block("model", "walk", blanks))
    stage = linked_choice(
        st.segmented_control, "Stage", STAGES, key="stage", aliases={"Vectors": "vectors"}
    )
    if stage == "vectors":
        vectors = weights.embedding[trace.encoding.ids]  # (T, E)
        limit = float(np.quantile(np.abs(vectors), 0.99))
        st.markdown(text_block("model", "walk-vectors"))
        figure = matrix_figure(trace, vectors, "dimension", limit)
        draw_chart(figure, key="walk_vectors", config=QUIET, alt="Vectors of the words")
    elif stage == "states":
        st.markdown(text_block("model", "walk-states"))
        figure = matrix_figure(trace, trace.hidden_state, "unit", 1.0)
        draw_chart(figure, key="walk_states", config=QUIET, alt="Hidden states")
    elif stage == "probability":
        _draw_probability(trace)
    else:
        st.markdown(text_block("model", "walk-ids"))
        marks = [kind in (Kind.PADDING, Kind.START) for kind in trace.encoding.kinds]
        ids = [int(id_) for id_ in trace.encoding.ids]
        st.html(ids_html(trace.encoding.words, ids, marks))


def _draw_probability(trace: Trace) -> None:
    blanks = {
        "bias": signed(trace.bias, 4),
        "logit": signed(float(trace.logits[-1]), 4),
        "probability": f"{trace.verdict_probability:.6f}",
        "percent": probability(trace.verdict_probability),
    }
    st.markdown(text_block("model", "walk-probability", blanks))
    draw_chart(
        logit_figure(trace), key="walk_logit", config=QUIET, alt="What each unit adds to the logit"
    )


def _wished(name: str) -> int:
    """The size in its field, from the session or the link; the article's when it is unusable."""
    value = st.session_state.get(name, st.query_params.get(name))
    try:
        number = int(value)
        ModelSizes(**{name: number})
    except (TypeError, ValueError, InputError):
        number = getattr(ARTICLE, name)
    return number


def _blanks(sizes: ModelSizes) -> dict[str, str]:
    return {name: f"{getattr(sizes, name):,}" for name in LIMITS}


def _note(sizes: ModelSizes) -> str:
    if sizes == ARTICLE:
        return text_block("model", "article-note")
    blanks = {"article": f"{ARTICLE.total:,}", "ratio": f"{sizes.total / ARTICLE.total:.3g}"}
    return text_block("model", "other-note", blanks)
