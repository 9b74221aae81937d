"""The pictures of a training: loss and accuracy while it runs, runs over each other, its insides.

The axis of every picture of a training is epochs, so that runs of other batch sizes lie over each
other. Figures are made without Plotly's check of every property (a test does it once).

Symbols: N steps, V measurements on the validation part, E epochs, L layers, T places.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from lstm_core.analysis.formatting import fixed_percent
from lstm_core.analysis.formatting import number as decimal
from lstm_core.figures.axes import FONT_SIZE, percent_ticks, round_values
from lstm_core.figures.colours import FAINT, HIGHLIGHT, INK, SERIES, rgba
from lstm_core.figures.parts import Parts
from lstm_core.recurrent.lstm import Floats

LEAST_SHARE = 0.05  # at the top of an axis of shares
SMOOTH = 12  # a line is the mean of so many neighbours, where there are many more
COLOURS = SERIES[:4]
DASHES = ("solid", "dash", "dot", "dashdot")
HEIGHT = 380
LOSS_DOMAIN, ACCURACY_DOMAIN = (0.54, 1.0), (0.0, 0.46)


@dataclass(frozen=True, eq=False)
class RunCurve:
    """How one run went.

    Attributes:
        name: What it is called.
        epochs: Where each step stands, in epochs, rising, ``(N,)``.
        loss: Of each step's batch, ``(N,)``.
        accuracy: Of each step's batch, ``(N,)``.
        measured_at: Where the validation part was measured, in epochs, ``(V,)``.
        measured_loss: Its loss, ``(V,)``.
        measured_accuracy: Its accuracy, ``(V,)``.
        measured_on: Which reviews these are.
    """

    name: str
    epochs: Floats
    loss: Floats
    accuracy: Floats
    measured_at: Floats
    measured_loss: Floats
    measured_accuracy: Floats
    measured_on: str = "validation"


def curves_figure(curves: Sequence[RunCurve], epochs: float, *, mark: float | None = None) -> Parts:
    """Loss above, accuracy below: lines of the batches, points of the validation part.

    Args:
        curves: One run, or several over each other.
        epochs: Where the axis ends, so that nothing jumps while a run goes on.
        mark: A moment to mark with a vertical line, in epochs.
    """
    data: list[dict[str, Any]] = []
    for number, curve in enumerate(curves):
        data += _lines(curve, number, len(curves) > 1)
    layout = _curve_layout(epochs, len(curves) > 1)
    layout["yaxis"]["range"] = [0, _loss_top(curves)]
    bottom = _accuracy_bottom(curves)
    layout["yaxis2"] |= {"range": [bottom, 1.01], **percent_ticks(bottom, 1.0, 5)}
    if mark is not None:
        layout["shapes"].append(_mark(mark))
    return Parts(data, layout)


def smoothed(values: Floats, width: int = SMOOTH) -> Floats:
    """Running mean over the last `width` values, fewer at the beginning; gaps stay out of it."""
    known = np.isfinite(values)
    sums = np.cumsum(np.where(known, values, 0.0), dtype=np.float64)
    counts = np.cumsum(known)
    before = np.maximum(np.arange(len(values)) - width, -1)
    sums = sums - np.where(before >= 0, sums[before], 0)
    counts = counts - np.where(before >= 0, counts[before], 0)
    with np.errstate(invalid="ignore"):
        return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan).astype(np.float32)


def _lines(curve: RunCurve, number: int, several: bool) -> list[dict[str, Any]]:
    colour = COLOURS[number % len(COLOURS)]
    dash = DASHES[number // len(COLOURS) % len(DASHES)]
    name = curve.name
    width = _width(curve)
    panels = (
        ("y", "loss", curve.loss, curve.measured_loss, lambda value: decimal(value, 4)),
        ("y2", "accuracy", curve.accuracy, curve.measured_accuracy, fixed_percent),
    )
    data: list[dict[str, Any]] = []
    for axis, what, batch, measured, form in panels:
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "x": curve.epochs,
                "y": (line := smoothed(batch, width)),
                "text": [form(value) for value in line.tolist()],
                "yaxis": axis,
                "name": name if several else "training batches",
                "legendgroup": name,
                "showlegend": axis == "y",
                "line": {"color": colour, "width": 1.8, "dash": dash},
                "hovertemplate": f"{name}: {what} %{{text}} at epoch %{{x:.2f}}<extra></extra>",
            }
        )
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": curve.measured_at,
                "y": measured,
                "text": [form(value) for value in measured.tolist()],
                "yaxis": axis,
                "name": f"{curve.measured_on} reviews",
                "legendgroup": name,
                "showlegend": axis == "y" and not several,
                "cliponaxis": False,  # the last one stands on the right edge
                "marker": {
                    "size": 9,
                    "symbol": "circle",
                    "color": colour if several else COLOURS[1],
                    "line": {"width": 1, "color": INK},
                },
                "hovertemplate": (
                    f"{name}: {curve.measured_on} {what} %{{text}} after epoch %{{x:.2f}}"
                    "<extra></extra>"
                ),
            }
        )
    return data


def _width(curve: RunCurve) -> int:
    """How many neighbours a point of the line is the mean of."""
    return min(SMOOTH, max(len(curve.loss) // 50, 1))


def _loss_top(curves: Sequence[RunCurve]) -> float:
    """The height of the loss axis: at least 0.8, where a model begins, and what was measured."""
    values = [c.measured_loss for c in curves] + [smoothed(c.loss, _width(c)) for c in curves]
    found = np.concatenate([v[np.isfinite(v)] for v in values]) if values else np.zeros(0)
    return float(np.clip(found.max(initial=0.0) * 1.05, 0.8, 4.0))


def _accuracy_bottom(curves: Sequence[RunCurve]) -> float:
    values = [c.measured_accuracy for c in curves]
    values += [smoothed(c.accuracy, _width(c)) for c in curves]
    found = np.concatenate([v[np.isfinite(v)] for v in values]) if values else np.zeros(0)
    return float(np.clip(found.min(initial=0.45) - 0.03, 0.0, 0.45))


def _curve_layout(epochs: float, several: bool) -> dict[str, Any]:
    axis = {"gridcolor": FAINT, "zeroline": False, "fixedrange": True, "automargin": False}
    return {
        "height": HEIGHT,
        "margin": {"l": 62, "r": 10, "t": 34, "b": 44},
        "hovermode": "closest",
        "dragmode": False,
        "uirevision": "curves",
        "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom"},
        "showlegend": True,
        "shapes": [],
        "annotations": [],
        "xaxis": {
            **axis,
            "range": [-0.01 * epochs, epochs * 1.01],
            "anchor": "y2",
            "title": {"text": "epochs", "standoff": 6},
            "tickfont": {"size": FONT_SIZE},
        },
        "yaxis": {
            **axis,
            "domain": LOSS_DOMAIN,
            "title": {"text": "loss", "standoff": 12},
            "nticks": 5,
        },
        "yaxis2": {
            **axis,
            "domain": ACCURACY_DOMAIN,
            "title": {"text": "accuracy", "standoff": 12},
        },
    }


def _mark(at: float) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "x",
        "yref": "paper",
        "x0": at,
        "x1": at,
        "y0": 0,
        "y1": 1,
        "line": {"color": INK, "width": 2},
    }


def lines_figure(
    x: Floats,
    rows: Floats,
    names: Sequence[str],
    *,
    title: str,
    key: str,
    logarithmic: bool = False,
    shares: bool = False,
) -> go.Figure:
    """Some lines over the epochs, named in a legend: weight norms, gradient norms by layer.

    Args:
        x: Epochs, ``(E,)``.
        rows: Values, ``(E, L)``.
        names: Of the lines, L of them.
        title: Of the vertical axis.
        key: Names the picture for the browser.
        logarithmic: Show powers of ten at equal distances.
        shares: The values are shares: per cent from 0 on, and little looks like little.
    """
    data = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "x": x,
            "y": rows[:, at],
            "name": name,
            "line": {"color": COLOURS[at % 4], "width": 2, "dash": DASHES[at // 4 % 4]},
            "marker": {"size": 5},
            "hovertemplate": f"{name}: %{{y:.4g}} after epoch %{{x:.2f}}<extra></extra>",
        }
        for at, name in enumerate(names)
    ]
    axis = {"gridcolor": FAINT, "zeroline": False, "fixedrange": True}
    upright = {
        **axis,
        "title": {"text": title},
        "type": "log" if logarithmic else "linear",
        "rangemode": "normal" if logarithmic else "tozero",
    }
    if logarithmic:
        upright["tickvals"] = round_values(rows)
        upright["tickformat"] = "~g"
    if shares:
        most = max(LEAST_SHARE, 1.05 * float(rows.max(initial=0.0)))
        upright |= {"range": [0, most], **percent_ticks(0, most, 5)}
    layout = {
        "height": 260,
        "margin": {"l": 54, "r": 10, "t": 30, "b": 44},
        "dragmode": False,
        "uirevision": key,
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom"},
        "xaxis": {**axis, "title": {"text": "epochs", "standoff": 6}},
        "yaxis": upright,
    }
    return go.Figure(data=data, layout=layout, _validate=False)


def reach_figure(x: Floats, norms: Floats, *, key: str = "reach") -> go.Figure:
    """How far back learning reaches: the gradient's norm at each place, an epoch a row.

    Args:
        x: Epochs, ``(E,)``.
        norms: Norm of the loss's gradient by the state of each place, ``(E, T)``.
        key: Names the picture for the browser.
    """
    largest = np.nanmax(norms, axis=1, keepdims=True, initial=1e-30)  # (E, 1)
    heat = {
        "type": "heatmap",
        "x": np.arange(norms.shape[1]) - (norms.shape[1] - 1),
        "y": [f"{epoch:.4g}" for epoch in x],
        "z": np.asarray(norms / largest, np.float32),
        "customdata": np.asarray(norms, np.float32),
        "colorscale": [(0.0, rgba(HIGHLIGHT, 0.0)), (1.0, rgba(HIGHLIGHT, 1.0))],
        "zmin": 0,
        "zmax": 1,
        "showscale": False,
        "hovertemplate": (
            "after epoch %{y}, %{x} steps from the end: %{customdata:.3g}<extra></extra>"
        ),
    }
    axis = {"showgrid": False, "zeroline": False, "fixedrange": True}
    layout = {
        "height": 130 + 16 * min(max(len(x), 3), 20),
        "margin": {"l": 54, "r": 10, "t": 8, "b": 46},
        "dragmode": False,
        "uirevision": key,
        "xaxis": {**axis, "title": {"text": "steps before the last word", "standoff": 6}},
        "yaxis": {**axis, "type": "category", "title": {"text": "epoch"}, "autorange": "reversed"},
    }
    return go.Figure(data=[heat], layout=layout, _validate=False)
