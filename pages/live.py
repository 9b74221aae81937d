"""Live: type a review and see, letter by letter, what the LSTM thinks of it and why."""

import streamlit as st

from lstm_core.figures.reading import reading_picture, strongest_words
from lstm_core.findings import reading_line
from lstm_core.model import SentimentModel
from lstm_core.trace import Trace
from lstm_core.verdict import judge
from pages.parts.editor import plain_switch, review_editor
from pages.parts.examples_row import draw_examples
from pages.parts.live_pictures import draw_picture, draw_strongest
from pages.parts.manners import manners_in_use
from pages.parts.shared import (
    MAX_CHARACTERS,
    REVIEW,
    examples,
    link_to,
    model_in_use,
    through_the_router,
)
from pages.parts.tint import tint_line, tint_of
from pages.parts.verdict_view import draw_verdict
from pages.parts.word_strip import word_strip

WORDS_HEAD = """
<h3 class="lens-heading">What each word did</h3>
<div class="lens-legend">
  <span>pulled towards negative <span class="bar"></span> towards positive</span>
  <span class="unknown">not in the vocabulary</span>
  <span class="unread">not read</span>
  <span>Click a word to pin it.</span>
</div>"""


def draw_why(model: SentimentModel, trace: Trace) -> int | None:
    """The review read back and the words that decided, side by side; the place pinned."""
    tint = tint_of(model, trace)
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.html(WORDS_HEAD)
        pinned = word_strip(trace, key="strip", tint=tint)
        st.caption(f"{reading_line(trace.encoding)} {tint_line(model)}")
        link_to("explanations", "Which explanation to believe", ask="Which to believe")
    with right:
        draw_strongest(strongest_words(trace, scores=tint.values))
    return pinned


@st.fragment
def live() -> None:
    """Everything that follows the text: typing runs this again and nothing else."""
    write, answer = st.columns([3, 2], gap="large")
    with write:
        typed = review_editor(
            examples()[0].text.strip(),
            key=REVIEW,
            max_characters=MAX_CHARACTERS,
            plain=st.session_state.get("plain", False),
        )
    model = model_in_use()
    trace = model.trace(typed.text)
    with answer:
        draw_verdict(judge(trace, manners_in_use(model)))
        if typed.cut_characters:
            st.caption(
                f"The text was longer than {MAX_CHARACTERS:,} characters: the last "
                f"{typed.cut_characters:,} were left out."
            )
    draw_examples("example")
    pinned = st.session_state["pinned"] = draw_why(model, trace)
    padding = st.toggle("Show the padding in front", key="padding", bind="query-params")
    draw_picture(reading_picture(trace, padding=padding, pinned=pinned))


through_the_router()
st.html(
    '<p class="lens-lead">Type a film review and watch what an LSTM makes of it, word by word.</p>'
)
live()
plain_switch()
