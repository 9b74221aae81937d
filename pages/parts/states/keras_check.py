"""The check of a trace against Keras: a button, and what came out."""

from functools import partial

import streamlit as st

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
from pages.parts.common.task_progress import draw_task, start_button


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
