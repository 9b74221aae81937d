"""Small and unusual data: a model or a clear error, and a warning at chance level."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lstm_core import SentimentModel
from lstm_core.paths import CODE
from lstm_core.runs import DataChoice, DataKind, Run, RunRequest, Status, control, read_run, worker
from lstm_core.runs.keras_code import keras_code
from lstm_core.training.schedule import StepSettings
from lstm_core.training.settings import Recipe, TrainSettings

pytestmark = [pytest.mark.keras, pytest.mark.usefixtures("compile_once")]
SMALL = TrainSettings(
    num_words=60, maxlen=12, embedding_dim=8, lstm_dim=6, batch_size=8, epochs=3, seed=1
)
GOOD = ["good film", "great story and good cast", "I liked it", "fine work", "a joy", "warm, kind"]
BAD = ["bad film", "poor story and bad cast", "I hated it", "dull work", "a bore", "cold, mean"]


@pytest.fixture
def trains_here(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process trains."""
    monkeypatch.setattr(worker.signal, "signal", lambda *_: None)
    (home / "runs").mkdir()


def _trained(request: RunRequest) -> Run:
    folder = control.make_run_folder(request)
    worker.work(folder)
    return read_run(folder.name)


@pytest.fixture
def train(trains_here: None, tmp_path: Path) -> Callable[..., Run]:
    """Trains on rows of text and label."""

    def start(
        rows: list[tuple[str, int]], settings: TrainSettings = SMALL, share: float = 0.1
    ) -> Run:
        table = tmp_path / "own.csv"
        lines = [f'"{text}",{label}' for text, label in rows]
        table.write_text("\n".join(["review,label", *lines]), encoding="utf-8")
        return _trained(RunRequest(settings, DataChoice(DataKind.PATH, str(table)), share))

    return start


def _rows(count: int) -> list[tuple[str, int]]:
    return [((GOOD if n % 2 else BAD)[n // 2 % 6] + f" {n}", n % 2) for n in range(count)]


def _codes(run: Run) -> list[str]:
    return [warn.code for warn in run.warnings]


@pytest.mark.parametrize("recipe", list(Recipe))
def test_twenty_reviews_give_a_model_with_a_warning(
    train: Callable[..., Run], recipe: Recipe
) -> None:
    run = train(_rows(20), replace(SMALL, recipe=recipe, epochs=3))
    assert run.status is Status.FINISHED, run.message
    assert "test at chance" in _codes(run)  # four test reviews show nothing
    assert SentimentModel.load(run.name).predict(["good film"]).shape == (1,)


def test_one_label_alone_is_refused(train: Callable[..., Run]) -> None:
    for share in (0.1, 0.0):
        run = train([(f"film {n}", 1) for n in range(40)], share=share)
        assert run.status is Status.FAILED and not run.has_bundle
        assert "positive" in run.message and "negative" in run.message


def test_identical_texts_are_refused(train: Callable[..., Run]) -> None:
    rows = [("the same film", n % 2) for n in range(60)]
    for share in (0.1, 0.0):
        run = train(rows, share=share)
        assert run.status is Status.FAILED and not run.has_bundle
        assert "fewer than two different reviews" in run.message


def test_a_vocabulary_of_three_words_and_five_places(train: Callable[..., Run]) -> None:
    tiny = replace(SMALL, num_words=7, maxlen=5, epochs=60)
    words = ("good ", "bad ")
    rows = [(words[n % 2] * (n % 4 + 1) + "so " * (n // 2 % 9), 1 - n % 2) for n in range(90)]
    run = train(rows, tiny)
    assert run.status is Status.FINISHED, run.message
    model = SentimentModel.load(run.name)
    assert (model.maxlen, len(model.vocabulary)) == (5, 3)
    learned = run.points[-1].test_accuracy
    assert learned is not None and learned > 0.9 and "test at chance" not in _codes(run)


def test_the_keras_code_of_a_run_agrees_within_the_noise_of_the_seed(
    trains_here: None, tmp_path: Path
) -> None:
    """The script runs by itself, in a process of its own."""
    settings = TrainSettings(num_words=1000, maxlen=30, epochs=8)
    run = _trained(RunRequest(settings, validation_share=0.1))
    script = tmp_path / "script.py"
    script.write_text(keras_code(run), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(CODE)}
    ran = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, env=environment
    )
    assert ran.returncode == 0, ran.stderr
    found = float(ran.stdout.rsplit("Test accuracy:", 1)[1])
    assert found == pytest.approx(run.points[-1].test_accuracy, abs=0.08)
    changed = replace(run, settings_log=(StepSettings(run.steps // 2, 1e-2, 64, 0.3),))
    assert "PLAN = [(4, 0.001, 32, 0), (4, 0.01, 64, 0.3)]" in keras_code(changed)
