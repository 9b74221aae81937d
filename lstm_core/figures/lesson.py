"""The lesson's pictures: a review on its way through the model."""

import numpy as np
import plotly.graph_objects as go

from lstm_core.figures.axes import FONT_SIZE, Places, plotly_text
from lstm_core.figures.colours import DIVERGING, NEGATIVE, POSITIVE, rgba
from lstm_core.recurrent.lstm import Floats
from lstm_core.recurrent.trace import Trace

WALK_HEIGHT = 360


def matrix_figure(trace: Trace, values: Floats, name: str, limit: float) -> go.Figure:
    """A review as a matrix, its words from left to right: vectors ``(T, E)`` or states ``(T, D)``.

    Args:
        trace: The review's trace, for the words.
        values: One row per place.
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
