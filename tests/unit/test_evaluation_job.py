"""Measuring in a process of its own: followed, finished, failed, stopped, found again."""

import os
import shutil
import sys
import time
from pathlib import Path

import pytest

from lstm_core.datasets.load import SMALL_CORPUS
from lstm_core.evaluation import worker
from lstm_core.model.bundle import EVALUATION_FILE, Bundle, read_bundle
from lstm_core.paths import SHIPPED_MODEL
from lstm_core.tasks import process

PATIENCE = 120.0


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bundle:
    """The shipped bundle with a home of its own and the small corpus as data set."""
    monkeypatch.setenv("LSTM_LENS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LSTM_LENS_DATA", str(SMALL_CORPUS))
    return read_bundle(SHIPPED_MODEL)


def test_a_measurement_is_followed_to_its_end_and_found_by_others(bundle: Bundle) -> None:
    assert worker.job_state(bundle, None) == worker.JobState()
    process = worker.start_job(bundle, baselines=False)
    seen = set()
    end = time.monotonic() + PATIENCE
    while (state := worker.job_state(bundle, process)).running and time.monotonic() < end:
        if state.progress:
            seen.add(state.progress.stage)
        time.sleep(0.01)
    assert state.error == "" and state.evaluation is not None
    assert state.evaluation.stamp.reviews == 120 and not state.evaluation.baselines
    assert seen
    process.wait(timeout=30)
    after_restart = worker.job_state(bundle, None)
    assert after_restart.evaluation is not None and not after_restart.running


def test_a_failure_is_said_in_one_sentence(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LSTM_LENS_DATA", str(tmp_path / "nothing.csv"))
    process = worker.start_job(bundle, baselines=False)
    process.wait(timeout=PATIENCE)
    state = worker.job_state(bundle, process)
    assert not state.running and "nothing.csv" in state.error and "Traceback" not in state.error


def test_a_stopped_measurement_says_so(bundle: Bundle) -> None:
    process = worker.start_job(bundle, baselines=False)
    process.kill()
    process.wait(timeout=30)
    state = worker.job_state(bundle, process)
    assert not state.running and state.evaluation is None and "Start it again" in state.error


def test_after_a_restart_a_talking_job_runs_and_a_silent_one_has_ended(bundle: Bundle) -> None:
    folder = worker.job_folder(bundle)
    folder.mkdir(parents=True)
    log = folder / process.LOG_FILE
    log.write_text('{"stage": "reading", "done": 3, "total": 10}\n')
    state = worker.job_state(bundle, None)
    assert state.running and state.progress is not None and state.progress.share == 0.3
    old = time.time() - process.SILENT_SECONDS - 1
    os.utime(log, (old, old))
    assert not worker.job_state(bundle, None).running


def test_a_log_of_rubbish_and_a_damaged_result_break_nothing(bundle: Bundle) -> None:
    folder = worker.job_folder(bundle)
    folder.mkdir(parents=True)
    (folder / process.LOG_FILE).write_bytes(b"\xff\xfe\n[1]\n{}\n" + b"x" * 20_000)
    assert worker.job_state(bundle, None).progress is None
    (folder / EVALUATION_FILE).write_text("{}")
    assert "damaged" in worker.job_state(bundle, None).error


def test_the_job_needs_no_particular_folder(bundle: Bundle, tmp_path: Path) -> None:
    copy = tmp_path / "a bundle with blanks"
    shutil.copytree(SHIPPED_MODEL, copy)
    process = worker.start_job(read_bundle(copy), baselines=False)
    assert process.args[0] == sys.executable  # type: ignore[index]
    process.kill()
    process.wait(timeout=30)
