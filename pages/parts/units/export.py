"""What one can take along from the units page."""

from collections.abc import Callable, Sequence

import streamlit as st

from lstm_core.activations.store import StateIndex
from lstm_core.figures.export import figure_html
from lstm_core.model.sentiment_model import SentimentModel
from pages.parts.common.figures import Drawn, whole_figure
from pages.parts.units.profiles import unit_statistics_of, unit_table


def draw_export(
    model: SentimentModel, index: StateIndex, figures: Sequence[Drawn], name: str
) -> None:
    """Downloads; each file is made when its button is pressed."""
    export = st.popover("Export", key="export", on_change="rerun")
    if not export.open:  # its buttons would cost a quarter of every update of the page
        return
    with export:
        st.caption("The statistics of all units in one table.")
        _button("CSV", "units.csv", "text/csv", lambda: _table(model, index))
        if figures:
            st.caption("Each picture as one HTML file; the camera above it saves a PNG.")
        for number, figure in enumerate(figures, start=1):
            file = f"{name}.html" if number == 1 else f"{name}-{number}.html"
            label = "HTML" if number == 1 else f"HTML, picture {number}"
            _button(label, file, "text/html", _page_of(figure, name))
        st.caption("The address of this page holds everything that was chosen here.")


def _page_of(figure: Drawn, name: str) -> Callable[[], bytes]:
    return lambda: figure_html(whole_figure(figure), f"LSTM Lens: {name}").encode()


def _table(model: SentimentModel, index: StateIndex) -> bytes:
    text = unit_table(unit_statistics_of(index, model)).to_csv(index=False, lineterminator="\n")
    return str(text).encode()


def _button(label: str, file: str, mime: str, make: Callable[[], bytes]) -> None:
    st.download_button(
        label,
        data=make,
        file_name=f"lstm-lens-{file}",
        mime=mime,
        on_click="ignore",
        key=f"take_units_{label}",
    )
