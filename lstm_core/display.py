"""Figures, tables and notebook display of results, drawn by `lstm_core.figures` when asked for.

The classes that hold results lie below the figures, so the drawing module is imported by name and
only when a person asks for a picture.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

DRAWING = "lstm_core.figures.notebook"


class Displayed:
    """A result that draws itself."""

    __slots__ = ()

    def figure(self, quantity: str | None = None, **options: Any) -> "go.Figure":
        """A Plotly figure of everything, or of one quantity, for example ``"forget_gate"``."""
        figure: go.Figure = import_module(DRAWING).figure(self, quantity, **options)
        return figure

    def to_frame(self) -> "pd.DataFrame":
        """The numbers as a pandas DataFrame."""
        frame: pd.DataFrame = import_module(DRAWING).frame(self)
        return frame

    def _repr_html_(self) -> str:
        """HTML for notebooks: small, without script, readable offline."""
        return str(import_module(DRAWING).html(self))
