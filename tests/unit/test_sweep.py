"""Sweeps: a grid becomes runs, what is there is kept, a failure stops nothing."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lstm_core import SentimentModel
from lstm_core.cli import main
from lstm_core.errors import InputError, RunError
from lstm_core.paths import runs_folder
from lstm_core.runs import RunRequest, Status, list_runs, read_run
from lstm_core.runs.events import EventKind, add_event
from lstm_core.runs.folder import RunFolder
from lstm_core.runs.import_run import import_run
from lstm_core.sweep import read_sweep, run, run_sweep, trial
from lstm_core.sweep.trial import TrialResult, train_one
from lstm_core.tasks.executors import Executor

pytestmark = pytest.mark.usefixtures("home")

GRID = """
name = "demo"
validation_share = 0.2
[settings]
epochs = 1
maxlen = 6
num_words = 60
embedding_dim = 3
[grid]
lstm_dim = [2, 3]
seed = [0, 1]
"""


class InPlace(Executor):
    """An executor that runs everything in this process."""

    size = 1

    def run(self, work, pieces):  # type: ignore[no-untyped-def]
        return map(work, pieces)

    def close(self) -> None:
        """No process to end."""


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def make(text: str) -> Path:
        path = tmp_path / "sweep.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return make


def quiet(done: int, total: int, sentence: str) -> None:
    """Progress that is not shown."""


def make_up(request: RunRequest) -> TrialResult:
    """A run that nothing was trained for; that of seed 1 and two units cannot start."""
    if request.settings.seed == 1 and request.settings.lstm_dim == 2:
        return TrialResult(request.name, b"", "The data is not here.")
    home = os.environ["LSTM_LENS_HOME"]
    os.environ["LSTM_LENS_HOME"] = f"{home}-elsewhere"
    try:
        folder = RunFolder(runs_folder() / request.name)
        folder.path.mkdir(parents=True)
        folder.request.write_text(request.to_json(), encoding="utf-8")
        add_event(folder.events, EventKind.CREATED, number=1, made="2026-01-01T00:00:00Z")
        add_event(folder.events, EventKind.FINISHED)
        return TrialResult(request.name, trial._pack(folder.path))
    finally:
        os.environ["LSTM_LENS_HOME"] = home


def test_every_combination_is_a_run(write: Callable[[str], Path]) -> None:
    sweep = read_sweep(write(GRID))
    assert [request.name for request in sweep.requests] == [
        "demo-lstm_dim2-seed0",
        "demo-lstm_dim2-seed1",
        "demo-lstm_dim3-seed0",
        "demo-lstm_dim3-seed1",
    ]
    first = sweep.requests[0]
    assert (first.settings.epochs, first.settings.lstm_dim, first.validation_share) == (1, 2, 0.2)
    assert read_sweep(write("")).requests[0].name == "sweep"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name = ", "cannot be read as TOML"),
        ("nam = 'x'", "known are name"),
        ("name = '../x'", "sweep's name"),
        ("[grid]\nseed = 3", "list of different values"),
        ("[grid]\nseed = [1, 1]", "list of different values"),
        ("[grid]\nsize = [1]", "known are recipe"),
        ("[settings]\nseed = 1\n[grid]\nseed = [1]", "Give it once"),
        ("[settings]\nepochs = 0", "choose a value from 1"),
        ("[settings]\nepochs = 'two'", "whole number"),
        ("recipe = 'none'", "there are 'article'"),
        ("data = 'nowhere.csv'", "no data at"),
        ("validation_share = 'half'", "must be a number"),
        ("limit = 1.5", "whole number"),
        (f"[grid]\nseed = {list(range(1001))}", "at most 1,000"),
        ("settings = 3", "must be a table"),
    ],
)
def test_unusable_settings_get_a_sentence(
    write: Callable[[str], Path], text: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InputError, match=says):
        read_sweep(write(text))
    assert main(["sweep", str(write(text))]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_sweep_collects_runs_goes_on_and_names_failures(
    write: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "train_one", make_up)
    sweep = read_sweep(write(GRID))
    half = replace(sweep, requests=sweep.requests[:1])
    assert run_sweep(half, InPlace(), quiet).kept == 0
    result = run_sweep(sweep, InPlace(), quiet)
    assert [run.name for run in result.runs] == [
        request.name for request in sweep.requests if request.name != "demo-lstm_dim2-seed1"
    ]
    assert (result.kept, result.failures) == (
        1,
        (("demo-lstm_dim2-seed1", "The data is not here."),),
    )
    assert all(run.status is Status.FINISHED for run in result.runs)
    assert [run.number for run in list_runs()] == [3, 2, 1]  # the newest first
    assert not list(runs_folder().glob(".new-*"))
    other = read_sweep(write(GRID.replace("epochs = 1", "epochs = 2")))
    with pytest.raises(RunError, match="other settings"):
        run_sweep(other, InPlace(), quiet)


def test_what_is_no_run_is_not_taken_in() -> None:
    with pytest.raises(RunError, match="is no run"):
        import_run("odd", lambda folder: None)
    with pytest.raises(RunError, match="cannot name a run"):
        import_run("../odd", lambda folder: None)
    assert list_runs() == ()


@pytest.mark.keras
def test_a_training_of_a_sweep_comes_back_as_a_run(write: Callable[[str], Path]) -> None:
    request = read_sweep(write(GRID)).requests[0]
    trained = train_one(request)
    assert trained.error == ""
    import_run(request.name, lambda folder: trial.unpack(trained.packed, folder))
    run = read_run(request.name)
    assert run.status is Status.FINISHED and run.figures
    assert SentimentModel.load(request.name).lstm_dim == 2
