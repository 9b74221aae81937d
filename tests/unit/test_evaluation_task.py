"""Evaluation as a background task: followed, finished, failed, stopped; what is stored stays."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from lstm_core.datasets.load import SMALL_CORPUS
from lstm_core.errors import BundleError
from lstm_core.evaluation.worker import KIND, measured_here, result_path, start_evaluation
from lstm_core.model.bundle import Bundle, read_bundle
from lstm_core.paths import SHIPPED_MODEL
from lstm_core.permissions import LOCAL
from lstm_core.tasks import queue
from lstm_core.tasks.folder import Phase
from lstm_core.tasks.schedule import task_folder
from tests.support.tasks import end_all_tasks, wait_for_end, wait_until


@pytest.fixture
def bundle(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bundle]:
    """The shipped bundle, at a path with blanks, with a home and the small corpus as data set."""
    monkeypatch.setenv("LSTM_LENS_DATA", str(SMALL_CORPUS))
    copy = tmp_path / "a bundle with blanks"
    shutil.copytree(SHIPPED_MODEL, copy)
    yield read_bundle(copy)
    end_all_tasks()


def test_an_evaluation_is_followed_kept_and_replaced_by_a_finished_one_only(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    key = bundle.fingerprint
    assert measured_here(bundle) is None
    start_evaluation(bundle, LOCAL, baselines=False)
    wait_until(lambda: queue.status(KIND, key, LOCAL).progress is not None)
    assert wait_for_end(KIND, key).error == ""
    found = measured_here(bundle)
    assert found is not None and found.stamp.reviews == 120 and not found.baselines

    start_evaluation(bundle, LOCAL, baselines=True)
    wait_until(lambda: queue.status(KIND, key, LOCAL).phase is Phase.RUNNING)
    queue.stop(KIND, key, LOCAL)
    assert wait_for_end(KIND, key).phase is Phase.STOPPED
    assert measured_here(bundle) is found

    monkeypatch.setenv("LSTM_LENS_DATA", str(tmp_path / "nothing.csv"))
    start_evaluation(bundle, LOCAL, baselines=False)
    failed = wait_for_end(KIND, key)
    assert "nothing.csv" in failed.error and "Traceback" not in failed.error
    assert measured_here(bundle) is found


def test_a_damaged_result_is_said(bundle: Bundle) -> None:
    result_path(bundle).parent.mkdir(parents=True)
    result_path(bundle).write_text("{}")
    with pytest.raises(BundleError, match="damaged"):
        measured_here(bundle)
    assert not task_folder(KIND, bundle.fingerprint).path.exists()
