"""What is read or set once: runs that ended, activations that are opened, the threads of BLAS."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from lstm_core.activations import build_index, open_index
from lstm_core.activations.sources import built_in_texts
from lstm_core.runs import RunRequest, Status, list_runs
from lstm_core.runs.events import EventKind, add_event
from tests.pages.run_fixtures import make_run
from tests.unit.helpers import plain_model

pytestmark = pytest.mark.usefixtures("home")


def test_runs_that_ended_are_read_once_and_again_when_they_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = make_run("first", end=EventKind.STOPPED)
    make_run("second", number=2)
    read: list[str] = []
    real = RunRequest.from_json

    def noted(text: str) -> RunRequest:
        read.append(text)
        return real(text)

    monkeypatch.setattr(RunRequest, "from_json", noted)
    before = list_runs()
    assert len(read) == 2
    assert list_runs() == before and len(read) == 2
    add_event(folder.events, EventKind.FAILED, message="Why.", again=True)
    assert {run.status for run in list_runs()} == {Status.FAILED, Status.FINISHED}
    assert len(read) == 3


def test_opening_activations_writes_nothing() -> None:
    folder = build_index(plain_model(), built_in_texts(), lambda _: None).folder
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    open_index(folder)
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_interleaved_forward_passes_leave_blas_at_one_thread() -> None:
    model = plain_model()
    ids = np.ones((300, model.maxlen), np.int32)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: model.forward.final_states(ids), range(16)))
    assert all(np.array_equal(one, found[0]) for one in found)
    blas = [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]
    assert blas and set(blas) == {1}
