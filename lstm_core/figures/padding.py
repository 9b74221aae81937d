"""The verdict of one review as the number of zeros in front of it changes."""

from typing import Any

from lstm_core.analysis.formatting import p_positive
from lstm_core.figures.axes import logit_axis, logit_of
from lstm_core.figures.colours import FAINT, INK, side_colour
from lstm_core.figures.parts import Parts
from lstm_core.recurrent.padding import PaddingEffect


def zeros_figure(effect: PaddingEffect) -> Parts:
    """P(positive), on a logit axis, over the number of zeros; the review's own number is marked."""
    now = float(effect.probabilities[effect.zeros])
    data: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "lines",
            "y": logit_of(effect.probabilities),
            "line": {"color": INK, "width": 2},
            "text": [p_positive(float(value)) for value in effect.probabilities],
            "hovertemplate": "%{x} zeros: %{text}<extra></extra>",
        },
        {
            "type": "scatter",
            "mode": "markers",
            "x": [effect.zeros],
            "y": [float(logit_of(now))],
            "marker": {"size": 12, "color": side_colour(now)},
            "text": [p_positive(now)],
            "hovertemplate": "as read, %{x} zeros: %{text}<extra></extra>",
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
            **logit_axis(),
            "gridcolor": FAINT,
            "zeroline": False,
            "automargin": False,
        },
    }
    return Parts(data, layout)
