"""The current model of a run: its newest weights, or none where there are none to read."""

import numpy as np
import pytest

from lstm_core.runs import example_run, read_run
from lstm_core.runs.arrays import write_weights
from lstm_core.runs.controls_file import is_watched
from lstm_core.runs.current import current_model
from lstm_core.runs.epochs import keep_epoch
from lstm_core.runs.events import EventKind
from lstm_core.tasks.locks import locked
from tests.pages.run_fixtures import make_run
from tests.unit.helpers import random_weights

pytestmark = pytest.mark.usefixtures("home")
WEIGHTS = random_weights(12, 6, 8)


def test_a_finished_run_has_the_model_of_its_bundle() -> None:
    make_run("article-1")
    found = current_model(read_run("article-1"))
    assert found is not None and found.step == 120
    np.testing.assert_array_equal(found.forward.weights.kernel, WEIGHTS.kernel)
    assert found.trace("a good film").hidden_state.shape == (30, 8)


def test_the_example_run_has_the_shipped_model() -> None:
    run = example_run()
    assert run is not None
    found = current_model(run)
    assert found is not None and found.forward.maxlen == 80


def test_a_killed_run_has_the_weights_of_its_last_kept_epoch_or_none() -> None:
    folder = make_run("article-1", done=90, end=None, bundle=False)
    run = read_run("article-1")
    assert not run.alive and current_model(run) is None
    for point in run.points:
        keep_epoch(folder, point, WEIGHTS, None)
    found = current_model(run)
    assert found is not None and found.step == run.points[-1].step == 80


@pytest.mark.parametrize("end", [EventKind.STOPPED, None])
def test_a_damaged_file_is_no_model(end: EventKind | None) -> None:
    folder = make_run("article-1", done=90, end=end, bundle=False)
    folder.epochs.mkdir()
    (folder.epochs / "0001-000000040.npz").write_bytes(b"no arrays")
    assert current_model(read_run("article-1")) is None


def test_a_living_run_is_asked_to_write_its_weights() -> None:
    folder = make_run("article-1", done=90, end=None, bundle=False)
    with locked(folder.lock):
        run = read_run("article-1")
        assert run.alive and current_model(run) is None and is_watched(folder)
        write_weights(folder.current, WEIGHTS, step=95)
        found = current_model(run)
        assert found is not None and found.step == 90  # never beyond what the page says of the run
