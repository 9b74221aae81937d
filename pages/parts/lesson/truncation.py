"""The section on padding and cutting: the article's rule against Keras' default."""

from html import escape

import numpy as np
import streamlit as st

from lstm_core.analysis.captions import plural
from lstm_core.analysis.formatting import p_positive
from lstm_core.analysis.prediction import label_of
from lstm_core.lesson.content import text_block
from lstm_core.lesson.facts import cutting_facts
from lstm_core.lesson.truncation import Cuts, cut
from pages.parts.common.page import REVIEW, model_in_use
from pages.parts.common.review_input import type_review
from pages.parts.components.editor import put_review
from pages.parts.lesson.common import Lesson, draw_questions, draw_title

READERS = ("both", "article", "default", "neither")
MOST_SHOWN = 700  # words of a very long review that are drawn, half of them from its end


@st.fragment
def draw_truncation(lesson: Lesson) -> None:
    """One's own review under both rules: the words read and the verdicts."""
    del lesson  # the model's weights are learned, no seed draws them
    model = model_in_use()
    draw_title("truncation")
    st.markdown(text_block("truncation", "lead", {"maxlen": model.maxlen}))
    questions = st.container()
    write, answer = st.columns([3, 2], gap="large")
    with write:
        typed = type_review()
        st.button("Take a long review", on_click=_take_long)
    cuts = cut(typed.text, model.vocabulary, model.maxlen)
    with answer:
        _draw_verdicts(cuts)
    st.html(words_html(cuts))
    st.caption(text_block("truncation", "why"))
    with questions:
        draw_questions("truncation", cutting_facts(cuts))


def _take_long() -> None:
    put_review(" ".join(text_block("truncation", "long-review").split()), key=REVIEW)


def _draw_verdicts(cuts: Cuts) -> None:
    ids = np.stack([cuts.article.ids, cuts.default.ids, cuts.behind.ids])  # (3, T)
    article, default, behind = (float(p) for p in model_in_use().predict_ids(ids))
    places = len(cuts.article.ids)
    if not cuts.differ:
        blanks = {
            "maxlen": places,
            "words": plural(len(cuts.words), "word"),
            "pads": plural(cuts.article.pads, "zero"),
        }
        st.markdown(f"**{in_words(article)}**")
        st.markdown(text_block("truncation", "no-difference", blanks))
        if cuts.article.pads:
            blanks |= {"article": in_words(article), "behind": in_words(behind)}
            blanks["pads"] = str(cuts.article.pads)
            st.markdown(text_block("truncation", "behind", blanks))
        return
    for rule, one, probability in (
        ("article", cuts.article, article),
        ("default", cuts.default, default),
    ):
        start = "and the start mark" if one.has_start else "without the start mark"
        blanks = {"maxlen": places, "words": plural(one.words, "word"), "start": start}
        st.markdown(f"{text_block('truncation', rule, blanks)}\n\n### {in_words(probability)}")
    name = "same-verdict" if label_of(article, 1) == label_of(default, 1) else "changed"
    blanks = {"article": in_words(article), "default": in_words(default)}
    st.markdown(text_block("truncation", name, blanks))


def in_words(p: float) -> str:
    """The label with its probability: "positive, P(positive) 83 %"."""
    return f"{label_of(p, 1)}, {p_positive(p)}"


def words_html(cuts: Cuts) -> str:
    """The review with every word marked by who reads it; typed text is escaped."""
    pieces = []
    count = len(cuts.words)
    hidden = range(MOST_SHOWN // 2, count - MOST_SHOWN // 2)
    at = 0
    for number, (_, span) in enumerate(cuts.words):
        if number in hidden:
            if number == hidden.start:
                pieces.append(f'<span class="note"> … {len(hidden):,} words … </span>')
            at = span.end
            continue
        pieces.append(escape(cuts.text[at : span.start][:200]))
        typed = escape(cuts.text[span.start : span.end][:200])
        pieces.append(f'<span class="{_reader(cuts, number)}">{typed}</span>')
        at = span.end
    pieces.append(escape(cuts.text[at:][:200]))
    return f'{_legend()}<div class="lens-lesson-words">{"".join(pieces)}</div>'


def _legend() -> str:
    lines = text_block("truncation", "legend").splitlines()
    spans = "".join(
        f'<span class="{name}">{escape(line)}</span>'
        for name, line in zip(READERS, lines, strict=True)
    )
    return f'<div class="lens-legend lens-lesson-words">{spans}</div>'


def _reader(cuts: Cuts, number: int) -> str:
    article, default = number < cuts.article.end, number >= cuts.default.first
    if article and default:
        return "both"
    return "article" if article else "default" if default else "neither"
