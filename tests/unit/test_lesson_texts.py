"""The lesson's texts, questions and worksheet: every blank filled, every answer worked out."""

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from lstm_core.analysis.formatting import number
from lstm_core.errors import DataError, InputError
from lstm_core.lesson import content
from lstm_core.lesson.article import article_sequences, seed_weights
from lstm_core.lesson.facts import (
    cutting_facts,
    gate_facts,
    return_facts,
    size_facts,
    stack_facts,
)
from lstm_core.lesson.gates import Gates, Step
from lstm_core.lesson.layer import SETTINGS, Setting, draw_weights, run_layer
from lstm_core.lesson.quiz import SECTION_QUESTIONS, Facts, build_question, build_questions
from lstm_core.lesson.sizes import ModelSizes
from lstm_core.lesson.tf_random import TfRandom
from lstm_core.lesson.truncation import cut
from lstm_core.lesson.worksheet import SECTIONS, as_html, as_markdown, exercises
from lstm_core.text import Vocabulary

VOCABULARY = Vocabulary(["the", "film", "good", "bad"], 12)
STEP = Step(Gates(0.4, 0.7, -0.6, 0.9), 0.8)
LONG = "the film was good but then it went bad and stayed so"


def all_facts() -> dict[str, list[Facts]]:
    sequences = article_sequences()
    run = run_layer(seed_weights(), sequences)
    second = draw_weights(TfRandom(1), 1, 2)
    return {
        "gates": gate_facts(STEP, seed_weights(), 0.5),
        "model": size_facts(ModelSizes()),
        "returns": return_facts(run, Setting(False, False)),
        "own": stack_facts(run, second, sequences),
        "truncation": cutting_facts(cut(LONG, VOCABULARY, 8)),
    }


def test_there_are_enough_questions_and_every_one_is_asked() -> None:
    found = {section: [one.question for one in facts] for section, facts in all_facts().items()}
    assert {section: set(names) for section, names in found.items()} == {
        section: set(names) for section, names in SECTION_QUESTIONS.items()
    }
    assert sum(len(names) for names in found.values()) >= 12
    assert set(content.question_texts()) == {name for names in found.values() for name in names}


def test_every_question_has_one_right_answer_and_a_reply_to_each() -> None:
    for facts in all_facts().values():
        for question in build_questions(facts):
            assert sum(answer.right for answer in question.answers) == 1
            assert len({answer.label for answer in question.answers}) == len(question.answers)
            assert all(answer.reply and "{{" not in answer.reply for answer in question.answers)
            assert "{{" not in question.prompt


def right(facts: list[Facts], name: str) -> str:
    return build_question(next(one for one in facts if one.question == name)).right.label


def test_answers_follow_the_numbers() -> None:
    facts = gate_facts(STEP, seed_weights(), 0.5)
    assert right(facts, "clear-and-write") == "−0.60"
    assert right(facts, "copy") == "0.80"
    assert right(facts, "direction") == "It falls"
    assert right(facts, "open-output") == f"{np.tanh(0.32):.3f}"
    up = gate_facts(Step(Gates(1, 1, 0.5, 1), 0.2), seed_weights(), 0.5)
    assert right(up, "direction") == "It rises"
    sizes = size_facts(ModelSizes(2_000, 40, 16, 8))
    assert right(sizes, "embedding-count") == "32,000"
    long, short = (cut(text, VOCABULARY, 8) for text in (LONG, "good film"))
    assert right(cutting_facts(long), "first-word") == "“but”"
    assert right(cutting_facts(long), "zeros") == "0"
    assert right(cutting_facts(long), "start-mark") == "Under Keras' default"
    assert right(cutting_facts(short), "first-word") == "“good”"
    assert right(cutting_facts(short), "zeros") == "5"
    assert right(cutting_facts(short), "start-mark") == "It is read under both"
    assert cutting_facts(cut("", VOCABULARY, 8)) == []


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize(("count", "steps", "units"), [(6, 3, 1), (3, 3, 3), (1, 1, 1), (2, 5, 4)])
def test_shapes_are_right_for_any_layer(
    setting: Setting, count: int, steps: int, units: int
) -> None:
    data = np.ones((count, steps, 1), np.float32)
    run = run_layer(seed_weights(3, units), data)
    facts = return_facts(run, setting)
    assert right(facts, "shape-of-sequences") == str((count, steps, units))
    assert right(facts, "how-many-arrays") == "Three"
    assert right(facts, "which-are-equal") == "The last step of the sequences and state_h"


def test_a_layer_of_one_step_returns_all_its_cell_states() -> None:
    run = run_layer(seed_weights(3), np.ones((2, 1, 1), np.float32))
    assert right(return_facts(run, Setting(True, True)), "what-is-missing").startswith("The cell")


def test_questions_without_two_different_answers_are_left_out() -> None:
    still = Step(Gates(0, 0, 0, 0), 0)
    names = [question.name for question in build_questions(gate_facts(still, seed_weights(), 0.5))]
    assert "copy" not in names and "direction" in names


def test_wrong_keys_are_refused() -> None:
    with pytest.raises(InputError, match="no question"):
        build_question(Facts("nothing", "right", {}))
    question = build_question(all_facts()["model"][1])
    with pytest.raises(InputError, match="no answer"):
        question.answer("nothing")


def test_blanks_and_pieces_that_are_missing_are_named() -> None:
    with pytest.raises(DataError, match="blank 'seed'"):
        content.text_block("own", "seed-note")
    with pytest.raises(DataError, match="no piece 'nothing'"):
        content.text_block("own", "nothing")
    with pytest.raises(DataError, match="cannot be read"):
        content.text_block("nothing", "title")


def test_every_piece_is_used_and_every_used_piece_is_there() -> None:
    """What the code asks for by name and what the files hold are the same."""
    root = Path(content.__file__).resolve().parents[2]
    sources = [*root.glob("pages/parts/lesson/*.py"), root / "pages/lesson.py"]
    sources += (root / "lstm_core/lesson").glob("*.py")
    sources.append(root / "pages/parts/common/cell_comparison.py")
    code = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    for path in sorted(content.FOLDER.glob("*.md")):
        if path.stem == "questions":
            continue
        for name in content.read_pieces(path.stem):
            family = name.rsplit("-", 1)[0] + "-{"
            quoted = (f'"{name}"', f"'{name}'")
            assert any(one in code for one in (*quoted, family)), f"{path.name}: {name}"


@pytest.mark.parametrize("seed", range(40))
def test_worksheets_are_whole_for_any_seed(seed: int) -> None:
    sheet = exercises(seed)
    assert len(sheet) == 7
    assert sheet == exercises(seed)
    assert not any("{{" in one.prompt + one.answer for one in sheet)


def test_the_worksheet_depends_on_its_seed_and_keeps_its_key_apart() -> None:
    for make in (as_markdown, as_html):
        assert make(7) != make(8) and make(7, key=True) != make(8, key=True)
        assert "Answer key" not in make(7) and "Answer key" in make(7, key=True)
        for one in exercises(7):
            assert one.answer.split(";")[0] not in make(7)
    assert as_markdown(7).count("\n1. ") == as_markdown(7, key=True).count("\n1. ") == 1


def test_the_worksheets_key_is_right() -> None:
    text, key = as_markdown(0), as_markdown(0, key=True)
    run = run_layer(seed_weights(0), article_sequences())
    found = re.search(r"for sequence (\d) without", text)
    assert found
    row = int(found[1]) - 1
    assert f"{number(run.hidden_state[row, -1, 0], 8)}, and state_h" in key
    first = float(re.search(r"step of the sequence ([\d.]+),", text)[1])  # type: ignore[index]
    rows = [at for at in range(6) if abs(float(article_sequences()[at, 0, 0]) - first) < 1e-6]
    assert f"h = {number(run.hidden_state[rows[0], 0, 0], 4)}" in key
    assert not re.search(r"(?<![\w-])-\d", text + key), "numbers have the minus sign"


def test_the_worksheet_has_the_exercises_of_the_chosen_sections() -> None:
    assert set(SECTIONS) == {one.section for one in exercises(7)}
    for section in SECTIONS:
        chosen = exercises(7, [section])
        assert chosen == tuple(one for one in exercises(7) if one.section == section)
        sheet = as_markdown(7, [section])
        assert sheet.count("**") == 2 * len(chosen)
        assert ("All gates use the same equations" in sheet) is (section == "gates")
    assert not exercises(7, ["cells", "own"])


def test_the_html_worksheet_closes_every_tag() -> None:
    open_tags: list[str] = []

    class Checker(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag != "meta":
                open_tags.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert open_tags.pop() == tag

    Checker().feed(as_html(3) + as_html(3, key=True))
    assert open_tags == []
