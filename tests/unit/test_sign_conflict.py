"""Words whose tint contradicts the running probability: found, and explained by a phrase."""

import numpy as np
import pytest

from lstm_core.analysis.sign_conflict import REACH, conflict_caption, sign_conflict
from lstm_core.attribution.attribute import score_words
from lstm_core.attribution.registry import Method
from lstm_core.model.sentiment_model import shipped_model

TEXTS = (
    "It is not good, but the songs are great.",
    "A long film of three hours that is never boring.",
    "The film is old and slow but not bad at all.",
    "I was not bored. I never looked at my watch, and I won't forget it.",
)


@pytest.mark.parametrize("text", TEXTS)
def test_a_conflict_is_one_and_its_phrase_resolves_it(text: str) -> None:
    model = shipped_model()
    trace = model.trace(text)
    scores = score_words(model.forward, trace, Method.RELEVANCE).scores
    found = sign_conflict(trace, scores)
    assert found is not None
    change = float(trace.probability[found.place] - trace.probability[found.place - 1])
    assert change * float(scores[found.place]) < 0
    assert found.first <= found.place <= found.last <= found.first + REACH
    if found.is_phrase:
        assert found.together == pytest.approx(float(scores[found.first : found.last + 1].sum()))
        assert found.together * change > 0
    assert ("split over its words" in conflict_caption(trace, scores)) == found.is_phrase


def test_the_shortest_phrase_of_the_same_sentence_is_named() -> None:
    trace = shipped_model().trace("It is not good. The songs are great.")
    first = trace.encoding.first_word
    change = np.diff(trace.probability)
    assert change[first + 1] < -0.1  # P(positive) falls at "not"
    scores = np.zeros(trace.encoding.maxlen, np.float32)
    scores[first + 2 : first + 4] = 1.0, -2.0
    found = sign_conflict(trace, scores)
    assert found is not None
    assert (found.place, found.first, found.last) == (first + 2, first + 2, first + 3)
    assert "“not good”" in conflict_caption(trace, scores)
    scores[first + 3], scores[first + 4] = 0.0, -9.0  # the next sentence does not count
    scores[first + 2] = 3.0
    found = sign_conflict(trace, scores)
    assert found is not None and not found.is_phrase


def test_agreeing_signs_faint_tints_and_no_words_are_no_conflict() -> None:
    model = shipped_model()
    for text in ("", "A wonderful film. I loved it."):
        trace = model.trace(text)
        assert (
            conflict_caption(trace, score_words(model.forward, trace, Method.RELEVANCE).scores)
            == ""
        )
