"""The section on gates: one step of one unit, its valves on sliders."""

from dataclasses import dataclass

import streamlit as st

from lstm_core.lesson.article import seed_weights
from lstm_core.lesson.content import text_block
from lstm_core.lesson.facts import gate_facts
from lstm_core.lesson.gates import Gates, Step, gates_from_inputs, sigmoid
from lstm_core.lesson.layer import LayerWeights
from pages.parts.common.link import linked_choice, linked_value, real_number
from pages.parts.lesson.common import Lesson, draw_questions, draw_title
from pages.parts.lesson.step import draw_step

BY_HAND, BY_INPUTS = "manual", "computed"
WAYS = {BY_HAND: "manual", BY_INPUTS: "computed from x, h"}
OLD_WAYS = {"By hand": BY_HAND, "By x and h": BY_INPUTS}
TRIED_X = 0.5  # the input at which the candidate's dependence on h is shown when there is no slider
CASES = {"clear": (0.0, 1.0), "copy": (1.0, 0.0)}  # forget gate, input gate


@dataclass(frozen=True, slots=True)
class Situation:
    """What the sliders say: the step, and x and h before when these decide."""

    step: Step
    x: float | None = None
    hidden_before: float | None = None


@st.fragment
def draw_gates(lesson: Lesson) -> None:
    """Questions, valves, sliders and equations; moving a slider repaints this section only."""
    weights = seed_weights(lesson.seed)
    draw_title("gates")
    st.markdown(text_block("gates", "lead"))
    questions = st.container()
    sliders, picture = st.columns([2, 3], gap="large")
    with sliders:
        situation = _controls(weights)
    with picture:
        draw_step(situation.step, situation.x, situation.hidden_before, key="step_picture")
        st.caption(text_block("gates", "reading"))
        st.markdown(_remark(situation, weights, lesson.seed))
    with questions:
        x = TRIED_X if situation.x is None else situation.x
        draw_questions("gates", gate_facts(situation.step, weights, x))
    _draw_equations(situation, weights)


def _controls(weights: LayerWeights) -> Situation:
    left, right = st.columns(2)
    left.button(
        "Clear and write (f = 0, i = 1)", on_click=_set_case, args=("clear",), width="stretch"
    )
    right.button("Copy (f = 1, i = 0)", on_click=_set_case, args=("copy",), width="stretch")
    way = linked_choice(st.segmented_control, "Gate values", WAYS, key="gates", aliases=OLD_WAYS)
    before = _slider("Cell state before, c", "c", -2.0, 2.0, 0.8)
    if way == BY_INPUTS:
        x = _slider("Input, x", "x", -3.0, 3.0, TRIED_X)
        hidden = _slider("Hidden state before, h", "h", -1.0, 1.0, 0.5)
        return Situation(Step(gates_from_inputs(weights, x, hidden), before), x, hidden)
    gates = Gates(
        forget_gate=_slider("Forget gate, f", "f", 0.0, 1.0, 0.7),
        input_gate=_slider("Input gate, i", "i", 0.0, 1.0, 0.4),
        candidate=_slider("Candidate, c̃", "g", -1.0, 1.0, -0.6),
        output_gate=_slider("Output gate, o", "o", 0.0, 1.0, 0.9),
    )
    return Situation(Step(gates, before))


def _slider(label: str, name: str, low: float, high: float, start: float) -> float:
    linked_value(name, start, real_number(low, high))
    value = st.slider(label, low, high, step=0.01, key=name, persist_state="session")
    return min(max(float(value), low), high)


def _set_case(case: str) -> None:
    forget, write = CASES[case]
    st.session_state.update({"gates": BY_HAND, "f": forget, "i": write})


def _remark(situation: Situation, weights: LayerWeights, seed: int) -> str:
    """What is to be seen in this situation, in words."""
    step = situation.step
    if situation.x is not None:
        resting = sigmoid(float(weights.bias[1]))
        return text_block("gates", "case-inputs", {"seed": seed, "resting": f"{resting:.2f}"})
    low, high = (gates_from_inputs(weights, TRIED_X, h).candidate for h in (-1.0, 1.0))
    blanks = {
        "before": f"{step.cell_before:.2f}",
        "candidate": f"{step.gates.candidate:.2f}",
        "after": f"{step.cell:.2f}",
        "x": TRIED_X,
        "low": f"{low:.3f}",
        "high": f"{high:.3f}",
        "keep": round(100 * step.gates.forget_gate),
        "write": round(100 * step.gates.input_gate),
    }
    for case, gates in CASES.items():
        if (step.gates.forget_gate, step.gates.input_gate) == gates:
            return text_block("gates", f"case-{case}", blanks)
    return text_block("gates", "case-free", blanks)


def _draw_equations(situation: Situation, weights: LayerWeights) -> None:
    """The article's equations, each with the numbers of the moment, its symbols beside it."""
    step, gates = situation.step, situation.step.gates
    memory = _two_lines(
        r"c_t &= f_t \odot c_{t-1} + i_t \odot \tilde c_t",
        rf"&= {gates.forget_gate:.2f} \cdot {_in_sum(step.cell_before)} + "
        rf"{gates.input_gate:.2f} \cdot {_in_sum(gates.candidate)} = {step.cell:.2f}",
    )
    shown = _two_lines(
        r"h_t &= o_t \odot \tanh(c_t)",
        rf"&= {gates.output_gate:.2f} \cdot \tanh({step.cell:.2f}) = {step.hidden:.2f}",
    )
    values = (
        ("i", "i_t", r"\sigma", gates.input_gate),
        ("f", "f_t", r"\sigma", gates.forget_gate),
        ("c", r"\tilde c_t", r"\tanh", gates.candidate),
        ("o", "o_t", r"\sigma", gates.output_gate),
    )
    rows = [(memory, "symbol-c"), (shown, "symbol-h")]
    for column, (letter, left_side, function, value) in enumerate(values):
        sum_ = rf"{function}(W_{letter} x_t + U_{letter} h_{{t-1}} + b_{letter})"
        numbers = _numbers_of_sum(situation, weights, column, function)
        equation = rf"{left_side} = {sum_} = {value:.2f}"
        if numbers:
            equation = _two_lines(f"{left_side} &= {sum_}", f"&= {numbers} = {value:.2f}")
        rows.append((equation, "symbol-candidate" if letter == "c" else f"symbol-{letter}"))
    for equation, symbol in rows:
        left, right = st.columns([3, 2], gap="large", vertical_alignment="center")
        left.latex(equation)
        right.markdown(text_block("gates", symbol))
    st.markdown(text_block("gates", "symbol-inputs"))


def _numbers_of_sum(situation: Situation, weights: LayerWeights, column: int, function: str) -> str:
    """The sum of one gate with its numbers, when x and h before decide; else nothing."""
    if situation.x is None or situation.hidden_before is None:
        return ""
    w, u, b = (
        float(part[column]) for part in (weights.kernel[0], weights.recurrent[0], weights.bias)
    )
    return (
        rf"{function}({w:.2f} \cdot {_in_sum(situation.x)} + {_in_sum(u)} \cdot "
        rf"{_in_sum(situation.hidden_before)} + {_in_sum(b)})"
    )


def _two_lines(first: str, second: str) -> str:
    return rf"\begin{{aligned}} {first} \\ {second} \end{{aligned}}"


def _in_sum(value: float) -> str:
    return f"({value:.2f})" if value < 0 else f"{value:.2f}"
