"""Plotly figures that change in place: a component of our own around ``Plotly.react``.

Streamlit's ``st.plotly_chart`` makes a new element whenever a figure changes, and the browser then
builds the whole chart anew. This component keeps its element and hands Plotly only what changed.
Plotly's script is the one that the Python package ``plotly`` carries; the app's own server serves
it, no other host does.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import plotly
import plotly.graph_objects as go
import streamlit as st
from plotly.utils import PlotlyJSONEncoder
from streamlit.components.v1 import declare_component

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

ASSETS = Path(__file__).resolve().parents[2] / "assets"
_HTML = """
<div class="lens-chart" role="figure"></div>
<p class="lens-chart-trouble" role="alert" hidden>This picture could not be drawn here. In words:
<span></span></p>
"""


def draw_chart(
    figure: go.Figure, *, key: str, alt: str, config: Mapping[str, object] | None = None
) -> None:
    """Draw a figure, or bring the one with this key up to date.

    Args:
        figure: The figure; its layout has a height in pixels.
        key: The chart's key on its page.
        alt: What it shows, in words, for those who do not see it.
        config: Plotly's configuration.
    """
    found = figure.to_dict()
    layout = found["layout"]
    layout.pop("template", None)  # the script makes one of the page's theme
    data = {  # of texts and a tuple: Streamlit imports pandas to ask whether a list is a table
        "traces": tuple(_text(trace) for trace in found["data"]),
        "layout": _text(layout),
        "config": _text({"displaylogo": False, **(config or {})}),
        "alt": alt,
        "height": layout["height"],
        "library": _library(),
    }
    _component()(key=key, data=data)


def _text(part: Any) -> str:
    return json.dumps(part, cls=PlotlyJSONEncoder, separators=(",", ":"))


@st.cache_resource(show_spinner=False)
def _library() -> str:
    """Have the server serve Plotly's script; its path below the app's address."""
    folder = Path(plotly.__file__).parent / "package_data"
    served = declare_component("plotly", path=str(folder))
    return f"component/{served.name}/plotly.min.js?v={plotly.__version__}"


@cache
def _component() -> "ComponentRenderer":
    return st.components.v2.component(
        "lstm_lens_chart",
        html=_HTML,
        css=(ASSETS / "chart.css").read_text(encoding="utf-8"),
        js=(ASSETS / "chart.js").read_text(encoding="utf-8"),
        isolate_styles=False,
    )
