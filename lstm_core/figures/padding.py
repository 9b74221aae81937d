"""The verdict of one review as the number of zeros in front of it changes."""

from typing import Any

import plotly.graph_objects as go

from lstm_core.figures.colours import FAINT, INK, POSITIVE, rgba
from lstm_core.recurrent.padding import PaddingEffect


def zeros_figure(effect: PaddingEffect) -> go.Figure:
    """P(positive) over the number of zeros, the review's own number marked."""
    now = float(effect.probabilities[effect.zeros])
    data: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "lines",
            "y": effect.probabilities,
            "line": {"color": INK, "width": 2},
            "hovertemplate": "%{x} zeros: %{y:.2%} positive<extra></extra>",
        },
        {
            "type": "scatter",
            "mode": "markers",
            "x": [effect.zeros],
            "y": [now],
            "marker": {"size": 12, "color": rgba(POSITIVE, 1)},
            "hovertemplate": "as read, %{x} zeros: %{y:.2%} positive<extra></extra>",
        },
    ]
    layout = {
        "height": 260,
        "margin": {"l": 48, "r": 8, "t": 34, "b": 48},
        "showlegend": False,
        "dragmode": False,
        "uirevision": "zeros",
        "xaxis": {
            "title": {"text": "zeros in front of the same words"},
            "showgrid": False,
            "zeroline": False,
            "automargin": False,
        },
        "yaxis": {
            "range": [-0.03, 1.03],
            "tickvals": [0, 0.5, 1],
            "tickformat": ".0%",
            "gridcolor": FAINT,
            "zeroline": False,
            "automargin": False,
        },
    }
    return go.Figure(data=data, layout=layout, _validate=False)
