"""The units that matter most in the review of all pages, as sentences with their words."""

import numpy as np
import streamlit as st

from lstm_core.activations.top_spans import SpanToken
from lstm_core.activations.unit_profiles import UnitStats, unit_stats_title
from lstm_core.analysis.formatting import p_positive, signed
from lstm_core.analysis.unit_stats import UnitOrder, contribution_of, logit_parts, order_units
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.lstm import Floats
from lstm_core.recurrent.trace import Trace
from pages.parts.common.pinned import pinned_place
from pages.parts.common.review_input import typed_review
from pages.parts.units.html import phrase_html, phrases_html

MOST = 5


def draw_important(model: SentimentModel, stats: tuple[UnitStats, ...]) -> None:
    """The units with the largest contributions to the final logit of the review."""
    trace = model.trace(typed_review())
    pinned = pinned_place(trace)
    units = order_units(trace, UnitOrder.IMPACT)[:MOST]
    if not trace.encoding.read_count:
        return
    share = logit_parts(trace)[units].sum()
    many = f"{len(units)} units that contribute" if len(units) > 1 else "unit that contributes"
    st.header(f"The {many} most to this review", anchor=False)
    st.html(
        phrases_html(
            [important_html(trace, stats[unit], pinned) for unit in units], "Units of this review"
        )
    )
    underlined = "" if pinned is None else "The pinned word is underlined. "
    st.caption(
        f"Your review ({p_positive(trace.verdict_probability)}), once for each unit: a word is "
        "blue where the unit moved the logit towards positive at it, orange towards negative. "
        f"{underlined}Together these units contribute {signed(float(share))} to the logit of "
        f"{signed(float(trace.logits[-1]))}. The sentence on a unit is measured on the reviews "
        "chosen above."
    )


def important_html(trace: Trace, stats: UnitStats, pinned: int | None) -> str:
    """One unit: the review with the words at which it moved the logit, and what the unit does."""
    part = float(logit_parts(trace)[stats.unit])
    values = contribution_of(trace)[:, stats.unit]
    way = "positive" if part >= 0 else "negative"
    says = (
        f"Unit {stats.unit} contributes {signed(part)}, towards {way}. {unit_stats_title(stats)}."
    )
    full = max(float(np.abs(values[trace.encoding.first_word :]).max()), 0.05)
    return phrase_html(_words(trace, values, pinned), says, full=full)


def _words(trace: Trace, values: Floats, pinned: int | None) -> list[SpanToken]:
    """The words read, each with its value, as they were typed."""
    encoding, found, at = trace.encoding, [], 0
    for place in range(encoding.first_word, encoding.maxlen):
        span = encoding.spans[place]
        assert span is not None
        found.append(SpanToken(encoding.text[at : span.start], None, inside=False))
        word = encoding.text[span.start : span.end]
        found.append(SpanToken(word, float(values[place]), inside=place == pinned))
        at = span.end
    return found
