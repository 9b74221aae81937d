"""Runs that really train: followed, paused, stopped, taken up, and what ends one early."""

import errno
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from lstm_core import SentimentModel
from lstm_core.errors import RunError
from lstm_core.model.registry import load_model
from lstm_core.runs import (
    Run,
    RunRequest,
    Status,
    continue_run,
    control,
    delete_run,
    list_runs,
    pause_run,
    read_curve,
    read_diagnostics,
    read_run,
    read_snapshots,
    running_run,
    start_run,
    stop_run,
    worker,
)
from lstm_core.runs.folder import RunFolder, folder_of
from lstm_core.runs.status import RunReporter
from lstm_core.runs.train_loop import Training
from lstm_core.tasks.folder import Command, write_command
from lstm_core.training.article.trainer import ArticleTrainer
from lstm_core.training.settings import TrainSettings
from lstm_core.training.trainer import Asked, StepMetrics
from tests.pages.run_fixtures import make_run
from tests.support.tasks import wait_for_run

LONG = TrainSettings(
    num_words=300, maxlen=20, embedding_dim=8, lstm_dim=4, batch_size=4, epochs=200, seed=3
)
SHORT = TrainSettings(
    num_words=300, maxlen=20, embedding_dim=8, lstm_dim=4, batch_size=16, epochs=2, seed=3
)

pytestmark = [pytest.mark.keras, pytest.mark.usefixtures("compile_once")]


@pytest.fixture
def home(home: Path) -> Iterator[Path]:
    yield home
    if (name := running_run()) is not None and read_run(name).alive:
        stop_run(name)
        _wait_end(name)


def test_a_run_is_followed_paused_stopped_and_taken_up(home: Path) -> None:
    # Started by a process that ends at once: the training outlives it.
    code = "from lstm_core.runs import *; from tests.unit.test_run_training import LONG\n"
    code += "print(start_run(RunRequest(LONG, name='mine')))"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path.cwd())
    assert read_run("mine").status is Status.PREPARING
    with pytest.raises(RunError, match="under way on this machine: mine"):
        start_run(RunRequest(LONG))
    with pytest.raises(RunError, match="Stop it before it is deleted"):
        delete_run("mine")

    first = wait_for_run("mine", lambda run: run.step > 0)
    later = wait_for_run("mine", lambda run: run.step > first.step)
    assert later.steps == 108 * 200 and later.epoch >= 1 and later.stage is not None
    pause_run("mine")
    paused = wait_for_run("mine", lambda run: run.status is Status.PAUSED)
    beat = paused.stage_seconds
    still = wait_for_run("mine", lambda run: run.stage_seconds > beat)  # it still reports
    assert (still.status, still.step) == (Status.PAUSED, paused.step)
    continue_run("mine")
    moved = wait_for_run("mine", lambda run: run.step > paused.step)
    assert moved.reviews_per_second > 0

    stop_run("mine")
    stopped = _wait_end("mine")
    assert stopped.status is Status.STOPPED, stopped.message
    assert 0 < stopped.step < stopped.steps and stopped.can_continue
    assert "what it learned is kept" in stopped.message
    assert len(read_curve("mine")) == stopped.step
    model = SentimentModel.load("mine")
    assert (model.maxlen, model.lstm_dim) == (20, 4)
    assert any("can go on" in note for note in model.card.notes)

    continue_run("mine")
    again = wait_for_run(
        "mine", lambda run: run.status is Status.RUNNING and run.step > stopped.step
    )
    assert read_run("mine").points[: len(stopped.points)] == stopped.points
    assert again.seconds >= stopped.seconds
    os.kill(_pid(folder_of("mine")), 15)  # the machine goes down
    left = _wait_end("mine")
    assert left.status is Status.INTERRUPTED and left.can_continue
    assert list(folder_of("mine").path.glob("checkpoint-*.npz"))
    film = read_snapshots("mine")
    assert film.trace(len(film.frames) - 1, 0).hidden_state.shape == (20, 4)
    assert len(read_diagnostics("mine")) >= len(stopped.points)
    events = list(folder_of("mine").tensorboard.iterdir())
    assert len(events) == 2 and all(path.stat().st_size > 0 for path in events)


def _wait_end(name: str) -> Run:
    return wait_for_run(name, lambda run: not run.alive)


def _pid(folder: RunFolder) -> int:
    import psutil

    for process in psutil.process_iter(["cmdline"]):
        if str(folder.path) in (process.info["cmdline"] or []):
            return int(process.pid)
    raise AssertionError("no training process")


@pytest.fixture
def folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """A run that is trained in this process."""
    (home / "runs").mkdir()
    monkeypatch.setattr(worker.signal, "signal", lambda *_: None)
    return control.make_run_folder(RunRequest(SHORT, name="mine"))


@pytest.mark.parametrize("order", [Command.STOP, Command.PAUSE])
def test_an_order_takes_effect_within_one_batch(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch, order: Command
) -> None:
    real, looks = RunReporter.asked, []

    def look(reporter: RunReporter) -> bool:
        """The look after each step; the order comes while the step after the tenth is taken."""
        found = real(reporter)
        looks.append(found)
        if len(looks) == 10:
            write_command(folder.control, order)
        return found

    def stop_in_the_pause(*_: object) -> None:
        write_command(folder.control, Command.STOP)

    monkeypatch.setattr(RunReporter, "asked", look)
    monkeypatch.setattr(time, "sleep", stop_in_the_pause)
    assert worker.work(folder) == 0
    run = read_run("mine")
    assert (run.status, run.step, looks) == (Status.STOPPED, 11, [False] * 10 + [True])


def test_the_disk_fills_up_and_the_run_goes_on_when_there_is_room(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real, calls = os.fsync, []

    def full(handle: int) -> None:
        calls.append(handle)
        if len(calls) > 2:  # the first checkpoint has its file and its folder on the disk
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", full)
    assert worker.work(folder) == 1
    run = read_run("mine")
    assert run.status is Status.FAILED and run.can_continue
    assert run.message.startswith("The disk is full (No space left on device).")
    assert "Traceback" in capsys.readouterr().err  # for the log, not for a person
    monkeypatch.setattr(os, "fsync", real)
    assert worker.work(folder) == 0
    run = read_run("mine")
    assert (run.status, run.step, len(run.points)) == (Status.FINISHED, run.steps, 2)
    assert not list(folder.path.glob("checkpoint-*"))
    assert {figure.name for figure in run.figures} == {"accuracy", "loss", "calibration error"}
    lines = folder.history.read_text().splitlines()
    assert len(lines) == 3
    found = _scalars(folder)
    assert found["epoch/validation accuracy"] == pytest.approx(
        {point.step: point.validation_accuracy for point in run.points}
    )
    losses = read_curve("mine").losses
    assert found["batch/loss"][1] == pytest.approx(losses[0])
    assert "gates/forget over 0.9" in found and "gradient norm/recurrent" in found


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file system of 4 MiB of its own, with the runs in it."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError as error:
        pytest.skip(f"no file system can be mounted here: {error}")
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    monkeypatch.setenv("LSTM_LENS_HOME", str(place))
    monkeypatch.setattr(worker.signal, "signal", lambda *_: None)
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def _fill(place: Path) -> None:
    """Write until there is no more room."""
    with (place / "other-peoples-file").open("ab", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass


def test_on_a_file_system_that_is_really_full_nothing_is_lost(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_run("earlier")
    earlier = load_model("earlier").bundle.fingerprint
    control.make_run_folder(RunRequest(SHORT, name="mine"))
    real = Training._end_epoch

    def full(training: Training) -> None:
        real(training)
        if (
            training.trainer.done == training.trainer.epoch_ends[1]
        ):  # that of the first has its checkpoint
            _fill(small_disk)

    monkeypatch.setattr(Training, "_end_epoch", full)
    assert worker.work(folder_of("mine")) == 1
    run = read_run("mine")
    assert run.status is Status.FAILED and run.can_continue, run
    assert run.message.startswith("The disk is full (No space left on device).")
    assert "make room" in run.message
    _fill(small_disk)  # what the run had kept in reserve, to be able to say so
    with pytest.raises(RunError, match="No space left on device.*free some space"):
        start_run(RunRequest(SHORT, name="second"))
    assert {run.name for run in list_runs()} == {"mine", "earlier"}
    assert load_model("earlier").bundle.fingerprint == earlier
    (small_disk / "other-peoples-file").unlink()
    monkeypatch.setattr(Training, "_end_epoch", real)
    assert worker.work(folder_of("mine")) == 0
    run = read_run("mine")
    assert (run.status, run.step, len(run.points)) == (Status.FINISHED, run.steps, 2)
    assert np.isfinite(read_curve("mine").losses).all()
    assert SentimentModel.load("mine").lstm_dim == 4


def _scalars(folder: RunFolder) -> dict[str, dict[int, float]]:
    """TensorBoard's numbers by name and step."""
    import tensorflow as tf

    found: dict[str, dict[int, float]] = {}
    for path in sorted(folder.tensorboard.iterdir(), key=lambda path: path.name[-4:]):
        for record in tf.data.TFRecordDataset(str(path)):
            event = tf.compat.v1.Event.FromString(record.numpy())
            for value in event.summary.value:
                found.setdefault(value.tag, {})[event.step] = value.simple_value
    return found


def test_a_loss_that_is_no_number_ends_the_run_and_says_why(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = ArticleTrainer.learn

    def broken(self: ArticleTrainer, count: int, asked: Asked) -> StepMetrics:
        learned = real(self, 1, asked)
        if self.done < 30:
            return learned
        return StepMetrics(np.full(1, np.nan, np.float32), learned.accuracies, learned.norms)

    monkeypatch.setattr(ArticleTrainer, "learn", broken)
    assert worker.work(folder) == 1
    run = read_run("mine")
    assert run.status is Status.FAILED and not run.can_continue
    assert run.message.startswith("At step 30 the loss or a gradient was no finite number")
    assert [point.epoch for point in run.points] == [1]
    assert len(read_curve("mine")) == 30


def test_other_data_than_at_the_start_is_refused(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from lstm_core.runs import checkpoint

    told = {"step": 1, "seconds": 1.0, "sha256": "0" * 64, "reviews": 3}
    checkpoint.write_checkpoint(folder, 1, {"done": np.array(1)}, told)
    assert worker.work(folder) == 1
    run = read_run("mine")
    assert run.status is Status.FAILED and run.can_continue
    assert "is not the data that this run began with" in run.message
