"""Figures on a page: Plotly configurations and stacks of panels with a text alternative."""

import plotly.graph_objects as go

from lstm_core.figures.subplots import Stack, compose, draw_stack
from pages.parts.components.chart import draw_chart

QUIET: dict[str, object] = {"displayModeBar": False, "scrollZoom": False}
TOOLS = ["pan2d", "zoomIn2d", "zoomOut2d", "autoScale2d", "select2d", "lasso2d"]


def show(stack: Stack, *, key: str) -> go.Figure:
    """Draw a stack as `show_stack` does and give it back as a figure."""
    return draw_stack(show_stack(stack, key=key))


def show_stack(stack: Stack, *, key: str) -> Stack:
    """Draw a stack with its text alternative and Plotly's own toolbar; give it back."""
    says = ". ".join(f"{panel.title.split(':')[0]}: {panel.finding}" for panel in stack.panels)
    draw_chart(compose(stack), key=key, config=config_of(stack.name), alt=says)
    return stack


def config_of(name: str) -> dict[str, object]:
    """Plotly's toolbar: zoom, zoom back and PNG, always in view."""
    return {
        "displayModeBar": True,
        "modeBarButtonsToRemove": TOOLS,
        "toImageButtonOptions": {"format": "png", "filename": f"lstm-lens-{name}", "scale": 2},
        "scrollZoom": False,
    }
