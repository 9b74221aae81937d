"""The section on one's own numbers: typed sequences and weights, another seed, a second layer."""

import numpy as np
import pandas as pd
import streamlit as st

from lstm_core.errors import InputError
from lstm_core.lesson.article import SEQUENCES
from lstm_core.lesson.content import text_block
from lstm_core.lesson.facts import shape_words, stack_facts
from lstm_core.lesson.layer import (
    LayerSteps,
    LayerWeights,
    Returned,
    Setting,
    draw_weights,
    returned,
    run_layer,
)
from lstm_core.lesson.table_input import (
    MOST_STEPS,
    MOST_UNITS,
    read_sequences,
    read_weights,
    weight_columns,
    weight_row_names,
    weight_rows,
)
from lstm_core.lesson.tf_random import TfRandom
from lstm_core.recurrent.lstm import Floats
from pages.parts.common.escape import escape_markdown
from pages.parts.lesson.common import Lesson, draw_questions, draw_title, keras_proof
from pages.parts.lesson.tables import returned_html

KERAS_REFUSAL = (
    'ValueError: Input 0 of layer "lstm_1" is incompatible with the layer: '
    "expected ndim=3, found ndim=2. Full shape received: (None, {units})"
)


@st.fragment
def draw_own(lesson: Lesson) -> None:
    """Tables to type in, what the layer makes of them, and a second layer on top."""
    draw_title("own")
    st.markdown(text_block("own", "lead"))
    questions = st.container()
    st.caption(text_block("own", "seed-note", {"seed": lesson.seed}))
    left, right = st.columns([2, 3], gap="large")
    try:
        with left:
            sequences = _typed_sequences()
        with right:
            weights = _typed_weights(lesson.seed)
    except InputError as error:
        st.warning(escape_markdown(str(error)))
        return
    run = run_layer(weights, sequences)
    arrays = returned(run, Setting(return_sequences=True, return_state=True))
    st.html(returned_html(arrays, run.hidden_state[:, -1], sequences))
    keras_proof(weights, sequences, key="keras_own")
    second = _stack(lesson.seed, weights, run)
    with questions:
        draw_questions("own", stack_facts(run, second, sequences))


def _typed_sequences() -> Floats:
    steps = st.number_input("Steps", 1, MOST_STEPS, 3, 1, key="steps", bind="query-params")
    width = min(max(int(steps), 1), MOST_STEPS)
    start = np.zeros((len(SEQUENCES), width), np.float64)
    kept = min(width, len(SEQUENCES[0]))
    start[:, :kept] = np.array(SEQUENCES)[:, :kept]
    frame = pd.DataFrame(start, columns=[f"x{step + 1}" for step in range(width)])
    edited = st.data_editor(
        frame, key=f"sequences_{width}", num_rows="dynamic", hide_index=True, width="stretch"
    )
    return read_sequences(edited.to_numpy(dtype=object).tolist())


def _typed_weights(seed: int) -> LayerWeights:
    wished = st.number_input("Units", 1, MOST_UNITS, 1, 1, key="units", bind="query-params")
    units = min(max(int(wished), 1), MOST_UNITS)
    drawn = weight_rows(draw_weights(TfRandom(seed), 1, units))  # (D + 2, 4D)
    # As shortest decimals, so that what stands in a cell is the whole float32 number.
    frame = pd.DataFrame(
        [[float(str(value)) for value in row] for row in drawn],
        columns=weight_columns(units),
        index=weight_row_names(units),
    )
    edited = st.data_editor(
        frame,
        key=f"weights_{seed}_{units}",
        width="stretch",
        column_config={name: st.column_config.NumberColumn(format="%.6f") for name in frame},
    )
    st.caption(text_block("own", "weights-note"))
    return read_weights(edited.to_numpy(dtype=object).tolist(), units)


def _stack(seed: int, first: LayerWeights, run: LayerSteps) -> LayerWeights:
    """The second layer and what it makes of the first one's hidden states."""
    st.markdown(f"**Two layers.** {text_block('own', 'stack-lead')}")
    left, right = st.columns([2, 3], gap="large")
    with left:
        wished = st.number_input("Units of the second layer", 1, MOST_UNITS, 2, 1, key="second")
        every = st.toggle("`return_sequences=True` on the first layer", value=True, key="stacked")
        units = min(max(int(wished), 1), MOST_UNITS)
        st.code(stack_code(run, first.units, units, every), language="python")
    second = _second_weights(seed, first.units, units)
    count, steps, _ = run.hidden_state.shape
    with right:
        if every:
            out = run_layer(second, run.hidden_state).hidden_state[:, -1]
            shapes = {"given": run.hidden_state.shape, "out": out.shape}
            words = {name: shape_words(shape) for name, shape in shapes.items()}
            st.markdown(
                text_block(
                    "own",
                    "stack-good",
                    {**words, "count": count, "steps": steps, "units": first.units},
                )
            )
            given = "sequences of the first"
            output = [Returned("output", out)]
            st.html(returned_html(output, None, run.hidden_state, given=given))
        else:
            given = shape_words((count, first.units))
            st.markdown(text_block("own", "stack-bad", {"given": given, "count": count}))
            st.code(KERAS_REFUSAL.format(units=first.units), language=None, wrap_lines=True)
            st.markdown(text_block("own", "stack-copy", {"steps": steps}))
    return second


def _second_weights(seed: int, inputs: int, units: int) -> LayerWeights:
    """The weights drawn after those of the first layer, from the same seed."""
    random = TfRandom(seed)
    draw_weights(random, 1, inputs)
    return draw_weights(random, inputs, units)


def stack_code(run: LayerSteps, first: int, second: int, every: bool) -> str:
    """Two layers in Keras, to copy."""
    switch = ", return_sequences=True" if every else ""
    return (
        f"inputs = Input(shape=({run.hidden_state.shape[1]}, 1))\n"
        f"x = LSTM({first}{switch})(inputs)\n"
        f"x = LSTM({second})(x)\n"
        "model = Model(inputs, x)"
    )
