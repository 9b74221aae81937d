"""Computed sentences are true of reviews at the edges: no word, unknown ones, no padding."""

from dataclasses import replace

import numpy as np
import pytest

from lstm_core.analysis.captions import (
    hidden_title,
    instead_of,
    phrase_text,
    quoted,
    strongest_title,
    word_labels,
)
from lstm_core.analysis.compare import Alignment
from lstm_core.analysis.prediction import Label, ReliabilityThresholds, whole_verdict
from lstm_core.analysis.prediction_change import change_caption
from lstm_core.analysis.review_tour import tour_step
from lstm_core.analysis.unit_stats import finding
from lstm_core.attribution.attribute import WordScores
from lstm_core.attribution.captions import strongest_caption
from lstm_core.attribution.registry import Method
from lstm_core.figures.states import comparison, ledger
from lstm_core.figures.unit import unit_stack
from lstm_core.model.sentiment_model import shipped_model
from lstm_core.recurrent.lstm import QUANTITIES
from lstm_core.recurrent.running import ModelTrace
from lstm_core.text import encode

FULL = "good " * 79


@pytest.mark.parametrize(
    ("text", "why"), [("", "has been read"), ("xqzv 👍", "is in the vocabulary")]
)
def test_without_a_known_word_no_sentence_speaks_of_padding_or_words(text: str, why: str) -> None:
    trace = shipped_model().trace(text)
    said = [strongest_title(trace), hidden_title(trace)]
    if not text:
        said += [finding(trace, quantity) for quantity in QUANTITIES]
    assert all(why in one and "adding" not in one for one in said)


def test_without_padding_no_sentence_speaks_of_it() -> None:
    trace = shipped_model().trace(FULL)
    order = np.arange(trace.hidden_state.shape[1])
    stack = ledger(trace, order, place=79, unit=0)
    said = [*(panel.finding for panel in stack.panels), stack.labels[0]]
    assert said and not any("padding" in one for one in said)
    assert tour_step(trace, 1, lambda _: 0.5).answer.startswith("No padding")
    empty = ledger(shipped_model().trace(""), order, place=79, unit=0)
    said = [panel.finding for panel in empty.panels]
    assert "the padding and the start" in " ".join(said)


def test_equal_words_are_told_apart_by_their_numbers() -> None:
    trace = shipped_model().trace("good film good")
    first = trace.encoding.first_word
    named = [quoted(trace, first + n) for n in range(3)]
    assert named == ["“good” (word 1)", "“film”", "“good” (word 3)"]
    assert word_labels(trace.encoding, [first, first + 1]) == ["good, word 1", "film"]
    again = shipped_model().trace("a good film, a good plot, good")
    at = again.encoding.first_word
    assert phrase_text(again, at, at + 1) == "“a good” (words 1 to 2)"
    assert phrase_text(again, at, at + 2) == "“a good film”"
    assert phrase_text(again, at + 6, at + 6) == "“good” (word 7)"
    scores = np.zeros((2, len(trace.logits)), np.float32)
    scores[0, first], scores[1, first + 2] = 1, 1
    found = [
        WordScores(method, one, 0.0)
        for method, one in zip((list(Method)[0], list(Method)[1]), scores, strict=True)
    ]
    says = strongest_caption(trace, found)
    assert says == "1 of 2 methods ranks “good” (word 1) highest; others “good” (word 3)"


def test_of_equal_labels_of_two_reviews_it_is_said_which_one_differs() -> None:
    left, right = (shipped_model().trace(text) for text in ("good good", "bad good good"))
    stack = comparison(left, right, "cell_state", Alignment.WORD, np.arange(32))
    assert all("“good” (occurrence " in stack.panels[at].finding for at in (0, -1))


def test_one_word_is_not_both_the_widest_and_the_narrowest() -> None:
    panels = unit_stack(shipped_model().trace("good"), 0, padding=False, place=79).panels
    assert not any("narrowest" in panel.finding for panel in panels)
    repeated = unit_stack(shipped_model().trace("good bad good"), 0, padding=False, place=79)
    assert not any(") (" in panel.finding for panel in repeated.panels)


def test_reviews_without_a_common_word_have_no_difference_to_speak_of() -> None:
    model = shipped_model()
    left, right = model.trace(""), model.trace("a good film")
    stack = comparison(left, right, "hidden_state", Alignment.WORD, np.arange(32))
    assert stack.panels[-1].finding == "No common word to compare"


def test_a_unit_is_only_said_to_contribute_where_it_does() -> None:
    trace = shipped_model().trace("a good film")
    logits = np.full_like(trace.logits, 1.0)
    against = replace(trace, logits=logits, output_weights=-np.sign(trace.hidden_state[-1]))
    assert hidden_title(against).startswith("No unit contributes towards positive: the bias")


def test_an_unchanged_probability_is_not_instead_of_itself() -> None:
    assert "unchanged" in instead_of(0.61, 0.61)
    assert "same when rounded" in instead_of(0.612, 0.611)
    assert "instead of" in instead_of(0.61, 0.62)


def test_a_word_is_put_in_and_taken_out_between_blanks() -> None:
    texts: list[str] = []

    def predict(text: str) -> float:
        texts.append(text)
        return 0.5

    for text in ("fine👍", "so👍not👍bad"):
        tour_step(shipped_model().trace(text), 5, predict)
    assert [text.split() for text in texts] in (
        [["not", "fine👍"], ["so👍", "👍bad"]],
        [["fine", "not", "👍"], ["so👍", "👍bad"]],
    )


def test_the_verdict_on_a_whole_review_counts_the_words_of_the_whole() -> None:
    model = shipped_model()
    text = "xqzv " * 90 + "a wonderful and moving film that everybody should see"
    encoding = encode(text, model.vocabulary, model.maxlen)
    assert encoding.known_count == 0
    verdict = whole_verdict(encoding, model.vocabulary, 0.9)
    assert verdict.leaning is Label.POSITIVE and "90 of the 99 words" in verdict.caution
    few = whole_verdict(encoding, model.vocabulary, 0.9, ReliabilityThresholds(20, 1.0))
    assert few.caution == "Too short to be reliable (9 known words)."


def test_of_other_classes_nothing_is_towards_negative() -> None:
    text = "the film good film not bad a very"
    for name, away in (("good", "away from “good”"), ("positive", "away from “positive”")):
        trace = ModelTrace(
            encode(text, shipped_model().vocabulary, 9),
            np.linspace(0, -3, 9, dtype=np.float32),
            np.full(3, 1 / 3, np.float32),
            (),
            0,
            0.0,
            name,
        )
        said = [strongest_title(trace), change_caption(trace)]
        assert away in said[0] and not any("towards negative" in one for one in said)


def test_the_start_is_no_word_in_quotation_marks() -> None:
    panels = unit_stack(shipped_model().trace(""), 0, padding=False, place=79).panels
    assert panels and all("“" not in panel.finding for panel in panels)
    assert "at the start" in panels[0].finding
