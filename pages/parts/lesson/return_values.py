"""The section on what a layer returns: the article's bench with its two switches."""

import streamlit as st

from lstm_core.lesson.article import (
    ARTICLE_SEED,
    article_run,
    article_sequences,
    as_printed,
    compare,
    seed_weights,
)
from lstm_core.lesson.content import text_block
from lstm_core.lesson.facts import return_facts
from lstm_core.lesson.layer import (
    LayerSteps,
    LayerWeights,
    Returned,
    Setting,
    keras_code,
    keras_preamble,
    returned,
    run_layer,
)
from lstm_core.recurrent.lstm import Floats
from pages.parts.common.link import linked_choice
from pages.parts.lesson.common import (
    Lesson,
    draw_questions,
    draw_title,
    keras_proof,
    scientific,
)
from pages.parts.lesson.tables import returned_html

THEN, TODAY = "2022", "today"
TANH = {THEN: "as in 2022", TODAY: "today"}


@st.fragment
def draw_returns(lesson: Lesson) -> None:
    """Two switches, the code, the arrays, the article's numbers, the proof in Keras."""
    sequences, weights = article_sequences(), seed_weights(lesson.seed)
    draw_title("returns")
    st.markdown(text_block("returns", "lead"))
    questions = st.container()
    switches, table = st.columns([2, 3], gap="large")
    with switches:
        setting = _switches(weights, sequences)
        arithmetic = TODAY
        if lesson.seed == ARTICLE_SEED:
            arithmetic = _arithmetic()
        cells = st.toggle(
            "Show what is missing: c at every time step", key="cells", bind="query-params"
        )
    in_2022 = arithmetic == THEN
    run = article_run(as_in_2022=True) if in_2022 else run_layer(weights, sequences)
    with table:
        beside = as_printed(setting) if lesson.seed == ARTICLE_SEED else None
        alone = not (setting.return_sequences or setting.return_state)
        last = None if alone else run.hidden_state[:, -1]  # one array: nothing to be equal to
        st.html(returned_html(returned(run, setting), last, sequences, beside))
        if beside is not None:
            _draw_comparison(run, in_2022)
        if cells:
            _draw_missing(run)
    with questions:
        draw_questions("returns", return_facts(run, setting))
    st.caption(text_block("returns", "words-note"))
    st.markdown(text_block("returns", "keras-lead"))
    keras_proof(weights, sequences, key="keras_returns")


def _switches(weights: LayerWeights, sequences: Floats) -> Setting:
    left, right = st.columns(2)
    every = left.toggle("return_sequences", key="return_sequences", bind="query-params")
    state = right.toggle("return_state", key="return_state", bind="query-params")
    setting = Setting(every, state)
    code = keras_code(setting, weights, sequences)
    st.code(code, language="python", wrap_lines=True)
    with st.expander("The lines before it"):
        st.code(keras_preamble(weights, sequences), language="python", wrap_lines=True)
    names = {(False, False): "none", (True, False): "sequences", (False, True): "state"}
    st.markdown(text_block("returns", names.get((every, state), "both")))
    return setting


def _arithmetic() -> str:
    help_ = text_block("returns", "why-2022")
    return linked_choice(st.segmented_control, "tanh", TANH, key="tanh", help=help_)


def _draw_comparison(run: LayerSteps, as_printed: bool) -> None:
    found = compare(run)
    blanks = {
        "numbers": found.numbers,
        "same": found.equal_digits,
        "largest": scientific(found.largest),
    }
    st.markdown(text_block("returns", "printed-2022" if as_printed else "printed-today", blanks))


def _draw_missing(run: LayerSteps) -> None:
    st.markdown(text_block("returns", "missing"))
    kept = [Returned("cell_state", run.cell_state), Returned("state_c", run.cell_state[:, -1])]
    st.html(returned_html(kept, run.cell_state[:, -1], article_sequences()))
