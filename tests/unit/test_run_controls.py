"""A run under its controls: batches, epochs, changed settings, reset, best epoch, patience."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lstm_core import SentimentModel
from lstm_core.errors import InputError, NotAllowedError, RunError
from lstm_core.model.registry import load_model
from lstm_core.permissions import LOCAL, Permissions, Visitor
from lstm_core.runs import (
    Keep,
    Run,
    RunRequest,
    Status,
    continue_run,
    control,
    pause_run,
    read_curve,
    read_run,
    stop_run,
    worker,
)
from lstm_core.runs.arrays import read_weights
from lstm_core.runs.controls import change_settings, reset_run, set_speed, step_run
from lstm_core.runs.controls_file import Controls, read_controls, watch_weights, write_controls
from lstm_core.runs.epochs import best_epoch, epoch_model, kept_epochs, read_epoch
from lstm_core.runs.folder import RunFolder
from lstm_core.runs.inspection import read_report
from lstm_core.tasks import locks
from lstm_core.training.settings import TrainSettings
from tests.support.tasks import wait_for_run

pytestmark = [pytest.mark.keras, pytest.mark.usefixtures("compile_once")]
SHORT = TrainSettings(
    num_words=300, maxlen=20, embedding_dim=8, lstm_dim=4, batch_size=16, epochs=3, seed=3
)


@pytest.fixture
def train(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., RunFolder]]:
    """Starts a training in a thread of this process, held before its first step."""
    monkeypatch.setattr(worker.signal, "signal", lambda *_: None)
    (home / "runs").mkdir()
    threads: list[tuple[threading.Thread, RunFolder]] = []

    def start(request: RunRequest, until: int | None = 0) -> RunFolder:
        folder = control.make_run_folder(request)
        write_controls(folder, Controls(until=until))
        handle = locks.try_acquire(folder.lock)
        assert handle is not None

        def work() -> None:
            worker.work(folder)
            os.close(handle)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        threads.append((thread, folder))
        return folder

    yield start
    for thread, folder in threads:
        if thread.is_alive():
            stop_run(folder.name)
            thread.join(60)


def _paused_at(name: str, step: int) -> Run:
    return wait_for_run(name, lambda run: run.status is Status.PAUSED and run.step == step)


def test_batch_by_batch_with_other_settings_and_back_to_the_beginning(
    train: Callable[..., RunFolder],
) -> None:
    folder = train(RunRequest(SHORT, name="mine"))
    assert _paused_at("mine", 0).steps == 27 * 3
    with pytest.raises(RunError, match="Choose one of its table"):
        epoch_model("mine", 1, LOCAL)
    step_run("mine", LOCAL)
    first = _paused_at("mine", 1)
    report = read_report("mine", LOCAL)
    assert report is not None and report.step == 1 and len(report.reviews) == 16
    curve = read_curve("mine")
    assert np.mean([one.loss for one in report.reviews]) == pytest.approx(curve.losses[0], abs=1e-5)
    norms = np.array(list(report.layer_norms.values()))
    assert np.sqrt((norms**2).sum()) == pytest.approx(curve.norms[0], rel=1e-3)
    assert len(report.time_norms) == 20 and len(report.words) == 10
    assert report.words[0].change >= report.words[-1].change > 0

    change_settings("mine", LOCAL, learning_rate=1e-2, batch_size=8, dropout=0.25)
    assert first.steps == 81
    eights = 1 + 52 + 2 * 54  # 416, twice 432 reviews
    wait_for_run("mine", lambda run: run.steps == eights)
    step_run("mine", LOCAL, epoch=True)
    ended = _paused_at("mine", 53)
    assert [point.epoch for point in ended.points] == [1]
    assert ended.points[0].test_accuracy is not None
    log = read_run("mine").settings_log
    assert [(one.step, one.learning_rate, one.batch_size, one.dropout) for one in log] == [
        (1, 1e-2, 8, 0.25)
    ]

    watch_weights(folder)
    wait_for_run("mine", lambda _: folder.current.exists())
    assert np.array_equal(read_weights(folder.current)[0].kernel, read_epoch(folder, 1).kernel)

    reset_run("mine", LOCAL)
    again = _paused_at("mine", 0)
    assert (again.points, again.settings_log, len(read_curve("mine"))) == ((), (), 0)
    wait_for_run("mine", lambda run: run.steps == 81)
    assert kept_epochs(folder) == ()
    step_run("mine", LOCAL)
    _paused_at("mine", 1)
    assert read_curve("mine").losses[0] == curve.losses[0]
    set_speed("mine", 5.0, LOCAL)
    began = time.monotonic()
    continue_run("mine")
    wait_for_run("mine", lambda run: run.step >= 4)
    assert time.monotonic() - began > 0.35
    pause_run("mine")
    wait_for_run("mine", lambda run: run.status is Status.PAUSED)
    stop_run("mine")
    stopped = wait_for_run("mine", lambda run: not run.alive)
    assert stopped.status is Status.STOPPED and stopped.has_bundle


def test_the_best_epoch_is_kept_and_the_run_ends_early(train: Callable[..., RunFolder]) -> None:
    settings = replace(SHORT, epochs=40)
    folder = train(RunRequest(settings, name="mine", keep=Keep.BEST, patience=2), until=None)
    run = wait_for_run("mine", lambda run: not run.alive)
    assert run.status is Status.FINISHED, run.message
    best = best_epoch(run.points)
    assert best is not None and run.points[-1].epoch == best.epoch + 2 < 40
    assert f"weights after epoch {best.epoch}" in run.message
    model = SentimentModel.load("mine")
    assert np.array_equal(model.bundle.weights.kernel, read_epoch(folder, best.epoch).kernel)
    accuracy = model.card.figure("accuracy")
    assert accuracy is not None and accuracy.value == pytest.approx(best.test_accuracy)

    last = run.points[-1]
    name = epoch_model("mine", last.epoch, LOCAL)
    assert name == f"mine-epoch-{last.epoch}" == epoch_model("mine", last.epoch, LOCAL)
    other = load_model(name)
    assert np.array_equal(other.bundle.weights.kernel, read_epoch(folder, last.epoch).kernel)
    assert other.card.figures[0].value == last.test_accuracy
    stranger = Visitor("bo", Permissions(public=True, train=True))
    for act in (lambda: epoch_model("mine", 1, stranger), lambda: read_report("mine", stranger)):
        with pytest.raises(NotAllowedError):
            act()


def test_who_may_not_train_controls_nothing(train: Callable[..., RunFolder]) -> None:
    folder = train(RunRequest(SHORT, name="mine"))
    _paused_at("mine", 0)
    before = read_controls(folder)
    for visitor in (
        Visitor("ann", Permissions(train=False)),
        Visitor("ann", Permissions(public=True)),
    ):
        for act in (
            lambda who=visitor: step_run("mine", who),
            lambda who=visitor: step_run("mine", who, epoch=True),
            lambda who=visitor: set_speed("mine", 1.0, who),
            lambda who=visitor: reset_run("mine", who),
            lambda who=visitor: change_settings(
                "mine", who, learning_rate=0.1, batch_size=4, dropout=0.0
            ),
        ):
            with pytest.raises(NotAllowedError):
                act()
    assert read_controls(folder) == before
    with pytest.raises(InputError, match="choose one of"):
        set_speed("mine", 3.0, LOCAL)
    with pytest.raises(InputError, match="learning rate is 5"):
        change_settings("mine", LOCAL, learning_rate=5.0, batch_size=4, dropout=0.0)


def test_best_and_patience_need_validation_reviews() -> None:
    for more in ({"keep": Keep.BEST}, {"patience": 3}):
        with pytest.raises(InputError, match="validation share above 0"):
            RunRequest(SHORT, validation_share=0.0, **more)  # type: ignore[arg-type]
    request = RunRequest(SHORT, keep=Keep.BEST, patience=3)
    assert RunRequest.from_json(request.to_json()) == request
