"""Plotly figures that change in place: a component of our own around ``Plotly.react``.

Streamlit's ``st.plotly_chart`` makes a new element whenever a figure changes, and the browser then
builds the whole chart again. This component keeps its element and hands Plotly only what changed.
Plotly's script is the one that the Python package ``plotly`` carries; the app's own server serves
it, no other host does.
"""

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
import plotly.io
from plotly.utils import PlotlyJSONEncoder

from lstm_core.figures.export import PRIVATE
from lstm_core.figures.parts import Parts
from pages.parts.components.plotly_script import PLOTLY_PATH
from pages.parts.components.source import component

TYPED = {np.dtype("<f4"): "f4", np.dtype("<f8"): "f8"}
# The browser's script makes a template of the page's theme: no figure copies and checks Plotly's.
plotly.io.templates.default = None
_TABLE_ROW = 26  # pixels of the fold below a chart that holds its data as a table
_HTML = """
<div class="lens-chart-box">
<select class="lens-chart-panel" aria-label="Chart shown" hidden></select>
<div class="lens-chart" role="figure"></div>
<details class="lens-chart-table lens-data"><summary>Data as a table</summary>
<div class="data" role="group" tabindex="0" aria-label="Data of the chart">
<p></p><div class="tables"></div></div></details>
</div>
<p class="lens-chart-trouble" role="alert" hidden>This picture could not be drawn here. In words:
<span></span></p>
"""


@dataclass(frozen=True)
class PreparedChart:
    """A figure as the texts that the browser gets, for charts that many visitors see."""

    figure: go.Figure | Parts
    traces: tuple[str, ...]
    layout: tuple[tuple[str, str], ...]
    height: int


def prepare_chart(figure: go.Figure | Parts) -> PreparedChart:
    """Encode a figure once; drawing it then costs next to nothing."""
    return PreparedChart(figure, *_encoded(figure))


def draw_chart(
    figure: go.Figure | Parts | PreparedChart,
    *,
    key: str,
    alt: str,
    config: Mapping[str, object] | None = None,
    frames: Mapping[str, int | None] | None = None,
    near: Mapping[int, tuple[Parts, str]] | None = None,
) -> None:
    """Draw a figure, or bring the one with this key up to date.

    Args:
        figure: The figure, or its traces and layout as plain dictionaries (ten times cheaper: a
            ``go.Figure`` copies and checks everything) or prepared; its layout has a height in
            pixels.
        key: The chart's key on its page.
        alt: What it shows, in words, for those who do not see it.
        config: Plotly's configuration.
        frames: ``step`` and ``unit`` that are framed and the place of the ``first`` column, for a
            chart whose frames follow the widgets of these keys before the page has answered.
        near: What such a chart shows of other units, with the same height, and in words.
    """
    if isinstance(figure, PreparedChart):
        traces, layout, height = figure.traces, figure.layout, figure.height
    else:
        traces, layout, height = _encoded(figure)
    # Of texts and a tuple: Streamlit imports pandas to ask whether a list is a table.
    data: dict[str, object] = {
        "traces": traces,
        "layout": layout,
        "config": _text({**PRIVATE, **(config or {})}),
        "alt": alt,
        "height": height,
        "library": PLOTLY_PATH,
    }
    if frames:
        data["frames"] = dict(frames)
    if near:
        data["near"] = {str(unit): _of_unit(*shown) for unit, shown in near.items()}
    draw = component("chart", _HTML, "chart.css", "history.js", "chart.js", "frames.js")
    # Its place is kept from the start, before the browser has the script: nothing jumps.
    draw(key=key, data=data, height=height + _TABLE_ROW)


def _of_unit(figure: Parts, alt: str) -> dict[str, object]:
    traces, layout, _ = _encoded(figure)
    return {"traces": traces, "layout": layout, "alt": alt}


def _encoded(
    figure: go.Figure | Parts,
) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...], int]:
    traces, layout = _parts(figure)
    parts = tuple((part, _text(value)) for part, value in layout.items())
    return tuple(_text(trace) for trace in traces), parts, int(layout["height"])


def _parts(figure: go.Figure | Parts) -> Parts:
    if isinstance(figure, Parts):
        return figure
    found = figure.to_dict()
    return Parts(found["data"], found["layout"])


def _text(part: Any) -> str:
    return json.dumps(part, cls=_Encoder, separators=(",", ":"))


class _Encoder(PlotlyJSONEncoder):
    """Arrays as the base64 that Plotly's script reads, the rest as Plotly does it."""

    def default(self, obj: Any) -> Any:
        if isinstance(obj, np.ndarray) and obj.dtype in TYPED:
            packed = b64encode(np.ascontiguousarray(obj).tobytes()).decode()
            shape = ", ".join(map(str, obj.shape))
            return {"dtype": TYPED[obj.dtype], "bdata": packed, "shape": shape}
        return super().default(obj)
