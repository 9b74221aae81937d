"""Large scorings: stopped, killed and gone on with; nothing lost, nothing doubled or stale."""

import csv
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lstm_core.cli import main
from lstm_core.errors import DataError, ExecutorError, InputError
from lstm_core.model.sentiment_model import shipped_model
from lstm_core.progress import Progress
from lstm_core.scoring import Reading, manifest
from lstm_core.scoring.distributed import BulkResult, score_files
from lstm_core.tasks import executors as crew_module
from lstm_core.tasks.executors import DaskExecutor, Executor, ProcessExecutor, make_executor
from tests.unit.cluster import running_cluster

WORDS = "a fine warm dull boring lovely film with songs and jokes that never end".split()


class InPlace(Executor):
    """An executor that runs everything in this process."""

    size = 1

    def run(self, work, pieces):  # type: ignore[no-untyped-def]
        return map(work, pieces)

    def close(self) -> None:
        """No process to end."""


class Stopped(Exception):
    """What a test raises to end a command in the middle."""


def stop_after(parts: int) -> Callable[[Progress], None]:
    told: list[Progress] = []

    def tell(progress: Progress) -> None:
        told.append(progress)
        if len(told) == parts:
            raise Stopped

    return tell


def texts_of(count: int, seed: int = 0) -> list[str]:
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(WORDS, rng.integers(1, 30))) for _ in range(count)]


def make_inputs(folder: Path, count: int) -> list[Path]:
    """One CSV and one Parquet file, `count` rows each, numbered through."""
    texts = texts_of(2 * count)
    with (folder / "in.csv").open("w", encoding="utf-8", newline="") as file:
        rows = [[str(n), text] for n, text in enumerate(texts[:count])]
        csv.writer(file).writerows([["id", "text"], *rows])
    ids = [str(n) for n in range(count, 2 * count)]
    pq.write_table(
        pa.table({"id": ids, "text": texts[count:]}), folder / "in.parquet", row_group_size=50
    )
    return [folder / "in.csv", folder / "in.parquet"]


def check(out: Path, count: int) -> None:
    """Every row is there once, in its place, with the model's own number, as the manifest says."""
    said = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    tables = [pq.read_table(out / part["file"]) for part in said["parts"]]
    assert [table.num_rows for table in tables] == [part["rows"] for part in said["parts"]]
    ids = [int(value) for table in tables for value in table["id"].to_pylist()]
    assert ids == list(range(2 * count)) and said["rows"] == 2 * count
    assert [one["rows"] for one in said["inputs"]] == [count, count]
    got = np.concatenate([table["probability"].to_numpy() for table in tables])
    np.testing.assert_allclose(got, shipped_model().predict(texts_of(2 * count)), atol=1e-6)
    named = {part["file"] for part in said["parts"]}
    assert {one.name for one in out.iterdir()} == {
        *named,
        ".lock",
        "manifest.json",
        "settings.json",
    }
    for part in said["parts"]:
        assert (out / part["file"]).stat().st_size == part["size"]


def times(out: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in out.glob("part-*.parquet")}


def score(
    inputs: Sequence[Path], out: Path, executor: Executor | None = None, **how: object
) -> BulkResult:
    options = {"rows": 50, **how}
    return score_files(shipped_model(), inputs, out, executor or InPlace(), **options)  # type: ignore[arg-type]


def test_a_stopped_scoring_goes_on_and_scores_nothing_twice(tmp_path: Path) -> None:
    inputs, out = make_inputs(tmp_path, 200), tmp_path / "out"
    with pytest.raises(Stopped):
        score(inputs, out, progress=stop_after(3))
    before = times(out)
    assert len(before) == 3
    lines = (out / manifest.PARTS_FILE).read_text(encoding="utf-8")
    (out / manifest.PARTS_FILE).write_text(lines[:-20], encoding="utf-8")  # a torn last line
    (out / ".part-000003.parquet-torn").write_bytes(b"half a part")
    result = score(inputs, out)
    assert (result.rows, result.parts, result.kept) == (400, 8, 3)
    assert {name: times(out)[name] for name in before} == before
    check(out, 200)
    again = score(inputs, out)
    assert (again.kept, again.rows) == (8, 400)
    check(out, 200)


def test_a_damaged_part_and_changed_rows_are_scored_again(tmp_path: Path) -> None:
    inputs, out = make_inputs(tmp_path, 100), tmp_path / "out"
    score(inputs, out)
    part = out / "part-000001.parquet"
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 1
    part.write_bytes(content)
    assert score(inputs, out).kept == 3
    check(out, 100)
    path = inputs[0]
    path.write_bytes(path.read_bytes().replace(b"99,", b"99,wonderful ", 1))
    assert score(inputs, out).kept == 3
    last = pq.read_table(part)
    assert last["text"].to_pylist()[-1].startswith("wonderful ")


def test_a_folder_holds_one_scoring(tmp_path: Path) -> None:
    inputs, out = make_inputs(tmp_path, 20), tmp_path / "out"
    score(inputs, out)
    with pytest.raises(InputError, match="other files, or with another model"):
        score(inputs, out, reading=Reading.WHOLE)
    with pytest.raises(InputError, match="holds no scoring"):
        score(inputs, tmp_path)
    with pytest.raises(InputError, match="came in twice"):
        score([inputs[0], inputs[0]], tmp_path / "new")
    with pytest.raises(InputError, match="rows a part"):
        score(inputs, tmp_path / "new", rows=0)
    with pytest.raises(DataError, match="no file"):
        score([tmp_path / "none.csv"], tmp_path / "new")
    settings = manifest.Settings((), (), Reading.FIRST, "", 1)
    with (
        manifest.OutputFolder(tmp_path / "held", settings),
        pytest.raises(InputError, match="Another command"),
        manifest.OutputFolder(tmp_path / "held", settings),
    ):
        pass


def test_local_workers_do_it_and_one_that_is_killed_costs_nothing(tmp_path: Path) -> None:
    inputs, out = make_inputs(tmp_path, 600), tmp_path / "out"
    with ProcessExecutor(2) as executor:
        killed: list[int] = []

        def kill(progress: Progress) -> None:
            if not killed:
                killed.append(next(iter(executor._pool._processes)))
                os.kill(killed[0], signal.SIGKILL)

        result = score(inputs, out, executor, progress=kill)
        assert killed and result.parts == 24
    check(out, 600)


def test_errors_of_local_workers_arrive_as_sentences(tmp_path: Path) -> None:
    inputs, out = make_inputs(tmp_path, 20), tmp_path / "out"
    with ProcessExecutor(1) as executor, pytest.raises(DataError, match="expected"):
        crew_run = executor.run
        executor.run = lambda work, pieces: crew_run(work, _wrong(pieces))  # type: ignore[method-assign]
        score(inputs, out, executor)
    assert not list(out.glob("*part-*"))


def _wrong(pieces):  # type: ignore[no-untyped-def]
    """Pieces whose files have other rows than was planned."""
    from dataclasses import replace

    for piece in pieces:
        yield replace(piece, span=replace(piece.span, rows=piece.span.rows + 1))


def test_a_cluster_survives_a_stop_and_the_kill_of_a_worker(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs, out = make_inputs(tmp_path, 1_000), tmp_path / "out"
    with running_cluster(tmp_path) as cluster:
        victim, _ = cluster.add_worker(), cluster.add_worker()
        with make_executor(cluster.address) as executor:
            with pytest.raises(Stopped):
                score(inputs, out, executor, progress=stop_after(4))
        before = times(out)
        with make_executor(cluster.address) as executor:

            def kill(progress: Progress) -> None:
                if victim.poll() is None:
                    os.killpg(victim.pid, signal.SIGKILL)
                    victim.wait()

            result = score(inputs, out, executor, progress=kill)
            assert victim.poll() is not None
        assert result.parts == 40 and result.kept >= 4
        assert {name: times(out)[name] for name in before} == before
        check(out, 1_000)
        words = ["--output", str(out), "--rows", "50", "--scheduler", cluster.address]
        assert main(["score", *map(str, inputs), *words]) == 0
        assert "kept 40 parts that had been scored before" in capsys.readouterr().out


def test_without_dask_or_scheduler_or_workers_a_sentence_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(crew_module, "CONNECT_SECONDS", 0.3)
    with pytest.raises(ExecutorError, match="No Dask scheduler answers"):
        DaskExecutor("tcp://127.0.0.1:9")
    with pytest.raises(ExecutorError, match="No Dask scheduler answers"):
        DaskExecutor("nonsense://")
    monkeypatch.setitem(sys.modules, "distributed", None)
    words = ["score", "in.csv", "--output", "out", "--scheduler", "tcp://127.0.0.1:9"]
    assert main(words) == 2
    assert "requirements-cluster.txt" in capsys.readouterr().err
    for extra in (["--rows", "5"], ["--scheduler", "tcp://x"], ["--workers", "0"]):
        assert main(["score", "in.csv", "out.csv", *extra]) == 2
