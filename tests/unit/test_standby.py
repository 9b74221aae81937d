"""The standby process: it measures steps, becomes the training process, and ends when idle."""

from pathlib import Path

import pytest

from lstm_core.permissions import LOCAL, Permissions, Visitor
from lstm_core.runs import RunRequest, Status, read_run, standby, start_run, stop_run
from lstm_core.runs.folder import folder_of
from lstm_core.tasks.folder import Phase
from lstm_core.tasks.schedule import task_folder
from lstm_core.training.settings import TrainSettings
from tests.support.tasks import wait_until

pytestmark = pytest.mark.keras
TINY = TrainSettings(
    num_words=300, maxlen=20, embedding_dim=8, lstm_dim=4, batch_size=16, epochs=2, seed=3
)


@pytest.fixture(autouse=True)
def standby_allowed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(standby.IDLE_MINUTES, "2")


def test_it_measures_and_then_trains_with_what_it_compiled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = task_folder(standby.KIND, standby.KEY)
    for visitor in (Visitor("ann", Permissions(train=False)),):
        standby.keep_ready(visitor, TINY)
    assert folder.read_status().phase is None  # who may not train starts nothing
    standby.keep_ready(LOCAL, TINY)
    standby.keep_ready(LOCAL, TINY)  # one a machine
    wait_until(standby.is_ready)
    seconds = standby.measure(TINY, 0.2)
    assert seconds is not None and 0 < seconds < 5

    with monkeypatch.context() as patch:  # a process of other settings is not used
        patch.setenv("LSTM_LENS_DATA", "/nowhere")
        assert not standby.is_ready() and standby.measure(TINY, 0.1) is None

    name = start_run(RunRequest(TINY))
    wait_until(lambda: not read_run(name).alive)
    run = read_run(name)
    assert run.status is Status.FINISHED, run.message
    assert folder.read_status().phase is Phase.DONE
    assert "training process" not in folder_of(name).log.read_text()
    # A handed-over process writes to the run's log, and no other one was started.
    assert not standby.is_ready()
    again = start_run(RunRequest(TINY, name="cold"))  # without a standby
    assert read_run(again).status is Status.PREPARING
    stop_run(again)
    wait_until(lambda: not read_run(again).alive)


def test_it_ends_when_nobody_uses_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(standby.IDLE_MINUTES, "0.001")
    standby.keep_ready(LOCAL)
    folder = task_folder(standby.KIND, standby.KEY)
    assert folder.read_status().active
    wait_until(lambda: not folder.read_status().active)
    assert folder.read_status().phase is Phase.DONE
    monkeypatch.setenv(standby.IDLE_MINUTES, "0")
    standby.keep_ready(LOCAL)
    assert not folder.read_status().active
