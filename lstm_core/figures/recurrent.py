"""Pictures of an imported model's layers: quantities of one layer, one unit, gradients by step.

Symbols: S columns shown, D units.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from lstm_core.analysis.gradient_reach import LayerGradient
from lstm_core.analysis.prediction_change import change_caption
from lstm_core.figures.axes import Places, round_limit, round_values
from lstm_core.figures.colours import FAINT, INK, SERIES
from lstm_core.figures.states import NAMES, READINGS, range_panel, value_range
from lstm_core.figures.subplots import Line, LinePanel, Stack, own_names
from lstm_core.recurrent.lstm import Floats
from lstm_core.recurrent.running import LayerStates, ModelTrace

SMALLEST = 1e-12  # of a norm on the logarithmic axis: float32 gradients below it are noise


def layer_figure(
    trace: ModelTrace,
    layer: LayerStates,
    *,
    padding: bool,
    place: int | None,
    unit: int,
    scores: Floats | None = None,
) -> Stack:
    """Every quantity of one direction of a layer below the running probability."""
    places = Places.of(trace.encoding, padding=padding)
    first = places.first
    name = f"P({trace.class_name}) so far"
    line = Line(name, trace.probability[first:])
    return Stack(
        name="layer",
        labels=places.labels,
        panels=[
            LinePanel(f"Running probability: {name}", change_caption(trace, scores), [line]),
            *(
                range_panel(layer.name, key, values[first:])
                for key, values in layer.quantities.items()
            ),
        ],
        order=np.arange(layer.units),
        column=None if place is None or place < first else place - first,
        unit=unit,
        edges=[trace.encoding.first_word - first],
    )


def unit_figure(
    trace: ModelTrace, layer: LayerStates, unit: int, *, padding: bool, place: int | None
) -> Stack:
    """Every quantity of one unit as lines."""
    places = Places.of(trace.encoding, padding=padding)
    first = places.first
    panels = []
    for quantity, values in layer.quantities.items():
        shown = values[first:, unit]
        gate = quantity.endswith("_gate")
        limit = round_limit(shown)
        low, high = float(shown.min()), float(shown.max())
        panels.append(
            LinePanel(
                title=f"{NAMES[quantity]} of unit {unit}: {READINGS[quantity]}",
                finding=value_range(low, high, gate=gate),
                lines=[Line(NAMES[quantity], shown)],
                low=0.0 if gate else -limit,
                high=1.0 if gate else limit,
                level=0.5 if gate else 0.0,
                per_cent=False,
                gate=gate,
            )
        )
    return Stack(
        name="unit",
        labels=places.labels,
        panels=panels,
        order=np.arange(1),
        column=None if place is None or place < first else place - first,
        edges=[trace.encoding.first_word - first],
    )


def gradient_figure(
    trace: ModelTrace, found: Sequence[LayerGradient], *, padding: bool
) -> go.Figure:
    """Norm of d logit / d h_t over the steps, logarithmic, one line per layer and direction."""
    places = Places.of(trace.encoding, padding=padding)
    lines = {one.layer.name: one.norms[places.first :] for one in found}
    return log_lines(lines, places.labels, "norm of d logit / d h(t)", "%{fullData.name}: %{y:.2e}")


def log_lines(
    lines: Mapping[str, Floats], labels: Sequence[str], axis: str, hover: str
) -> go.Figure:
    """Lines over words on a logarithmic axis; values below 1e-12 are left out."""
    names = own_names(labels)
    data: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": name,
            "x": names,
            "y": np.where(values > SMALLEST, values, np.nan),
            "line": {"color": colour, "width": 2},
            "hovertemplate": f"“%{{x}}”, {hover}<extra></extra>",
        }
        for (name, values), colour in zip(lines.items(), SERIES * 2, strict=False)
    ]
    layout = {
        "height": 360,
        "margin": {"l": 64, "r": 8, "t": 48, "b": 96},
        "showlegend": True,
        "legend": {"orientation": "h", "y": 1.12, "x": 0},
        "dragmode": False,
        "uirevision": "log",
        "xaxis": {
            "type": "category",
            "tickangle": -50,
            "showgrid": False,
            "nticks": 40,
            "automargin": False,
        },
        "yaxis": {
            "type": "log",
            "title": {"text": axis},
            "gridcolor": FAINT,
            "tickvals": round_values(np.concatenate([line["y"] for line in data])),
            "tickformat": "~g",
            "tickcolor": INK,
            "automargin": True,
        },
    }
    return go.Figure(data=data, layout=layout, _validate=False)
