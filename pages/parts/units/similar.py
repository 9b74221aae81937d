"""Find the same pattern: choose a phrase, see which units it has on, and where else they are."""

from functools import partial

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from lstm_core.activations.layers import IndexedLayer, kept_states
from lstm_core.activations.schema import ReviewStates
from lstm_core.activations.search import (
    LOOSE,
    Matches,
    Pattern,
    find_pattern,
    highest_threshold,
    pattern_of,
)
from lstm_core.activations.store import StateIndex
from lstm_core.activations.top_spans import TopSpan, decode_span
from lstm_core.analysis.captions import model_reading_line, plural
from lstm_core.analysis.formatting import percent
from lstm_core.figures.activations import pattern_stack
from lstm_core.recurrent.running import ModelTrace
from lstm_core.recurrent.trace import Trace
from lstm_core.text import plain_text
from pages.parts.common.figures import show
from pages.parts.common.link import linked_choice, linked_value, real_number, span, span_text
from pages.parts.common.page import MAX_CHARACTERS, REVIEW
from pages.parts.common.pinned import PIN, pin, pin_place, pinned_place
from pages.parts.common.recurrent import review_colors
from pages.parts.common.review_input import edit_review
from pages.parts.components.callbacks import value_of
from pages.parts.components.editor import put_review
from pages.parts.components.token_view import token_view
from pages.parts.units.choice import PHRASE
from pages.parts.units.html import phrase_html, phrases_html, said_of

NEW, THROUGHOUT = "new", "throughout"
UNITS = {NEW: "newly active", THROUGHOUT: "active throughout"}
OLD_UNITS = {"that the phrase switches on": NEW, "that are on all through it": THROUGHOUT}
EXACT, LOOSELY = "all", "most"
MATCH = {EXACT: "all units", LOOSELY: f"at least {percent(LOOSE)} of the units"}
OLD_MATCH = {"all of them": EXACT, f"at least {100 * LOOSE:.0f}% of the pattern": LOOSELY}
LONGEST = 12  # words of a phrase
THRESHOLD_KEY = "active_threshold"
THRESHOLD = 0.2  # where the phrase has no unit by itself
FEWEST_UNITS = 2  # the first threshold leaves so many, those furthest from zero: it selects
TINT = (
    "Each word is tinted by how far it moved the logit when it was read. The states were kept in "
    "8 bits: one within 0.004 of the threshold may fall on either side."
)
LAYER_TINT = (
    "Each word is tinted by the units of the pattern: blue where their states lie on the side of "
    "the pattern, orange where on the other, on average."
)
MANY = 1 / 3  # of the reviews: a pattern found in more says little about its phrase


AnyTrace = Trace | ModelTrace


def draw_similar(layer: IndexedLayer, index: StateIndex) -> list[go.Figure]:
    """The review, the phrase, its pattern, and the reviews in which it is found."""
    trace = layer.trace(edit_review("units_example"))
    pinned, tint = pinned_place(trace), review_colors(layer.model, trace)[0]
    click = partial(_take_word, trace)
    token_view(trace, key="units_strip", tint=tint, pinned=pinned, on_click=click)
    count = trace.encoding.read_count
    if not count:
        st.info("No word has been read. Type a review first.")
        return []
    first, last = _choose_phrase(layer, trace, count)
    pattern, exact = _choose_pattern(trace, first, last)
    if not pattern.units:
        _draw_nothing(trace, first, last, fresh=pattern.fresh)
        return []
    figure = show(pattern_stack(trace, pattern, first), key="pattern")
    st.caption(
        "One row per unit of the pattern, one column per word: blue above zero, orange below. A "
        "unit is on where its hidden state is at least the threshold away from zero; the pattern "
        "is the units on, on one side, at every word of the phrase."
    )
    own = trace.encoding.ids[trace.encoding.first_word :]
    found = find_pattern(index, pattern, exact=exact, without=own)
    _draw_matches(layer, index, pattern, found)
    return [figure]


def _reads_backwards(trace: AnyTrace) -> bool:
    return isinstance(trace, ModelTrace) and trace.last_layer.direction == "backward"


def _take_word(trace: AnyTrace, place: int | None) -> None:
    """Pin the word that was clicked: it becomes the phrase."""
    pin_place(trace, place)
    if place is not None:
        number = place - trace.encoding.first_word + 1
        st.session_state[PHRASE] = (number, number)
        st.session_state[THRESHOLD_KEY] = _first_threshold(trace, place, place)


def _slid(trace: AnyTrace) -> None:
    """A pinned word that the phrase has left moves into it; the threshold follows the phrase."""
    low, high = value_of(PHRASE, (1, 1))
    if value_of(PIN, 0) and not low <= value_of(PIN) <= high:
        pin(low)
    read = trace.encoding.first_word
    last = min(read + min(high, low - 1 + LONGEST), trace.encoding.maxlen) - 1
    st.session_state[THRESHOLD_KEY] = _first_threshold(trace, read + low - 1, last)


def _first_threshold(trace: AnyTrace, first: int, last: int) -> float:
    """The threshold that is set at first for a phrase: the highest that leaves a few units."""
    fresh, backward = value_of("active", NEW) == NEW, _reads_backwards(trace)
    found = (
        highest_threshold(trace, first, last, fresh=fresh, units=units, backward=backward)
        for units in range(FEWEST_UNITS, 0, -1)
    )
    return next((one for one in found if one is not None), THRESHOLD)


def _choose_phrase(layer: IndexedLayer, trace: AnyTrace, count: int) -> tuple[int, int]:
    """Places of the phrase's first and last word."""
    read = trace.encoding.first_word
    pinned = pinned_place(trace)
    start = _striking_word(trace) if pinned is None else pinned - read + 1
    if count == 1:
        return read, read
    low, high = linked_value(
        PHRASE, (start, start), span(count), write=span_text, parameter="phrase"
    )
    if pinned is not None and not low <= start <= high:
        low, high = st.session_state[PHRASE] = (start, start)
    st.slider(
        "Phrase, from word to word (or click a word above)",
        1,
        count,
        key=PHRASE,
        on_change=_slid,
        args=(trace,),
        persist_state="session",
    )
    first, last = read + low - 1, read + min(high, low + LONGEST - 1) - 1
    words = " ".join(trace.encoding.words[first : last + 1])
    cut = f" A phrase has at most {LONGEST} words." if high - low >= LONGEST else ""
    st.caption(f"The phrase is “{words}”.{cut} {model_reading_line(layer.model, trace)}")
    return first, last


def _striking_word(trace: AnyTrace) -> int:
    """The word that moved the verdict most of those that switch a unit on, counted from 1."""
    read = trace.encoding.first_word
    ranked = (read + np.argsort(-np.abs(trace.contributions[read:]), kind="stable")).tolist()
    for place in ranked:
        backward = _reads_backwards(trace)
        if pattern_of(trace, place, place, THRESHOLD, fresh=True, backward=backward).units:
            return place - read + 1
    return ranked[0] - read + 1


def _choose_pattern(trace: AnyTrace, first: int, last: int) -> tuple[Pattern, bool]:
    boxes = st.columns(3, vertical_alignment="bottom")
    units = linked_choice(
        boxes[0].selectbox,
        "Units",
        UNITS,
        key="active",
        old=("on",),
        aliases=OLD_UNITS,
        help="Most units carry the mood of the whole review. Those that were off at the word "
        "before tell what the phrase itself does.",
    )
    linked_value(
        THRESHOLD_KEY,
        _first_threshold(trace, first, last),
        real_number(0.05, 0.95),
        write="{:g}".format,
        parameter="threshold",
    )
    threshold = boxes[1].slider(
        "Threshold", 0.05, 0.95, step=0.05, key=THRESHOLD_KEY, persist_state="session"
    )
    match = linked_choice(boxes[2].selectbox, "Match", MATCH, key="match", aliases=OLD_MATCH)
    fresh, backward = units == NEW, _reads_backwards(trace)
    pattern = pattern_of(trace, first, last, float(threshold), fresh=fresh, backward=backward)
    return pattern, match == EXACT


def _draw_nothing(trace: AnyTrace, first: int, last: int, *, fresh: bool) -> None:
    """Why there is no pattern, and what would give one."""
    most = highest_threshold(trace, first, last, fresh=fresh, backward=_reads_backwards(trace))
    if most is not None:
        st.info(f"No unit is that far from zero through the phrase. At {most:.2f} one is.")
    elif fresh:
        st.info(
            "No unit becomes active in this phrase and stays active to its end. Make it shorter, "
            "or look at "
            "the units that are active throughout."
        )
    else:
        st.info("No unit stays on one side through this phrase. Make it shorter.")


def _draw_matches(layer: IndexedLayer, index: StateIndex, pattern: Pattern, found: Matches) -> None:
    st.header(_title(found), anchor=False)
    if not found.best:
        st.caption(
            "Make the phrase shorter, take the looser match, or raise the threshold: usually fewer "
            "units must match then."
        )
        return
    if found.reviews > MANY * found.searched:
        st.caption(
            "So many reviews have this pattern that it says little about the phrase. A higher "
            "threshold or a longer phrase selects better."
        )
    positive = (
        "" if found.positive is None else f"; of those with a label {percent(found.positive)} are"
    )
    st.caption(
        f"{percent(found.called_positive)} of these reviews are predicted positive{positive}. "
        f"Searched in {1e3 * found.seconds:.0f} ms. {LAYER_TINT if layer.name else TINT} The match "
        "is underlined."
    )
    st.html(
        phrases_html(
            [_match(layer, index, phrase, pattern) for phrase in found.best],
            "The best matching phrases",
        )
    )
    _draw_one(layer, index, found.best)


def _title(found: Matches) -> str:
    if not found.reviews:
        return f"Nowhere else in {plural(found.searched, 'review')}"
    listed = len(found.best)
    more = f"; the {listed} closest are listed" if listed < found.reviews else ""
    return f"Found in {found.reviews:,} of {plural(found.searched, 'review')}{more}"


def _match(layer: IndexedLayer, index: StateIndex, phrase: TopSpan, pattern: Pattern) -> str:
    found: ReviewStates
    if layer.number is None:
        found = trace = layer.model.trace(index.text(phrase.review))
        values = trace.contributions
    else:
        found = kept_states(layer, index, phrase.review)
        values = (found.hidden_state[:, list(pattern.units)] * pattern.sides).mean(axis=1)
    pieces = decode_span(found, phrase, values)
    share = "" if phrase.value == 1 else f"{percent(phrase.value)} of the units; "
    return phrase_html(pieces, share + said_of(index, phrase.review), full=1.0)


def _draw_one(layer: IndexedLayer, index: StateIndex, best: tuple[TopSpan, ...]) -> None:
    """One of the reviews in full, with the way to its states."""
    number = st.number_input(
        "Read match number", 1, len(best), key="matched", bind="query-params", width=200
    )
    phrase = best[min(max(int(number or 1), 1), len(best)) - 1]
    text = plain_text(index.text(phrase.review))
    trace = layer.trace(text)
    tint, line = review_colors(layer.model, trace)
    first = trace.encoding.first_word + phrase.first
    token_view(
        trace,
        key="match_strip",
        label="The review in which the pattern was found",
        tint=tint,
        marked=range(first, first + phrase.length),
    )
    st.caption(f"This review was {said_of(index, phrase.review)}. {line}")
    if st.button("Open in States", key="match_states"):
        put_review(text[:MAX_CHARACTERS], key=REVIEW)
        st.switch_page("pages/states.py")
