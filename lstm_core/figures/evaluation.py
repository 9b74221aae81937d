"""The pictures of the quality page: curves, calibration, groups, baselines, cautions."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from lstm_core.analysis.captions import plural
from lstm_core.analysis.formatting import fixed_percent, percent
from lstm_core.evaluation.schema import RobustnessPoint
from lstm_core.evaluation.scores import CalibrationBin, ScoreCurve
from lstm_core.figures.colours import FAINT, HIGHLIGHT, INK, SERIES, rgba
from lstm_core.figures.dots import PER_CENT, whiskers

CURVE_HEIGHT = 340
FEWEST_CALIBRATED = 30  # reviews
GOOD_CALIBRATION = 0.02  # calibration error up to which probabilities may be taken as they are
LINE = {"color": rgba(HIGHLIGHT, 1.0), "width": 2.5}


def roc_figure(curve: ScoreCurve, false_positive_rate: float, recall: float) -> go.Figure:
    """The ROC curve with the chosen threshold as a point; the diagonal is chance level."""
    chance = _dotted([0, 1], [0, 1])
    line = _curve(curve, "FPR", "recall")
    return go.Figure(
        data=[chance, line, _point(false_positive_rate, recall)],
        layout=_curve_layout(
            "False positive rate", "Recall (true positive rate)", "roc", (-0.02, 1.02)
        ),
    )


def precision_recall_figure(
    curve: ScoreCurve, recall: float, precision: float, share: float
) -> go.Figure:
    """Precision against recall with the chosen threshold; the line is calling all positive."""
    chance = _dotted([0, 1], [share, share])
    line = _curve(curve, "recall", "precision")
    low = max(min(0.45, float(curve.y.min()) - 0.02), 0.0)
    return go.Figure(
        data=[chance, line, _point(recall, precision)],
        layout=_curve_layout("Recall", "Precision", "pr", (low, 1.02)),
    )


def calibration_figure(bins: Sequence[CalibrationBin]) -> go.Figure:
    """Share of positive reviews against what was said, and below how often it was said."""
    said = [one.said for one in bins]
    positive = [one.positive.value for one in bins]
    points = go.Scatter(
        x=said,
        y=positive,
        mode="markers+lines",
        line={"color": rgba(HIGHLIGHT, 0.5), "width": 1.5},
        marker={"color": rgba(HIGHLIGHT, 1.0), "size": 8},
        error_y=whiskers([one.positive for one in bins]),
        text=[
            f"mean P(positive) {percent(one.said)}, label positive {percent(one.positive.value)} "
            f"of {one.count:,} reviews"
            for one in bins
        ],
        hovertemplate="%{text}<extra></extra>",
    )
    bars = go.Bar(
        x=[(one.low + one.high) / 2 for one in bins],
        y=[one.count for one in bins],
        width=[0.9 * (one.high - one.low) for one in bins],
        marker={"color": INK},
        yaxis="y2",
        hovertemplate="%{y:,} reviews<extra></extra>",
    )
    return go.Figure(
        data=[_dotted([0, 1], [0, 1]), points, bars],
        layout={
            "height": 460,
            "margin": {"l": 8, "r": 24, "t": 8, "b": 40},
            "showlegend": False,
            "uirevision": "calibration",
            "xaxis": {
                **PER_CENT,
                "range": [-0.02, 1.02],
                "anchor": "y2",
                "title": {"text": "predicted P(positive)"},
            },
            "yaxis": {
                **PER_CENT,
                "range": [-0.03, 1.03],
                "domain": (0.3, 1.0),
                "title": {"text": "Fraction of positives"},
            },
            "yaxis2": {
                "domain": (0.0, 0.22),
                "title": {"text": "reviews"},
                "fixedrange": True,
                "gridcolor": FAINT,
                "nticks": 3,
                "tickformat": ",d",
            },
        },
    )


def calibration_title(bins: Sequence[CalibrationBin], gap: float) -> str:
    """Whether the probabilities hold; else the bin of some size that is furthest off.

    A bin is named when its 95 % interval excludes what was said.
    """
    total = sum(one.count for one in bins)
    if total < FEWEST_CALIBRATED:
        return f"{plural(total, 'review')}: too few to judge the calibration"
    if gap <= GOOD_CALIBRATION:
        return "The predicted probabilities are well calibrated"
    off = [
        one
        for one in bins
        if one.count >= total / 50 and not one.positive.low <= one.said <= one.positive.high
    ]
    if not off:
        return f"No probability is shown to be off with {total:,} reviews"
    worst = max(off, key=lambda one: abs(one.said - one.positive.value))
    return (
        f"Where it says {fixed_percent(worst.said, 0)} positive on average, "
        f"{fixed_percent(worst.positive.value, 0)} are"
    )


def strangeness_figure(rows: Sequence[RobustnessPoint], bar: float, *, share: bool) -> go.Figure:
    """Accuracy and mean sureness by known words or share of unknown words, with the bar."""
    names = [
        f"{100 * row.low:.0f}–{percent(row.high)}" if share else _span(int(row.low), int(row.high))
        for row in rows
    ]
    at = list(range(len(rows)))
    right = go.Scatter(
        x=at,
        y=[row.accuracy.value for row in rows],
        mode="markers+lines",
        line={"color": rgba(HIGHLIGHT, 0.6), "width": 1.5},
        marker={"color": rgba(HIGHLIGHT, 1.0), "size": 8},
        error_y=whiskers([row.accuracy for row in rows]),
        text=[
            f"accuracy {fixed_percent(row.accuracy.value)}; not abstained on {row.count:,} of "
            f"{row.pieces:,} pieces"
            for row in rows
        ],
        hovertemplate="%{text}<extra></extra>",
        name="accuracy of non-abstained predictions",
    )
    sure = go.Scatter(
        x=at,
        y=[row.confidence for row in rows],
        mode="lines",
        line={"color": INK, "width": 1.5},
        text=[f"mean confidence {fixed_percent(row.confidence)}" for row in rows],
        hovertemplate="%{text}<extra></extra>",
        name="their mean confidence",
    )
    low = min(0.45, *(row.accuracy.low for row in rows)) if rows else 0.45
    return go.Figure(
        data=[sure, right, _dotted([-0.5, len(rows) - 0.5], [bar, bar], "threshold")],
        layout={
            "height": CURVE_HEIGHT,
            "margin": {"l": 8, "r": 24, "t": 8, "b": 40},
            "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
            "uirevision": f"strange-{share}",
            "xaxis": {
                "tickvals": at,
                "ticktext": names,
                "tickangle": -60,
                "showgrid": False,
                "zeroline": False,
                "fixedrange": True,
                "title": {"text": "share of unknown words" if share else "known words"},
            },
            "yaxis": {**PER_CENT, "range": [low - 0.02, 1.02]},
        },
    )


def _span(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}–{high}"


def _curve(curve: ScoreCurve, x: str, y: str) -> go.Scatter:
    return go.Scatter(
        x=curve.x.astype(np.float32).round(4),
        y=curve.y.astype(np.float32).round(4),
        mode="lines",
        line=LINE,
        text=[
            f"threshold {percent(min(float(at), 1.0))}: {x} {fixed_percent(left)}, "
            f"{y} {fixed_percent(up)}"
            for at, left, up in zip(curve.thresholds, curve.x, curve.y, strict=True)
        ],
        hovertemplate="%{text}<extra></extra>",
    )


def _point(x: float, y: float) -> go.Scatter:
    """The chosen threshold."""
    return go.Scatter(
        x=[x],
        y=[y],
        mode="markers",
        marker={
            "size": 15,
            "color": SERIES[1],
            "line": {"width": 2, "color": "rgba(255, 255, 255, 0.9)"},
        },
        text=[f"your threshold: {fixed_percent(x)}, {fixed_percent(y)}"],
        hovertemplate="%{text}<extra></extra>",
        cliponaxis=False,
    )


def _dotted(x: list[float], y: list[float], name: str = "") -> go.Scatter:
    return go.Scatter(
        x=x,
        y=y,
        mode="lines",
        line={"color": INK, "width": 1, "dash": "dash"},
        hoverinfo="skip",
        name=name,
    )


def _curve_layout(x: str, y: str, key: str, y_range: tuple[float, float]) -> dict[str, Any]:
    return {
        "height": CURVE_HEIGHT,
        "margin": {"l": 8, "r": 24, "t": 8, "b": 40},
        "showlegend": False,
        "uirevision": key,
        "xaxis": {**PER_CENT, "range": [-0.02, 1.02], "title": {"text": x}},
        "yaxis": {**PER_CENT, "range": list(y_range), "title": {"text": y}},
    }
