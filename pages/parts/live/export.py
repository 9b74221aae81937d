"""What one can take along from Live: a report of the review, and its chart as SVG."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from urllib.parse import quote_plus

import streamlit as st

from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.model.unit_words import UnitWordsReport, unit_words_of
from lstm_core.recurrent.lstm import Floats
from lstm_core.recurrent.trace import Trace
from pages.parts.common.export import download
from pages.parts.common.token_colors import tint_line
from pages.parts.components.editor import LINK_LIMIT
from pages.parts.live.introduction import model_line

_SHOWN = "live_shown"  # session key


@dataclass
class Shown:
    """The review that the page shows at the moment; a download is made outside of any run.

    Attributes:
        trace: Its trace.
        scores: The attribution of each place, ``(T,)``.
        step: The step of the pinned word, from 0; the last one without.
    """

    trace: Trace
    scores: Floats
    step: int


def note_shown(trace: Trace, scores: Floats, pinned: int | None) -> None:
    """Note what the page shows now."""
    step = trace.encoding.maxlen - 1 if pinned is None else pinned
    shown: Shown | None = st.session_state.get(_SHOWN)
    if shown is None:
        st.session_state[_SHOWN] = Shown(trace, scores, step)
    else:  # the same object: the buttons hold it
        shown.trace, shown.scores, shown.step = trace, scores, step


def shown_trace() -> Trace:
    """The trace of the review that the page shows at the moment."""
    shown: Shown = st.session_state[_SHOWN]
    return shown.trace


def draw_export(model: SentimentModel) -> None:
    """Draw the menu of downloads; a file is made when asked for, of the review of that moment."""
    shown: Shown = st.session_state[_SHOWN]
    address = (st.context.url or "").split("?")[0]
    profiles = unit_words_of(model.bundle)
    report = partial(_report, shown, profiles, model_line(model), tint_line(model), address)
    with st.popover("Export", key="live-export", type="tertiary"):
        download("Report (HTML)", "report.html", "text/html", report)
        download("Chart (SVG)", "chart.svg", "image/svg+xml", partial(_chart, shown, profiles))


def _report(
    shown: Shown, profiles: UnitWordsReport | None, model: str, says: str, address: str
) -> bytes:
    from lstm_core.figures.report import ReportFacts, report_html

    encoded = quote_plus(shown.trace.encoding.text)
    link = f"{address}?text={encoded}" if len(encoded) <= LINK_LIMIT else address
    made = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    facts = ReportFacts(model=model, made=made, link=link, says=says)
    return report_html(shown.trace, shown.scores, shown.step, facts, profiles).encode()


def _chart(shown: Shown, profiles: UnitWordsReport | None) -> bytes:
    from lstm_core.figures.live import reading_picture
    from lstm_core.figures.report import chart_svg

    picture = reading_picture(shown.trace, scores=shown.scores, profiles=profiles)
    return chart_svg(picture).encode()
