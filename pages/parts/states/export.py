"""What one can take along from the states page, and the check against Keras."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from lstm_core.figures.export import csv_bytes, figure_html, npz_bytes, parquet_bytes
from lstm_core.json_codec import decode
from lstm_core.model.bundle import Bundle
from lstm_core.model.keras_parity import (
    TASK_KIND,
    TOLERANCE,
    Differences,
    parity_key,
    start_parity_check,
)
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.trace import Trace
from lstm_core.tasks.folder import TaskStatus
from pages.parts.common.figures import Drawn, whole_figure
from pages.parts.common.task_progress import draw_task, start_button


@dataclass(frozen=True)
class Extra:
    """One more file that a page offers: label, file name, type and what makes it."""

    label: str
    file: str
    mime: str
    make: Callable[[], bytes]


def draw_export(
    trace: Trace,
    figures: Sequence[Drawn],
    name: str,
    *,
    extra: Sequence[Extra] = (),
    holds: str = "the review, view, unit, step, order and interventions",
) -> None:
    """Downloads; each file is made when its button is pressed.

    Args:
        trace: The trace.
        figures: The pictures of the page; a list may be brought up to date afterwards.
        name: Names the pictures' files.
        extra: Further files.
        holds: What the address of the page holds.
    """
    export = st.popover("Export", key="export", on_change="rerun")
    if not export.open:  # its buttons would cost a quarter of every update of the page
        return
    with export:
        for one in extra:
            _button(one.label, one.file, one.mime, one.make)
        st.caption("Every value of this trace, with units and words.")
        with st.container(horizontal=True):
            _button("CSV", "trace.csv", "text/csv", lambda: csv_bytes(trace))
            _button("NPZ", "trace.npz", "application/octet-stream", lambda: npz_bytes(trace))
            _button(
                "Parquet", "trace.parquet", "application/octet-stream", lambda: parquet_bytes(trace)
            )
        if figures:
            st.caption("Each picture as one HTML file; the camera above it saves a PNG.")
        for at in range(len(figures)):
            _html_button(figures, at, name if at == 0 else f"{name}-{at + 1}")
        st.caption(f"The address of this page holds {holds}: copy it to come back to exactly this.")


def _html_button(figures: Sequence[Drawn], at: int, name: str) -> None:
    _button(
        "HTML" if at == 0 else f"HTML, picture {at + 1}",
        f"{name}.html",
        "text/html",
        lambda: figure_html(whole_figure(figures[at]), f"LSTM Lens: {name}").encode(),
    )


def _button(label: str, file: str, mime: str, make: object) -> None:
    st.download_button(
        label,
        data=make,  # type: ignore[arg-type]
        file_name=f"lstm-lens-{file}",
        mime=mime,
        on_click="ignore",
        key=f"take_{label}",
    )


def draw_keras_badge(model: SentimentModel, trace: Trace) -> None:
    """A button that compares this very trace with Keras, and what came out."""
    bundle, text = model.bundle, trace.encoding.text
    draw_task(TASK_KIND, parity_key(bundle, text), partial(_offer_check, bundle, text))


def _offer_check(bundle: Bundle, text: str, found: TaskStatus) -> None:
    if found.done or found.error:
        st.html(badge_html(found))
    if not found.done:
        start = partial(start_parity_check, bundle, text)
        start_button("Check against Keras", TASK_KIND, start, key="check")


def badge_html(status: TaskStatus) -> str:
    """The outcome: green within the tolerance, red above it, without colour when it failed."""
    try:
        found = decode(Differences, status.result)
    except (TypeError, ValueError, KeyError):
        return _span("failed", "The check against Keras could not run, so nothing is known.")
    says = f"largest difference {found.largest:.1e} (Keras {found.keras})"
    if found.equal:
        return _span("good", f"Equal to Keras: {says}")
    return _span("bad", f"Not equal to Keras within {TOLERANCE:.0e}: {says}")


def _span(kind: str, text: str) -> str:
    return f'<span class="lens-badge {kind}" role="status">{text}</span>'
