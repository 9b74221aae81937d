"""What one can take along from the states page, and the check against Keras."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import plotly.graph_objects as go
import streamlit as st

from lstm_core.errors import LstmLensError
from lstm_core.figures.export import csv_bytes, figure_html, npz_bytes, parquet_bytes
from lstm_core.figures.subplots import Stack, draw_stack
from lstm_core.model.keras_parity import TOLERANCE, Differences, compare_in_process
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.trace import Trace

_CHECK = "states_keras_check"
POLL_SECONDS = 0.7


@dataclass(frozen=True)
class Check:
    """A comparison under way or done, for one text in one model."""

    text: str
    fingerprint: str
    answer: "Future[Differences]"


@dataclass(frozen=True)
class Extra:
    """One more file that a page offers: label, file name, type and what makes it."""

    label: str
    file: str
    mime: str
    make: Callable[[], bytes]


def draw_export(
    trace: Trace,
    figures: Sequence[go.Figure | Stack],
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
    with st.popover("Export"):
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


def _html_button(figures: Sequence[go.Figure | Stack], at: int, name: str) -> None:
    _button(
        "HTML" if at == 0 else f"HTML, picture {at + 1}",
        f"{name}.html",
        "text/html",
        lambda: figure_html(_figure(figures[at]), f"LSTM Lens: {name}").encode(),
    )


def _figure(drawn: go.Figure | Stack) -> go.Figure:
    return draw_stack(drawn) if isinstance(drawn, Stack) else drawn


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
    """A button that checks this very trace against Keras, and what came out."""
    check = _current(model, trace)
    waiting = check is not None and not check.answer.done()
    st.fragment(_badge, run_every=POLL_SECONDS if waiting else None)(model, trace)


def _badge(model: SentimentModel, trace: Trace) -> None:
    check = _current(model, trace)
    if check is None:
        if st.button("Check against Keras", key="check"):
            st.session_state[_CHECK] = _start(model, trace)
            st.rerun()
        return
    if not check.answer.done():
        st.html(
            '<span class="lens-badge" role="status">Keras is reading this review in a process of '
            "its own …</span>"
        )
        return
    st.html(badge_html(check))


def badge_html(check: Check) -> str:
    """The outcome: green within the tolerance, red above it, without colour when it failed."""
    try:
        found = check.answer.result()
    except (LstmLensError, OSError):
        return _span("failed", "The check against Keras could not run, so nothing is known.")
    says = f"largest difference {found.largest:.1e} (Keras {found.keras})"
    if found.equal:
        return _span("good", f"Equal to Keras: {says}")
    return _span("bad", f"Not equal to Keras within {TOLERANCE:.0e}: {says}")


def _span(kind: str, text: str) -> str:
    return f'<span class="lens-badge {kind}" role="status">{text}</span>'


def _current(model: SentimentModel, trace: Trace) -> Check | None:
    """The check of exactly this text in exactly this model, never an older one's number."""
    check = st.session_state.get(_CHECK)
    if not isinstance(check, Check):
        return None
    same = (check.text, check.fingerprint) == (trace.encoding.text, model.bundle.fingerprint)
    return check if same else None


def _start(model: SentimentModel, trace: Trace) -> Check:
    older = st.session_state.get(_CHECK)
    if isinstance(older, Check):
        older.answer.cancel()  # nobody waits for it any more
    answer = _pool().submit(compare_in_process, model.bundle.folder, [trace.encoding.text])
    return Check(trace.encoding.text, model.bundle.fingerprint, answer)


@st.cache_resource(show_spinner=False)
def _pool() -> ThreadPoolExecutor:
    """One check at a time for all visitors: each takes a core and hundreds of MiB for seconds."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="keras-check")
