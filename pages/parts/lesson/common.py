"""What the lesson's sections share: their names, the seed, the questions, the run in Keras."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from zlib import crc32

import streamlit as st

from lstm_core.analysis.formatting import MINUS
from lstm_core.errors import InputError
from lstm_core.json_codec import decode
from lstm_core.lesson.article import ARTICLE_SEED
from lstm_core.lesson.content import text_block
from lstm_core.lesson.keras_tasks import KIND, KerasResult, keras_key, start_keras_run
from lstm_core.lesson.layer import LayerWeights
from lstm_core.lesson.quiz import SECTION_QUESTIONS, Answer, Facts, Question, build_questions
from lstm_core.lesson.tf_random import LARGEST_SEED, check_seed
from lstm_core.recurrent.lstm import Floats
from lstm_core.tasks.folder import TaskStatus
from pages.parts.common.task_progress import draw_task, start_button

TROUBLE = "lesson_link_trouble"  # session key: a sentence about the link, shown once
RIGHT = "lesson_right"  # session key: names of the questions answered rightly
NAMES = {
    "gates": "Gates",
    "model": "Model",
    "returns": "Return values",
    "own": "Your own inputs",
    "truncation": "Truncation",
    "cells": "RNN, GRU, LSTM",
    "tour": "Tour",
    "teachers": "For teachers",
}
OLD_NAMES = {  # labels of older links
    "Returns": "returns",
    "Own numbers": "own",
    "Cutting": "truncation",
    "Teachers": "teachers",
}
SHORT_ANSWER = 16  # characters of an answer that fits beside others


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a visitor's lesson is about: the sections offered and the seed."""

    sections: tuple[str, ...]
    seed: int


def draw_title(section: str) -> None:
    """A section's title."""
    st.header(text_block(section, "title"), anchor=False)


def seed_input() -> int:
    """Draw the seed's field, bound to the link, and return a seed that can be used."""
    linked = st.query_params.get("seed")
    seed = st.number_input(
        "Seed",
        min_value=0,
        max_value=LARGEST_SEED,
        value=ARTICLE_SEED,
        key="seed",
        bind="query-params",
        help="Draws the weights of the small layers. 0 gives the article's.",
    )
    try:
        checked = check_seed(seed)
        if linked is not None and linked != str(checked):
            check_seed(linked)  # always fails: for its sentence
    except InputError as error:
        checked = seed if type(seed) is int and 0 <= seed <= LARGEST_SEED else ARTICLE_SEED
        blanks = {"reason": error, "seed": checked}
        st.session_state[TROUBLE] = text_block("page", "wrong-seed", blanks)
    return checked


def progress_line(lesson: Lesson) -> tuple[int, int]:
    """How many questions of the offered sections are answered rightly, and how many there are."""
    names = [name for section in lesson.sections for name in SECTION_QUESTIONS.get(section, ())]
    right = st.session_state.get(RIGHT, frozenset())
    return sum(name in right for name in names), len(names)


def draw_questions(section: str, facts: Sequence[Facts]) -> None:
    """Predict, then look: one question of a section at a time, its answers worked out now."""
    questions = build_questions(facts)
    with st.container(border=True):
        if not questions:
            st.caption(text_block("page", "nothing-to-ask"))
            return
        head, pick = st.columns([1, 4], vertical_alignment="center")
        head.markdown("**Predict, then look**")
        numbers = [str(number) for number in range(1, len(questions) + 1)]
        with pick:
            chosen = st.segmented_control(
                "Question",
                numbers,
                default=numbers[0],
                format_func=lambda number: _tick(number, questions),
                key=f"question_{section}",
                label_visibility="collapsed",
                required=True,
            )
        at = numbers.index(chosen) if chosen in numbers else 0
        _draw_question(questions[at])


def keras_proof(weights: LayerWeights, sequences: Floats, *, key: str) -> None:
    """The button that runs the four settings in Keras, in a process of its own, and the result."""

    def offer(found: TaskStatus) -> None:
        if found.done:
            _draw_result(decode(KerasResult, found.result))
        else:
            start = partial(start_keras_run, weights, sequences)
            start_button("Run it in Keras", KIND, start, key=key)

    draw_task(KIND, keras_key(weights, sequences), offer)


def scientific(value: float) -> str:
    """A small difference for reading: "2.8e−09", or "0"."""
    return "0" if value == 0 else f"{value:.1e}".replace("-", MINUS)


def _tick(number: str, questions: Sequence[Question]) -> str:
    name = questions[int(number) - 1].name if int(number) <= len(questions) else ""
    return f"{number} :material/check:" if name in st.session_state.get(RIGHT, ()) else number


def _draw_question(question: Question) -> None:
    # Other numbers are another question: the stamp makes the radio buttons start again.
    labels = "|".join([question.prompt, *(answer.label for answer in question.answers)])
    key = st.radio(
        question.prompt,
        [answer.key for answer in question.answers],
        format_func=lambda key: question.answer(key).label,
        index=None,
        horizontal=all(len(answer.label) <= SHORT_ANSWER for answer in question.answers),
        key=f"answer_{question.name}_{crc32(labels.encode(errors='replace')):08x}",
    )
    if key is not None:
        _draw_reply(question, question.answer(key))


def _draw_reply(question: Question, given: Answer) -> None:
    right = question.right
    if not given.right:
        st.markdown(f"**Incorrect.** {given.reply}")
        st.markdown(f"**Answer:** {right.label}. {right.reply}")
        return
    st.markdown(f"**Correct.** {given.reply}")
    known = st.session_state.get(RIGHT, frozenset())
    if question.name not in known:
        st.session_state[RIGHT] = known | {question.name}
        st.rerun()  # the count of right answers stands outside this section's fragment


def _draw_result(result: KerasResult) -> None:
    blanks = {
        "keras": result.keras_version,
        "tensorflow": result.tensorflow_version,
        "largest": scientific(result.largest_difference),
    }
    st.markdown(text_block("returns", "keras-result", blanks))
    lines = [
        {
            "return_sequences": str(one.setting.return_sequences),
            "return_state": str(one.setting.return_state),
            "shapes": ", ".join(str(shape) for shape in one.shapes),
            "largest difference": scientific(one.largest_difference),
        }
        for one in result.results
    ]
    st.table(lines)
