"""The same review in a SimpleRNN, a GRU and an LSTM; for the lesson and for States."""

import streamlit as st

from lstm_core.analysis.formatting import fixed_percent, probability
from lstm_core.figures.axes import Places
from lstm_core.figures.recurrent import log_lines
from lstm_core.lesson.cells import CellComparison, cell_models, compare_cells
from lstm_core.lesson.content import text_block
from pages.parts.common.figures import config_of
from pages.parts.common.html_table import draw_table
from pages.parts.components.chart import draw_chart


def draw_cell_comparison(review: str) -> None:
    """A review in the three models: accuracy, prediction, gradient and memory."""
    found = compare_cells(review)
    _draw_table(found)
    _draw_gradients(found)
    _draw_memory(found)
    st.caption(text_block("cells", "reading", {"reviews": f"{found[0].reviews:,}"}))


def cells_lead() -> str:
    """What the three models are and have in common."""
    sizes = next(iter(cell_models().values())).card.sizes
    blanks = {"embedding": sizes.embedding_dim, "units": sizes.lstm_dim, "maxlen": sizes.maxlen}
    return text_block("cells", "lead", blanks)


def _draw_table(found: tuple[CellComparison, ...]) -> None:
    rows = [
        (
            one.name,
            fixed_percent(one.accuracy),
            f"{one.parameters:,}",
            probability(one.trace.verdict_probability),
            f"{one.reach} of {len(one.norms)} steps",
            fixed_percent(one.first_to_last),
            _survival(one),
        )
        for one in found
    ]
    head = [
        "Layer",
        "Accuracy",
        "Parameters of the layer",
        "P(positive) of this review",
        "Gradient reaches back",
        "Gradient at the first word, share of that at the last",
        "Memory of the first word",
    ]
    draw_table(head, rows, "The three models on this review")


def _survival(one: CellComparison) -> str:
    if not len(one.left):
        return "no word"
    if one.survives is None:
        return f"outlives the {len(one.left)} words"
    return f"{one.survives} of {len(one.left)} words"


def _draw_gradients(found: tuple[CellComparison, ...]) -> None:
    st.markdown(text_block("cells", "gradient"))
    places = Places.of(found[0].trace.encoding, padding=True)
    lines = {one.name: one.norms for one in found}
    figure = log_lines(
        lines, places.labels, "norm of d logit / d h(t)", "%{fullData.name}: %{y:.2e}"
    )
    said = "; ".join(f"{one.name} {one.reach} of {len(one.norms)} steps" for one in found)
    alt = f"How far back the gradient reaches: {said}"
    draw_chart(figure, key="cells_gradient", config=config_of("gradient"), alt=alt)


def _draw_memory(found: tuple[CellComparison, ...]) -> None:
    st.markdown(text_block("cells", "memory"))
    if not len(found[0].left):
        st.info(text_block("cells", "none"))
        return
    places = Places.of(found[0].trace.encoding, padding=False)
    lines = {one.name: one.left for one in found}
    figure = log_lines(
        lines, places.labels, "share of the first difference", "%{fullData.name}: %{y:.3f}"
    )
    said = "; ".join(f"{one.name}: {_survival(one)}" for one in found)
    draw_chart(figure, key="cells_memory", config=config_of("memory"), alt=said)
