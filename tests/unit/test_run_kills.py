"""Ten SIGKILLs at random moments, five a recipe: the same weights as without any, bit for bit."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from lstm_core.model.bundle import read_bundle
from lstm_core.paths import ROOT
from lstm_core.recurrent.lstm import LstmWeights
from lstm_core.runs import Status, read_curve, read_run, read_snapshots
from lstm_core.runs.data import load_data
from tests.unit.run_driver import request_of

KILLS = 5
RECIPES = ("article", "recommended")

pytestmark = pytest.mark.keras


@pytest.fixture(scope="module")
def drivers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, subprocess.Popen[str]]]:
    """Both runs under way at once, each in a home of its own."""
    homes = {recipe: tmp_path_factory.mktemp(recipe) for recipe in RECIPES}
    started = {
        recipe: subprocess.Popen(
            [sys.executable, "-m", "tests.unit.run_driver", recipe, str(KILLS), "7"],
            cwd=ROOT,
            env={**os.environ, "LSTM_LENS_HOME": str(home)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for recipe, home in homes.items()
    }
    for recipe, process in started.items():
        process.home = homes[recipe]  # type: ignore[attr-defined]
    yield started
    for process in started.values():
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_run_killed_at_random_moments_ends_bit_for_bit_the_same(
    recipe: str, drivers: dict[str, subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    losses, whole = _uninterrupted(recipe)
    process = drivers[recipe]
    seen = json.loads(process.communicate()[0])
    assert seen["status"] == Status.FINISHED, seen
    assert [status for status, _ in seen["seen"]] == [Status.INTERRUPTED] * KILLS
    assert len({step for _, step in seen["seen"]}) >= KILLS - 1, "it was killed at one moment only"
    home: Path = process.home  # type: ignore[attr-defined]
    monkeypatch.setenv("LSTM_LENS_HOME", str(home))
    ended = read_bundle(home / "runs" / "killed" / "bundle").weights
    for name in ("embedding", "kernel", "recurrent", "bias", "dense_kernel", "dense_bias"):
        np.testing.assert_array_equal(getattr(ended, name), getattr(whole, name), err_msg=name)
    np.testing.assert_array_equal(read_curve("killed").losses, losses)
    run, film = read_run("killed"), read_snapshots("killed")
    assert [point.epoch for point in run.points] == list(range(1, run.epochs + 1))
    assert [point.step for point in run.points] == sorted({point.step for point in run.points})
    steps = [frame.step for frame in film.frames]
    assert steps == sorted(set(steps)) and steps[0] == 0 and steps[-1] == run.steps


def _uninterrupted(recipe: str) -> tuple[np.ndarray, LstmWeights]:
    """The losses and the last weights of the same training in this process."""
    from lstm_core.training.factory import prepare

    request = request_of(recipe)
    data = load_data(request, lambda progress: None)
    trainer = prepare(data.corpus, request.settings, lambda progress: None).trainer
    losses: list[float] = []
    while trainer.done < trainer.steps:
        losses.extend(trainer.learn(trainer.steps - trainer.done).losses)
    return np.asarray(losses, np.float32), trainer.weights()
