"""Diagnosis of a wrong prediction: known causes come first, every number is the model's own."""

import tomllib
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from lstm_core.analysis.captions import similarly_spelled
from lstm_core.analysis.formatting import p_positive, signed
from lstm_core.attribution.diagnosis import LINES, Cause, CauseLine, diagnose, truncation_line
from lstm_core.attribution.model_diagnosis import _unknown
from lstm_core.attribution.phrases import split_phrase
from lstm_core.model.recurrent_model import RecurrentModel
from lstm_core.model.sentiment_model import SentimentModel, shipped_model
from tests.support import classifiers as made

TEXTS = Path(__file__).resolve().parents[1] / "data" / "diagnosis.toml"
FURTHER = (Cause.UNITS, Cause.COUNTERFACTUAL)


@cache
def cases(part: str) -> tuple[tuple[dict[str, str], tuple[CauseLine, ...]], ...]:
    """The texts of a part with their diagnoses."""
    model = shipped_model()
    with TEXTS.open("rb") as file:
        texts = tomllib.load(file)[part]
    return tuple(
        (one, diagnose(model, model.trace(one["text"]), one["label"] == "positive"))
        for one in texts
    )


def diagnosed(cause: Cause) -> list[tuple[SentimentModel, str, CauseLine]]:
    return [
        (shipped_model(), text["text"], line)
        for text, lines in cases("development")
        for line in lines
        if line.cause is cause
    ]


def test_the_first_line_names_the_known_cause_of_at_least_thirty_of_forty_texts() -> None:
    found = cases("test")
    assert len(found) == 40
    assert sum(bool(lines) and lines[0].cause == text["cause"] for text, lines in found) >= 30


def test_causes_come_first_by_effect_and_there_are_six_lines_at_most() -> None:
    for text, lines in cases("development"):
        causes = [line for line in lines if line.cause not in FURTHER]
        assert len(lines) <= LINES and lines[: len(causes)] == tuple(causes), text
        assert [line.effect for line in causes] == sorted((c.effect for c in causes), reverse=True)


@pytest.mark.parametrize("text", ["", "A wonderful film."])
def test_nothing_is_diagnosed_without_words_or_when_the_label_is_right(text: str) -> None:
    model = shipped_model()
    assert diagnose(model, model.trace(text), positive=True) == ()


def test_truncation_states_the_prediction_of_the_whole_review() -> None:
    found = diagnosed(Cause.TRUNCATION)
    assert found
    for model, text, line in found:
        assert p_positive(float(model.predict([text], whole=True)[0])) in line.text


def test_a_saturated_prediction_that_truncation_leaves_unchanged_has_no_effect() -> None:
    bundle = shipped_model().bundle
    weights = replace(bundle.weights, dense_kernel=bundle.weights.dense_kernel * 40)
    model = SentimentModel(replace(bundle, network=weights))
    trace = model.trace("A terrible, awful and boring film. " * 40)
    assert trace.logits[-1] < -20  # beyond the clipped logit of a probability
    line = truncation_line(model, trace, 1)
    assert line is not None and line.effect == pytest.approx(0, abs=0.01)


def test_a_word_states_the_prediction_without_it() -> None:
    found = [one for one in diagnosed(Cause.WORD) if len(one[1]) < 200]
    assert found
    for model, text, line in found:
        trace = model.trace(text)
        assert line.first is not None
        span = trace.encoding.spans[line.first]
        assert span is not None
        without = float(model.predict([text[: span.start] + text[span.end :]])[0])
        assert p_positive(without) in line.text


def test_a_phrase_states_its_contextual_decomposition() -> None:
    found = diagnosed(Cause.PHRASE)
    assert found
    for model, text, line in found:
        phrase = split_phrase(
            model.forward, model.trace(text), line.places.start, line.places.stop - 1
        )
        assert signed(phrase.own) in line.text and signed(sum(phrase.words)) in line.text


def test_a_review_of_unknown_words_names_them() -> None:
    model = shipped_model()
    lines = diagnose(model, model.trace("qzqz xkxk"), model.predict(["qzqz xkxk"])[0] < 0.5)
    assert lines[0].cause is Cause.UNKNOWN and "“qzqz”, “xkxk”" in lines[0].text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("film goood zzzz", "With a similarly spelled word (“good”) in place of 1 of them: "),
        ("film goood", "With a similarly spelled word (“good”) in its place: "),
        ("goood goood verry", "With similarly spelled words (“good”, “very”) in their place: "),
    ],
)
def test_an_imported_model_says_how_many_unknown_words_were_replaced(
    text: str, says: str, tmp_path: Path
) -> None:
    made.write_classifier_bundle(tmp_path / "gru", made.STACKED_GRU, made.TOKENIZER)
    model = SentimentModel.load(tmp_path / "gru")
    assert isinstance(model, RecurrentModel)
    line = _unknown(model, model.model_trace(text))
    assert line is not None and says in line.text


def test_more_than_four_similarly_spelled_words_are_counted() -> None:
    assert similarly_spelled("abcdefa").endswith("(“a”, “b”, “c”, “d” and 2 more)")
