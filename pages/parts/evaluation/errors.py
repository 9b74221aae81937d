"""Where it fails: the most confident mistakes, read back with their words tinted."""

import re
import threading

import streamlit as st

from lstm_core.analysis.captions import plural, reading_line
from lstm_core.datasets import load_corpus
from lstm_core.errors import LstmLensError
from lstm_core.evaluation import Evaluation
from lstm_core.evaluation.misclassified import (
    MANY_UNKNOWN,
    Filter,
    Misclassified,
    misclassified_reviews,
)
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.progress import Progress
from pages.parts.common.escape import escape_markdown
from pages.parts.common.html_table import confidence, format_share
from pages.parts.common.page import MAX_CHARACTERS, REVIEW
from pages.parts.components.editor import put_review
from pages.parts.components.token_view import LEGEND, token_view
from pages.parts.evaluation.data import NO_DATA, data_is_here, how_to_measure

LINE_BREAK = re.compile(r"(?:<br\s*/?>\s*)+", re.IGNORECASE)
SHOWN = 100  # mistakes that can be paged through
NUMBER = "mistake"  # key of the chosen one
WAYS: dict[str, bool | None] = {
    "Both ways": None,
    "Negative, called positive": True,
    "Positive, called negative": False,
}
LENGTHS: dict[str, bool | None] = {"Any length": None, "Read to the end": False, "Cut": True}
UNKNOWN: dict[str, bool | None] = {"Any words": None, "Few unknown": False, "Many unknown": True}


def draw_errors(model: SentimentModel, evaluation: Evaluation | None, reading: str) -> None:
    """Filters, one mistake at a time, and the way to its states."""
    if evaluation is None:
        st.info(f"The mistakes come from the figures. Measure first: `{how_to_measure()}`.")
        return
    wanted = _draw_filters(model.maxlen)
    found = misclassified_reviews(evaluation.outcomes, reading, wanted)
    st.subheader(
        f"{plural(len(found), 'wrong verdict')} among {len(evaluation.outcomes):,} test reviews"
        + (f", the surest {confidence(found[0].probability)} sure" if found else ""),
        anchor=False,
    )
    if not found:
        st.caption("No mistake of this kind.")
        return
    if not data_is_here():
        st.info(f"{NO_DATA} Then the reviews behind these figures can be read here.")
        return
    texts = _test_texts_or_none(evaluation)
    if texts is not None:
        _draw_one(model, found, texts)


def _draw_filters(maxlen: int) -> Filter:
    ways, lengths, unknown = st.columns(3)
    way = ways.selectbox("Which way", list(WAYS), key="way", bind="query-params")
    length = lengths.selectbox(
        "Length",
        list(LENGTHS),
        key="length",
        bind="query-params",
        help=f"A review of more than {maxlen - 1} words is cut in the first reading.",
    )
    words = unknown.selectbox(
        "Words",
        list(UNKNOWN),
        key="words",
        bind="query-params",
        help=f"Many: at least {MANY_UNKNOWN:.0%} of the words read are not in the vocabulary.",
    )
    return Filter(WAYS[way], LENGTHS[length], UNKNOWN[words])


def _draw_one(
    model: SentimentModel, found: tuple[Misclassified, ...], texts: tuple[str, ...]
) -> None:
    most = min(len(found), SHOWN)
    number = _choose(most)
    one = found[number - 1]
    text = LINE_BREAK.sub("\n", texts[one.row])  # the same words, pleasant to read
    stars = f", {plural(one.stars, 'star')}" if one.stars else ""
    st.markdown(
        f"**{'Positive' if one.positive else 'Negative'} in truth{stars}; the model is "
        f"{confidence(one.probability)} sure of the opposite.**"
    )
    trace = model.trace(text)
    st.html(f'<div class="lens-legend">{LEGEND}</div>')
    token_view(trace, key="mistake_strip", label="The review that was judged wrongly")
    st.caption(
        f"{reading_line(trace.encoding)} The tints show the first reading. "
        f"{format_share(one.unknown)} of the words read are unknown."
    )
    if st.button("See what happened inside", key="to_states"):
        put_review(text[:MAX_CHARACTERS], key=REVIEW)
        st.switch_page("pages/states.py")


def _choose(most: int) -> int:
    """Which mistake; another filter may leave fewer than the number that was chosen before."""
    if (kept := st.session_state.get(NUMBER)) is not None and kept > most:
        st.session_state[NUMBER] = most
    label = f"Mistake, from the surest (1) to {most}"
    return st.number_input(label, 1, most, key=NUMBER, bind="query-params", width=240)


@st.cache_resource(show_spinner=False)
def _reading_lock() -> threading.Lock:
    """One session reads the data set, the others wait for it."""
    return threading.Lock()


@st.cache_resource(show_spinner=False, max_entries=1)
def _kept() -> dict[str, tuple[str, ...]]:
    """Test reviews by the data set's fingerprint, read once a server."""
    return {}


def _test_texts_or_none(evaluation: Evaluation) -> tuple[str, ...] | None:
    """The test reviews in the order of the figures; a sentence instead when they do not fit."""
    wanted = evaluation.stamp.data_sha256
    kept = _kept()
    if wanted not in kept:
        place = st.empty()
        try:
            with _reading_lock():
                if wanted not in kept:
                    sha256, texts = _read(place)
                    kept.clear()
                    kept[sha256] = texts
        except LstmLensError as error:
            st.warning(escape_markdown(str(error)))
            return None
        finally:
            place.empty()
    if wanted not in kept:
        st.warning(
            "The data set on this machine is another one than that of these figures. Measure anew "
            "under “Model card”, or give the data set named there."
        )
        return None
    return kept[wanted]


def _read(place: "st.delta_generator.DeltaGenerator") -> tuple[str, tuple[str, ...]]:
    bar = place.progress(0.0, "Reading the data set")

    def show(progress: Progress) -> None:
        bar.progress(progress.share or 0.0, progress.stage.capitalize())

    corpus = load_corpus(unlabelled=False, download=False, progress=show)
    return corpus.source.sha256, corpus.test.texts
