"""The guided tour of a review: every sentence is computed from its trace."""

from dataclasses import replace

import numpy as np
import pytest

from lstm_core import SentimentModel
from lstm_core.analysis.formatting import p_positive, percent, signed
from lstm_core.analysis.review_tour import STEPS, ReviewStep, tour_step
from lstm_core.text import Kind

TEXTS = ["Good.", "The film is not bad at all, but the zibbertine is dull.", "Wonderful! " * 200]


def steps_of(text: str) -> list[ReviewStep]:
    model = SentimentModel.load()
    trace = model.trace(text)
    return [tour_step(trace, n, lambda t: float(model.predict([t])[0])) for n in range(1, 9)]


@pytest.mark.parametrize("text", TEXTS)
def test_every_step_has_a_question_and_an_answer_and_marks_what_exists(text: str) -> None:
    trace = SentimentModel.load().trace(text)
    steps = steps_of(text)
    assert len(steps) == STEPS
    for step in steps:
        assert step.question.endswith("?") and step.answer.endswith(".")
        assert step.place is None or trace.encoding.first_word <= step.place < len(trace.logits)
        assert step.unit is None or 0 <= step.unit < trace.hidden_state.shape[1]


def test_the_numbers_are_the_traces() -> None:
    text = TEXTS[1]
    model = SentimentModel.load()
    trace = model.trace(text)
    steps = steps_of(text)
    write = steps[2]
    assert write.place is not None and write.unit is not None
    product = trace.input_gate[write.place, write.unit] * trace.candidate[write.place, write.unit]
    assert signed(float(product)) in write.answer
    kept = steps[3]
    assert kept.place is not None and trace.forget_gate[kept.place, kept.unit] >= 0.9
    count = int(kept.answer.split(" for ")[1].split()[0])
    left = trace.forget_gate[kept.place - count + 1 : kept.place + 1, kept.unit].prod()
    assert f" {percent(float(left))} is left" in kept.answer
    without = float(model.predict([text.replace("not ", "")])[0])
    assert p_positive(without) in steps[4].answer
    parts = trace.hidden_state[-1] * trace.output_weights
    assert signed(float(parts.sum())) in steps[6].answer
    assert steps[6].unit == int(np.abs(parts).argmax())
    assert "All 12 words were read; 1 of the words read is not" in steps[7].answer
    assert "“zibbertine”" in steps[7].answer
    assert "121 words" in steps_of(TEXTS[2])[7].answer


def test_a_review_without_a_negation_is_given_one() -> None:
    model = SentimentModel.load()
    answer = steps_of("A good film.")[4].answer
    assert p_positive(float(model.predict(["A not good film."])[0])) in answer


def test_before_the_first_word_only_what_the_model_read_is_named() -> None:
    trace = SentimentModel.load().trace(TEXTS[1])
    answer = steps_of(TEXTS[1])[0].answer
    assert f"After {trace.encoding.pad_count} zeros and the start token" in answer
    assert p_positive(float(trace.probability[trace.encoding.first_word - 1])) in answer
    bare = replace(trace.encoding, kinds=(Kind.WORD,) * 80)  # a model without padding and start
    answer = tour_step(replace(trace, encoding=bare), 1, lambda _: 0.5).answer
    assert "start token" not in answer and "the memory is empty" in answer
