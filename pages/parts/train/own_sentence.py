"""A sentence of the visitor's own, read by the model of a run as it is now, as on Live."""

import streamlit as st

from lstm_core.analysis.formatting import p_positive
from lstm_core.attribution.attribute import score_words
from lstm_core.attribution.faithfulness_store import STANDARD
from lstm_core.figures.live import reading_picture, strongest_words
from lstm_core.runs import Run
from lstm_core.runs.config import DEFAULT_PROBES, LONGEST_PROBE
from lstm_core.runs.current import current_model
from pages.parts.components.live_charts import draw_picture, draw_strongest

SENTENCE = "own_sentence"  # session key


def draw_own_sentence(run: Run) -> None:
    """The field, what the model says now, and Live's two pictures."""
    st.session_state.setdefault(SENTENCE, DEFAULT_PROBES[-1])
    sentence = st.text_input(
        "Your own sentence, read by this model",
        key=SENTENCE,
        max_chars=LONGEST_PROBE,
        persist_state="session",
    )
    model = current_model(run)
    if model is None:
        st.caption("The model can read it as soon as training has begun.")
        return
    trace = model.trace(sentence or "")
    when = f"after step {model.step:,}" if model.step else "before the first step"
    st.subheader(f"{p_positive(trace.verdict_probability)} {when}", anchor=False)
    scores = score_words(model.forward, trace, STANDARD).scores
    draw_picture(reading_picture(trace, scores=scores))
    draw_strongest(strongest_words(trace, scores=scores))
