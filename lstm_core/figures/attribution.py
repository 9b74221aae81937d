"""The pictures of the explanations page.

Symbols: M methods, S words, L words of a phrase, P points of a curve.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from lstm_core.analysis.formatting import fixed_percent, number, percent, signed
from lstm_core.attribution.attribute import WordScores
from lstm_core.attribution.faithfulness import RANDOM, FaithfulnessReport, RemovalCurve
from lstm_core.attribution.registry import NOTES, Method
from lstm_core.figures.axes import FONT_SIZE, Places, percent_ticks, plotly_text, plotly_word
from lstm_core.figures.colours import DIVERGING, FAINT, INK, NEGATIVE, POSITIVE, SERIES, rgba
from lstm_core.figures.parts import Parts
from lstm_core.figures.subplots import own_names
from lstm_core.recurrent.lstm import Floats
from lstm_core.recurrent.running import RunningTrace

NAMES = {**{str(method): NOTES[method].name for method in Method}, RANDOM: "Random"}
# What the methods were called in older links.
OLD_NAMES = {
    str(Method.LEAVE_OUT): "Leave one out",
    str(Method.LEDGER): "Memory ledger",
    str(Method.GRADIENT): "Gradient × input",
}
OTHERS = "other methods"
ROW = 28  # pixels
LEFT = 158  # pixels for the longest name
CELL = 40  # pixels of a cell with a number in it
WORDS_BELOW = 84
TOP = 34  # pixels for the toolbar
WHITE_FROM = 0.5  # share of full colour from which numbers in a cell are white


def methods_figure(trace: RunningTrace, found: Sequence[WordScores], place: int | None) -> Parts:
    """Every method a row, every word a column; each row in full colour at its own strongest word.

    Args:
        trace: The trace of the review.
        found: The scores, the first method on top.
        place: A word to frame, None for none.
    """
    places = Places.of(trace.encoding, padding=False)
    names = own_names(places.labels)
    raw = np.stack([one.scores[places.first :] for one in found])  # (M, S)
    size = np.abs(raw).max(axis=1, keepdims=True)
    heat = {
        **_heat(np.where(size > 0, raw / np.where(size > 0, size, 1), 0), 1.0),
        "x": names,
        "y": [NAMES[one.method] for one in found],
        "customdata": raw,
        "hovertemplate": "%{y}, “%{x}”: %{customdata:+.3f}<extra></extra>",
    }
    layout = {
        "height": ROW * len(found) + WORDS_BELOW + TOP,
        "margin": {"l": LEFT, "r": 6, "t": TOP, "b": WORDS_BELOW},
        "uirevision": f"methods-{len(names)}",
        "shapes": [] if place is None else [_column(place - places.first)],
        "xaxis": _word_axis(len(names)),
        "yaxis": {**_PLAIN, "autorange": "reversed", "tickfont": {"size": FONT_SIZE}},
    }
    return _figure([heat], layout)


def agreement_figure(methods: Sequence[Method], found: Floats) -> Parts:
    """Rank correlation of every pair of methods ``(M, M)``, with the numbers in the cells."""
    names = [NAMES[method] for method in methods]
    heat = {
        **_heat(found, 1.0),
        "x": names,
        "y": names,
        "hovertemplate": "%{y} and %{x}: %{z:.2f}<extra></extra>",
        "xgap": 2,
        "ygap": 2,
    }
    layout = {
        "height": CELL * len(names) + 150,
        "margin": {"l": LEFT, "r": 6, "t": TOP, "b": 116},
        "uirevision": "agreement",
        "annotations": [
            _number(number(value), names[b], names[a], float(value))
            for a, row in enumerate(found)
            for b, value in enumerate(row)
            if value == value
        ],
        "xaxis": {**_PLAIN, "tickangle": -50, "tickfont": {"size": FONT_SIZE}},
        "yaxis": {**_PLAIN, "autorange": "reversed", "tickfont": {"size": FONT_SIZE}},
    }
    return _figure([heat], layout)


def curves_figure(report: FaithfulnessReport, direction: str, removal: str, other: str) -> Parts:
    """Mean curves of all methods: the best one violet, a chosen one crimson, the rest grey.

    Args:
        report: What was measured.
        direction: "deletion" or "insertion".
        removal: How words were made to be missing.
        other: The method drawn in crimson, with its interval.
    """
    curves = {
        one.method: one
        for one in report.curves
        if (one.direction, one.removal) == (direction, removal)
    }
    data: list[dict[str, Any]] = []
    best = str(report.best(removal))
    for name in sorted(curves, key=lambda name: name in (other, best)):
        data += _curve(report, curves[name], _colour(name, best, other))
    grey = [line for line in data if line.get("name") == OTHERS]
    for line in grey[1:]:
        line["showlegend"] = False
    moved = "removed" if direction == "deletion" else "added"
    layout = {
        "height": 364,
        "margin": {"l": 46, "r": 24, "t": TOP + 24, "b": 44},
        "uirevision": direction,
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom"},
        "xaxis": {**_SHARE, "range": [0, 1], "title": {"text": f"share of the words {moved}"}},
        "yaxis": {**_SHARE, "range": [0, 1], "title": {"text": "P(predicted label)"}},
    }
    return _figure(data, layout)


def grid_figure(words: Sequence[str], grid: Floats) -> Parts:
    """Every part of a phrase over its words: single words below, the whole phrase on top.

    Args:
        words: The words, L of them.
        grid: What each part says by itself, ``(L, L)``: row n - 1, column s for n words from s on.
    """
    size = len(words)
    z = np.full((size, 2 * size), np.nan, np.float32)
    says: list[list[str]] = [[""] * (2 * size) for _ in range(size)]
    for row in range(size):
        for start in range(size - row):
            left = 2 * start + row  # half a column further for each further word
            z[row, left : left + 2] = grid[row, start]
            part = plotly_text(" ".join(words[start : start + row + 1]))
            says[row][left] = says[row][left + 1] = part
    limit = max(float(np.nanmax(np.abs(grid))), 0.5)
    heat = {
        **_heat(z, limit),
        "customdata": says,
        "hovertemplate": "“%{customdata}” by itself: %{z:+.3f}<extra></extra>",
        "ygap": 2,
    }
    layout = {
        "height": CELL * size + 74,
        "margin": {"l": 46, "r": 6, "t": TOP, "b": 40},
        "uirevision": f"grid-{size}",
        "annotations": [
            _number(signed(grid[row, at]), 2 * at + row + 0.5, row, float(grid[row, at]) / limit)
            for row in range(size)
            for at in range(size - row)
        ],
        "xaxis": {
            **_PLAIN,
            "tickvals": [2 * at + 0.5 for at in range(size)],
            "ticktext": [plotly_word(word, 14) for word in words],
            "range": [-0.5, 2 * size - 0.5],
        },
        "yaxis": {
            **_PLAIN,
            "tickvals": list(range(size)),
            "ticktext": [str(row + 1) for row in range(size)],
            "title": {"text": "words"},
        },
    }
    return _figure([heat], layout)


def parts_figure(rows: Sequence[tuple[str, float, bool]]) -> Parts:
    """Signed parts of the logit as bars, the first on top.

    Args:
        rows: Name, value and whether the bar is one that the page speaks about.
    """
    values = [value for _, value, _ in rows]
    reach = max(max((abs(v) for v in values), default=0.0) * 1.5, 0.1)
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": values,
        "y": list(range(len(rows))),
        "marker": {
            "color": [
                rgba(POSITIVE if value >= 0 else NEGATIVE, 0.95 if strong else 0.4)
                for _, value, strong in rows
            ]
        },
        "text": [signed(value) for value in values],
        "textposition": "outside",
        "cliponaxis": False,
        "hovertemplate": "%{x:+.4f}<extra></extra>",
    }
    layout = {
        "height": 32 * len(rows) + 46 + TOP,
        "margin": {"l": 128, "r": 12, "t": TOP, "b": 46},
        "uirevision": "parts",
        "bargap": 0.3,
        "xaxis": {
            **_PLAIN,
            "range": [-reach, reach],
            "zeroline": True,
            "zerolinecolor": INK,
            "nticks": 5,
            "title": {"text": "negative ← contribution → positive", "standoff": 6},
        },
        "yaxis": {
            **_PLAIN,
            "tickvals": list(range(len(rows))),
            "ticktext": [plotly_text(name) for name, _, _ in rows],
            "autorange": "reversed",
        },
    }
    return _figure([bars], layout)


_PLAIN: dict[str, Any] = {"showgrid": False, "zeroline": False, "fixedrange": True}
_SHARE: dict[str, Any] = {
    **percent_ticks(),
    "fixedrange": True,
    "zeroline": False,
    "gridcolor": FAINT,
}


def _figure(data: list[dict[str, Any]], layout: dict[str, Any]) -> Parts:
    whole = {"showlegend": False, "dragmode": False, "hovermode": "closest", **layout}
    return Parts(data, whole)


def _heat(z: Floats, limit: float) -> dict[str, Any]:
    return {
        "type": "heatmap",
        "z": np.asarray(z, np.float32),
        "colorscale": DIVERGING,
        "zmin": -limit,
        "zmax": limit,
        "showscale": False,
        "hoverongaps": False,
    }


def _word_axis(count: int) -> dict[str, Any]:
    return {
        **_PLAIN,
        "type": "category",
        "tickangle": -60,
        "tickfont": {"size": FONT_SIZE},
        "range": [-0.5, count - 0.5],
        "automargin": False,
    }


def _column(at: int) -> dict[str, Any]:
    return {
        "type": "rect",
        "xref": "x",
        "yref": "paper",
        "x0": at - 0.5,
        "x1": at + 0.5,
        "y0": 0,
        "y1": 1,
        "line": {"color": INK, "width": 1},
    }


def _colour(name: str, best: str, other: str) -> str:
    if name == best:
        return SERIES[0]
    return SERIES[1] if name == other else INK


def _curve(report: FaithfulnessReport, curve: RemovalCurve, colour: str) -> list[dict[str, Any]]:
    """A mean curve; a coloured one on the band of its interval."""
    shares, strong = list(report.shares), colour != INK
    line = {
        "type": "scatter",
        "mode": "lines",
        "x": shares,
        "y": list(curve.mean),
        "text": [
            f"{percent(share)}: {fixed_percent(mean)} "
            f"({fixed_percent(low)} to {fixed_percent(high)})"
            for share, mean, low, high in zip(
                shares, curve.mean, curve.low, curve.high, strict=True
            )
        ],
        "line": {
            "color": colour,
            "width": 2.5 if strong else 1,
            "dash": "dot" if curve.method == RANDOM else "solid",
        },
        "name": NAMES[curve.method] if strong or curve.method == RANDOM else OTHERS,
        "hovertemplate": f"{NAMES[curve.method]}, %{{text}}<extra></extra>",
    }
    if not strong:
        return [line]
    band = {
        "type": "scatter",
        "mode": "lines",
        "x": [*shares, *reversed(shares)],
        "y": [*curve.high, *reversed(curve.low)],
        "fill": "toself",
        "fillcolor": colour.replace("1.000)", "0.180)"),
        "line": {"width": 0},
        "hoverinfo": "skip",
        "showlegend": False,
    }
    return [band, line]


def _number(text: str, x: float | str, y: float | str, strength: float) -> dict[str, Any]:
    """A number in a cell: white on a strong colour, in the page's own ink on a faint one."""
    font: dict[str, Any] = {"size": FONT_SIZE}
    if abs(strength) > WHITE_FROM:
        font["color"] = "white"
    return {"text": text, "x": x, "y": y, "showarrow": False, "font": font}
