"""What a person has chosen on the explanations page: the view, a word, a phrase; all in the link.

Words are counted from the first word of the review, so that a choice outlives a change of text.
"""

from collections.abc import Sequence

import plotly.graph_objects as go
import streamlit as st

from lstm_core.figures.attribution import TOP
from lstm_core.recurrent.lstm import Floats
from lstm_core.recurrent.trace import Trace
from pages.parts.common.figures import config_of
from pages.parts.components.chart import draw_chart
from pages.parts.components.token_view import TokenColors, token_view

VIEWS = {
    "methods": "Methods side by side",
    "believe": "Which to believe",
    "phrases": "Phrases",
    "edits": "Edit and see",
}
WORD, PHRASE = "explain_word", "explain_phrase"  # in the session: a number, a pair of numbers
_LINKS = {WORD: "word", PHRASE: "phrase"}


def choose_view() -> str:
    """Which question the page answers; only that one is computed."""
    view = st.segmented_control(
        "View",
        list(VIEWS),
        format_func=VIEWS.__getitem__,
        default="methods",
        required=True,
        key="ask",
        bind="query-params",
        label_visibility="collapsed",
        wrap=True,
    )
    return view if view in VIEWS else "methods"


def chosen_word(trace: Trace) -> int | None:
    """Place of the chosen word: clicked here, in the link, or pinned on another page."""
    first = trace.encoding.first_word
    numbers = _chosen(WORD)
    if not numbers:
        pinned = st.session_state.get("pinned")
        numbers = (pinned - first,) if isinstance(pinned, int) else ()
    if not numbers or not 0 <= numbers[0] < trace.encoding.read_count:
        return None
    set_session_value(WORD, numbers[:1])
    return first + numbers[0]


def chosen_phrase(trace: Trace) -> tuple[int, int]:
    """Numbers of the first and last word of the chosen phrase; the first words at first."""
    last = trace.encoding.read_count - 1
    numbers = _chosen(PHRASE) or (0, min(2, last))
    low, high = min(numbers), max(numbers)
    if high > last:
        low, high = (0, min(2, last)) if low > last else (low, last)
    set_session_value(PHRASE, (low, high))
    return low, high


def set_session_value(name: str, numbers: Sequence[int]) -> None:
    """Choose, and keep the link in step."""
    st.session_state[name] = tuple(numbers)
    text = "-".join(str(number + 1) for number in numbers)
    if st.query_params.get(_LINKS[name]) != text:
        st.query_params[_LINKS[name]] = text


def _chosen(name: str) -> tuple[int, ...]:
    """The numbers in the session, at first those of the link; none when they make no sense."""
    if name in st.session_state:
        return tuple(st.session_state[name])
    parts = st.query_params.get(_LINKS[name], "")[:20].split("-")
    if not all(part.isascii() and part.isdigit() and int(part) > 0 for part in parts):
        return ()
    return tuple(int(part) - 1 for part in parts)


def show_tokens(
    trace: Trace,
    key: str,
    values: Floats,
    says: str,
    marked: Sequence[int],
    *,
    extend: bool = False,
) -> None:
    """The review tinted by scores; a click chooses the word, or with `extend` a phrase."""
    first = trace.encoding.first_word

    def take(place: int | None) -> None:
        if place is None:
            return
        number = place - first
        if not extend:
            st.session_state["pinned"] = place
            set_session_value(WORD, (number,))
            return
        low, high = st.session_state.get(PHRASE, (number, number))
        # The second click ends the phrase that the first one began.
        one = low == high
        set_session_value(PHRASE, (min(low, number), max(low, number)) if one else (number, number))

    tint = TokenColors(values, says)
    token_view(trace, key=key, tint=tint, marked=marked, on_click=take, whole=False)


def plot(figure: go.Figure, key: str, alt: str) -> go.Figure:
    """Draw a figure with its text alternative and Plotly's toolbar; give it back for the export."""
    if figure.layout.margin.t < TOP:  # the toolbar stands above the picture
        figure.update_layout(height=figure.layout.height + TOP, margin_t=TOP)
    draw_chart(figure, key=key, config=config_of(key), alt=alt)
    return figure
