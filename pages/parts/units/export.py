"""What one can take along from the units page."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from lstm_core.activations.store import StateIndex
from lstm_core.model.sentiment_model import SentimentModel
from pages.parts.common.export import download, download_figures, export_menu
from pages.parts.common.figures import Drawn
from pages.parts.units.profiles import unit_statistics_of, unit_table


def draw_export(
    model: SentimentModel, index: StateIndex, figures: Sequence[Drawn], name: str
) -> None:
    """The table of all units and the pictures as files."""
    if (menu := export_menu()) is not None:
        with menu:
            st.caption("The statistics of all units in one table.")
            download("CSV", "units.csv", "text/csv", partial(_table, model, index))
            download_figures(figures, name)
            st.caption("The address of this page holds everything that was chosen here.")


def _table(model: SentimentModel, index: StateIndex) -> bytes:
    text = unit_table(unit_statistics_of(index, model)).to_csv(index=False, lineterminator="\n")
    return str(text).encode()
