"""The pictures of the live page: running verdict with hidden states, and the strongest words.

They are made as plain dictionaries without Plotly's check of every property: the page draws them at
every keystroke (`tests/unit/test_figures_reading.py` checks them once).
"""

from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go

from lstm_core.figures.axes import Places, short
from lstm_core.figures.colours import INK, NEGATIVE, POSITIVE, rgba
from lstm_core.figures.stack import Stack, compose, own_names
from lstm_core.figures.states import heat_panel, running_panel
from lstm_core.findings import hidden_title
from lstm_core.lstm import Floats
from lstm_core.trace import Trace, turning_places

LINE_HEIGHT, STATES_HEIGHT = 170, 300  # pixels
MOST_BARS = 10
BAR_HEIGHT = 28  # pixels
CIRCLED = "circles mark the words that turned it"


def reading_figure(trace: Trace, *, padding: bool = False, pinned: int | None = None) -> go.Figure:
    """The running verdict over the words and, on the same axis, the hidden state of every unit.

    Args:
        trace: The trace, T places and D units.
        padding: Show the zeros in front too.
        pinned: Place of a word to mark.
    """
    places = Places.of(trace.encoding, padding=padding)
    line = replace(running_panel(trace, places.first, CIRCLED), height=LINE_HEIGHT)
    states = heat_panel(trace, "hidden_state", places.first, hidden_title(trace))
    stack = Stack(
        name="reading",
        labels=places.labels,
        panels=[line, replace(states, height=STATES_HEIGHT)],
        order=range(trace.hidden_state.shape[1]),
        column=None if pinned is None else pinned - places.first,
        edges=[trace.encoding.first_word - places.first],
    )
    data, layout = compose(stack)
    data.append(_turning_marks(trace, places))
    return go.Figure(data=data, layout=layout, _validate=False)


def strongest_words_figure(
    trace: Trace, most: int = MOST_BARS, *, scores: Floats | None = None
) -> go.Figure:
    """The words that speak most for and against, as bars.

    Args:
        trace: The trace.
        most: How many words at most.
        scores: What each place says, ``(T,)``; its contribution when left out.
    """
    scores = trace.contributions if scores is None else scores
    first = trace.encoding.first_word
    words = scores[first:]
    chosen = np.argsort(-np.abs(words), kind="stable")[:most]
    ranked = chosen[np.argsort(words[chosen], kind="stable")] + first
    values = scores[ranked]
    bars = {
        "type": "bar",
        "x": values,
        "y": list(range(len(ranked))),
        "orientation": "h",
        "marker": {"color": [rgba(POSITIVE if v >= 0 else NEGATIVE, 0.9) for v in values]},
        "customdata": [[trace.encoding.words[p][:40], int(p) + 1] for p in ranked],
        "hovertemplate": "%{customdata[0]}, place %{customdata[1]}: %{x:+.4f}<extra></extra>",
    }
    limit = max(float(np.abs(words).max(initial=0.0)) * 1.05, 0.05)
    labels = [short(trace.encoding.words[place]) for place in ranked]
    return go.Figure(data=[bars], layout=_bar_layout(labels, limit, most), _validate=False)


def _bar_layout(labels: list[str], limit: float, most: int) -> dict[str, Any]:
    return {
        "height": BAR_HEIGHT * most + 50,
        "margin": {"l": 120, "r": 8, "t": 4, "b": 46},
        "xaxis": {
            "range": [-limit, limit],
            "zeroline": True,
            "zerolinecolor": INK,
            "showgrid": False,
            "nticks": 5,
            "title": {"text": "against  ←  part of the logit  →  for", "standoff": 6},
            "fixedrange": True,
        },
        "yaxis": {
            "tickvals": list(range(len(labels))),
            "ticktext": labels,
            "range": [len(labels) - most - 0.5, max(len(labels), 1) - 0.5],
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        },
        "bargap": 0.25,
        "showlegend": False,
        "uirevision": "strongest",
    }


def _turning_marks(trace: Trace, places: Places) -> dict[str, Any]:
    """The words that made the verdict take another side, circled and named in the picture."""
    turning = [place for place in turning_places(trace) if place >= places.first]
    names = own_names(places.labels)
    values = [float(trace.probability[place]) for place in turning]
    return {
        "type": "scatter",
        "x": [names[place - places.first] for place in turning],
        "y": values,
        "mode": "markers+text",
        "marker": {
            "size": 15,
            "symbol": "circle-open",
            "line": {"width": 2.5},
            "color": [rgba(POSITIVE if value >= 0.5 else NEGATIVE, 1) for value in values],
        },
        "text": [short(trace.encoding.words[place]) for place in turning],
        "textposition": ["top center" if value < 0.8 else "bottom center" for value in values],
        "textfont": {"size": 13},
        "hoverinfo": "skip",
        "cliponaxis": False,
    }
