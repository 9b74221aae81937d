"""One time step: the equations of one unit with this step's numbers."""

from decimal import Decimal
from html import escape

import streamlit as st

from lstm_core.analysis.captions import place_name
from lstm_core.analysis.step_breakdown import (
    DIGITS,
    Arithmetic,
    GateLine,
    Product,
    printed,
    step_arithmetic,
)
from lstm_core.figures.unit import unit_stack
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.trace import Trace
from pages.parts.common.figures import show_stack
from pages.parts.common.link import linked_choice
from pages.parts.components.callbacks import value_of
from pages.parts.states.choice import StatesSelection, put_step, word_at
from pages.parts.states.views import Drawn

GATE_WORDS = {"i": "Input gate", "f": "Forget gate", "g": "Candidate", "o": "Output gate"}
SIGNS = {"i": "i", "f": "f", "g": "c̃", "o": "o"}  # as in the article; Keras writes g for c̃
BEFORE = "<sub>t−1</sub>"


def draw_step(model: SentimentModel, trace: Trace, choice: StatesSelection) -> list[Drawn]:
    """The equations of one unit at one step, the products behind a gate, the unit's lines."""
    _buttons(trace)
    found = step_arithmetic(model.bundle.weights, trace, choice.place, choice.unit)
    st.subheader(
        f"Unit {choice.unit} at {place_name(trace.encoding, choice.place)}, "
        f"{word_at(trace, choice.place)}: c goes from "
        f"{printed(found.cell_before)} to {printed(found.cell)}",
        anchor=False,
    )
    st.html(equations_html(found))
    st.caption(
        f"Every line can be checked with a calculator: each number has {DIGITS} decimals and is "
        "computed from the numbers printed before it. The trace itself is computed in 32-bit "
        f"floats; here the two differ by at most {found.gap:.1e}. x is the word's embedding, h "
        f"with "
        "index t−1 the hidden state of all units after the step before; c̃ is called g in Keras."
    )
    _draw_products(found, model.bundle.weights.embedding_dim, model.lstm_dim)
    with st.expander("This unit over the whole review"):
        stack = unit_stack(trace, choice.unit, padding=False, place=choice.place)
        return [show_stack(stack, key="step_unit")]


def equations_html(found: Arithmetic) -> str:
    """The step as lines of name, equation and numbers; all text is the app's own."""
    lines = [_gate_html(line) for line in found.gates]
    o = found.gates[3]
    lines.append(
        _line(
            "Cell state",
            f"c = f · c{BEFORE} + i · c̃",
            [
                f"f · c{BEFORE} = {_times(found.keep)} = {printed(found.keep.result)}",
                f"i · c̃ = {_times(found.write)} = {printed(found.write.result)}",
                f"c = {_plus(found.keep.result, found.write.result)} = "
                f"<b>{printed(found.cell)}</b>",
            ],
        )
    )
    lines.append(
        _line(
            "Hidden state",
            "h = o · tanh(c)",
            [
                f"tanh({printed(found.cell)}) = {printed(found.squashed)}",
                f"h = {printed(o.value)} · {_bracket(found.squashed)} = "
                f"<b>{printed(found.hidden.result)}</b>",
            ],
        )
    )
    return f'<div class="lens-equations">{"".join(lines)}</div>'


def _gate_html(line: GateLine) -> str:
    squash = "tanh" if line.symbol == "g" else "σ"
    s, at = SIGNS[line.symbol], f"<sub>{'c' if line.symbol == 'g' else line.symbol}</sub>"
    return _line(
        GATE_WORDS[line.symbol],
        f"{s} = {squash}(x·W{at} + h{BEFORE}·U{at} + b{at})",
        [
            f"z = {_plus(line.from_word, line.from_state, line.bias)} = {printed(line.z)}",
            f"{s} = {squash}({printed(line.z)}) = <b>{printed(line.value)}</b>",
        ],
    )


def _line(name: str, equation: str, numbers: list[str]) -> str:
    rows = "".join(f"<div>{row}</div>" for row in numbers)
    return (
        f'<div class="step"><div class="name">{escape(name)}<span>{equation}</span></div>'
        f'<div class="numbers">{rows}</div></div>'
    )


def _plus(*parts: Decimal) -> str:
    return " + ".join(_bracket(part) if at else printed(part) for at, part in enumerate(parts))


def _times(product: Product) -> str:
    return f"{printed(product.left)} · {_bracket(product.right)}"


def _bracket(value: Decimal) -> str:
    return f"({printed(value)})" if value < 0 else printed(value)


def _draw_products(found: Arithmetic, embedding: int, units: int) -> None:
    """Down to the single multiplication: the products behind one gate's z."""
    chosen = linked_choice(
        st.segmented_control,
        "Show dot product of",
        {"none": "none"} | {s: f"{GATE_WORDS[s]} {SIGNS[s]}" for s in GATE_WORDS},
        key="gate",
        aliases={"Candidate g": "g"},
        wrap=True,
    )
    if chosen not in GATE_WORDS:
        return
    line = found.gates["ifgo".index(chosen)]
    left, right = st.columns(2)
    with left:
        st.caption(
            f"x·W, {embedding} products, sum {printed(line.from_word)}: dimension e of the word's "
            "embedding times its weight."
        )
        _table(line.word_products, "e", "x", "W")
    with right:
        st.caption(
            f"h·U, {units} products, sum {printed(line.from_state)}: hidden state of every unit at "
            "the step before times its weight."
        )
        _table(line.state_products, "unit", "h(t−1)", "U")


def _table(products: tuple[Product, ...], index: str, left: str, right: str) -> None:
    import pandas as pd  # half a second that the other views need not wait for

    rows = [(printed(p.left), printed(p.right), printed(p.result)) for p in products]
    table = pd.DataFrame(rows, columns=[left, right, "product"])
    table.index.name = index
    st.dataframe(table, height=280)


def _buttons(trace: Trace) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Step back", on_click=_move, args=(trace, -1), key="back")
        st.button("Step forward", on_click=_move, args=(trace, 1), key="forward")
        st.toggle("Play", key="playing", help="One step after the other to the end of the review.")


def _move(trace: Trace, by: int) -> None:
    put_step(trace, value_of("step", trace.encoding.maxlen) + by)
