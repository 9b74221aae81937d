"""Figures of the Units page. Symbols: W words, D units, N points."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from lstm_core.activations.coclustering import Groups
from lstm_core.activations.saturation import Saturation
from lstm_core.activations.schema import ReviewStates
from lstm_core.activations.search import Pattern
from lstm_core.activations.unit_profiles import UnitProfile
from lstm_core.analysis.captions import plural
from lstm_core.analysis.formatting import percent, signed
from lstm_core.figures.axes import FONT_SIZE, Places, percent_ticks, plotly_text, plotly_word
from lstm_core.figures.colours import DIVERGING, FAINT, GATE, INK, NEGATIVE, POSITIVE, rgba
from lstm_core.figures.subplots import HeatPanel, Stack
from lstm_core.model.unit_words import WordEffect
from lstm_core.recurrent.lstm import Floats

ROW = 21  # pixels of a row of words
PLAIN = {"showgrid": False, "zeroline": False, "fixedrange": True}
AXIS = {"gridcolor": FAINT, "zeroline": False, "fixedrange": True}
PARTS = (("under 0.1: closed", INK), ("between", FAINT), ("over 0.9: open", rgba(GATE, 1.0)))
NEARBY = 12  # words shown on each side of a phrase


@dataclass(frozen=True)
class MarkerKind:
    """Points of one kind on a plane.

    Attributes:
        name: What they are.
        colour: Their colour.
        chosen: Which points, ``(N,)`` of true or false.
        symbol: Plotly's name of their sign.
        size: Pixels.
    """

    name: str
    colour: str
    chosen: np.ndarray[Any, Any]
    symbol: str = "circle"
    size: int = 5


def gate_name(gate: str) -> str:
    """The name of a gate for a person: "Input gate"."""
    return gate.replace("_", " ").capitalize()


def pushes_figure(one: UnitProfile) -> go.Figure:
    """Words that raise a unit over those that lower it, with one standard deviation."""
    rows = [*one.up, *reversed(one.down)]
    at = list(range(len(rows)))
    reach = max([abs(push.mean) + push.spread for push in rows], default=0.5)
    bars = go.Bar(
        x=[push.mean for push in rows],
        y=at,
        orientation="h",
        marker={
            "color": [rgba(POSITIVE if push.mean > 0 else NEGATIVE, 0.8) for push in rows],
        },
        error_x={
            "type": "data",
            "array": [push.spread for push in rows],
            "color": INK,
            "thickness": 1,
            "width": 2,
        },
        customdata=[_push_hover(push) for push in rows],
        hovertemplate="%{customdata}<extra></extra>",
    )
    return go.Figure(
        data=[bars],
        layout={
            "height": ROW * max(len(rows), 2) + 84,
            "margin": {"l": 8, "r": 8, "t": 32, "b": 40},
            "uirevision": "pushes",
            "bargap": 0.25,
            "xaxis": {
                **AXIS,
                "range": [-reach, reach],
                "zeroline": True,
                "zerolinecolor": INK,
                "title": {"text": "mean change of the hidden state"},
            },
            "yaxis": {
                **PLAIN,
                "tickvals": at,
                "ticktext": [f"{plotly_word(push.word)} ({push.count:,})" for push in rows],
                "range": [len(rows) - 0.4, -0.6],
                "automargin": True,
            },
        },
    )


def _push_hover(push: WordEffect) -> str:
    return (
        f"“{plotly_word(push.word, 40)}”, read {plural(push.count, 'time')}: "
        f"{signed(push.mean, 3)} on average, spread {push.spread:.3f}"
    )


def gates_figure(one: UnitProfile) -> go.Figure:
    """Shares of words at which each gate of a unit is closed, between, open."""
    low, high = np.array(one.low), np.array(one.high)  # (G,)
    return go.Figure(
        data=[
            go.Bar(
                x=share.tolist(),
                y=[gate_name(gate) for gate in one.gates],
                orientation="h",
                name=name,
                marker={"color": colour},
                text=[percent(float(one)) for one in share],
                textposition="none",
                hovertemplate=f"%{{y}} {name}: %{{text}} of the words<extra></extra>",
            )
            for share, (name, colour) in zip((low, 1 - low - high, high), PARTS, strict=True)
        ],
        layout={
            "height": 99 + 47 * len(one.gates),
            "margin": {"l": 8, "r": 16, "t": 40, "b": 58},
            "barmode": "stack",
            "uirevision": "gates",
            "legend": {"orientation": "h", "y": -0.2, "yanchor": "top", "x": 0},
            "xaxis": {**AXIS, "range": [0, 1], **percent_ticks()},
            "yaxis": {**PLAIN, "autorange": "reversed", "automargin": True},
        },
    )


def saturation_figure(found: Saturation, gate: int, unit: int) -> go.Figure:
    """One point per unit: share of positions where a gate is open against where it is closed.

    Args:
        found: The shares.
        gate: Which of the gates of the cell, from 0.
        unit: The unit to mark.
    """
    name, top = gate_name(found.gates[gate]), max(found.low.max(), found.high.max(), 0.2)
    reach = min(1.2 * float(top), 1.03)  # the same for all gates
    marked = np.arange(found.low.shape[1]) == unit
    points = go.Scatter(
        x=found.high[gate].tolist(),
        y=found.low[gate].tolist(),
        mode="markers+text",
        text=[f"unit {unit}" if mark else "" for mark in marked],
        textposition="top center",
        marker={
            "size": np.where(marked, 13, 8).tolist(),
            "color": [rgba(GATE, 1.0 if mark else 0.8) for mark in marked],
            "line": {"color": INK, "width": np.where(marked, 2, 0).tolist()},
        },
        customdata=[
            f"{name}, unit {one}: open at {percent(float(found.high[gate, one]))}, "
            f"closed at {percent(float(found.low[gate, one]))}"
            for one in range(len(marked))
        ],
        hovertemplate="%{customdata}<extra></extra>",
        cliponaxis=False,
    )
    limit = go.Scatter(
        x=[0, 1], y=[1, 0], mode="lines", line={"color": INK, "dash": "dot"}, hoverinfo="skip"
    )
    share = {**AXIS, "range": [-0.03 * reach, reach], **percent_ticks(0, reach)}
    return go.Figure(
        data=[limit, points],
        layout={
            "height": 320,
            "margin": {"l": 8, "r": 8, "t": 32, "b": 44},
            "showlegend": False,
            "uirevision": f"saturation-{gate}",
            "xaxis": {**share, "title": {"text": "over 0.9, open"}},
            "yaxis": {**share, "title": {"text": "under 0.1, closed"}, "automargin": True},
        },
    )


def groups_figure(found: Groups) -> go.Figure:
    """The table of words and units in the order of their groups, with lines between these."""
    limit = max(float(np.quantile(np.abs(found.effects), 0.99)), 1e-6)
    words = len(found.words)
    heat = go.Heatmap(
        x=[str(unit) for unit in found.units],
        y=list(range(words)),
        z=found.effects.astype(np.float32),
        colorscale=DIVERGING,
        zmin=-limit,
        zmax=limit,
        showscale=False,
        customdata=[
            [f"“{plotly_text(word)}” ({count:,}), unit {unit}" for unit in found.units]
            for word, count in zip(found.words, found.counts, strict=True)
        ],
        hovertemplate="%{customdata}: %{z:+.3f} to the logit<extra></extra>",
    )
    lines = [
        *(_cut(y=edge - 0.5) for edge in _edges(found.word_groups)),
        *(_cut(x=edge - 0.5) for edge in _edges(found.unit_groups)),
    ]
    return go.Figure(
        data=[heat],
        layout={
            "height": 13 * words + 84,
            "margin": {"l": 8, "r": 8, "t": 56, "b": 8},
            "uirevision": f"groups-{found.count}",
            "dragmode": False,
            "shapes": lines,
            "xaxis": {
                **PLAIN,
                "type": "category",  # thinned by the width of the screen
                "side": "top",
                "title": {"text": "unit"},
                "tickfont": {"size": 10},
                "tickangle": 0,
            },
            "yaxis": {
                **PLAIN,
                "tickvals": list(range(words)),
                "ticktext": [plotly_word(word) for word in found.words],
                "tickfont": {"size": 10},
                "range": [words - 0.5, -0.5],
                "automargin": True,
            },
        },
    )


def _edges(groups: np.ndarray[Any, Any]) -> list[int]:
    return (np.flatnonzero(np.diff(groups)) + 1).tolist()


def _cut(x: float | None = None, y: float | None = None) -> dict[str, Any]:
    """A line between two groups, across or down."""
    at: dict[str, Any] = (
        {"xref": "paper", "x0": 0, "x1": 1, "y0": y, "y1": y}
        if x is None
        else {"yref": "paper", "y0": 0, "y1": 1, "x0": x, "x1": x}
    )
    return {"type": "line", "line": {"color": INK, "width": 1.5}, **at}


def plane_figure(
    points: Floats,
    kinds: Sequence[MarkerKind],
    hover: Sequence[str],
    *,
    name: str,
    axes: tuple[str, str] = ("", ""),
    labels: Sequence[tuple[int, str]] = (),
) -> go.Figure:
    """Points on a plane.

    Args:
        points: ``(N, 2)``.
        kinds: Which points are drawn how, the last ones on top.
        hover: What each point says.
        name: Names the picture for the browser.
        axes: What the axes are; empty where they mean nothing.
        labels: Points that bear their name: which one and the name.
    """
    data = []
    for kind in kinds:
        rows = np.flatnonzero(kind.chosen)
        data.append(
            go.Scatter(
                x=points[rows, 0].tolist(),
                y=points[rows, 1].tolist(),
                mode="markers",
                name=f"{kind.name} ({len(rows):,})",
                marker={"size": kind.size, "color": kind.colour, "symbol": kind.symbol},
                customdata=[hover[int(row)] for row in rows],
                hovertemplate="%{customdata}<extra></extra>",
            )
        )
    if labels:
        rows = np.array([row for row, _ in labels])
        data.append(
            go.Scatter(
                x=points[rows, 0].tolist(),
                y=points[rows, 1].tolist(),
                mode="text",
                text=[plotly_word(label) for _, label in labels],
                textposition="top center",
                textfont={"size": FONT_SIZE},
                hoverinfo="skip",
                showlegend=False,
                cliponaxis=False,
            )
        )
    axis = {**AXIS, "showticklabels": any(axes)}
    return go.Figure(
        data=data,
        layout={
            "height": 520,
            "margin": {"l": 8, "r": 8, "t": 8, "b": 40},
            "uirevision": name,
            "hovermode": "closest",
            "dragmode": False,
            "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
            "xaxis": {**axis, "title": {"text": axes[0]}},
            "yaxis": {**axis, "title": {"text": axes[1]}, "automargin": True},
        },
    )


def apart(points: Floats, rows: Sequence[int], most: int) -> list[int]:
    """The first of some points whose names do not cover each other, at most so many."""
    reach = np.ptp(points, axis=0) * [0.2, 0.05]  # room of a name
    found: list[int] = []
    for row in rows:
        gaps = np.abs(points[found] - points[row]) if found else np.empty((0, 2))
        if not (gaps < reach).all(axis=1).any():
            found.append(int(row))
        if len(found) == most:
            break
    return found


def pattern_stack(trace: ReviewStates, pattern: Pattern, first: int) -> Stack:
    """The hidden state of a pattern's units around its phrase, whose first word is at `first`."""
    start = max(first - NEARBY, trace.encoding.first_word)
    end = min(first + pattern.length + NEARBY, trace.encoding.maxlen)
    count = len(pattern.units)
    says = f"{plural(count, 'unit')} on through the phrase, at ±{pattern.threshold:g} or beyond"
    return Stack(
        name="pattern",
        labels=Places(trace.encoding, start).labels[: end - start],
        panels=[
            HeatPanel(
                "Hidden state h: the words between the dashed lines are the phrase",
                says,
                trace.hidden_state[start:end],
                limit=max(1.0, float(np.abs(trace.hidden_state[start:end]).max())),
                height=max(18 * count, 60),
            )
        ],
        order=list(pattern.units),
        edges=[first - start, first - start + pattern.length],
    )
