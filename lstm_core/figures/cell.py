"""The LSTM cell diagram: one step of one unit, with its real numbers.

An SVG made of numbers and this file's own words; text and lines take the page's colour
(``currentColor``), so it follows the theme. Every drawing has the same elements in the same order:
the browser changes their attributes in place, which it can animate. A group with ``data-part`` can
be clicked.
"""

from decimal import Decimal
from html import escape

from lstm_core.analysis.step_breakdown import CellStep, printed
from lstm_core.figures.colours import GATE, NEGATIVE, POSITIVE, rgba

WIDTH, HEIGHT = 800, 404
THICKEST = 18.0  # width of a line whose value is the limit
MEMORY_Y, GATE_Y, TANH_Y, INPUT_Y = 88, 222, 148, 350
FORGET_X, WRITE_X, OUT_X = 200, 415, 625
RADIUS = 19
TAIL = 3  # decimals in full ink; the others are fainter

PARTS = {  # symbol as in the article, name; the keys stand in links
    "x": ("xₜ, hₜ₋₁", "inputs"),
    "f": ("fₜ", "forget gate"),
    "i": ("iₜ", "input gate"),
    "g": ("c̃ₜ", "candidate"),
    "c": ("cₜ", "cell state"),
    "tanh": ("tanh", "of the cell state"),
    "o": ("oₜ", "output gate"),
    "h": ("hₜ", "hidden state"),
}


def cell_svg(step: CellStep, *, part: str = "", limit: float = 1.0, inputs: str = "") -> str:
    """The diagram of a step.

    Args:
        step: The step.
        part: The chosen part, a key of `PARTS`; empty for none.
        limit: Absolute value that is drawn with the thickest line.
        inputs: What stands in the box of the inputs.
    """
    draw = _Cell(step, part, limit)
    groups = [
        draw.controls(),
        draw.cell_state(),
        draw.candidate(),
        draw.gate("f", FORGET_X, MEMORY_Y, flat=True),
        draw.gate("i", WRITE_X, GATE_Y),
        draw.squash(),
        draw.gate("o", OUT_X, GATE_Y),
        draw.hidden(),
        draw.inputs(inputs),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(step_in_words(step))}" fill="currentColor">{"".join(groups)}</svg>'
    )


def step_in_words(step: CellStep) -> str:
    """The diagram as a sentence."""
    i, f, g, o = (printed(line.value) for line in step.gates)
    return (
        f"Cell state before: {printed(step.cell_before)}. The forget gate, {f}, keeps "
        f"{printed(step.keep.result)} of it; the input gate, {i}, adds "
        f"{printed(step.write.result)} of the candidate {g}. Cell state after: "
        f"{printed(step.cell)}. The output gate, {o}, gives the hidden state "
        f"{printed(step.hidden.result)}."
    )


class _Cell:
    """Draws the parts of one step; y grows downwards."""

    def __init__(self, step: CellStep, part: str, limit: float) -> None:
        self.step = step
        self.part = part
        self.limit = max(limit, 1e-9)

    def cell_state(self) -> str:
        """The line at the top: c before, what is kept of it, plus, c after."""
        step, y = self.step, MEMORY_Y
        plus = 'stroke="currentColor" stroke-width="2.5" stroke-linecap="round"'
        return self._group(
            "c",
            self._flow(10, y, FORGET_X, y, step.cell_before),
            self._flow(FORGET_X, y, WRITE_X, y, step.keep.result),
            self._flow(WRITE_X, y, WIDTH - 10, y, step.cell),
            _circle(WRITE_X, y),
            _line(WRITE_X - 9, y, WRITE_X + 9, y, plus),
            _line(WRITE_X, y - 9, WRITE_X, y + 9, plus),
            _label(10, y + 48, "cell state before", "cₜ₋₁", step.cell_before, "start"),
            _label(306, y + 48, "kept", "fₜ·cₜ₋₁", step.keep.result),
            _label(WIDTH - 10, y - 26, "cell state", "cₜ", step.cell, "end"),
        )

    def candidate(self) -> str:
        """The candidate on its way up through the input gate."""
        step, x = self.step, WRITE_X
        return self._group(
            "g",
            self._flow(x, INPUT_Y, x, GATE_Y, step.gate("g").value),
            self._flow(x, GATE_Y, x, MEMORY_Y + RADIUS, step.write.result),
            _label(x + 18, GATE_Y - 48, "added", "iₜ·c̃ₜ", step.write.result, "start"),
            _label(x + 18, GATE_Y + 78, "candidate", "c̃ₜ", step.gate("g").value, "start"),
        )

    def squash(self) -> str:
        """From the cell state down through tanh to the output gate."""
        step, x = self.step, OUT_X
        return self._group(
            "tanh",
            self._flow(x, MEMORY_Y, x, TANH_Y, step.cell),
            self._flow(x, TANH_Y, x, GATE_Y, step.squashed),
            f'<rect x="{x - 30}" y="{TANH_Y - 15}" width="60" height="30" rx="7" {PAPER}/>',
            f'<text x="{x}" y="{TANH_Y + 6}" text-anchor="middle">tanh</text>',
            _label(x + 40, TANH_Y + 6, "", "", step.squashed, "start"),
        )

    def hidden(self) -> str:
        """The hidden state, after the output gate."""
        y, value = GATE_Y + 52, self.step.hidden.result
        return self._group(
            "h",
            self._flow(OUT_X, GATE_Y + RADIUS, OUT_X, y, value),
            self._flow(OUT_X, y, WIDTH - 10, y, value),
            _label(WIDTH - 10, y + 56, "hidden state", "hₜ", value, "end"),
        )

    def gate(self, symbol: str, x: float, y: float, *, flat: bool = False) -> str:
        """A gate, greener as it opens; its bar lies along the line when open, across when closed.

        Args:
            symbol: "i", "f" or "o".
            x: Its centre.
            y: Its centre.
            flat: Whether the line through it is horizontal.
        """
        value = self.step.gate(symbol).value
        angle = (0 if flat else 90) + 90 * (1 - float(value))
        sign, name = PARTS[symbol]
        at = (x, y - 28, "middle") if flat else (x + 28, y + 14, "start")
        return self._group(
            symbol,
            _circle(x, y),
            f'<circle cx="{x}" cy="{y}" r="{RADIUS}" fill="{rgba(GATE, 0.8 * float(value))}"/>',
            f'<line x1="{x - RADIUS + 3}" y1="{y}" x2="{x + RADIUS - 3}" y2="{y}" class="bar" '
            f'style="transform: rotate({angle:.1f}deg); transform-origin: {x}px {y}px"/>',
            _label(at[0], at[1], name, sign, value, at[2]),
        )

    def inputs(self, words: str) -> str:
        """The box at the foot: what decides over the gates and the candidate."""
        left, right = 10, WIDTH - 10  # a long word fits, in the large letters of a phone too
        return self._group(
            "x",
            f'<rect x="{left}" y="{INPUT_Y}" width="{right - left}" height="44" rx="9" {PAPER}/>',
            f'<text x="{(left + right) / 2:g}" y="{INPUT_Y + 29}" text-anchor="middle">'
            f"{escape(words)}</text>",
        )

    def controls(self) -> str:
        """Dotted lines from the inputs to the gates: they set a gate, no value flows in them."""
        style = 'class="control"'
        lines = [_line(FORGET_X, INPUT_Y, FORGET_X, MEMORY_Y + RADIUS, style)]
        for x in (WRITE_X - 60, OUT_X - 60):
            lines.append(_line(x, INPUT_Y, x, GATE_Y, style))
            lines.append(_line(x, GATE_Y, x + 60 - RADIUS, GATE_Y, style))
        return "".join(lines)

    def _group(self, part: str, *shapes: str) -> str:
        chosen = " chosen" if part == self.part else ""
        sign, name = PARTS[part]
        return (
            f'<g class="part{chosen}" data-part="{part}"><title>{name} {sign}</title>'
            f"{''.join(shapes)}</g>"
        )

    def _flow(self, x0: float, y0: float, x1: float, y1: float, value: Decimal) -> str:
        """A line whose width is proportional to the value: blue above zero, orange below."""
        share = min(abs(float(value)) / self.limit, 1.0)
        colour = rgba(POSITIVE if value >= 0 else NEGATIVE, 0.35 + 0.6 * share)
        thin = "rgba(128, 128, 128, 0.6)"
        style = (
            f'class="flow" style="stroke: {colour if share > 0.002 else thin}; '
            f'stroke-width: {max(THICKEST * share, 1):.2f}px"'
        )
        still = "" if share > 0.002 else " still"
        moving = _line(x0, y0, x1, y1, f'class="moving{still}"')
        return _line(x0, y0, x1, y1, style) + moving


PAPER = 'class="paper"'


def _label(x: float, y: float, name: str, sign: str, value: Decimal, anchor: str = "middle") -> str:
    """A number with its symbol, under its name."""
    text = printed(value)
    cut = text.find(".") + 1 + TAIL
    above = f'<text class="name" x="{x:g}" y="{y - 18:g}" text-anchor="{anchor}">{name}</text>'
    return (
        f'{above}<text x="{x:g}" y="{y:g}" text-anchor="{anchor}">{sign} '
        f'<tspan class="number">{text[:cut]}</tspan><tspan class="tail">{text[cut:]}</tspan></text>'
    )


def _circle(x: float, y: float) -> str:
    return f'<circle cx="{x}" cy="{y}" r="{RADIUS}" {PAPER}/>'


def _line(x0: float, y0: float, x1: float, y1: float, style: str) -> str:
    return f'<line x1="{x0:g}" y1="{y0:g}" x2="{x1:g}" y2="{y1:g}" {style}/>'
