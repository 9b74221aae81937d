"""Phrases: what a span of words contributes by itself, and together with the rest of the review."""

import streamlit as st

from lstm_core.analysis.captions import LEAST_SHOWN, phrase_text
from lstm_core.analysis.formatting import signed
from lstm_core.analysis.prediction_change import prediction_change
from lstm_core.attribution.attribute import score_words
from lstm_core.attribution.captions import phrase_caption
from lstm_core.attribution.phrases import LONGEST_GRID, Phrase, phrase_grid, split_phrase
from lstm_core.attribution.registry import Method
from lstm_core.figures.attribution import grid_figure, parts_figure
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.trace import Trace
from pages.parts.common.figures import Drawn
from pages.parts.common.page import REVIEW
from pages.parts.common.review_input import came_with_new_text
from pages.parts.common.token_colors import token_scores
from pages.parts.components.callbacks import take_choice, value_of
from pages.parts.components.editor import put_review
from pages.parts.explanations.choice import (
    chosen_phrase,
    plot,
    put_phrase,
    show_tokens,
)

PRESETS = {  # a review of our own writing, and the numbers of the phrase's words in it
    "not good": ("The songs are lovely but the film is not good.", (8, 9)),
    "not bad at all": ("The film is old and slow but not bad at all.", (7, 10)),
    "isn't funny": ("Everybody laughs on the screen but it isn't funny.", (7, 8)),
    "never boring": ("A long film of three hours that is never boring.", (8, 9)),
    "nothing wrong": ("There is nothing wrong with this film.", (2, 3)),
    "not only good but great": ("This film is not only good but great.", (3, 7)),
}


def draw_phrases(model: SentimentModel, trace: Trace) -> list[Drawn]:
    """The phrase in the text, its parts as bars, and how it is built up from its words."""
    st.pills("Negations to try", list(PRESETS), key="negation", on_change=_take, wrap=True)
    low, high = chosen_phrase(trace, _named_phrase(model, trace))
    first = trace.encoding.first_word
    alone = score_words(model.forward, trace, Method.DECOMPOSITION)
    show_tokens(
        trace,
        "phrase_strip",
        alone.scores,
        "by itself",
        range(first + low, first + high + 1),
        extend=True,
    )
    low, high = _slide(trace, low, high)
    st.caption(
        "Tinted by what each word contributes by itself. Click the first word of a phrase, "
        "then its last, or move the two ends."
    )
    phrase = split_phrase(model.forward, trace, first + low, first + high)
    figures = [_parts(trace, phrase)]
    if high > low:
        figures.append(_grid(model, trace, first + low, first + high))
    return figures


def _named_phrase(model: SentimentModel, trace: Trace) -> tuple[int, int]:
    """The phrase that the title of Live names, at least two words where the review has them."""
    change = prediction_change(trace, token_scores(model, trace).values)
    first, count = trace.encoding.first_word, trace.encoding.read_count
    if change.first is None or change.last is None:
        return 0, min(2, count - 1)
    low, high = change.first - first, change.last - first
    if low == high:
        low, high = (low - 1, high) if low else (low, min(high + 1, count - 1))
    return low, high


def _take() -> None:
    """Put the chosen preset into the review of all pages; the choice is a button, not kept."""
    chosen = take_choice("negation")
    if chosen in PRESETS:
        text, span = PRESETS[chosen]
        put_review(text, key=REVIEW)
        put_phrase(*span)


def _slide(trace: Trace, low: int, high: int) -> tuple[int, int]:
    """The two ends of the phrase, as numbers of words."""
    count = trace.encoding.read_count
    if count < 2:
        return low, high
    st.session_state["phrase_ends"] = (low + 1, high + 1)
    st.slider(
        f"Phrase: {phrase_text(trace, *(trace.encoding.first_word + n for n in (low, high)))}",
        1,
        count,
        key="phrase_ends",
        on_change=_slid,
        args=(trace,),
    )
    return low, high


def _slid(trace: Trace) -> None:
    ends = value_of("phrase_ends")
    if ends and not came_with_new_text(trace):
        put_phrase(int(ends[0]) - 1, int(ends[1]) - 1)


def _parts(trace: Trace, phrase: Phrase) -> Drawn:
    title = phrase_caption(trace, phrase)
    st.header(title, anchor=False)
    rows = [
        ("The phrase by itself", phrase.own, True),
        ("Only with the rest", phrase.joint, True),
        ("The two together", phrase.together, True),
        ("The other words", phrase.others, False),
        ("Padding, start and bias", phrase.silent, False),
        ("The final logit", phrase.logit, False),
        ("Lost if taken out", phrase.taken_out, False),
    ]
    figure = plot(parts_figure(rows), "phrase-parts", title)
    st.caption(
        "“By itself” is what the phrase would add if the model read nothing else (contextual "
        "decomposition, Murdoch et al. 2018; biases of the gates at its words are its own, as in "
        "the authors' code); “only with the rest” is what phrase, other words and padding "
        "contribute together and none alone. The two together, the other words by themselves, and "
        "padding, start and output bias sum to the final logit. "
        "“Lost if taken out” is another question: the logit minus that of the review without the "
        "phrase. What it does not claim: that a phrase means this anywhere else; its gates are "
        "those of this place."
    )
    return figure


def _grid(model: SentimentModel, trace: Trace, first: int, last: int) -> Drawn:
    grid = phrase_grid(model.forward, trace, first, last)
    words = trace.encoding.words[first : first + len(grid)]
    whole, sum_of = float(grid[-1, 0]), float(grid[0].sum())
    if max(abs(whole), abs(sum_of)) < LEAST_SHOWN:
        title = "One by one or together, the words contribute next to nothing"
    elif abs(whole) < LEAST_SHOWN:
        title = "The words contribute little together"
    elif abs(sum_of) < LEAST_SHOWN:
        title = "The words contribute little alone"
    elif (whole >= 0) != (sum_of >= 0):
        title = "Put together, the words have the opposite sign"
    else:
        title = "Put together, the words keep their sign"
    st.header(f"{title}: {signed(sum_of)} one by one, {signed(whole)} as a phrase", anchor=False)
    figure = plot(grid_figure(words, grid), "phrase-grid", title)
    cut = f" Only its first {LONGEST_GRID} words are drawn." if last - first >= LONGEST_GRID else ""
    st.caption(
        "Below every word by itself, above it every two neighbours, and so on up to the whole "
        "phrase. Where the colour changes from one row to the next, the longer stretch has the "
        f"opposite sign of its parts.{cut}"
    )
    return figure
