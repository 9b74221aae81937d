"""Dot plots: shares with their intervals, one row each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from lstm_core.analysis.formatting import fixed_percent
from lstm_core.figures.axes import logit_axis, logit_of, percent_ticks, plotly_text
from lstm_core.figures.colours import FAINT, HIGHLIGHT, INK, rgba, side_colour
from lstm_core.figures.parts import Parts
from lstm_core.metrics import Interval

ROW_HEIGHT = 34
NAME = 18  # pixels of one more line of text
NEAR = 0.15  # of the axis: a number above a point as near as this would cross the line
PER_CENT = {**percent_ticks(), "fixedrange": True, "zeroline": False, "gridcolor": FAINT}


@dataclass(frozen=True, slots=True)
class Dot:
    """One row of a dot plot: a name, a share with its interval, and what a hover adds."""

    name: str
    share: Interval
    hover: str = ""
    strong: bool = True


def dots_figure(
    dots: Sequence[Dot],
    *,
    overall: float | None = None,
    overall_name: str = "",
    title: str = "",
    key: str,
    low: float = 0.0,
    form: Callable[[float], str] = fixed_percent,
    logit: bool = False,
) -> Parts:
    """Shares with their intervals, one row each, the first on top; a dashed line marks all.

    Args:
        dots: The rows.
        overall: Where the line stands, None for none.
        overall_name: What is written on top of the line.
        title: What the axis measures.
        key: Names the picture for the browser.
        low: Where the axis begins at most; it begins lower when an interval does.
        form: How the shares are written.
        logit: Draw P(positive) without intervals on a logit axis, in the prediction's colour;
            the strong ones filled, the others as circles.
    """
    rows = list(range(len(dots)))
    values = [dot.share.value for dot in dots]
    left = min([low, *(dot.share.low - 0.02 for dot in dots)])
    axis: dict[str, Any] = {**PER_CENT, **percent_ticks(left), "range": [left, 1.0]}
    if logit:
        axis = {**PER_CENT, **logit_axis()}
        overall = None if overall is None else float(logit_of(overall))
    right = overall is not None and overall > sum(axis["range"]) / 2
    x: list[float] = logit_of(values).tolist() if logit else values
    return Parts(
        data=[
            {
                "type": "scatter",
                "x": x,
                "y": rows,
                "mode": "markers+text",
                "text": [form(dot.share.value) for dot in dots],
                "textposition": _beside(x, overall, axis["range"]),
                "textfont": {"size": 11},
                "cliponaxis": False,
                "marker": {
                    "size": 10,
                    "color": [_dot_colour(dot, logit=logit) for dot in dots],
                    "symbol": [_dot_symbol(dot, logit=logit) for dot in dots],
                },
                "error_x": None if logit else whiskers([dot.share for dot in dots]),
                "customdata": [
                    [
                        plotly_text(dot.name),
                        f"{form(dot.share.low)} to {form(dot.share.high)}",
                        plotly_text(dot.hover),
                    ]
                    for dot in dots
                ],
                "hovertemplate": (
                    "%{customdata[0]}: %{text} (%{customdata[1]})<br>%{customdata[2]}"
                    "<extra></extra>"
                ),
            }
        ],
        layout={
            "height": ROW_HEIGHT * len(dots) + 66 + NAME * bool(overall_name) + NAME * bool(title),
            "margin": {
                "l": 8,
                "r": 16,
                "t": 12 + NAME * bool(overall_name),
                "b": 36 + NAME * bool(title),
            },
            "showlegend": False,
            "uirevision": key,
            "shapes": [] if overall is None else [_upright(overall)],
            "annotations": [_on_top(overall, overall_name, right=right)] if overall_name else [],
            "xaxis": {**axis, "title": {"text": title, "standoff": 6}} if title else axis,
            "yaxis": {
                "tickvals": rows,
                "ticktext": [plotly_text(dot.name) for dot in dots],
                "range": [len(dots) - 0.4, -0.75],
                "automargin": True,
                "showgrid": False,
                "zeroline": False,
                "fixedrange": True,
            },
        },
    )


def _dot_colour(dot: Dot, *, logit: bool) -> str:
    if logit:
        return side_colour(dot.share.value)
    return rgba(HIGHLIGHT, 1.0) if dot.strong else INK


def _dot_symbol(dot: Dot, *, logit: bool) -> str:
    return "circle-open" if logit and not dot.strong else "circle"


def _beside(x: Sequence[float], line: float | None, ends: Sequence[float]) -> list[str]:
    """Where each number stands: above its point, but not across the line."""
    if line is None:
        return ["top center"] * len(x)
    near = NEAR * (ends[1] - ends[0])
    side = {True: "top left", False: "top right"}
    return ["top center" if abs(at - line) > near else side[at < line] for at in x]


def _on_top(x: float | None, name: str, *, right: bool) -> dict[str, Any]:
    """The name of the line; on the right half it ends there, away from the toolbar."""
    return {
        "text": plotly_text(name),
        "x": x,
        "y": 1,
        "yref": "paper",
        "xanchor": "right" if right else "left",
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": 11},
    }


def _upright(x: float) -> dict[str, Any]:
    return {
        "type": "line",
        "yref": "paper",
        "x0": x,
        "x1": x,
        "y0": 0,
        "y1": 1,
        "line": {"color": INK, "width": 1, "dash": "dash"},
        "layer": "below",
    }


def whiskers(shares: Sequence[Interval]) -> dict[str, Any]:
    """Error bars of the intervals, as Plotly takes them."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [share.high - share.value for share in shares],
        "arrayminus": [share.value - share.low for share in shares],
        "color": INK,
        "thickness": 1.5,
        "width": 4,
    }
