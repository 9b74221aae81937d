"""Figures on a page: Plotly configurations and stacks of panels with a text alternative."""

from collections.abc import Callable, Hashable, Mapping
from typing import TypeAlias

import plotly.graph_objects as go
import streamlit as st

from lstm_core.figures.parts import Parts
from lstm_core.figures.subplots import Stack, compose, draw_stack
from pages.parts.components.chart import PreparedChart, draw_chart, prepare_chart

Drawn: TypeAlias = go.Figure | Stack | Parts  # what a view has drawn and one may take along
QUIET: dict[str, object] = {"displayModeBar": False, "scrollZoom": False}
TOOLS = ["pan2d", "zoomIn2d", "zoomOut2d", "autoScale2d", "select2d", "lasso2d"]


def show(stack: Stack, *, key: str) -> go.Figure:
    """Draw a stack as `show_stack` does and give it back as a figure."""
    return draw_stack(show_stack(stack, key=key))


def show_stack(stack: Stack, *, key: str, near: Mapping[int, Stack] | None = None) -> Stack:
    """Draw a stack with its text alternative and Plotly's own toolbar; give it back.

    Args:
        stack: The stack.
        key: The chart's key on its page.
        near: The stacks of other units, which the browser draws as soon as one is chosen.
    """
    others = {unit: (compose(one), _in_words(one)) for unit, one in (near or {}).items()}
    frames = None
    if stack.first is not None and stack.column is not None:
        frames = {"first": stack.first, "step": stack.first + stack.column, "unit": stack.unit}
    draw_chart(
        compose(stack),
        key=key,
        config=config_of(stack.name),
        alt=_in_words(stack),
        frames=frames,
        near=others,
    )
    return stack


def _in_words(stack: Stack) -> str:
    return ". ".join(f"{panel.title.split(':')[0]}: {panel.finding}" for panel in stack.panels)


def draw_shared(
    make: Callable[[], go.Figure | Parts],
    *,
    key: str,
    alt: str,
    of: tuple[Hashable, ...],
    config: Mapping[str, object] = QUIET,
) -> go.Figure | Parts:
    """Draw a figure that is the same for every visitor; it is made once.

    Args:
        make: Makes the figure.
        key: The chart's key on its page.
        alt: What it shows, in words.
        of: All that the figure depends on, such as the fingerprint of the model.
        config: Plotly's configuration.
    """
    chart = _prepared(key, of, make)
    draw_chart(chart, key=key, config=config, alt=alt)
    return chart.figure


@st.cache_resource(show_spinner=False, max_entries=200)
def _prepared(
    key: str, of: tuple[Hashable, ...], _make: Callable[[], go.Figure | Parts]
) -> PreparedChart:
    del key, of
    return prepare_chart(_make())


def whole_figure(drawn: Drawn) -> go.Figure:
    """What a view has drawn as a Plotly figure, for a download."""
    if isinstance(drawn, Stack):
        return draw_stack(drawn)
    return drawn.figure() if isinstance(drawn, Parts) else drawn


def config_of(name: str) -> dict[str, object]:
    """Plotly's toolbar: zoom, zoom back and PNG, always in view."""
    return {
        "displayModeBar": True,
        "modeBarButtonsToRemove": TOOLS,
        "toImageButtonOptions": {"format": "png", "filename": f"lstm-lens-{name}", "scale": 2},
        "scrollZoom": False,
    }
