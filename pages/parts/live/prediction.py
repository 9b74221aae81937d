"""The prediction of Live: of the first words or of the whole review, and what was not read."""

from math import ceil

import streamlit as st

from lstm_core.analysis.captions import plural
from lstm_core.analysis.formatting import p_positive
from lstm_core.analysis.prediction import Verdict, make_verdict, whole_verdict
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.trace import Trace
from pages.parts.common.input_mode import choose_reading
from pages.parts.common.prediction_view import draw_verdict
from pages.parts.common.reliability import reliability_in_use


def draw_prediction(model: SentimentModel, trace: Trace, note: str) -> None:
    """Draw the prediction and, of a review longer than was read, the switch of the input mode.

    Args:
        model: The model in use.
        trace: The trace of the review's first words.
        note: What else must be known about the text.
    """
    verdict = make_verdict(trace, reliability_in_use(model))
    if not trace.encoding.unread_words:
        draw_verdict(verdict, note=note)
        return
    place = st.empty()  # the switch stands below the prediction that depends on it
    reading = choose_reading(model.maxlen, st.segmented_control, label_visibility="collapsed")
    verdict, line = by_input_mode(model, trace, verdict, reading)
    with place:
        draw_verdict(verdict, note=" ".join(filter(None, (line, note))))


def by_input_mode(
    model: SentimentModel, trace: Trace, first: Verdict, reading: str
) -> tuple[Verdict, str]:
    """The prediction of one input mode, and a line about the other one."""
    encoding = trace.encoding
    read, words = encoding.read_count, encoding.word_count
    whole = float(model.predict([encoding.text], whole=True)[0])
    if reading == "first":
        return first, (
            f"Read the first {read:,} of {plural(words, 'word')}. "
            f"The whole review: {p_positive(whole)}."
        )
    windows = ceil((words + 1) / encoding.maxlen)
    verdict = whole_verdict(encoding, model.vocabulary, whole, reliability_in_use(model))
    return verdict, (
        f"Whole review: mean logit of {plural(windows, 'window')}, {plural(words, 'word')}. "
        f"The charts show the first {plural(read, 'word')}: {p_positive(first.probability)}."
    )
