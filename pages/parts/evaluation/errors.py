"""Errors: the misclassified test reviews, the most confident first, words coloured."""

import threading

import streamlit as st

from lstm_core.analysis.captions import model_reading_line, plural
from lstm_core.analysis.formatting import percent
from lstm_core.datasets import load_corpus
from lstm_core.errors import LstmLensError
from lstm_core.evaluation import Evaluation
from lstm_core.evaluation.misclassified import (
    MANY_UNKNOWN,
    Filter,
    Misclassified,
    misclassified_reviews,
)
from lstm_core.model.recurrent_model import RecurrentModel
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.progress import Progress
from lstm_core.recurrent.trace import Trace
from lstm_core.text import plain_text
from pages.parts.common.diagnosis import ask, draw_lines, draw_model_lines, is_asked, other_class
from pages.parts.common.escape import escape_markdown
from pages.parts.common.html_table import confidence
from pages.parts.common.link import linked_choice, linked_value, whole_number
from pages.parts.common.page import MAX_CHARACTERS, REVIEW
from pages.parts.components.editor import put_review
from pages.parts.components.token_view import LEGEND, token_view
from pages.parts.evaluation.data import NO_DATA, data_is_here, how_to_measure, own_data

SHOWN = 100  # errors that can be paged through
NUMBER = "error"  # key of the chosen one
WAYS = {"all": "all", "fp": "false positives", "fn": "false negatives"}
LENGTHS = {"all": "all", "complete": "complete", "truncated": "truncated"}
UNKNOWN = {"all": "all", "few": "few out of vocabulary", "many": "many out of vocabulary"}
OLD_LABELS = {
    "Negative, called positive": "fp",
    "Positive, called negative": "fn",
    "Read to the end": "complete",
    "Cut": "truncated",
    "Few unknown": "few",
    "Many unknown": "many",
}
FILTER: dict[str, bool | None] = {
    "all": None, "fp": True, "fn": False, "complete": False, "truncated": True,
    "few": False, "many": True,
}  # fmt: skip


def draw_errors(model: SentimentModel, evaluation: Evaluation | None, reading: str) -> None:
    """Filters, one mistake at a time, and the way to its states."""
    if evaluation is None:
        st.info(f"Errors are listed after an evaluation: `{how_to_measure()}`.")
        return
    wanted = _draw_filters(model.maxlen)
    found = misclassified_reviews(evaluation.outcomes, reading, wanted)
    st.header(
        f"{plural(len(found), 'wrong prediction')} among {len(evaluation.outcomes):,} test reviews"
        + (f", the most confident at {confidence(found[0].probability)}" if found else ""),
        anchor=False,
    )
    if not found:
        st.caption("No error of this kind.")
        return
    if not data_is_here(model):
        st.info(f"{NO_DATA} Then the reviews behind these figures can be read here.")
        return
    texts = _test_texts_or_none(model, evaluation)
    if texts is not None:
        _draw_one(model, found, texts)


def _draw_filters(maxlen: int) -> Filter:
    ways, lengths, unknown = st.columns(3)
    way = linked_choice(
        ways.selectbox,
        "Error type",
        WAYS,
        key="error_type",
        old=("way",),
        aliases=OLD_LABELS,
    )
    length = linked_choice(
        lengths.selectbox,
        "Length",
        LENGTHS,
        key="length",
        aliases=OLD_LABELS,
        help=f"Of a review of more than {maxlen - 1} words, the first ones alone are read.",
    )
    words = linked_choice(
        unknown.selectbox,
        "Words",
        UNKNOWN,
        key="words",
        aliases=OLD_LABELS,
        help=f"Many: at least {percent(MANY_UNKNOWN)} of the words read are out of vocabulary.",
    )
    return Filter(FILTER[way], FILTER[length], FILTER[words])


def _draw_one(
    model: SentimentModel, found: tuple[Misclassified, ...], texts: tuple[str, ...]
) -> None:
    most = min(len(found), SHOWN)
    number = _choose(most)
    one = found[number - 1]
    text = plain_text(texts[one.row])  # the same words, pleasant to read
    stars = f", {plural(one.stars, 'star')}" if one.stars else ""
    st.markdown(
        f"**Label {'positive' if one.positive else 'negative'}{stars}; predicted "
        f"{'negative' if one.positive else 'positive'} at {confidence(one.probability)}.**"
    )
    trace = model.running_trace(text)
    st.html(f'<div class="lens-legend">{LEGEND}</div>')
    token_view(trace, key="mistake_strip", label="The misclassified review")
    st.caption(f"{model_reading_line(model, trace)} The tints show the first reading.")
    if st.button("Open in States", key="to_states"):
        put_review(text[:MAX_CHARACTERS], key=REVIEW)
        st.switch_page("pages/states.py")
    st.button("Why was it wrong?", key="diagnose", on_click=ask, args=(text,))
    if not is_asked(trace):
        return
    if isinstance(trace, Trace):
        draw_lines(model, trace, one.positive)
    elif isinstance(model, RecurrentModel):
        right = model.chosen if one.positive else other_class(trace, model.chosen)
        draw_model_lines(model, text, right)


def _choose(most: int) -> int:
    """Which mistake; another filter may leave fewer than the number that was chosen before."""
    st.session_state[NUMBER] = min(st.session_state.get(NUMBER, 1), most)
    linked_value(NUMBER, 1, whole_number(1, most), old=("mistake",))
    label = f"Error, from the most confident (1) to {most}"
    return st.number_input(label, 1, most, key=NUMBER, width=240, persist_state="session")


@st.cache_resource(show_spinner=False)
def _reading_lock() -> threading.Lock:
    """One session reads the data set, the others wait for it."""
    return threading.Lock()


@st.cache_resource(show_spinner=False, max_entries=1)
def _kept() -> dict[str, tuple[str, ...]]:
    """Test reviews by the data set's fingerprint, read once a server."""
    return {}


def _test_texts_or_none(model: SentimentModel, evaluation: Evaluation) -> tuple[str, ...] | None:
    """The test reviews in the order of the figures; a sentence instead when they do not fit."""
    wanted = evaluation.stamp.data_sha256
    kept = _kept()
    if wanted not in kept:
        place = st.empty()
        try:
            with _reading_lock():
                if wanted not in kept:
                    sha256, texts = _read(model, place)
                    kept.clear()
                    kept[sha256] = texts
        except LstmLensError as error:
            st.warning(escape_markdown(str(error)))
            return None
        finally:
            place.empty()
    if wanted not in kept:
        st.warning(
            "The data set on this machine is another one than that of these figures. Measure again "
            "under “Model card”, or give the data set named there."
        )
        return None
    return kept[wanted]


def _read(
    model: SentimentModel, place: "st.delta_generator.DeltaGenerator"
) -> tuple[str, tuple[str, ...]]:
    bar = place.progress(0.0, "Reading the data set")

    def show(progress: Progress) -> None:
        bar.progress(progress.share or 0.0, progress.stage.capitalize())

    corpus = load_corpus(own_data(model), unlabelled=False, download=False, progress=show)
    return corpus.source.sha256, corpus.test.texts
