"""The live page's pictures: true to the trace, for every length of review and size of model."""

import json
from base64 import b64decode
from typing import Any

import numpy as np
import pytest

from lstm_core import SentimentModel, Trace
from lstm_core.analysis.formatting import p_positive
from lstm_core.figures.colours import DIVERGING, tint
from lstm_core.figures.live import MOST_BARS, reading_picture, strongest_words
from lstm_core.recurrent.lstm import LstmForward
from lstm_core.recurrent.trace import flip_positions, make_trace
from lstm_core.text import Vocabulary, encode
from tests.unit.helpers import WORDS, random_weights

TEXTS = [
    "",
    "good",
    "The film was dull, dull, dull but then wonderful, great and perfect!",
    "w " * 99,
]


def tiny_trace(text: str) -> Trace:
    return make_trace(LstmForward(random_weights(), 7), encode(text, Vocabulary(WORDS, 12), 7))


@pytest.fixture(scope="module", params=[*TEXTS, None])
def trace(request: pytest.FixtureRequest) -> Trace:
    if request.param is None:
        return tiny_trace("not a very good film")
    return SentimentModel.load().trace(request.param)


def as_sent(data: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(data))  # type: ignore[no-any-return]


@pytest.mark.parametrize("padding", [False, True])
def test_the_picture_holds_the_traces_numbers(trace: Trace, padding: bool) -> None:
    picture = reading_picture(trace, padding=padding, pinned=trace.encoding.maxlen - 1)
    data = as_sent(picture.data())
    maxlen, units = trace.hidden_state.shape
    shown = maxlen if padding else max(trace.encoding.read_count, 1)
    assert len(data["labels"]) == len(data["names"]) == shown
    assert data["where"][-1].endswith(f"step {maxlen}") and len(data["where"]) == shown
    np.testing.assert_array_equal(
        np.array(data["probability"], np.float32), trace.probability[-shown:]
    )
    np.testing.assert_array_equal(
        np.array(data["contributions"], np.float32), trace.contributions[-shown:]
    )
    order = np.array(data["units"])
    assert sorted(order) == list(range(units))
    effects = states_of(data)
    wanted = trace.hidden_state[-shown:] * trace.output_weights
    np.testing.assert_array_equal(effects, wanted[:, order])
    np.testing.assert_allclose(effects.sum(axis=1) + data["bias"], trace.logits[-shown:], atol=1e-4)
    assert data["parts"] == sorted(data["parts"], reverse=True)
    assert data["column"] == shown - 1
    turning = [place - (maxlen - shown) for place in flip_positions(trace)]
    assert data["turning"] == turning
    assert data["title"] in data["says"] and p_positive(trace.verdict_probability) in data["says"]


def states_of(data: dict[str, Any]) -> np.ndarray:
    found = np.frombuffer(b64decode(data["states"]), "<f4")
    return found.reshape(len(data["labels"]), len(data["units"]))


def test_raw_states_in_stored_order_are_the_traces_and_a_unit_is_framed(trace: Trace) -> None:
    data = as_sent(reading_picture(trace, padding=True, raw=True, stored=True, unit=2).data())
    np.testing.assert_array_equal(states_of(data), trace.hidden_state)
    assert data["row"] == data["units"][2] == 2 and data["limit"] == 1
    found = reading_picture(trace, unit=2)
    assert found.row is not None and found.units[found.row] == 2
    assert reading_picture(trace, unit=10_000).row is None


def test_a_pin_on_a_place_that_is_not_shown_frames_nothing() -> None:
    trace = SentimentModel.load().trace("A fine film.")
    assert reading_picture(trace, pinned=3).column is None
    assert reading_picture(trace, pinned=3, padding=True).column == 3
    assert reading_picture(trace).column is None


def test_the_bars_are_the_largest_contributions_from_for_to_against(trace: Trace) -> None:
    found = strongest_words(trace)
    data = as_sent(found.data())
    first = trace.encoding.first_word
    places = [int(where.rsplit("step ", 1)[1]) - 1 for where in data["where"]]
    assert len(data["values"]) == min(MOST_BARS, trace.encoding.maxlen - first)
    np.testing.assert_array_equal(np.array(data["values"], np.float32), trace.contributions[places])
    assert data["values"] == sorted(data["values"], reverse=True)
    largest = np.sort(np.abs(trace.contributions[first:]))[::-1][:MOST_BARS]
    np.testing.assert_array_equal(np.sort(np.abs(np.float32(data["values"])))[::-1], largest)
    assert all(abs(value) <= data["limit"] for value in data["values"])


def test_equal_words_are_told_apart_by_their_numbers() -> None:
    found = strongest_words(SentimentModel.load().trace("good film, good cast"))
    assert sorted(found.words) == ["cast", "film", "good, word 1", "good, word 3"]


def test_zero_is_transparent_and_the_ends_are_not() -> None:
    assert DIVERGING[1][1].endswith("0.000)") and DIVERGING[2][1].endswith("0.000)")
    assert tint(0, 1).endswith("0.000)")
    assert tint(1, 1) != tint(-1, 1)
