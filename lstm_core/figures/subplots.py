"""Pictures that stand one under the other on one axis of words: lines on top, heatmaps below.

All panels share the x axis, so that zoom and the hover line go through the whole column. The axis
is one of categories because Plotly then thins the words by the width of the screen; invisible
characters make every column's name its own, so that repeated words never merge. Figures are made
without Plotly's check of every property (`tests/unit/test_figures_stack.py` does it once).

Symbols: S columns, D units.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from textwrap import wrap
from typing import Any

import numpy as np
import plotly.graph_objects as go

from lstm_core.analysis.formatting import fixed_percent, probability, signed
from lstm_core.analysis.formatting import number as decimal
from lstm_core.figures.axes import FONT_SIZE, plotly_text
from lstm_core.figures.colours import DIVERGING, FAINT, GATES, INK, POINTS
from lstm_core.figures.parts import Parts
from lstm_core.recurrent.lstm import Floats

TITLE_HEIGHT = 54  # pixels for the two or three lines above a panel, below the one before
TOP, BOTTOM = 34, 86  # pixels for the toolbar above and the words below
LEFT, RIGHT = 48, 6
LABEL_HEIGHT = 14  # pixels of a unit's label
LONGEST_LINE = 60  # characters of a title that fit a narrow telephone
MARKS = "\u200b\u200c"  # two characters without width: binary digits nobody sees


@dataclass(frozen=True)
class Line:
    """One line of the panel on top, drawn as steps.

    Attributes:
        name: What it is.
        values: One a column, ``(S,)``; not-a-number leaves a gap.
        dashed: Draw it dashed and thin, as the one compared with.
        detail: Further hover text for each column.
    """

    name: str
    values: Floats
    dashed: bool = False
    detail: Sequence[str] = ()


@dataclass(frozen=True)
class LinePanel:
    """The lines on top.

    Attributes:
        title: What it is and how to read it.
        finding: What stands out.
        lines: The lines.
        low, high: Ends of the axis.
        level: Height of the dotted line.
        per_cent: Write values as per cent.
        height: Pixels.
        gate: Filled in the colour of gates instead of the diverging colours.
    """

    title: str
    finding: str
    lines: Sequence[Line]
    low: float = 0.0
    high: float = 1.0
    level: float = 0.5
    per_cent: bool = True
    height: int = 110
    gate: bool = False


@dataclass(frozen=True)
class HeatPanel:
    """One heatmap.

    Attributes:
        title: What it is and how to read it.
        finding: What stands out.
        values: ``(S, D)``, units as stored; not-a-number stays empty.
        gate: Sequential scale 0..1 instead of the diverging one.
        limit: Value of full colour on the diverging scale.
        height: Pixels.
    """

    title: str
    finding: str
    values: Floats
    gate: bool = False
    limit: float = 1.0
    height: int = 120


@dataclass(frozen=True)
class Stack:
    """A whole figure.

    Attributes:
        name: Short name for files and for Plotly's memory of zoom.
        labels: The word of each column, S of them.
        panels: From top to bottom.
        order: Units from top to bottom, ``(D,)``.
        first: Place of the first column, None where columns are not places.
        column: A column to frame, None for none.
        unit: A unit to frame, None for none.
        edges: Columns before which a vertical line is drawn (end of padding).
    """

    name: str
    labels: Sequence[str]
    panels: Sequence[LinePanel | HeatPanel]
    order: Sequence[int] | np.ndarray[Any, Any]
    first: int | None = None
    column: int | None = None
    unit: int | None = None
    edges: Sequence[int] = field(default=())


def draw_stack(stack: Stack) -> go.Figure:
    """The figure of a stack."""
    return compose(stack).figure()


def compose(stack: Stack) -> Parts:
    """Traces and layout of a stack, as plain dictionaries to which more may be added."""
    names = own_names(stack.labels)
    units = [str(unit) for unit in stack.order]
    inner = sum(panel.height + TITLE_HEIGHT for panel in stack.panels)
    data: list[dict[str, Any]] = []
    layout = _layout(stack, TOP + BOTTOM + inner)
    used = 0
    for number, panel in enumerate(stack.panels, start=1):
        axis = "y" if number == 1 else f"y{number}"
        top = 1 - (used + TITLE_HEIGHT) / inner
        used += TITLE_HEIGHT + panel.height
        domain = [max(1 - used / inner, 0.0), top]
        layout["annotations"].append(_title(panel, top))
        if isinstance(panel, LinePanel):
            data += [_line(line, panel, names, axis) for line in panel.lines]
            layout[axis.replace("y", "yaxis")] = _line_axis(panel, domain)
            layout["shapes"].append(_level(panel, axis))
        else:
            data.append(_heatmap(panel, names, units, stack.order, axis))
            layout[axis.replace("y", "yaxis")] = _unit_axis(units, domain, panel.height)
            layout["shapes"] += _row(stack, axis)
        layout["shapes"] += _columns(stack, axis)
    layout["xaxis"]["anchor"] = "y" if len(stack.panels) == 1 else f"y{len(stack.panels)}"
    return Parts(data, layout)


def own_names(labels: Sequence[str]) -> list[str]:
    """Labels made distinct by invisible characters and fit for Plotly, looking as before."""
    seen: dict[str, int] = {}
    names = []
    for label in labels:
        count = seen[label] = seen.get(label, -1) + 1
        names.append(plotly_text(label) + "".join(MARKS[int(bit)] for bit in f"{count:b}" if count))
    return names


def _heatmap(
    panel: HeatPanel,
    names: list[str],
    units: list[str],
    order: Sequence[int] | np.ndarray[Any, Any],
    axis: str,
) -> dict[str, Any]:
    z = np.ascontiguousarray(panel.values.T[np.asarray(order)], np.float32)  # (D, S)
    quantity = panel.title.split(":")[0]
    return {
        "type": "heatmap",
        "name": quantity,
        "x": names,
        "y": units,
        "z": z,
        "yaxis": axis,
        "colorscale": GATES if panel.gate else DIVERGING,
        "zmin": 0 if panel.gate else -panel.limit,
        "zmax": 1 if panel.gate else panel.limit,
        "showscale": False,
        "hoverongaps": False,
        "hovertemplate": f"{quantity}, %{{y}}, “%{{x}}”: %{{z:.4f}}<extra></extra>",
    }


def _line(line: Line, panel: LinePanel, names: list[str], axis: str) -> dict[str, Any]:
    values = np.asarray(line.values, np.float32)
    written = [probability(v) if panel.per_cent else signed(v, 4) for v in values.tolist()]
    details = list(line.detail) or [""] * len(written)
    drawn: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines",
        "x": names,
        "y": values,
        "yaxis": axis,
        "name": line.name,
        "line": {
            "color": INK,
            "width": 1.5 if line.dashed else 2,
            "shape": "hvh",
            "dash": "dot" if line.dashed else "solid",
        },
        "hovertemplate": f"{line.name}, “%{{x}}”: %{{text}}<extra></extra>",
        "text": [value + more for value, more in zip(written, details, strict=True)],
        "hoverinfo": "text",
    }
    if line.dashed:
        return drawn
    if panel.gate or not panel.level:  # one path; 80 points of 8 panels take ten times as long
        scale = GATES if panel.gate else DIVERGING
        ends = {"start": panel.low, "stop": panel.high}
        drawn["fill"] = "tozeroy"
        drawn["fillgradient"] = {"type": "vertical", "colorscale": scale, **ends}
        drawn["hoveron"] = "points"
        return drawn
    drawn["mode"] = "lines+markers"
    drawn["marker"] = {
        "size": 6,
        "color": values,
        "colorscale": POINTS,
        "cmin": panel.low,
        "cmax": panel.high,
    }
    return drawn


def _layout(stack: Stack, total: int) -> dict[str, Any]:
    return {
        "height": total,
        "margin": {"l": LEFT, "r": RIGHT, "t": TOP, "b": BOTTOM, "pad": 0},
        "showlegend": False,
        "uirevision": f"{stack.name}-{len(stack.labels)}",
        "dragmode": False,  # a finger that scrolls the page must not zoom
        "hovermode": "closest",
        "annotations": [],
        "shapes": [],
        "xaxis": {
            "type": "category",
            "tickangle": -60,
            "tickfont": {"size": FONT_SIZE},
            "range": [-0.5, len(stack.labels) - 0.5],
            "showgrid": False,
            "zeroline": False,
            "automargin": False,  # a second layout of all words otherwise
            "showspikes": True,
            "spikemode": "across",
            "spikesnap": "hovered data",
            "spikethickness": 1,
            "spikedash": "solid",
            "spikecolor": INK,
        },
    }


def _unit_axis(units: list[str], domain: list[float], height: int) -> dict[str, Any]:
    """Every row has its label where there is room for it."""
    return {
        "type": "category",
        "domain": domain,
        "range": [len(units) - 0.5, -0.5],
        "tickfont": {"size": 10},
        "tickprefix": "unit ",
        "nticks": 6 if height < LABEL_HEIGHT * len(units) else len(units) + 1,
        "showgrid": False,
        "zeroline": False,
        "automargin": False,
        "fixedrange": True,
    }


def _line_axis(panel: LinePanel, domain: list[float]) -> dict[str, Any]:
    edge = 0.04 * (panel.high - panel.low)
    write = partial(fixed_percent, digits=0) if panel.per_cent else decimal
    return {
        "domain": domain,
        "range": [panel.low - edge, panel.high + edge],
        "tickvals": [panel.low, panel.level, panel.high],
        "ticktext": [write(at) for at in (panel.low, panel.level, panel.high)],
        "tickfont": {"size": 10},
        "gridcolor": FAINT,
        "zeroline": False,
        "automargin": False,
        "fixedrange": True,
    }


def _title(panel: LinePanel | HeatPanel, top: float) -> dict[str, Any]:
    """Two lines above a panel."""
    head, _, reading = plotly_text(panel.title).partition(":")
    finding = "<br>".join(map(plotly_text, wrap(panel.finding, LONGEST_LINE)))
    return {
        "text": f"<b>{head}</b>{reading and ':'}{reading}<br>{finding}",
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "y": top,
        "xanchor": "left",
        "yanchor": "bottom",
        "align": "left",
        "showarrow": False,
        "xshift": 2 - LEFT,
        "font": {"size": 12},
    }


def _level(panel: LinePanel, axis: str) -> dict[str, Any]:
    return _shape("line", ("paper", 0, 1), (axis, panel.level, panel.level), "dot")


def _columns(stack: Stack, axis: str) -> list[dict[str, Any]]:
    """A line where the padding ends and a frame around the chosen word, below a panel's title."""
    inside = f"{axis} domain"
    found = [
        _shape("line", ("x", edge - 0.5, edge - 0.5), (inside, 0, 1), "dash")
        for edge in stack.edges
        if 0 < edge < len(stack.labels)
    ]
    if stack.column is not None and 0 <= stack.column < len(stack.labels):
        across = ("x", stack.column - 0.5, stack.column + 0.5)
        found.append(_shape("rect", across, (inside, 0, 1)))
    return found


def _row(stack: Stack, axis: str) -> list[dict[str, Any]]:
    """A frame around the chosen unit in one panel."""
    rows = (
        np.flatnonzero(np.asarray(stack.order) == stack.unit).tolist()
        if stack.unit is not None
        else ()
    )
    return [_shape("rect", ("paper", 0, 1), (axis, row - 0.5, row + 0.5)) for row in rows]


def _shape(
    kind: str,
    across: tuple[str, float, float],
    down: tuple[str, float, float],
    dash: str = "solid",
) -> dict[str, Any]:
    """A line or a rectangle; `across` and `down` are an axis and two values on it."""
    (xref, x0, x1), (yref, y0, y1) = across, down
    ends = {"xref": xref, "x0": x0, "x1": x1, "yref": yref, "y0": y0, "y1": y1}
    return {"type": kind, **ends, "line": {"color": INK, "width": 1, "dash": dash}}
