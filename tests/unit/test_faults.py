"""What happens to a machine: killed servers, two on one folder, a full disk, a clock set back.

Trainings killed, full disks and torn files of runs are in `test_jobs_*.py`, damaged bundles in
`test_bundle.py` and `test_bundle_zip.py`, cut archives in `test_datasets_stanford.py`.
"""

import io
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lstm_core import SentimentModel
from lstm_core.errors import LstmLensError
from lstm_core.model.bundle import read_bundle, write_bundle
from lstm_core.model.bundle_zip import bundle_zip, unpack_bundle
from lstm_core.model.import_model import NetworkFile
from lstm_core.model.registry import find_model, load_model
from lstm_core.paths import SHIPPED_MODEL
from lstm_core.runs import Status, read_run, running_run
from lstm_core.scoring.file import score_file
from lstm_core.text import Vocabulary
from tests.pages.run_fixtures import make_run
from tests.support.server import ROOT, serving
from tests.support.visitor import finished, holds, visiting
from tests.unit.helpers import WORDS, card_of, random_weights

START = """
import sys, time
from lstm_core.errors import RunError
from lstm_core.runs import DataChoice, DataKind, RunRequest, start_run
from lstm_core.training.settings import TrainSettings
settings = TrainSettings(num_words=200, maxlen=12, embedding_dim=4, lstm_dim=3, epochs=2)
request = RunRequest(settings, DataChoice(DataKind.SMALL), review_limit=64)
print("ready", flush=True)
sys.stdin.readline()
try:
    print("started", start_run(request), flush=True)
except RunError as error:
    print("refused", error, flush=True)
time.sleep(600)
"""


def make_bundle(folder: Path, seed: int = 0) -> None:
    weights = random_weights(seed=seed)
    write_bundle(
        folder,
        NetworkFile(weights, 7),
        Vocabulary(WORDS, weights.num_words),
        card_of(weights, 7),
    )


@contextmanager
def full_disk(room: int) -> Iterator[None]:
    """Let no file grow beyond `room` bytes, as a disk does that has no more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def outside_works(folder: Path, source: Path) -> dict[str, Callable[[], object]]:
    """Everything that writes for a visitor, into a folder."""
    return {
        "bundle": lambda: make_bundle(folder / "made"),
        "zip": lambda: unpack_bundle(io.BytesIO(bundle_zip(SHIPPED_MODEL)), folder / "made"),
        "table": lambda: score_file(SentimentModel.load(), source, folder / "out.csv"),
        "parquet": lambda: score_file(SentimentModel.load(), source, folder / "out.parquet"),
    }


@pytest.mark.parametrize("work", ["bundle", "zip", "table", "parquet"])
@pytest.mark.parametrize("room", [0, 700])
def test_a_full_disk_is_said_and_leaves_what_was_there(
    work: str, room: int, tmp_path: Path
) -> None:
    make_bundle(tmp_path / "before")
    fingerprint = read_bundle(tmp_path / "before").fingerprint
    source = tmp_path / "in.csv"
    source.write_text("review\n" + 200 * "A fine film with a long name.\n", encoding="utf-8")
    with full_disk(room), pytest.raises(LstmLensError) as refused:
        outside_works(tmp_path, source)[work]()
    assert "raceback" not in str(refused.value)
    assert {path.name for path in tmp_path.iterdir()} == {"before", "in.csv"}
    assert read_bundle(tmp_path / "before").fingerprint == fingerprint


@pytest.mark.parametrize("work", ["bundle", "zip", "table", "parquet"])
def test_a_place_that_cannot_be_written_is_said(work: str, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("review\nA fine film.\n", encoding="utf-8")
    (tmp_path / "a-file").write_text("no folder")
    with pytest.raises(LstmLensError, match="a-file|made|out"):
        outside_works(tmp_path / "a-file", source)[work]()


def test_after_the_clock_was_set_back_the_newer_model_is_the_one_that_is_read(home: Path) -> None:
    make_bundle(home / "runs" / "a" / "bundle", seed=1)
    later = time.time() + 10 * 365 * 86_400
    for path in (home / "runs" / "a").rglob("*"):
        os.utime(path, (later, later))
    first = find_model("a")
    old = load_model("a").bundle.fingerprint
    for path in (home / "runs" / "a" / "bundle").iterdir():
        path.unlink()
    (home / "runs" / "a" / "bundle").rmdir()
    make_bundle(home / "runs" / "a" / "bundle", seed=2)  # its time is ten years before
    assert find_model("a") != first
    assert load_model("a").bundle.fingerprint != old


def test_two_servers_start_one_training_and_it_outlives_them_both(home: Path) -> None:
    servers = [
        subprocess.Popen(
            [sys.executable, "-c", START],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    try:
        assert [server.stdout.readline() for server in servers] == ["ready\n"] * 2  # type: ignore[union-attr]
        for server in servers:
            server.stdin.write("\n")  # type: ignore[union-attr]
            server.stdin.flush()  # type: ignore[union-attr]
        said = sorted(server.stdout.readline().split(" ", 1) for server in servers)  # type: ignore[union-attr]
    finally:
        for server in servers:
            server.send_signal(signal.SIGKILL)
            server.communicate()
    assert [word for word, _ in said] == ["refused", "started"]
    name = said[1][1].strip()
    assert name in said[0][1]
    end = time.monotonic() + 240
    while running_run() and time.monotonic() < end:
        time.sleep(0.2)
    run = read_run(name)
    assert run.status is Status.FINISHED, run.message
    assert SentimentModel.load(name).predict(["a good film"]).shape == (1,)


def test_a_server_that_was_killed_comes_back_with_every_run_and_text(home: Path) -> None:
    make_run("whole")
    make_run("cut-off", number=2, done=60, end=None, bundle=False)
    link = "/?text=A+fine+film+zqa+zqb."

    async def look(url: str) -> tuple[bool, bool, bool]:
        async with visiting(url, link) as visitor:
            drawn = visitor.drawn
        async with visiting(url, "/train?show=Runs&run=cut-off") as visitor:
            runs = visitor.drawn
        return holds(drawn, "zqa"), holds(runs, "cut-off"), holds(runs, "nterrupted")

    for _ in range(2):
        with serving("app.py", LSTM_LENS_HOME=str(home)) as server:
            assert finished(look(server.url)) == (True, True, True)
        # `serving` ends a server with SIGKILL
    assert read_run("whole").status is Status.FINISHED
    assert read_run("cut-off").status is Status.INTERRUPTED
    assert SentimentModel.load("whole").card.name
