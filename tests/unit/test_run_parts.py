"""The parts of runs that need no training: requests, locks, events, checkpoints, film, warnings."""

import errno
import json
import os
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_core import SentimentModel
from lstm_core.datasets.table_format import TableOptions
from lstm_core.errors import InputError, LstmLensError, RunError
from lstm_core.model.bundle import copy_bundle
from lstm_core.model.registry import can_restore
from lstm_core.paths import SHIPPED_MODEL
from lstm_core.runs import (
    DataChoice,
    DataKind,
    EpochPoint,
    RunRequest,
    Status,
    TrainingCurve,
    control,
    delete_run,
    known_estimate,
    list_runs,
    parameters_of,
    pause_run,
    read_curve,
    read_diagnostics,
    read_run,
    read_snapshots,
    rename_run,
    running_run,
    start_run,
)
from lstm_core.runs.checkpoint import read_checkpoint, write_checkpoint
from lstm_core.runs.events import EventKind, add_event, read_events
from lstm_core.runs.folder import RunFolder, machine_lock
from lstm_core.runs.health_checks import DEAD, check_health, history_warnings
from lstm_core.runs.metrics_log import forget_after, write_diagnostics, write_history
from lstm_core.runs.pace import CALL_SECONDS, throttled
from lstm_core.runs.schema import TEST_AT_CHANCE
from lstm_core.runs.snapshots import SnapshotWriter, snapshot_steps
from lstm_core.runs.timings import Timings, keep_cold_seconds, keep_timings
from lstm_core.tasks import locks
from lstm_core.tasks.folder import Command, read_command
from lstm_core.training.diagnostics import Diagnostics
from lstm_core.training.settings import Recipe, TrainSettings

ONE = EpochPoint(1, 10, 0.69, 0.5, 0.68, 0.55, 3.0)
QUIET = Diagnostics(10, 1, {}, {}, {"input": 0, "forget": 0, "output": 0}, {}, (), {})


@pytest.fixture
def home(home: Path) -> Path:
    (home / "runs").mkdir()
    return home


def _made(name: str = "") -> RunFolder:
    return control.make_run_folder(RunRequest(name=name))


def _hold(path: Path) -> "subprocess.Popen[str]":
    """Another process that holds a lock until it is killed."""
    code = "import sys; from lstm_core.tasks import locks; from pathlib import Path\n"
    code += "assert locks.try_acquire(Path(sys.argv[1])) is not None; print('held', flush=True)\n"
    code += "sys.stdin.read()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


def _end(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate()


@given(
    share=st.floats(0, 0.5),
    limit=st.one_of(st.just(0), st.integers(20, 10**6)),
    probes=st.lists(st.text(max_size=50), max_size=6),
    seed=st.integers(0, 2**31 - 1),
)
def test_a_request_comes_back_as_it_was(
    share: float, limit: int, probes: list[str], seed: int
) -> None:
    request = RunRequest(
        TrainSettings(Recipe.RECOMMENDED, seed=seed),
        DataChoice(DataKind.PATH, "/a b/ü.csv", TableOptions(text_column="review")),
        share,
        limit,
        tuple(probes),
        "mine",
    )
    assert RunRequest.from_json(request.to_json()) == request


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"validation_share": 0.6}, "choose 0 to 0.5"),
        ({"review_limit": 5}, "choose 20 or more"),
        ({"probes": ("x",) * 7}, "choose 6 at most"),
        ({"probes": ("x" * 2_001,)}, "at most 2,000"),
    ],
)
def test_impossible_requests_are_refused(given: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        RunRequest(**given)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="give a path"):
        DataChoice(DataKind.PATH)
    with pytest.raises(RunError, match="cannot be read"):
        RunRequest.from_json('{"settings": 3}')


def test_a_lock_lives_and_dies_with_its_process(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not locks.is_held(path)
    process = _hold(path)
    try:
        assert locks.is_held(path)
        assert locks.try_acquire(path) is None
    finally:
        _end(process)
    assert not locks.is_held(path)
    handle = locks.try_acquire(path)
    assert handle is not None
    locks.write_owner(handle, "somebody")
    assert locks.read_owner(path) == "somebody"
    os.close(handle)


def test_a_torn_line_is_left_out_and_the_next_stands_alone(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    assert list(read_events(path)) == []
    add_event(path, EventKind.CREATED, number=1)
    with path.open("ab") as file:
        file.write(b'{"kind": "epo')
    add_event(path, EventKind.FAILED, message="ü")
    assert [event["kind"] for event in read_events(path)] == ["created", "failed"]


def test_a_checkpoint_is_whole_or_the_one_before_it_is_taken(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    assert read_checkpoint(folder) is None
    for step in (1, 2, 3):
        state = {"done": np.array(step), "weights.kernel": np.full((2, 3), step, np.float32)}
        write_checkpoint(folder, step, state, {"step": step})
    files = sorted(tmp_path.glob("checkpoint-*"))
    assert len(files) == 2
    found = read_checkpoint(folder)
    assert found is not None and found.told == {"step": 3}
    np.testing.assert_array_equal(found.state["weights.kernel"], np.full((2, 3), 3, np.float32))
    content = bytearray(files[-1].read_bytes())
    content[-40] ^= 1
    files[-1].write_bytes(content)
    found = read_checkpoint(folder)
    assert found is not None and found.told == {"step": 2}
    files[0].write_bytes(files[0].read_bytes()[:100])
    assert read_checkpoint(folder) is None


def test_a_checkpoint_that_does_not_fit_on_the_disk_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = RunFolder(tmp_path)
    write_checkpoint(folder, 1, {"done": np.array(1)}, {"step": 1})

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_checkpoint(folder, 2, {"done": np.array(2)}, {"step": 2})
    found = read_checkpoint(folder)
    assert found is not None and found.told == {"step": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-000000001.npz"]


def test_a_run_without_a_process_is_interrupted_never_running(home: Path) -> None:
    folder = _made("mine")
    assert read_run("mine").status is Status.INTERRUPTED
    folder.now.write_text(json.dumps({"phase": "running", "step": 7, "steps": 20}))
    add_event(folder.events, EventKind.STARTED, step=0)
    run = read_run("mine")
    assert (run.status, run.step, run.can_continue, run.stage) == (
        Status.INTERRUPTED,
        7,
        True,
        None,
    )
    process = _hold(folder.lock)
    try:
        assert read_run("mine").status is Status.RUNNING
        with pytest.raises(RunError, match="under way"):
            delete_run("mine")
        with pytest.raises(RunError, match="under way"):
            rename_run("mine", "yours")
        pause_run("mine")
        assert read_command(folder.control) is Command.PAUSE
    finally:
        _end(process)
    add_event(folder.events, EventKind.FAILED, message="Why.", again=False)
    run = read_run("mine")
    assert (run.status, run.message, run.can_continue) == (Status.FAILED, "Why.", False)
    with pytest.raises(RunError, match="does not run"):
        pause_run("mine")
    with pytest.raises(RunError, match="cannot go on"):
        control.continue_run("mine")


def test_epochs_after_the_step_of_a_restart_are_forgotten(home: Path) -> None:
    folder = _made("mine")
    add_event(folder.events, EventKind.STARTED, step=0)
    for point in (ONE, replace(ONE, epoch=2, step=20)):
        add_event(
            folder.events, EventKind.EPOCH, point={f: getattr(point, f) for f in point.__slots__}
        )
        add_event(folder.events, EventKind.WARNING, code="x", epoch=point.epoch, text="Look.")
    assert [point.step for point in read_run("mine").points] == [10, 20]
    add_event(folder.events, EventKind.STARTED, step=10, validation=48)
    assert read_run("mine").points == (ONE,)
    assert read_run("mine").validation_reviews == 48
    found = read_run("mine").validation_interval(0.75)
    assert (round(found.low, 3), round(found.high, 3)) == (0.612, 0.851)
    assert [warn.epoch for warn in read_run("mine").warnings] == [1]


def test_warnings_about_gates_are_those_of_the_last_epoch(home: Path) -> None:
    folder = _made("mine")
    for epoch, gate in ((1, "input"), (2, "input"), (2, "output")):
        code = f"{DEAD} {gate} gate"
        add_event(folder.events, EventKind.WARNING, code=code, epoch=epoch, text="Closed.")
    chance = {"code": TEST_AT_CHANCE, "epoch": 1, "text": "At chance."}
    add_event(folder.events, EventKind.WARNING, **chance)
    for epoch in (1, 2):
        point = replace(ONE, epoch=epoch, step=10 * epoch)
        add_event(folder.events, EventKind.EPOCH, point=asdict(point))
        said = [warn.sentence for warn in read_run("mine").warnings]
        assert sorted(said) == [*[f"After epoch {epoch}: Closed."] * epoch, "At chance."]


def test_runs_stand_in_the_order_they_were_made_whatever_the_clock_says(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _made("zulu")
    second = _made("alpha")
    add_event(first.events, EventKind.CREATED, number=1, made="2030-01-01T00:00:00Z")
    os.utime(first.path, (0, 0))
    assert [run.name for run in list_runs()] == ["alpha", "zulu"]
    (home / "runs" / "brought").mkdir()
    second.request.write_text("not json")
    assert [run.name for run in list_runs()] == ["zulu"]


def test_rename_and_delete_take_the_whole_folder(home: Path) -> None:
    _made("mine")
    _made("other")
    rename_run("mine", "yours")
    assert {run.name for run in list_runs()} == {"yours", "other"}
    with pytest.raises(RunError, match="already"):
        rename_run("yours", "other")
    with pytest.raises(RunError, match="cannot name"):
        rename_run("yours", "../other")
    with pytest.raises(LstmLensError, match="mine"):
        rename_run("mine", "again")
    delete_run("yours")
    assert [run.name for run in list_runs()] == ["other"]
    assert can_restore("yours")


def test_a_second_training_is_told_which_one_runs(home: Path) -> None:
    assert running_run() is None
    code = "import sys, os; from lstm_core.tasks import locks; from pathlib import Path\n"
    code += "h = locks.try_acquire(Path(sys.argv[1])); locks.write_owner(h, 'the-other')\n"
    code += "print('held', flush=True); sys.stdin.read()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(machine_lock())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None and process.stdout.readline()
        assert running_run() == "the-other"
        with pytest.raises(RunError, match="under way on this machine: the-other"):
            start_run(RunRequest())
    finally:
        _end(process)
    assert running_run() is None
    assert list_runs() == ()


def test_what_cannot_be_written_is_said_and_leaves_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = _made("kept")

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(control, "write_file", full)
    with pytest.raises(RunError, match="No space left on device.*free some space"):
        start_run(RunRequest())
    assert [run.name for run in list_runs()] == [kept.name]
    monkeypatch.setenv("LSTM_LENS_HOME", "/proc/no-such-folder")
    with pytest.raises(RunError, match="cannot be written"):
        start_run(RunRequest())


def test_curves_are_read_up_to_the_last_whole_step_and_thinned(home: Path) -> None:
    folder = _made("mine")
    assert len(read_curve("mine")) == 0
    assert len(read_curve("mine").thinned(5)[0]) == 0
    table = np.arange(30, dtype=np.float32).reshape(10, 3)
    folder.steps.write_bytes(table.tobytes() + b"torn")
    curve = read_curve("mine")
    np.testing.assert_array_equal(curve.accuracies, table[:, 1])
    steps, thin = curve.thinned(4)
    np.testing.assert_array_equal(steps, [3, 6, 9, 10])
    np.testing.assert_allclose(thin.losses, [3, 12, 21, 27])
    assert isinstance(thin, TrainingCurve)


@given(
    ends=st.lists(st.integers(1, 400), min_size=1, max_size=60),
    most=st.integers(8, 70),
)
def test_moments_of_the_film_begin_end_and_are_bounded(ends: list[int], most: int) -> None:
    sums = np.cumsum(ends).tolist()
    moments = snapshot_steps(sums, most)
    assert list(moments) == sorted(set(moments))
    assert len(moments) <= most
    assert moments[0] == 0 and moments[-1] == sums[-1]


def test_a_frame_gives_back_the_models_own_trace(home: Path) -> None:
    model = SentimentModel.load()
    probes = ("A fine film, though not a short one.", "", "zzz unknown zzz " * 60)
    folder = control.make_run_folder(RunRequest(probes=probes, name="mine"))
    camera = SnapshotWriter(folder, probes, model.vocabulary, 80, (10, 20))
    camera.prepare(model.bundle.weights, 0)
    for step in (0, 4, 20):
        camera.take(model.bundle.weights, step)
    film = read_snapshots("mine")
    assert [(frame.step, frame.epoch) for frame in film.frames] == [(0, 0), (4, 0), (20, 2)]
    for number, probe in enumerate(probes):
        ours, theirs = film.trace(1, number), model.trace(probe)
        np.testing.assert_allclose(ours.cell_state, theirs.cell_state, atol=1e-6)
        np.testing.assert_allclose(ours.probability, theirs.probability, atol=1e-6)
        np.testing.assert_array_equal(ours.encoding.ids, theirs.encoding.ids)
    size = sum(path.stat().st_size for path in folder.film.glob("*.npz"))
    assert size < 3 * 400_000
    camera.prepare(model.bundle.weights, 4)
    assert [frame.step for frame in read_snapshots("mine").frames] == [0, 4]
    film.frames[0].path.write_bytes(b"half")
    with pytest.raises(RunError, match="cannot be read"):
        film.trace(0, 0)


def test_insides_and_history_are_kept_and_cut(home: Path) -> None:
    folder = _made("mine")
    for step in (0, 10, 20):
        write_diagnostics(folder, replace(QUIET, step=step, time_norms=(0.5, 1.0)))
    forget_after(folder, 10)
    assert [inside.step for inside in read_diagnostics("mine")] == [0, 10]
    assert read_diagnostics("mine")[1] == replace(QUIET, step=10, time_norms=(0.5, 1.0))
    write_history(folder, [ONE, replace(ONE, epoch=2, validation_loss=None)])
    lines = folder.history.read_text().splitlines()
    assert lines[0].startswith("epoch,step,loss,accuracy,validation_loss")
    assert lines[2] == "2,10,0.69,0.5,,0.55,3.0,,"


def test_warnings_say_what_is_wrong_in_words() -> None:
    def points(*losses: tuple[float, float]) -> list[EpochPoint]:
        return [
            replace(ONE, epoch=number + 1, loss=loss, validation_loss=watched)
            for number, (loss, watched) in enumerate(losses)
        ]

    def codes(given: list[EpochPoint], inside: Diagnostics = QUIET) -> list[str]:
        return [warn.code for warn in check_health(given, inside, 32)]

    assert codes(points((0.69, 0.69))) == []
    assert codes(points((0.69, 0.69), (0.5, 0.55), (0.4, 0.5))) == []
    assert codes(points((0.69, 0.69), (0.69, 0.69), (0.689, 0.69))) == ["loss not falling"]
    rising = history_warnings(points((0.69, 0.69), (0.9, 0.8), (1.4, 1.1)))[0].text
    assert "does not fall" in rising and "lower learning rate" in rising
    assert codes(points((0.6, 0.6), (0.4, 0.5), (0.3, 0.52))) == [], "one epoch may be noise"
    overfit = points((0.6, 0.6), (0.4, 0.5), (0.3, 0.52), (0.2, 0.55))
    assert codes(overfit) == ["overfitting"]
    assert "lowest after epoch 2 (0.500)" in check_health(overfit, QUIET, 32)[0].text
    better = [*overfit, replace(ONE, epoch=5, loss=0.1, validation_loss=0.45)]
    assert codes(better) == [], "computed from the whole history"
    assert "had a lower" in history_warnings(overfit, ended=True)[0].text
    assert history_warnings(overfit, ended=True, validation=2) == []
    assert history_warnings(overfit, ended=True, validation=48)
    shut = replace(QUIET, dead={"input": 4, "forget": 3, "output": 0})
    assert codes(points((0.69, 0.69)), shut) == ["dead input gate"]


def test_validation_at_chance_is_warned_of_after_three_epochs() -> None:
    def codes(*accuracies: float | None) -> list[str]:
        given = [
            replace(ONE, epoch=n + 1, loss=0.6 - n / 10, validation_accuracy=accuracy)
            for n, accuracy in enumerate(accuracies)
        ]
        return [warn.code for warn in check_health(given, QUIET, 32)]

    assert codes(0.5, 0.51) == []
    assert codes(0.5, 0.51, 0.49) == ["validation at chance"]
    assert codes(0.5, 0.51, 0.6) == codes(0.6, 0.51, None) == []
    assert codes(0.5, 0.51, 0.6, 0.5, 0.52) == []


def test_parameters_and_a_known_estimate(home: Path) -> None:
    assert parameters_of(TrainSettings()) == 1_300_641
    request = RunRequest(TrainSettings(epochs=2, batch_size=10), review_limit=100)
    assert known_estimate(request) is None
    key = "article (10000, 80, 128, 32) 10"
    (home / "runs" / ".step-seconds.json").write_text(json.dumps({key: 0.5}))
    found = known_estimate(request)
    assert found is not None
    assert (found.reviews, found.steps, found.seconds_a_step) == (90, 18, 0.5)
    guessed = (found.low, found.high)
    assert guessed[0] < 9.0 < guessed[1]  # the steps alone
    keep_timings(request, Timings(start=4.0, epoch_end=0.5, save=1.0))
    keep_cold_seconds(20.0)
    known = known_estimate(request)
    assert known is not None and known.start == 24.0
    assert known.low < 9 + 24 + 1 + 1 < known.high < guessed[1] + 20


def test_the_reviews_of_a_table_are_counted_for_the_estimate(home: Path, tmp_path: Path) -> None:
    table = tmp_path / "own.csv"
    rows = [f'"A film,\nand {"long " * (at % 40)}",{at % 2}' for at in range(60)]
    table.write_text("\n".join(["review,label", *rows, '"   ",1', ""]), encoding="utf-8")
    key = "article (10000, 80, 128, 32) 32"
    (home / "runs" / ".step-seconds.json").write_text(json.dumps({key: 0.5}))
    request = RunRequest(TrainSettings(epochs=3), DataChoice(DataKind.PATH, str(table)))
    found = known_estimate(request)
    assert found is not None
    assert (found.reviews, found.steps) == (43, 6)  # 0.8 * 0.9 of 60, three times two batches
    table.write_text("no table at all")
    assert known_estimate(request) is not None  # whoever reads it says what is wrong


def test_a_copied_bundle_is_whole(tmp_path: Path) -> None:
    copied = copy_bundle(SHIPPED_MODEL, tmp_path / "deep" / "copy")
    assert copied.fingerprint == SentimentModel.load().bundle.fingerprint
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["copy"]


@given(st.integers(1, 10_000), st.floats(1e-6, 60))
def test_reports_come_at_the_wanted_pace(steps: int, seconds: float) -> None:
    found = throttled(steps, seconds)
    assert 1 <= found <= 8 * steps
    assert found == 1 or found * seconds / steps <= CALL_SECONDS * 1.001
