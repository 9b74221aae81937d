"""Live: type a review and see, letter by letter, what the LSTM thinks of it and why."""

import streamlit as st

from lstm_core.figures.reading import reading_figure, strongest_words_figure
from lstm_core.findings import reading_line, running_title, strongest_title
from lstm_core.model import SentimentModel
from lstm_core.trace import Trace
from lstm_core.verdict import judge
from pages.parts.chart import draw_chart
from pages.parts.editor import plain_switch, review_editor
from pages.parts.examples_row import draw_examples
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

QUIET = {"displayModeBar": False, "scrollZoom": False}
LEGEND = """
<div class="lens-legend">
  <span>pulled towards negative <span class="bar"></span> towards positive</span>
  <span class="unknown">not in the vocabulary</span>
  <span class="unread">not read</span>
  <span>Click a word to pin it.</span>
</div>"""


def draw_why(model: SentimentModel, trace: Trace) -> None:
    """The review read back and the words that decided, side by side."""
    tint = tint_of(model, trace)
    title = strongest_title(trace, tint.values)
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader("What each word did", anchor=False)
        st.html(LEGEND)
        st.session_state["pinned"] = word_strip(trace, key="strip", tint=tint)
        st.caption(f"{reading_line(trace.encoding)} {tint_line(model)}")
        link_to("explanations", "Which explanation to believe", ask="Which to believe")
    with right:
        st.subheader("The strongest words", anchor=False)
        st.caption(title)
        figure = strongest_words_figure(trace, scores=tint.values)
        draw_chart(figure, key="bars", config=QUIET, alt=title)


def draw_reading(trace: Trace, padding: bool) -> None:
    """The running verdict above the hidden states, on one axis of words."""
    st.subheader(running_title(trace), anchor=False)
    st.caption(
        "Above: how positive the review is so far, after each word. Below, on the same words: the "
        "hidden state of every unit, blue above zero, orange below, faint near zero."
    )
    figure = reading_figure(trace, padding=padding, pinned=st.session_state["pinned"])
    draw_chart(figure, key="reading", config=QUIET, alt=running_title(trace))


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
        draw_verdict(judge(trace))
        if typed.cut_characters:
            st.caption(
                f"The text was longer than {MAX_CHARACTERS:,} characters: the last "
                f"{typed.cut_characters:,} were left out."
            )
    draw_examples("example")
    draw_why(model, trace)
    padding = st.toggle("Show the padding in front", key="padding", bind="query-params")
    draw_reading(trace, padding)


through_the_router()
st.html(
    '<p class="lens-lead">Type a film review and watch what an LSTM makes of it, word by word.</p>'
)
live()
plain_switch()
