"""The interactive LSTM cell: diagram, what the chosen part computes, the equations below.

One implementation for a step of a review (States) and for numbers set by hand (Lesson).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from typing import Any

import streamlit as st

from lstm_core.analysis.formatting import percent
from lstm_core.analysis.step_breakdown import (
    SYMBOLS,
    CellStep,
    GateLine,
    Product,
    printed,
)
from lstm_core.figures.cell import PARTS, cell_svg
from lstm_core.figures.cell_parts import bracket, function_svg, products_table, sum_table
from lstm_core.lesson.content import text_block
from pages.parts.common.link import linked_choice
from pages.parts.components.cell import Drawing, Moves, show_cell

FIRST_PART = "c"
OLD_PARTS = {  # labels and keys of older links
    "none": FIRST_PART,
    "Input gate i": "i",
    "Forget gate f": "f",
    "Candidate c̃": "g",
    "Candidate g": "g",
    "Output gate o": "o",
}
CLOSED, OPEN = 0.1, 0.9  # a gate below, above


@dataclass(frozen=True, slots=True)
class CellTexts:
    """What the diagram says beside its numbers.

    Attributes:
        box: In the box of the inputs.
        inputs: How many numbers the input has, in words.
        units: How many units the hidden state has, in words.
        weight: End of the sentence on the hidden state: its output weight.
    """

    box: str
    inputs: str = "one number"
    units: str = "this unit"
    weight: str = ""


@dataclass(frozen=True, slots=True)
class DrawnCell:
    """A step of one unit as the diagram shows it.

    Attributes:
        step: The step.
        texts: The words in it.
        limit: Absolute value that has the thickest line.
    """

    step: CellStep
    texts: CellTexts
    limit: float = 1.0

    def drawing(self, part: str) -> Drawing:
        """Diagram, what the chosen part computes, and equations."""
        return {
            "svg": cell_svg(self.step, part=part, limit=self.limit, inputs=self.texts.box),
            "detail": detail_html(self.step, part, self.texts),
            "equations": equations_html(self.step),
        }


def draw_cell(
    cell: DrawnCell,
    *,
    key: str,
    parameter: str,
    moves: Moves | None = None,
    near: Mapping[str, DrawnCell] | None = None,
) -> None:
    """Draw a step; a click on a part, or the row of buttons, explains that part.

    Args:
        cell: The step.
        key: Key of the component.
        parameter: Session key and name in the address of the chosen part.
        moves: Where the arrow keys lead; they do nothing when left out.
        near: The cells to which they lead from here, by the name of the key.
    """
    names = {name: f"{sign} {words}" for name, (sign, words) in PARTS.items()}
    part = linked_choice(
        st.segmented_control,
        "Explain",
        names,
        key=parameter,
        default=FIRST_PART,
        aliases=OLD_PARTS,
        wrap=True,
    )

    def choose(chosen: str) -> None:
        if chosen in PARTS:
            st.session_state[parameter] = chosen

    show_cell(
        cell.drawing(part),
        {arrow: one.drawing(part) for arrow, one in (near or {}).items()},
        key=key,
        on_part=choose,
        moves=moves,
    )


def detail_html(step: CellStep, part: str, texts: CellTexts) -> str:
    """What a part is: formula, two sentences, its function and, for a gate, its sum."""
    sign, name = PARTS[part]
    pieces = [f"<h3>{sign} {name}</h3>", f'<p class="formula">{FORMULAS[part]}</p>']
    pieces.append(f"<p>{escape(_sentences(step, part, texts))}</p>")
    if part in SYMBOLS:
        pieces.append(_gate_detail(step.gate(part)))
    if part == "c":
        pieces.append(f'<p class="formula">{_sum_of_cell(step)}</p>')
    pieces.append(function_svg(step, part))
    return "".join(pieces)


def _sentences(step: CellStep, part: str, texts: CellTexts) -> str:
    state = {one: _state_of(float(step.gate(one).value)) for one in "ifo"}.get(part, "")
    blanks: dict[str, Any] = {
        "inputs": texts.inputs,
        "units": texts.units,
        "weight": texts.weight,
        "state": state,
        "before": printed(step.cell_before),
        "kept": printed(step.keep.result),
        "candidate": printed(step.gate("g").value),
        "added": printed(step.write.result),
        "cell": printed(step.cell),
        "squashed": printed(step.squashed),
        "hidden": printed(step.hidden.result),
    }
    return " ".join(text_block("cell", part, blanks).split())


def _state_of(gate: float) -> str:
    name = "closed" if gate < CLOSED else "open" if gate > OPEN else "partly open"
    return f"{name} ({percent(gate)})"


def _gate_detail(line: GateLine) -> str:
    """The pre-activation as bars, and every product behind it in a fold."""
    if line.sum is None:
        return "<p>Set by hand: no inputs decide.</p>"
    at = _sub("c" if line.symbol == "g" else line.symbol)
    words, states = f"W{at}", f"U{at}"
    table = sum_table(line.sum, words, states)
    count = len(line.sum.word_products) + len(line.sum.state_products)
    if count <= 4:
        return table
    return (
        f"{table}<details><summary>All {count} products</summary>"
        '<div class="products" role="group" aria-label="All products" tabindex="0">'
        f"{products_table(line.sum.word_products, 'number', 'x', words)}"
        f"{products_table(line.sum.state_products, 'unit', f'h{BEFORE}', states)}</div></details>"
    )


def equations_html(step: CellStep) -> str:
    """The step as lines of name, equation and numbers; all text is the app's own."""
    lines = [_gate_html(line) for line in step.gates]
    o = step.gate("o")
    keep = f"f{NOW} · c{BEFORE} = {_times(step.keep)} = {printed(step.keep.result)}"
    write = f"i{NOW} · c̃{NOW} = {_times(step.write)} = {printed(step.write.result)}"
    total = _plus(step.keep.result, step.write.result)
    lines.append(
        _line("c", [keep, write, f"c{NOW} = {total} = <b>{printed(step.cell)}</b>"]),
    )
    squashed = f"tanh({printed(step.cell)}) = {printed(step.squashed)}"
    shown = f"{printed(o.value)} · {bracket(step.squashed)} = <b>{printed(step.hidden.result)}</b>"
    lines.append(_line("h", [squashed, f"h{NOW} = {shown}"]))
    return f'<div class="lens-equations">{"".join(lines)}</div>'


def _gate_html(line: GateLine) -> str:
    sign = PARTS[line.symbol][0]
    if line.sum is None:
        return _line(line.symbol, [f"{sign} = <b>{printed(line.value)}</b>, set by hand"])
    squash = "tanh" if line.symbol == "g" else "σ"
    found = line.sum
    total = _plus(found.from_word, found.from_state, found.bias)
    return _line(
        line.symbol,
        [
            f"z = {total} = {printed(found.z)}",
            f"{sign} = {squash}({printed(found.z)}) = <b>{printed(line.value)}</b>",
        ],
    )


def _line(part: str, numbers: list[str]) -> str:
    rows = "".join(f"<div>{row}</div>" for row in numbers)
    name = PARTS[part][1]
    return (
        f'<div class="step" data-part="{part}"><div class="name">{name[:1].upper()}{name[1:]}'
        f'<span>{FORMULAS[part]}</span></div><div class="numbers">{rows}</div></div>'
    )


def _sum_of_cell(step: CellStep) -> str:
    total = _plus(step.keep.result, step.write.result)
    return f"c{NOW} = {total} = {printed(step.cell)}"


def _plus(*parts: Decimal) -> str:
    return " + ".join(bracket(part) if at else printed(part) for at, part in enumerate(parts))


def _times(product: Product) -> str:
    return f"{printed(product.left)} · {bracket(product.right)}"


def _sub(index: str) -> str:
    return f"<sub>{index}</sub>"


NOW, BEFORE = _sub("t"), _sub("t−1")


def _gate_formula(symbol: str) -> str:
    squash, at = ("tanh", "c") if symbol == "g" else ("σ", symbol)
    total = f"W{_sub(at)}x{NOW} + U{_sub(at)}h{BEFORE} + b{_sub(at)}"
    return f"{PARTS[symbol][0]} = {squash}({total})"


FORMULAS = {
    **{symbol: _gate_formula(symbol) for symbol in SYMBOLS},
    "x": f"z = W x{NOW} + U h{BEFORE} + b",
    "c": f"c{NOW} = f{NOW} ⊙ c{BEFORE} + i{NOW} ⊙ c̃{NOW}",
    "tanh": f"tanh(c{NOW})",
    "h": f"h{NOW} = o{NOW} ⊙ tanh(c{NOW})",
}
