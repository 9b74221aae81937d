"""Diagnosis of a wrong prediction on Live and Evaluation: lines with links to their evidence."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from lstm_core.analysis.captions import plural
from lstm_core.analysis.formatting import p_positive, probability
from lstm_core.attribution.diagnosis import LEAST, LINES, Cause, CauseLine, diagnose
from lstm_core.attribution.model_diagnosis import UNAVAILABLE, diagnose_model
from lstm_core.model.recurrent_model import RecurrentModel
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.running import ModelTrace
from lstm_core.recurrent.trace import Trace
from pages.parts.common.escape import escape_markdown
from pages.parts.common.input_mode import READING
from pages.parts.common.link import PAGES
from pages.parts.common.page import MAX_CHARACTERS, REVIEW
from pages.parts.components.editor import put_review

if TYPE_CHECKING:  # imported when it is asked for: it would make the first page start later
    from lstm_core.activations.similar_phrases import SimilarPhrases

Label = TypeVar("Label", str, int)
ASKED = "diagnosis_text"  # session key: the review whose diagnosis is shown
TITLES = {
    Cause.TRUNCATION: "Truncation",
    Cause.UNKNOWN: "Out of vocabulary",
    Cause.PADDING: "Padding",
    Cause.PHRASE: "Phrase that may not be understood jointly",
    Cause.WORD: "One strong word",
    Cause.UNITS: "Units",
    Cause.COUNTERFACTUAL: "Counterfactual",
    Cause.SIMILAR: "Similar phrases",
}
FURTHER = (Cause.UNITS, Cause.COUNTERFACTUAL)  # evidence, no causes by themselves


def ask(text: str) -> None:
    """Show the diagnosis of a review; for a callback."""
    st.session_state[ASKED] = text


def is_asked(trace: Trace | ModelTrace) -> bool:
    """Whether the diagnosis of this review is to be shown."""
    return bool(st.session_state.get(ASKED) == trace.encoding.text)


def draw_asked(
    trace: Trace | ModelTrace,
    key: str,
    labels: Sequence[Label],
    likely: Label,
    name: Callable[[Label], str],
    draw: Callable[[Label], None],
) -> None:
    """Draw the right label and the lines, while the review is the one that was asked about.

    Args:
        trace: The trace of the review.
        key: Key of the right label.
        labels: The labels to choose from.
        likely: The label at first.
        name: A label as it is shown, in Markdown.
        draw: Draws the lines of a label.
    """
    if not is_asked(trace):
        return
    st.session_state.setdefault(key, likely)
    with st.container(key="live-diagnosis", border=True):
        st.header("Why was it wrong?", anchor=False)
        right = st.segmented_control(
            "Right label", labels, key=key, format_func=name, required=True
        )
        draw(likely if right is None else right)


def draw_lines(model: SentimentModel, trace: Trace, positive: bool) -> None:
    """Draw the lines of a diagnosis.

    Args:
        model: The model in use.
        trace: The trace of the review.
        positive: The right label.
    """
    label = "positive" if positive else "negative"
    if not trace.encoding.read_count:
        st.info("No word has been read, so there is nothing to diagnose.")
        return
    if (trace.verdict_probability >= 0.5) == positive:
        read, now = trace.encoding.read_count, p_positive(trace.verdict_probability)
        st.info(f"From the first {read} words the prediction is {label} already: {now}.")
        return
    lines, similar = _diagnosis(model, trace, positive)
    if not lines or lines[0].cause in FURTHER:
        st.markdown(
            f"No likely cause was found: no measured one moves the logit by at least {LEAST} "
            f"towards {label}."
        )
    for number, line in enumerate(lines, 1):
        _draw_line(trace, number, line, evidence(trace, line, similar))


def draw_model_lines(model: RecurrentModel, text: str, right: int) -> None:
    """Draw the lines of a diagnosis of an imported model, and what is not measured for it.

    Args:
        model: The model in use.
        text: The review.
        right: The right class.
    """
    model = model.for_class(right)
    trace, name = model.model_trace(text), escape_markdown(model.class_name)
    if not trace.encoding.read_count:
        st.info("No word has been read, so there is nothing to diagnose.")
        return
    if int(trace.classes.argmax()) == right:
        now, read = trace.verdict_probability, plural(trace.encoding.read_count, "word")
        says = f"the model predicts {name} already"
        if now < 0.5:
            says = f"{name} is the most probable class already, but below one half"
        st.info(f"From the {read} read {says}: {probability(now)}.")
        return
    lines = _model_causes(model, text)
    if not lines or lines[0].cause in FURTHER:
        st.markdown(
            f"No likely cause was found: no measured one moves the logit by at least {LEAST} "
            f"towards {name}."
        )
    for number, line in enumerate(lines, 1):
        page = None if line.first is None else ("explanations", _word(trace, line))
        _draw_line(trace, number, line, page)
    st.caption(UNAVAILABLE)


def second_class(trace: ModelTrace) -> int:
    """The class with the second highest probability: what may be right where the first is wrong."""
    return other_class(trace, int(trace.classes.argmax()))


def other_class(trace: ModelTrace, number: int) -> int:
    """The most probable class other than the given one."""
    return next(int(one) for one in trace.classes.argsort()[::-1] if one != number)


def _draw_line(
    trace: Trace | ModelTrace,
    number: int,
    line: CauseLine,
    shown_in: tuple[str, dict[str, str]] | None,
) -> None:
    """A line, and the way to the page that shows what it is computed from."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{number}. **{TITLES[line.cause]}.** {escape_markdown(line.text)}")
        if shown_in is None:
            return
        page, query = shown_in
        whole = "whole" if line.cause is Cause.TRUNCATION else ""
        clicked = st.button(
            f"Show in {PAGES[page]}",
            key=f"diagnosis_{line.cause}",
            type="tertiary",
            on_click=_prepare,
            args=(trace.encoding.text, whole),
        )
        if clicked:
            st.switch_page(f"pages/{page}.py", query_params=query)


def _word(trace: Trace | ModelTrace, line: CauseLine) -> dict[str, str]:
    """The parameter of a link that pins the first word of a line."""
    return {} if line.first is None else {"word": str(line.first - trace.encoding.first_word + 1)}


def evidence(
    trace: Trace, line: CauseLine, similar: "SimilarPhrases | None" = None
) -> tuple[str, dict[str, str]]:
    """The page that shows what a line is computed from, and the parameters of its link."""
    first = trace.encoding.first_word
    word = _word(trace, line)
    span = f"{line.places.start - first + 1}-{line.places.stop - first}"
    match line.cause:
        case Cause.SIMILAR:
            assert similar is not None
            search = {"threshold": f"{similar.threshold:g}", "phrase": span, **word}
            dataset = "test" if similar.test else "built_in"
            return "units", {"view": "similar", "dataset": dataset, **search}
        case Cause.TRUNCATION:
            return "live", {READING: "whole"}
        case Cause.PADDING:
            return "states", {"view": "padding"}
        case Cause.UNITS:
            return "states", {"view": "unit", "unit": str(line.unit)}
        case Cause.PHRASE:
            return "explanations", {"view": "phrases", "phrase": span, **word}
        case Cause.UNKNOWN | Cause.WORD | Cause.COUNTERFACTUAL:
            return "explanations", {"view": "counterfactuals", **word}


def _prepare(text: str, reading: str) -> None:
    """Before the page is changed: its review, and the input mode where the evidence needs one."""
    put_review(text[:MAX_CHARACTERS], key=REVIEW)
    if reading:
        st.session_state[READING] = reading


def _diagnosis(
    model: SentimentModel, trace: Trace, positive: bool
) -> "tuple[tuple[CauseLine, ...], SimilarPhrases | None]":
    from lstm_core.activations.store import index_root

    lines = _causes(model, trace.encoding.text, positive)
    folder = index_root()
    changed = folder.stat().st_mtime_ns if folder.is_dir() else 0
    similar = None
    if len(lines) < LINES and changed:
        similar = _similar(model, trace.encoding.text, positive, f"{folder} {changed}")
    return (*lines, *([similar.line] if similar else ())), similar


@lru_cache(maxsize=16)  # a model never changes; every interaction draws the lines again
def _causes(model: SentimentModel, text: str, positive: bool) -> tuple[CauseLine, ...]:
    return diagnose(model, model.trace(text), positive)


@lru_cache(maxsize=16)
def _model_causes(model: RecurrentModel, text: str) -> tuple[CauseLine, ...]:
    return diagnose_model(model, model.model_trace(text))


@lru_cache(maxsize=16)
def _similar(
    model: SentimentModel, text: str, positive: bool, kept: str
) -> "SimilarPhrases | None":
    from lstm_core.activations.similar_phrases import similar_phrases

    del kept  # another set of kept activations is searched again
    return similar_phrases(model, model.trace(text), _causes(model, text, positive))
