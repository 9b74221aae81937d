"""The section on gates: one step of one unit, its gates on sliders."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from lstm_core.analysis.formatting import number
from lstm_core.analysis.step_breakdown import (
    SYMBOLS,
    CellStep,
    GateLine,
    cell_step,
    gate_line,
    rounded,
)
from lstm_core.lesson.article import seed_weights
from lstm_core.lesson.content import text_block
from lstm_core.lesson.facts import gate_facts
from lstm_core.lesson.gates import Gates, Step, gates_from_inputs
from lstm_core.lesson.layer import LayerWeights
from lstm_core.recurrent.functions import logistic
from pages.parts.common.cell import CellTexts, DrawnCell, draw_cell
from pages.parts.common.link import linked_choice, linked_value, real_number
from pages.parts.lesson.common import Lesson, draw_questions, draw_title

BY_HAND, BY_INPUTS = "manual", "computed"
WAYS = {BY_HAND: "manual", BY_INPUTS: "computed from x, h"}
OLD_WAYS = {"By hand": BY_HAND, "By x and h": BY_INPUTS}
TRIED_X = 0.5  # the input at which the candidate's dependence on h is shown when there is no slider
DIGITS = 4  # decimals of the cell's numbers
LIMIT = 2.0  # value of the thickest line: c before goes from -2 to 2
CASES = {"clear": (0.0, 1.0), "copy": (1.0, 0.0)}  # forget gate, input gate


@dataclass(frozen=True, slots=True)
class Situation:
    """What the sliders say: the step, and x and h before when these decide."""

    step: Step
    x: float | None = None
    hidden_before: float | None = None


@st.fragment
def draw_gates(lesson: Lesson) -> None:
    """Questions, sliders and the cell; moving a slider repaints this section only."""
    weights = seed_weights(lesson.seed)
    draw_title("gates")
    st.markdown(text_block("gates", "lead"))
    questions = st.container()
    situation = _controls(weights)
    st.markdown(_remark(situation, weights, lesson.seed))
    with questions:
        x = TRIED_X if situation.x is None else situation.x
        draw_questions("gates", gate_facts(situation.step, weights, x))
    by_hand = situation.x is None
    box = f"{'set by hand; in a layer ' if by_hand else ''}xₜ and hₜ₋₁ set gates and candidate"
    step = _cell_of(situation, weights)
    draw_cell(DrawnCell(step, CellTexts(box), LIMIT), key="step_picture", parameter="part")
    st.caption(text_block("gates", "reading"))
    st.markdown(text_block("gates", "symbol-inputs"))


def _controls(weights: LayerWeights) -> Situation:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        way = linked_choice(
            st.segmented_control, "Gate values", WAYS, key="gates", aliases=OLD_WAYS
        )
        st.button("Clear and write (f = 0, i = 1)", on_click=_set_case, args=("clear",))
        st.button("Copy (f = 1, i = 0)", on_click=_set_case, args=("copy",))
    boxes = st.columns(3, gap="large")
    before = _slider(boxes[0], "Cell state before, c", "c", -2.0, 2.0, 0.8)
    if way == BY_INPUTS:
        x = _slider(boxes[1], "Input, x", "x", -3.0, 3.0, TRIED_X)
        hidden = _slider(boxes[2], "Hidden state before, h", "h", -1.0, 1.0, 0.5)
        return Situation(Step(gates_from_inputs(weights, x, hidden), before), x, hidden)
    gates = Gates(
        forget_gate=_slider(boxes[1], "Forget gate, f", "f", 0.0, 1.0, 0.7),
        input_gate=_slider(boxes[2], "Input gate, i", "i", 0.0, 1.0, 0.4),
        candidate=_slider(boxes[1], "Candidate, c̃", "g", -1.0, 1.0, -0.6),
        output_gate=_slider(boxes[2], "Output gate, o", "o", 0.0, 1.0, 0.9),
    )
    return Situation(Step(gates, before))


def _slider(
    box: "st.delta_generator.DeltaGenerator",
    label: str,
    name: str,
    low: float,
    high: float,
    start: float,
) -> float:
    linked_value(name, start, real_number(low, high))
    value = box.slider(label, low, high, step=0.01, key=name, persist_state="session")
    return min(max(float(value), low), high)


def _set_case(case: str) -> None:
    forget, write = CASES[case]
    st.session_state.update({"gates": BY_HAND, "f": forget, "i": write})


def _remark(situation: Situation, weights: LayerWeights, seed: int) -> str:
    """What is to be seen in this situation, in words."""
    step = situation.step
    if situation.x is not None:
        resting = logistic(float(weights.bias[1]))
        return text_block("gates", "case-inputs", {"seed": seed, "resting": f"{resting:.2f}"})
    low, high = (gates_from_inputs(weights, TRIED_X, h).candidate for h in (-1.0, 1.0))
    blanks = {
        "before": number(step.cell_before),
        "candidate": number(step.gates.candidate),
        "after": number(step.cell),
        "x": TRIED_X,
        "low": number(low, 3),
        "high": number(high, 3),
        "keep": round(100 * step.gates.forget_gate),
        "write": round(100 * step.gates.input_gate),
    }
    for case, gates in CASES.items():
        if (step.gates.forget_gate, step.gates.input_gate) == gates:
            return text_block("gates", f"case-{case}", blanks)
    return text_block("gates", "case-free", blanks)


def _cell_of(situation: Situation, weights: LayerWeights) -> CellStep:
    """The step in decimals: the gates as they were set, or computed from x and h before."""
    before = rounded(situation.step.cell_before, DIGITS)
    if situation.x is None or situation.hidden_before is None:
        gates = situation.step.gates
        values = (gates.input_gate, gates.forget_gate, gates.candidate, gates.output_gate)
        lines = [
            GateLine(symbol, rounded(value, DIGITS))
            for symbol, value in zip(SYMBOLS, values, strict=True)
        ]
        return cell_step(lines, before)
    x, h = np.array([situation.x]), np.array([situation.hidden_before])
    lines = [
        gate_line(
            symbol,
            x,
            h,
            (weights.kernel[:, at], weights.recurrent[:, at], weights.bias[at]),
            DIGITS,
        )
        for at, symbol in enumerate(SYMBOLS)
    ]
    return cell_step(lines, before)
