"""The picture of a scored file: how its probabilities are spread."""

import plotly.graph_objects as go

from lstm_core.analysis.captions import plural
from lstm_core.analysis.formatting import percent
from lstm_core.analysis.prediction import Label
from lstm_core.figures.axes import percent_ticks
from lstm_core.figures.colours import FAINT, side_colour
from lstm_core.scoring.summary import BINS, Summary

HEIGHT = 300


def distribution_title(summary: Summary) -> str:
    """What the distribution of a file's probabilities shows."""
    if not summary.rows:
        return "The file has no row to score, only a first line that names its columns"
    if not summary.scored:
        return "No row could be scored"
    positive = summary.leanings[Label.POSITIVE]
    negative = summary.leanings[Label.NEGATIVE]
    reviews = plural(summary.scored, "review")
    if max(positive, negative) == 0:
        return f"None of the {reviews} is predicted positive or negative"
    more, less = ("positive", "negative") if positive >= negative else ("negative", "positive")
    first, second = max(positive, negative), min(positive, negative)
    return (
        f"{_share(first, summary.scored)} of {reviews} predicted {more}, "
        f"{_share(second, summary.scored)} {less}"
    )


def distribution_figure(summary: Summary) -> go.Figure:
    """How many reviews got which probability, in bars of a twentieth."""
    middles = [(number + 0.5) / BINS for number in range(BINS)]
    edges = [
        f"{percent(number / BINS)} to {percent((number + 1) / BINS)}" for number in range(BINS)
    ]
    return go.Figure(
        data=[
            go.Bar(
                x=middles,
                y=list(summary.bins),
                width=[0.92 / BINS] * BINS,
                marker={"color": [side_colour(middle) for middle in middles]},
                customdata=edges,
                hovertemplate="%{y:,} reviews at %{customdata}<extra></extra>",
            )
        ],
        layout={
            "height": HEIGHT,
            "margin": {"l": 8, "r": 24, "t": 8, "b": 40},
            "showlegend": False,
            "uirevision": "distribution",
            "xaxis": {
                "title": {"text": "P(positive)"},
                **percent_ticks(),
                "range": [-0.01, 1.01],
                "fixedrange": True,
                "zeroline": False,
                "showgrid": False,
            },
            "yaxis": {
                "title": {"text": "reviews"},
                "fixedrange": True,
                "gridcolor": FAINT,
                "zeroline": False,
                "rangemode": "tozero",
                "tickformat": ",d",
                **({"dtick": 1} if max(summary.bins) <= 5 else {"nticks": 5}),
            },
        },
    )


def _share(part: int, whole: int) -> str:
    """A share, never rounded to all or nothing."""
    return percent(part / whole)
