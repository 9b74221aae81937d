"""The views of the states page that only look: overview, one unit, memory ledger, padding."""

import numpy as np
import streamlit as st

from lstm_core.analysis.captions import place_name, plural
from lstm_core.analysis.formatting import p_positive, percent, probability, signed
from lstm_core.analysis.unit_stats import OPEN, order_units, unit_of, write_half_lives
from lstm_core.figures.padding import zeros_figure
from lstm_core.figures.states import ledger, overview, padding_states
from lstm_core.figures.unit import unit_stack
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.contributions import memory_ledger, survival
from lstm_core.recurrent.lstm import Floats
from lstm_core.recurrent.padding import padding_effect
from lstm_core.recurrent.trace import Trace
from pages.parts.common.figures import Drawn, config_of, show_stack
from pages.parts.common.token_colors import token_scores
from pages.parts.components.chart import draw_chart
from pages.parts.states.choice import StatesSelection, place_at, word_at

LEGEND = """
<div class="lens-legend">
  <span>gates: closed 0 <span class="bar gates"></span> 1 open</span>
  <span>states: −<span class="bar"></span>+</span>
</div>"""


def draw_overview(model: SentimentModel, trace: Trace, choice: StatesSelection) -> list[Drawn]:
    """All six quantities."""
    st.html(LEGEND)
    order = order_units(trace, choice.order)
    stack = overview(
        trace,
        order,
        padding=choice.padding,
        place=choice.place,
        unit=choice.unit,
        scores=token_scores(model, trace).values,
    )
    figure = show_stack(stack, key="overview")
    st.caption(
        f"One column per word, one row per unit, the same in all panels; the frames mark unit "
        f"{choice.unit} and {word_at(trace, choice.place)}. White or black means closed or zero. "
        f"“Stays open” counts words at which the gate is at least {OPEN}. Hover for exact values; "
        "the magnifier of the toolbar lets you drag to zoom all panels at once, the camera saves a "
        "PNG."
    )
    return [figure]


def draw_unit(model: SentimentModel, trace: Trace, choice: StatesSelection) -> list[Drawn]:
    """Everything about one unit."""
    del model
    unit = unit_of(trace, choice.unit)
    half = "not in this review" if np.isinf(unit.half_life) else plural(int(unit.half_life), "word")
    if not trace.encoding.read_count:
        half = "no word read"
    boxes = st.columns(4)
    boxes[0].metric("Output weight", signed(unit.output_weight, 3))
    boxes[1].metric("Part of the final logit", signed(unit.logit_part, 3))
    boxes[2].metric("Time until half is forgotten", half)
    boxes[3].metric(
        f"Writes at {place_name(trace.encoding, choice.place)}",
        signed(unit.writes[choice.place], 3),
        f"keeps {percent(unit.keeps[choice.place])}",
        delta_color="off",
        delta_arrow="off",
    )
    stack = unit_stack(trace, choice.unit, padding=choice.padding, place=choice.place)
    near = {
        other: unit_stack(trace, other, padding=choice.padding, place=choice.place)
        for other in (choice.unit - 1, choice.unit + 1)
        if 0 <= other < trace.hidden_state.shape[1]
    }
    figure = show_stack(stack, key="unit_lines", near=near)
    st.caption(
        f"The frame marks {word_at(trace, choice.place)}. Its part of the logit is its output "
        "weight times its last hidden state. The time until half is forgotten is measured: the "
        "median number of words until at most half of what a word wrote is left (Kaplan-Meier: "
        "what is still there at the end counts as lasting). Each axis ends at its largest value."
    )
    return [figure]


def draw_memory(model: SentimentModel, trace: Trace, choice: StatesSelection) -> list[Drawn]:
    """The final cell state as a sum over the words."""
    del model
    parts, left = memory_ledger(trace), survival(trace)
    gap = float(np.abs(parts.sum(axis=0) - trace.cell_state[-1]).max())
    front = float(parts[: trace.encoding.first_word, choice.unit].sum())
    total = float(trace.cell_state[-1, choice.unit])
    st.markdown(
        f"**Unit {choice.unit}** ends at {signed(total, 4)}: {signed(front, 4)} from the padding "
        f"and the "
        f"start, {signed(total - front, 4)} from the words. "
        f"{_one_write(trace, parts, left, choice)}"
    )
    order = order_units(trace, choice.order)
    stack = ledger(trace, order, place=choice.place, unit=choice.unit)
    figure = show_stack(stack, key="ledger")
    st.caption(
        "Each cell of the ledger is what a word wrote (i × c̃) times every later forget gate. The "
        f"sum of a row is the unit's final cell state: here they differ by at most {gap:.1e}. The "
        "first column holds the writes of the zeros and the start. What it does not claim: that a "
        "word alone caused its entry. The gates that let it in, kept it or dropped it depend on "
        "the words before and after it."
    )
    return [figure]


def _one_write(trace: Trace, parts: Floats, left: Floats, choice: StatesSelection) -> str:
    place, unit = choice.place, choice.unit
    wrote = float(trace.input_gate[place, unit] * trace.candidate[place, unit])
    steps = int(write_half_lives(trace)[place, unit])
    half = (
        "more than half of it is left at the end"
        if steps < 0
        else f"half of it was gone after {plural(steps, 'step')}"
    )
    return (
        f"At {place_at(trace, place)}, it wrote "
        f"{signed(wrote, 4)}; "
        f"{percent(float(left[place, unit]))} of that survived, "
        f"{signed(float(parts[place, unit]), 4)}; "
        f"{half}."
    )


def draw_padding(model: SentimentModel, trace: Trace, choice: StatesSelection) -> list[Drawn]:
    """What the zeros do."""
    effect = padding_effect(model.bundle.weights, trace.encoding)
    empty = model.trace("").verdict_probability
    end = "crosses one half" if effect.turns else "stays on the same side of one half"
    zeros = trace.encoding.pad_count
    here = (
        f"This review has **{plural(zeros, 'zero')}** in front. The model has no mask, so the LSTM "
        f"runs over {'it' if zeros == 1 else 'them'}."
        if zeros
        else "This review has **no zeros** in front: its words fill all time steps."
    )
    st.markdown(
        f"{here} To an empty review, {plural(model.maxlen - 1, 'zero')} and the start, the output "
        f"is {p_positive(empty)}."
    )
    st.header(f"With another number of zeros the prediction {end}", anchor=False)
    low, high = effect.probabilities.min(), effect.probabilities.max()
    says = (
        f"From {probability(low)} at {plural(effect.lowest, 'zero')} to {probability(high)} at "
        f"{plural(effect.highest, 'zero')}; as read: {probability(trace.verdict_probability)}."
    )
    figure = zeros_figure(effect)
    draw_chart(figure, key="zeros", config=config_of("zeros"), alt=says)
    st.caption(
        f"{says} The axis is one of logits, so that values near 0 and 100 % can be told apart. The "
        f"words and the start stay the same; only the zeros before them change. Where "
        f"zeros and words together exceed {model.maxlen} time steps, the LSTM simply runs longer."
    )
    st.header("Inside, while the zeros are read", anchor=False)
    order = order_units(trace, choice.order)
    states = show_stack(padding_states(trace, order, unit=choice.unit), key="zeros_states")
    st.caption(
        "Columns count the zeros; after the dashed line come the start and the first word. The "
        "state after n zeros is the same in every review: it belongs to the model."
    )
    return [figure, states]
