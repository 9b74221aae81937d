"""What the charts of a page show, read from what the page hands to its chart component."""

import json
from typing import Any

from streamlit.testing.v1 import AppTest


def component_data(app: AppTest, name: str) -> list[dict[str, Any]]:
    """What each component of that name on the page was given."""
    found = [element.proto for element in app.get("bidi_component")]
    return [json.loads(proto.json) for proto in found if proto.component_name == name]


def charts(app: AppTest) -> list[dict[str, Any]]:
    """The data of each chart: traces and layout as JSON, ``alt``, ``height``."""
    return component_data(app, "lstm_lens_chart")


def figures(app: AppTest) -> list[dict[str, Any]]:
    """The Plotly figure of each chart, as data and layout."""
    return [
        {
            "data": [json.loads(text) for text in chart["traces"]],
            "layout": {part: json.loads(text) for part, text in chart["layout"]},
        }
        for chart in charts(app)
    ]
