"""Downloads of a page; each file is made when its button is pressed."""

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from lstm_core.figures.export import csv_bytes, figure_html, npz_bytes, parquet_bytes
from lstm_core.recurrent.trace import Trace
from pages.parts.common.figures import Drawn, whole_figure


def export_menu() -> "st.delta_generator.DeltaGenerator | None":
    """The popover of all downloads; None while it is closed.

    Its buttons would cost a quarter of every update of the page.
    """
    menu = st.popover("Export", key="export", on_change="rerun")
    return menu if menu.open else None


def download(label: str, file: str, mime: str, make: Callable[[], bytes]) -> None:
    """A button for one file, which `make` makes."""
    st.download_button(
        label,
        data=make,
        file_name=f"lstm-lens-{file}",
        mime=mime,
        on_click="ignore",
        key=f"take_{label}",
    )


def download_trace(trace: Trace) -> None:
    """Buttons for every value of a trace."""
    st.caption("Every value of this trace, with units and words.")
    binary = "application/octet-stream"
    with st.container(horizontal=True):
        download("CSV", "trace.csv", "text/csv", partial(csv_bytes, trace))
        download("NPZ", "trace.npz", binary, partial(npz_bytes, trace))
        download("Parquet", "trace.parquet", binary, partial(parquet_bytes, trace))


def download_figures(figures: Sequence[Drawn], name: str) -> None:
    """A button for each picture.

    Args:
        figures: The pictures of the page; a list may be brought up to date afterwards.
        name: Names the files.
    """
    if figures:
        st.caption("Each picture as one HTML file; the camera above it saves a PNG.")
    for at in range(len(figures)):
        label, file = ("HTML", name) if at == 0 else (f"HTML, picture {at + 1}", f"{name}-{at + 1}")
        download(label, f"{file}.html", "text/html", partial(_page_of, figures, at, file))


def _page_of(figures: Sequence[Drawn], at: int, name: str) -> bytes:
    return figure_html(whole_figure(figures[at]), f"LSTM Lens: {name}").encode()


def note_address(holds: str) -> None:
    """Say what the address of the page holds."""
    st.caption(f"The address of this page holds {holds}: copy it to come back to exactly this.")
