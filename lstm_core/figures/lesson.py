"""The lesson's pictures: one step of an LSTM with its valves, and a review on its way through.

The step is an SVG made from numbers and this file's own words alone; text and lines take the page's
colour (``currentColor``), so it follows the theme.
"""

from html import escape

import numpy as np
import plotly.graph_objects as go

from lstm_core.figures.axes import FONT_SIZE, Places, plotly_text
from lstm_core.figures.colours import DIVERGING, GATE, NEGATIVE, POSITIVE, rgba
from lstm_core.lesson.gates import Step
from lstm_core.recurrent.lstm import Floats
from lstm_core.recurrent.trace import Trace

WIDTH, HEIGHT = 600, 372
FLOW_LIMIT = 1.0  # value at which a flow has its full width
THINNEST, THICKEST = 2.0, 14.0
MEMORY_Y, VALVE_Y, INPUT_Y = 76, 186, 318
FORGET_X, WRITE_X, OUT_X = 150, 320, 470
VALVE = 17
WALK_HEIGHT = 360


def step_svg(step: Step, x: float | None = None, hidden_before: float | None = None) -> str:
    """One step of one unit: the memory's flow from left to right through three valves.

    Args:
        step: The step.
        x: The input, None when the gates were set by hand.
        hidden_before: h of the step before, None likewise.
    """
    parts = [*_memory(step), *_write(step), *_out(step), *_inputs(x, hidden_before)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(step_in_words(step))}" font-size="17" fill="currentColor">'
        + "".join(parts)
        + "</svg>"
    )


def step_in_words(step: Step) -> str:
    """The picture for those who do not see it."""
    gates = step.gates
    return (
        f"The memory comes in with {step.cell_before:.2f}; the forget gate at "
        f"{gates.forget_gate:.2f} keeps {step.kept:.2f} of it, the input gate at "
        f"{gates.input_gate:.2f} adds {step.written:.2f} of the candidate "
        f"{gates.candidate:.2f}. The memory goes out with {step.cell:.2f}, and the output gate at "
        f"{gates.output_gate:.2f} shows {step.hidden:.2f} of it as the hidden state."
    )


def _memory(step: Step) -> list[str]:
    """The line at the top: c before, the forget valve, plus, c after."""
    y, gate = MEMORY_Y, step.gates.forget_gate
    return [
        _flow(20, y, FORGET_X, y, step.cell_before),
        _flow(FORGET_X, y, WRITE_X, y, step.kept),
        _flow(WRITE_X, y, WIDTH - 20, y, step.cell),
        _valve(FORGET_X, y, gate, flat=True),
        _sum(WRITE_X, y),
        _text(20, y + 34, f"c before {_number(step.cell_before)}", "start"),
        _text(FORGET_X, y - 32, f"forget {gate:.2f}"),
        _text((FORGET_X + WRITE_X) / 2 + 12, y + 34, f"kept {_number(step.kept)}"),
        _text(WIDTH - 20, y - 32, f"c after {_number(step.cell)}", "end"),
        _control(FORGET_X, INPUT_Y, FORGET_X, y + VALVE),
    ]


def _write(step: Step) -> list[str]:
    """The candidate on its way up through the input valve."""
    x, gate = WRITE_X, step.gates.input_gate
    return [
        _flow(x, INPUT_Y, x, VALVE_Y, step.gates.candidate),
        _flow(x, VALVE_Y, x, MEMORY_Y + VALVE, step.written),
        _valve(x, VALVE_Y, gate, flat=False),
        _text(x + 26, VALVE_Y + 6, f"input {gate:.2f}", "start"),
        _text(x + 14, MEMORY_Y + 58, f"written {_number(step.written)}", "start"),
        _text(x + 16, VALVE_Y + 66, "candidate", "start"),
        _text(x + 16, VALVE_Y + 88, _number(step.gates.candidate), "start"),
        _control(x - 70, INPUT_Y, x - 70, VALVE_Y),
        _control(x - 70, VALVE_Y, x - VALVE, VALVE_Y),
    ]


def _out(step: Step) -> list[str]:
    """From the memory through tanh and the output valve to the hidden state."""
    x, y, gate = OUT_X, VALVE_Y, step.gates.output_gate
    return [
        _flow(x, MEMORY_Y, x, y, step.squashed),
        _flow(x, y, x, y + 44, step.hidden),
        _flow(x, y + 44, WIDTH - 20, y + 44, step.hidden),
        _label_box(x, MEMORY_Y + 42, "tanh"),
        _valve(x, y, gate, flat=False),
        _text(x + 26, y + 6, f"output {gate:.2f}", "start"),
        _text(WIDTH - 20, y + 72, f"h after {_number(step.hidden)}", "end"),
        _control(OUT_X - 34, INPUT_Y, OUT_X - 34, y),
        _control(OUT_X - 34, y, OUT_X - VALVE, y),
    ]


def _inputs(x: float | None, hidden_before: float | None) -> list[str]:
    """What steers the valves: x and h before, at the foot."""
    if x is None or hidden_before is None:
        words = "set by hand; in a layer x and h before decide"
    else:
        words = f"x {_number(x)} and h before {_number(hidden_before)} decide"
    return [
        f'<rect x="{FORGET_X - 60}" y="{INPUT_Y}" width="{OUT_X - FORGET_X + 80}" height="38" '
        'rx="8" fill="none" stroke="currentColor" stroke-opacity="0.35"/>',
        _text((FORGET_X + OUT_X) / 2 - 20, INPUT_Y + 25, words),
    ]


def _flow(x0: float, y0: float, x1: float, y1: float, value: float) -> str:
    """A pipe whose width and colour are the value: blue above zero, orange below."""
    share = min(abs(value) / FLOW_LIMIT, 1.0)
    width = THINNEST + share * (THICKEST - THINNEST)
    colour = rgba(POSITIVE if value >= 0 else NEGATIVE, 0.25 + 0.65 * share)
    stroke = "rgba(128, 128, 128, 0.45)" if share < 1e-9 else colour
    return _line(x0, y0, x1, y1, f'stroke="{stroke}" stroke-width="{width:.1f}"')


def _control(x0: float, y0: float, x1: float, y1: float) -> str:
    """A thin dotted line: it steers a valve, nothing flows in it."""
    style = 'stroke="currentColor" stroke-opacity="0.4" stroke-width="1.5" stroke-dasharray="2 4"'
    return _line(x0, y0, x1, y1, style)


def _line(x0: float, y0: float, x1: float, y1: float, style: str) -> str:
    return f'<line x1="{x0:g}" y1="{y0:g}" x2="{x1:g}" y2="{y1:g}" {style}/>'


def _valve(x: float, y: float, gate: float, *, flat: bool) -> str:
    """A round valve, green as it opens; its lever lies along the pipe when open, else across."""
    angle = (0 if flat else 90) + 90 * (1 - gate)
    return (
        f'<circle cx="{x}" cy="{y}" r="{VALVE}" style="fill: var(--lens-paper, #fff)" '
        'stroke="currentColor" stroke-opacity="0.7" stroke-width="1.5"/>'
        f'<circle cx="{x}" cy="{y}" r="{VALVE}" fill="{rgba(GATE, 0.8 * gate)}"/>'
        f'<line x1="{x - VALVE + 3}" y1="{y}" x2="{x + VALVE - 3}" y2="{y}" '
        f'transform="rotate({angle:.1f} {x} {y})" stroke="currentColor" stroke-width="4" '
        'stroke-linecap="round"/>'
    )


def _sum(x: float, y: float) -> str:
    return (
        f'<circle cx="{x}" cy="{y}" r="{VALVE}" style="fill: var(--lens-paper, #fff)" '
        'stroke="currentColor" stroke-opacity="0.7" stroke-width="1.5"/>'
        f"{_line(x - 8, y, x + 8, y, PLUS)}{_line(x, y - 8, x, y + 8, PLUS)}"
    )


PLUS = 'stroke="currentColor" stroke-width="2.5" stroke-linecap="round"'


def _label_box(x: float, y: float, words: str) -> str:
    return (
        f'<rect x="{x - 28}" y="{y - 14}" width="56" height="28" rx="6" '
        'style="fill: var(--lens-paper, #fff)" stroke="currentColor" stroke-opacity="0.7" '
        f'stroke-width="1.5"/>{_text(x, y + 6, words)}'
    )


def _text(x: float, y: float, words: str, anchor: str = "middle") -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(words)}</text>'


def _number(value: float) -> str:
    return f"{value + 0.0:.2f}".replace("-0.00", "0.00").replace("-", "−")


def matrix_figure(trace: Trace, values: Floats, name: str, limit: float) -> go.Figure:
    """A review as a matrix, its words from left to right: vectors ``(T, E)`` or states ``(T, D)``.

    Args:
        trace: The review's trace, for the words.
        values: One row a place.
        name: What a row of the picture is, for the axis and the hover text.
        limit: The value at which the colour is full.
    """
    places = Places.of(trace.encoding, padding=True)
    heatmap = go.Heatmap(
        x=places.at,
        z=np.ascontiguousarray(values.T, dtype=np.float32),
        colorscale=DIVERGING,
        zmin=-limit,
        zmax=limit,
        colorbar={"thickness": 10, "outlinewidth": 0},
        hovertemplate=f"{name} %{{y}}, place %{{x}}: %{{z:.4f}}<extra></extra>",
    )
    return go.Figure(
        data=[heatmap],
        layout={
            "height": WALK_HEIGHT,
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "uirevision": f"walk-{name}",
            "xaxis": {
                "tickvals": places.at,
                "ticktext": [plotly_text(label) for label in places.labels],
                "tickangle": -60,
                "tickfont": {"size": FONT_SIZE},
                "showgrid": False,
                "zeroline": False,
                "automargin": True,
                "fixedrange": True,
            },
            "yaxis": {
                "title": {"text": name, "standoff": 4},
                "range": [values.shape[1] - 0.5, -0.5],
                "showgrid": False,
                "zeroline": False,
                "fixedrange": True,
            },
        },
    )


def logit_figure(trace: Trace) -> go.Figure:
    """How the last layer adds up: every unit's last hidden state times its weight, as bars."""
    parts = trace.hidden_state[-1] * trace.output_weights  # (D,)
    bars = go.Bar(
        x=list(range(len(parts))),
        y=parts,
        marker={"color": [rgba(POSITIVE if part >= 0 else NEGATIVE, 0.9) for part in parts]},
        customdata=np.stack([trace.hidden_state[-1], trace.output_weights], axis=1),
        hovertemplate=(
            "unit %{x}: %{customdata[0]:.4f} × %{customdata[1]:.4f} = %{y:+.4f}<extra></extra>"
        ),
    )
    return go.Figure(
        data=[bars],
        layout={
            "height": WALK_HEIGHT,
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "uirevision": "walk-logit",
            "xaxis": {"title": {"text": "unit"}, "showgrid": False, "fixedrange": True},
            "yaxis": {
                "title": {"text": "added to the logit"},
                "zeroline": True,
                "fixedrange": True,
            },
            "showlegend": False,
        },
    )
