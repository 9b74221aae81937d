"""The pictures of the live page: running verdict with hidden states, and the strongest words."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from lstm_core.figures.axes import FONT_SIZE, Places, short
from lstm_core.figures.colours import DIVERGING, FAINT, INK, NEGATIVE, POSITIVE, rgba
from lstm_core.trace import Trace, turning_places

READING_HEIGHT = 560
LINE_PANEL = (0.66, 1.0)  # share of the height: the running verdict above ...
STATE_PANEL = (0.0, 0.60)  # ... the hidden states below, on the same words
MOST_BARS = 10


def reading_figure(trace: Trace, *, padding: bool = False, pinned: int | None = None) -> go.Figure:
    """The running verdict over the words and, on the same axis, the hidden state of every unit.

    Args:
        trace: The trace, T places and D units.
        padding: Show the zeros in front too.
        pinned: Place of a word to mark.
    """
    places = Places.of(trace.encoding, padding=padding)
    layout = _reading_layout(trace, places)
    layout["shapes"] = [_half_line(), *_pin(places, pinned)]
    return go.Figure(
        data=[_running_line(trace, places), _turning_marks(trace, places), _heatmap(trace, places)],
        layout=layout,
    )


def strongest_words_figure(trace: Trace, most: int = MOST_BARS) -> go.Figure:
    """The words that added most to the final logit, for and against, as bars.

    Args:
        trace: The trace.
        most: How many words at most.
    """
    first = trace.encoding.first_word
    words = trace.contributions[first:]
    chosen = np.argsort(-np.abs(words), kind="stable")[:most]
    ranked = chosen[np.argsort(words[chosen], kind="stable")] + first
    values = trace.contributions[ranked]
    bars = go.Bar(
        x=values,
        y=list(range(len(ranked))),
        orientation="h",
        marker={"color": [rgba(POSITIVE if v >= 0 else NEGATIVE, 0.9) for v in values]},
        customdata=[[trace.encoding.words[p][:40], int(p) + 1] for p in ranked],
        hovertemplate="%{customdata[0]}, place %{customdata[1]}: %{x:+.4f}<extra></extra>",
    )
    limit = max(float(np.abs(words).max(initial=0.0)) * 1.05, 0.05)
    labels = [short(trace.encoding.words[place]) for place in ranked]
    return go.Figure(
        data=[bars],
        layout={
            "height": 28 * most + 50,
            "margin": {"l": 8, "r": 8, "t": 4, "b": 36},
            "xaxis": {
                "range": [-limit, limit],
                "zeroline": True,
                "zerolinecolor": INK,
                "showgrid": False,
                "title": {"text": "against ← added to the logit → for", "standoff": 6},
                "fixedrange": True,
            },
            "yaxis": {
                "tickvals": list(range(len(ranked))),
                "ticktext": labels,
                "range": [len(ranked) - most - 0.5, max(len(ranked), 1) - 0.5],
                "automargin": True,
                "showgrid": False,
                "fixedrange": True,
            },
            "bargap": 0.25,
            "showlegend": False,
            "uirevision": "strongest",
        },
    )


def _running_line(trace: Trace, places: Places) -> go.Scatter:
    shown = trace.probability[places.first :]
    return go.Scatter(
        x=places.at,
        y=shown,
        mode="lines+markers",
        line={"color": INK, "width": 2, "shape": "hv"},
        marker={
            "size": 7,
            "color": shown,
            "colorscale": [
                [0, rgba(NEGATIVE, 1)],
                [0.5, "rgb(150,150,150)"],
                [1, rgba(POSITIVE, 1)],
            ],
            "cmin": 0,
            "cmax": 1,
        },
        customdata=list(zip(places.names, trace.contributions[places.first :], strict=True)),
        hovertemplate=(
            "after “%{customdata[0]}”: %{y:.1%} positive, moved by %{customdata[1]:+.3f}"
            "<extra></extra>"
        ),
        name="running verdict",
    )


def _turning_marks(trace: Trace, places: Places) -> go.Scatter:
    """The words that carried the verdict across one half, named in the picture."""
    turning = [place for place in turning_places(trace) if place >= places.first]
    values = trace.probability[turning] if turning else np.empty(0, np.float32)
    return go.Scatter(
        x=[place + 1 for place in turning],
        y=values,
        mode="markers+text",
        marker={
            "size": 15,
            "symbol": "circle-open",
            "line": {"width": 2.5},
            "color": [rgba(POSITIVE if v >= 0.5 else NEGATIVE, 1) for v in values],
        },
        text=[short(trace.encoding.words[place]) for place in turning],
        textposition=["top center" if value < 0.8 else "bottom center" for value in values],
        textfont={"size": 13},
        hoverinfo="skip",
        cliponaxis=False,
    )


def _heatmap(trace: Trace, places: Places) -> go.Heatmap:
    names = places.names
    return go.Heatmap(
        x=places.at,
        y=list(range(trace.hidden_state.shape[1])),
        z=np.ascontiguousarray(trace.hidden_state[places.first :].T),
        customdata=[names] * trace.hidden_state.shape[1],
        colorscale=DIVERGING,
        zmin=-1,
        zmax=1,
        xgap=1,
        ygap=0,
        yaxis="y2",
        hovertemplate="unit %{y} after “%{customdata}”: %{z:.4f}<extra></extra>",
        colorbar={
            "len": STATE_PANEL[1],
            "y": STATE_PANEL[1] / 2,
            "thickness": 10,
            "tickvals": [-1, 0, 1],
            "outlinewidth": 0,
        },
    )


def _reading_layout(trace: Trace, places: Places) -> dict[str, Any]:
    units = trace.hidden_state.shape[1]
    return {
        "height": READING_HEIGHT,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "showlegend": False,
        "uirevision": f"reading-{places.first}",
        "xaxis": {
            "tickvals": places.at,
            "ticktext": places.labels,
            "tickangle": -60,
            "tickfont": {"size": FONT_SIZE},
            "range": [places.first + 0.4, trace.encoding.maxlen + 0.6],
            "showgrid": False,
            "zeroline": False,
            "automargin": True,
            "anchor": "y2",
        },
        "yaxis": {
            "domain": LINE_PANEL,
            "range": [-0.04, 1.04],
            "tickvals": [0, 0.5, 1],
            "ticktext": ["0 %", "50 %", "100 %"],
            "title": {"text": "P(positive) so far", "standoff": 4},
            "gridcolor": FAINT,
            "zeroline": False,
            "fixedrange": True,
        },
        "yaxis2": {
            "domain": STATE_PANEL,
            "range": [units - 0.5, -0.5],
            "title": {"text": "hidden state, unit", "standoff": 4},
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        },
    }


def _half_line() -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": 0.5,
        "y1": 0.5,
        "line": {"color": INK, "width": 1, "dash": "dot"},
        "layer": "below",
    }


def _pin(places: Places, pinned: int | None) -> list[dict[str, Any]]:
    """A frame around the pinned word's column in both panels."""
    if pinned is None or not places.first <= pinned < places.encoding.maxlen:
        return []
    return [
        {
            "type": "rect",
            "xref": "x",
            "yref": "paper",
            "x0": pinned + 0.5,
            "x1": pinned + 1.5,
            "y0": 0,
            "y1": 1,
            "line": {"color": INK, "width": 1.5},
            "fillcolor": FAINT,
            "layer": "below",
        }
    ]
