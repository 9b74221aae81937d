"""States for imported models: every layer and direction, one unit, gradients by step."""

from functools import partial
from io import BytesIO

import numpy as np
import streamlit as st

from lstm_core.analysis.gradient_reach import REACH, gradient_norms, gradient_reach
from lstm_core.errors import InputError
from lstm_core.figures.recurrent import gradient_figure, layer_figure, unit_figure
from lstm_core.model.recurrent_model import RecurrentModel
from lstm_core.recurrent.running import LayerStates, ModelTrace
from pages.parts.common.escape import escape_markdown
from pages.parts.common.figures import config_of, show_stack
from pages.parts.common.link import linked_choice
from pages.parts.common.pinned import pin_place, pinned_place
from pages.parts.common.recurrent import (
    choose_class,
    choose_layer,
    prediction_line,
    recurrent_colors,
)
from pages.parts.common.review_input import edit_review
from pages.parts.components.chart import draw_chart
from pages.parts.components.editor import plain_editor_toggle
from pages.parts.components.token_view import token_view

VIEWS = {"layers": "Layers", "unit": "Unit", "gradient": "Gradient by step"}
OTHERS = (
    "Step, memory, padding, interventions and compare show the cell state of a single LSTM layer "
    "that the output reads; they are offered for the article's architecture only."
)


def draw_recurrent(model: RecurrentModel) -> None:
    """The page for an imported model."""
    model = choose_class(model)
    st.fragment(_look)(model)
    plain_editor_toggle()


def _look(model: RecurrentModel) -> None:
    trace = model.model_trace(edit_review("states_example"))
    tint, line = recurrent_colors(model, trace)
    pinned, click = pinned_place(trace), partial(pin_place, trace)
    token_view(trace, key="states_strip", tint=tint, pinned=pinned, on_click=click)
    st.caption(f"{prediction_line(model, trace)} {line}")
    view = linked_choice(
        st.segmented_control,
        "View",
        VIEWS,
        key="recurrent_view",
        parameter="view",
        label_visibility="collapsed",
        wrap=True,
    )
    if view == "gradient":
        _draw_gradient(model, trace)
    else:
        _draw_layer(trace, view, pinned, tint.values)
    _draw_download(trace)
    st.caption(OTHERS)


def _draw_layer(trace: ModelTrace, view: str, pinned: int | None, scores: np.ndarray) -> None:
    boxes = st.columns([3, 1, 1], vertical_alignment="bottom")
    layer = trace.layers[choose_layer(trace.layers, boxes[0])]
    unit = int(
        boxes[1].number_input(
            "Unit", min_value=0, max_value=layer.units - 1, value=0, key=f"unit_of_{layer.units}"
        )
    )
    padding = boxes[2].toggle("Show padding", key="padding", bind="query-params")
    if view == "unit":
        stack = unit_figure(trace, layer, unit, padding=padding, place=pinned)
    else:
        stack = layer_figure(trace, layer, padding=padding, place=pinned, unit=unit, scores=scores)
    show_stack(stack, key=f"recurrent_{view}")
    st.caption(_how_to_read(layer, view))


def _how_to_read(layer: LayerStates, view: str) -> str:
    order = (
        " This direction reads the last word first: a column is the state after that word and all "
        "that follow it."
        if layer.backward
        else ""
    )
    kinds = {
        "LSTM": "an LSTM has three gates, a candidate, a cell state and a hidden state",
        "GRU": "a GRU has two gates (update and reset), a candidate and a hidden state",
        "SimpleRNN": "a SimpleRNN has no gate: its hidden state is all there is",
    }
    said = kinds[layer.kind]
    rows = (
        f"One column per word, one row for each of {layer.units} units. "
        if view == "layers"
        else ""
    )
    return f"{rows}{said[0].upper()}{said[1:]}.{order} Hover for exact values."


def _draw_gradient(model: RecurrentModel, trace: ModelTrace) -> None:
    try:
        found = gradient_norms(model, trace)
    except InputError as error:
        st.info(escape_markdown(str(error)))
        return
    padding = st.toggle("Show padding", key="padding", bind="query-params")
    lines = [
        f"{one.layer.name}: {gradient_reach(one.norms):,} of {len(one.norms):,} steps"
        for one in found
    ]
    st.header("How far back the gradient reaches", anchor=False)
    figure = gradient_figure(trace, found, padding=padding)
    draw_chart(figure, key="gradient", config=config_of("gradient"), alt="; ".join(lines))
    st.caption(
        f"The norm of the gradient of the logit by the hidden state after every word, on a "
        f"logarithmic axis. Steps from the earliest one with at least {100 * REACH:.0f} % "
        f"of the largest norm to the end: {escape_markdown('; '.join(lines))}."
    )


def _draw_download(trace: ModelTrace) -> None:
    buffer = BytesIO()
    arrays = {
        f"{layer.name}/{name}": values
        for layer in trace.layers
        for name, values in layer.quantities.items()
    }
    np.savez_compressed(
        buffer, ids=trace.encoding.ids, running_logit=trace.logits, allow_pickle=False, **arrays
    )
    st.download_button("Arrays (npz)", buffer.getvalue(), "trace.npz", key="recurrent_npz")
