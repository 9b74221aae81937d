"""What a person has chosen on the explanations page: the view, a word, a phrase; all in the link.

Words are counted from the first word of the review, so that a choice outlives a change of text.
"""

from collections.abc import Callable, Hashable, Sequence

import plotly.graph_objects as go
import streamlit as st

from lstm_core.figures.attribution import TOP
from lstm_core.figures.parts import Parts
from lstm_core.recurrent.lstm import Floats
from lstm_core.recurrent.running import RunningTrace
from lstm_core.recurrent.trace import Trace
from pages.parts.common.figures import config_of, draw_shared
from pages.parts.common.link import linked_choice, linked_value, span, span_text
from pages.parts.common.pinned import PIN, pin, pin_place, pinned_place
from pages.parts.components.callbacks import value_of
from pages.parts.components.chart import draw_chart
from pages.parts.components.token_view import TokenColors, token_view

VIEWS = {
    "methods": "Methods",
    "faithfulness": "Faithfulness",
    "phrases": "Phrases",
    "counterfactuals": "Counterfactuals",
}
OLD_VIEWS = {  # labels and keys of older links
    "Methods side by side": "methods",
    "Which to believe": "faithfulness",
    "believe": "faithfulness",
    "Edit and see": "counterfactuals",
    "edits": "counterfactuals",
}
PHRASE = "explain_phrase"  # in the session: first and last word, from 0


def choose_view() -> str:
    """Which question the page answers; only that one is computed."""
    return linked_choice(
        st.segmented_control,
        "View",
        VIEWS,
        key="explanations_view",
        parameter="view",
        old=("ask",),
        aliases=OLD_VIEWS,
        label_visibility="collapsed",
        wrap=True,
    )


def chosen_phrase(trace: Trace, default: tuple[int, int]) -> tuple[int, int]:
    """First and last word of the phrase, from 0: the chosen one, the pinned word, or a default."""
    count, place = trace.encoding.read_count, pinned_place(trace)
    start = (default[0] + 1, default[1] + 1)
    if place is not None:
        number = place - trace.encoding.first_word + 1
        start = (number, number)
    low, high = linked_value(PHRASE, start, span(count), write=span_text, parameter="phrase")
    if place is not None and not low <= start[0] <= high:
        low, high = st.session_state[PHRASE] = start
    return low - 1, high - 1


def put_phrase(low: int, high: int) -> None:
    """Choose a phrase by its first and last word, from 0; a pinned word moves into it."""
    st.session_state[PHRASE] = (low + 1, high + 1)
    pinned = value_of(PIN, 0)
    if pinned and not low < pinned <= high + 1:
        pin(low + 1)


def show_tokens(
    trace: RunningTrace,
    key: str,
    values: Floats,
    says: str,
    marked: Sequence[int],
    *,
    extend: bool = False,
) -> None:
    """The review tinted by scores; a click pins the word, or with `extend` chooses a phrase."""

    def take(place: int | None) -> None:
        if not extend or place is None:
            pin_place(trace, place)
            return
        number = place - trace.encoding.first_word
        low, high = (one - 1 for one in value_of(PHRASE, (number + 1, number + 1)))
        # The second click ends the phrase that the first one began.
        ends = (min(low, number), max(low, number)) if low == high else (number, number)
        put_phrase(*ends)

    tint = TokenColors(values, says)
    pinned = pinned_place(trace)
    token_view(trace, key=key, tint=tint, marked=marked, pinned=pinned, on_click=take, whole=False)


def plot(figure: Parts, key: str, alt: str) -> Parts:
    """Draw a figure with its text alternative and Plotly's toolbar; give it back for the export."""
    figure = _below_toolbar(figure)
    draw_chart(figure, key=key, config=config_of(key), alt=alt)
    return figure


def plot_shared(
    make: Callable[[], Parts], key: str, alt: str, of: tuple[Hashable, ...]
) -> go.Figure | Parts:
    """`plot` a figure that depends on `of` alone and is the same for every visitor."""
    return draw_shared(
        lambda: _below_toolbar(make()), key=key, alt=alt, of=of, config=config_of(key)
    )


def _below_toolbar(figure: Parts) -> Parts:
    layout, margin = figure.layout, figure.layout["margin"]
    if margin["t"] >= TOP:
        return figure
    layout = {**layout, "height": layout["height"] + TOP, "margin": {**margin, "t": TOP}}
    return figure._replace(layout=layout)
