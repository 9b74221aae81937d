"""What one can take along from Live: a report of the review in three formats, and its chart."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

import streamlit as st

from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.model.unit_words import UnitWordsReport, unit_words_of
from lstm_core.recurrent.lstm import Floats
from lstm_core.recurrent.trace import Trace
from pages.parts.common.export import download
from pages.parts.common.token_colors import tint_line
from pages.parts.components.editor import LINK_LIMIT
from pages.parts.components.source import component
from pages.parts.live.introduction import model_line

if TYPE_CHECKING:  # imported when it is asked for: it would make the first page start later
    from lstm_core.figures.report import ReportFacts

_SHOWN = "live_shown"  # session key
_PNG = "live_report_png"  # session key: the report to be saved as PNG, and its number


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
    of = (shown, profiles, model_line(model), tint_line(model), address)
    with st.popover("Export", key="live-export", type="tertiary"):
        download("Report (HTML)", "report.html", "text/html", partial(_report_html, *of))
        download("Report (SVG)", "report.svg", "image/svg+xml", partial(_report_svg, *of))
        st.button("Report (PNG)", key="report_png", on_click=_ask_for_png, args=of)
        download("Chart (SVG)", "chart.svg", "image/svg+xml", partial(_chart, shown, profiles))
    if asked := st.session_state.pop(_PNG, None):  # the browser draws it
        svg, number = asked
        draw = component("report_png", "<span></span>", "words.css", "report_png.js")
        draw(key="report_png_file", data={"svg": svg, "number": number})


def _ask_for_png(*of: Any) -> None:
    st.session_state[_PNG] = (_report_svg(*of).decode(), time.time())


def _report_html(
    shown: Shown, profiles: UnitWordsReport | None, model: str, says: str, address: str
) -> bytes:
    from lstm_core.figures.report import report_html

    facts = _facts(shown, model, says, address)
    return report_html(shown.trace, shown.scores, shown.step, facts, profiles).encode()


def _report_svg(
    shown: Shown, profiles: UnitWordsReport | None, model: str, says: str, address: str
) -> bytes:
    from lstm_core.figures.report_svg import report_svg

    facts = _facts(shown, model, says, address)
    return report_svg(shown.trace, shown.scores, shown.step, facts, profiles).encode()


def _facts(shown: Shown, model: str, says: str, address: str) -> "ReportFacts":
    from lstm_core.figures.report import ReportFacts

    encoded = quote_plus(shown.trace.encoding.text)
    link = f"{address}?text={encoded}" if len(encoded) <= LINK_LIMIT else address
    made = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    return ReportFacts(model=model, made=made, link=link, says=says)


def _chart(shown: Shown, profiles: UnitWordsReport | None) -> bytes:
    from lstm_core.figures.live import reading_picture
    from lstm_core.figures.report import chart_svg

    picture = reading_picture(shown.trace, scores=shown.scores, profiles=profiles)
    return chart_svg(picture).encode()
