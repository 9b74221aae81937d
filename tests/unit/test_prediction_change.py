"""What changed the prediction: the sentence agrees with running probability and attribution."""

import tomllib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_core.analysis.formatting import signed
from lstm_core.analysis.prediction import flips
from lstm_core.analysis.prediction_change import LEAST, change_caption, prediction_change
from lstm_core.attribution.attribute import score_words
from lstm_core.attribution.counterfactuals import minimal_counterfactuals
from lstm_core.attribution.registry import Method
from lstm_core.model.sentiment_model import shipped_model
from lstm_core.paths import ASSETS
from lstm_core.recurrent.trace import Trace

EXAMPLES = [
    one["text"] for one in tomllib.loads((ASSETS / "examples.toml").read_text("utf-8"))["example"]
]
WORDS = "the film was not bad at all good awful boring never dull but great could have been better"


def check(trace: Trace, scores: np.ndarray) -> None:
    found, says = prediction_change(trace, scores), change_caption(trace, scores)
    p, first = trace.probability, trace.encoding.first_word
    assert found.positive == (p[-1] >= 0.5)
    if found.crossing is not None:
        before, after = p[found.crossing - 1] >= 0.5, p[found.crossing] >= 0.5
        assert before != after == found.positive
        assert ((p[found.crossing :] >= 0.5) == found.positive).all(), "it is the last crossing"
        other = p[first : found.crossing]
        assert (other <= 0.4).any() if found.positive else (other >= 0.6).any(), "decided before"
    if found.first is None or found.last is None:
        return
    assert first <= found.first <= found.last
    assert not found.near or (found.crossing and found.last <= found.crossing), "read by then"
    assert found.attribution == pytest.approx(scores[found.first : found.last + 1].sum(), abs=1e-5)
    assert (found.attribution > 0) == found.positive
    assert abs(found.attribution) >= LEAST - 1e-6
    assert signed(found.attribution) in says
    largest = np.abs(scores[first:][np.sign(scores[first:]) == np.sign(found.attribution)]).max()
    assert "contributes most" not in says or abs(found.attribution) >= largest
    assert trace.encoding.words[found.first][:20] in says


@pytest.mark.parametrize("method", [Method.INTEGRATED, Method.RELEVANCE, None])
@pytest.mark.parametrize("text", EXAMPLES)
def test_the_sentence_agrees_with_the_attribution(text: str, method: Method | None) -> None:
    model = shipped_model()
    trace = model.trace(text)
    scores = trace.contributions
    if method is not None:
        scores = score_words(model.forward, trace, method).scores
    check(trace, scores)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(WORDS.split()), max_size=100).map(" ".join))
def test_the_sentence_agrees_for_any_text(text: str) -> None:
    trace = shipped_model().trace(text)
    check(trace, trace.contributions)


@pytest.mark.parametrize("text", ["", "   ", "🙂🙂", "zzqqx"])
def test_without_known_words_there_is_no_finding(text: str) -> None:
    trace = shipped_model().trace(text)
    says = change_caption(trace)
    assert says.startswith("No word ") and "“" not in says


def test_a_negation_is_named_with_its_word() -> None:
    trace = shipped_model().trace("The film was not bad at all")
    first, end = trace.encoding.first_word, trace.encoding.maxlen
    logits = np.full(end, -1.0, np.float32)
    logits[first + 4 :] = 1.0  # crosses at "bad"
    scores = np.zeros(end, np.float32)
    scores[first + 3], scores[first + 4] = 1.5, -0.5  # "not", "bad"
    found = prediction_change(replace(trace, logits=logits), scores)
    assert (found.crossing, found.first, found.last) == (first + 4, first + 3, first + 4)
    assert found.attribution == pytest.approx(1.0)


def test_a_word_of_next_to_no_weight_is_not_named_for_a_crossing() -> None:
    trace = shipped_model().trace("a great film with a dull end and some songs")
    first, end = trace.encoding.first_word, trace.encoding.maxlen
    logits = np.full(end, -1.0, np.float32)
    logits[-1] = 1.0  # crosses at "songs"
    scores = np.zeros(end, np.float32)
    scores[first + 1], scores[-1] = 17.5, 0.08  # "great", "songs"
    says = change_caption(replace(trace, logits=logits), scores)
    assert says.endswith("“great” contributes most (+17.50)") and "“songs” (word 10)" in says


@pytest.mark.parametrize(
    ("text", "word", "crossing"),
    [
        ("cheap", "cheap", False),
        ("A waste of a great cast.", "waste", False),
        ("This was a terrible waste of an evening.", "waste", False),
        ("It is not the worst film of the year.", "not the worst", True),
        ("The film was not bad at all.", "not bad", True),
        ("It could have been better.", "could", False),
        ("There is hardly a dull moment in it.", "hardly a dull", True),
    ],
)
def test_a_crossing_near_one_half_is_not_named_for_the_prediction(
    text: str, word: str, crossing: bool
) -> None:
    model = shipped_model()
    trace = model.trace(text)
    scores = score_words(model.forward, trace, Method.RELEVANCE).scores
    found = prediction_change(trace, scores)
    assert (found.crossing is not None) is crossing
    assert f"“{word}" in change_caption(trace, scores)


@pytest.mark.parametrize(
    ("before", "after", "flipped"),
    [(0.48, 0.59, False), (0.48, 0.6, True), (0.52, 0.41, False), (0.9, 0.4, True)],
)
def test_a_prediction_flips_beyond_the_undecided_band(
    before: float, after: float, flipped: bool
) -> None:
    assert flips(before, after) is flipped


@pytest.mark.parametrize("text", ["It was fine.", EXAMPLES[2], EXAMPLES[1]])
def test_counterfactuals_reach_the_other_side(text: str) -> None:
    model = shipped_model()
    trace = model.trace(text)
    for one in minimal_counterfactuals(model, trace):
        assert flips(trace.verdict_probability, one.probability) is bool(one.edits)


@pytest.mark.parametrize(
    ("logits", "says"),
    [
        ([0.0] * 4, "is never below 50 % and ends at it"),
        ([0.001] * 4, "stays above 50 % and ends at 50.1 %"),
        ([-0.001] * 4, "stays below 50 % and ends at 49.9 %"),
        ([0.1] * 4, "stays above 50 % and ends at 52 %"),
        ([0.1, -0.1, 0.1, 0.099], "is 52 % before the first word and at the end"),
        ([0.1, -0.1, 0.1, 0.42], "goes from 52 % before the first word to 60 %"),
    ],
)
def test_rounded_numbers_do_not_contradict_the_sentence(logits: list[float], says: str) -> None:
    trace = shipped_model().trace("a fine film")
    end = trace.encoding.maxlen
    values = np.full(end, logits[0], np.float32)
    values[-4:] = logits
    assert says in change_caption(replace(trace, logits=values)).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("place", "says"),
    [
        (0, "at “film” (word 3), shortly after “good”, which contributes"),
        (1, "at “film” (word 3), shortly after “awful”, which contributes"),
        (2, "at “film” (word 3), which contributes"),
    ],
)
def test_a_word_before_the_crossing_is_said_to_be_before_it(place: int, says: str) -> None:
    trace = shipped_model().trace("good awful film")
    logits = np.full(trace.encoding.maxlen, -1.0, np.float32)
    logits[-1] = 1.0
    scores = np.zeros_like(logits)
    scores[trace.encoding.first_word + place] = 1.0
    assert says in change_caption(replace(trace, logits=logits), scores)
