"""The training page: settings, data, runs, snapshots, diagnostics, imported models."""

import fcntl
import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import pages.parts.train.control_panel as now_part
import pages.parts.train.estimate as estimate_part
import pages.parts.train.new_run as new_part
from lstm_core.datasets import find
from lstm_core.datasets.table_format import TableOptions
from lstm_core.errors import InputError, NotAllowedError, RunError
from lstm_core.model.registry import can_restore
from lstm_core.permissions import Permissions, Visitor, permissions
from lstm_core.runs import (
    DEFAULT_PROBES,
    DataChoice,
    DataKind,
    Keep,
    RunRequest,
    Status,
    continue_run,
    delete_run,
    list_runs,
    move_waiting,
    read_run,
    read_snapshots,
    remove_waiting,
    start_or_queue,
    start_run,
    start_waiting,
    waiting,
    waiting_runs,
)
from lstm_core.runs.controls_file import read_controls
from lstm_core.runs.epochs import better_epoch, keep_epoch, model_epoch
from lstm_core.runs.events import EventKind, add_event
from lstm_core.runs.folder import folder_of, machine_lock
from lstm_core.runs.inspection import inspect_batch, write_report
from lstm_core.runs.snapshots import read_vocabulary
from lstm_core.tasks.uploads import keep_upload, require_own_path, uploads_folder
from lstm_core.training.presets import PRESETS, memory_mib, validate_field
from lstm_core.training.schedule import StepSettings
from lstm_core.training.settings import LIMITS, Recipe, TrainSettings
from lstm_core.training.trainer import LastBatch
from pages.parts.common.permission_gate import visitor_id
from pages.parts.train.common import state_words
from pages.parts.train.comparison import POINTS, data_of, measured_of, split_line
from pages.parts.train.diagnostics import checked
from pages.parts.train.epoch_table import finding, which_weights
from pages.parts.train.runs import VALIDATED
from tests.pages.helpers import open_page, read, words
from tests.pages.run_fixtures import make_run
from tests.support.tasks import finished_task
from tests.unit.helpers import random_weights

ROOT = Path(__file__).resolve().parents[2]
PAGE = str(ROOT / "pages" / "train.py")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_caches: None) -> Path:
    monkeypatch.setenv("LSTM_LENS_HOME", str(tmp_path))
    monkeypatch.setenv("LSTM_LENS_DATA", "")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(find, "DATA_FOLDER", str(tmp_path / "data"))
    monkeypatch.setattr(estimate_part, "REST_SECONDS", 3_600.0)
    return tmp_path


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[RunRequest]:
    """What was asked to start, instead of starting it."""
    asked: list[RunRequest] = []

    def start(request: RunRequest, visitor: Visitor) -> str:
        asked.append(request)
        return "article-1"

    monkeypatch.setattr(new_part, "start_or_queue", start)
    return asked


@contextmanager
def held(lock: Path, owner: str = "") -> Iterator[None]:
    """Hold a lock as the training process does."""
    lock.write_text(owner, encoding="utf-8")
    with lock.open("r+") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def open_train(view: str, **link: str) -> AppTest:
    return open_page("train", view=view, **link)


def test_the_article_starts_with_its_own_values_on_the_small_corpus(
    started: list[RunRequest],
) -> None:
    app = open_train("new")
    assert "1,300,641 parameters" in words(app)
    assert "not accurate on real reviews" in words(app)
    app.button(key="start").click().run()
    assert started[0].settings == TrainSettings()
    assert started[0].data.kind is DataKind.SMALL
    assert started[0].validation_share == 0.1
    assert len(started[0].probes) == 3
    assert app.session_state["train_view"] == "progress"


def test_reviews_to_track_stay_when_their_panel_is_closed(started: list[RunRequest]) -> None:
    app = open_page("train", view="new", unfold="probes_panel")
    app.text_area(key="probes").set_value("One.").run()
    app.session_state["probes_panel"] = False
    app.run()
    assert not app.text_area
    app.button(key="start").click().run()
    assert started[0].probes == ("One.",)


def test_every_setting_reaches_the_run_and_stands_in_the_link(started: list[RunRequest]) -> None:
    app = open_train(
        "new",
        train_num_words="500",
        train_maxlen="25",
        train_embedding_dim="7",
        train_lstm_dim="5",
        train_batch_size="9",
        train_epochs="2",
        train_seed="4",
        validation="20",
        reviews="a short run",
        limit="60",
        unfold="probes_panel",
    )
    app.text_area(key="probes").set_value("One.\n\n Two. ")
    app.text_input(key="run_name").set_value("mine")
    app.button(key="start").click().run()  # what was typed last comes together with the click
    wanted = TrainSettings(Recipe.ARTICLE, 500, 25, 7, 5, 9, 2, 4)
    assert started[0] == RunRequest(
        settings=wanted, validation_share=0.2, review_limit=60, probes=("One.", "Two."), name="mine"
    )


@pytest.mark.parametrize("name", LIMITS)
def test_an_impossible_value_is_refused_beside_its_field(name: str) -> None:
    app = open_train("new", **{f"train_{name}": str(LIMITS[name].high + 1)})
    allowed = f"from {LIMITS[name].low:,} to {LIMITS[name].high:,}"
    assert [read(error.value) for error in app.error] == [f"Choose a whole number {allowed}."]
    assert app.button(key="start").disabled


def test_presets_fill_the_fields(started: list[RunRequest]) -> None:
    app = open_train("new")
    for number, preset in enumerate(PRESETS):
        app.button(key=f"preset_{number}").click().run()
        app.button(key="start").click().run()
        assert started[-1].settings == preset.settings
        app.segmented_control(key="train_view").set_value("new").run()


def test_counts_and_checks() -> None:
    assert validate_field("maxlen", 2) is None
    assert validate_field("maxlen", 2.0) == "Choose a whole number from 2 to 1,000."
    assert 20 < memory_mib(TrainSettings(), 1_300_641) < 100
    assert memory_mib(TrainSettings(num_words=100_000), 13_000_000) > 150
    with pytest.raises(InputError, match="too large"):
        TrainSettings(num_words=100_000, embedding_dim=1_024)


def test_the_time_is_measured_once_the_settings_stand_still(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimate_part, "REST_SECONDS", 0.0)
    asked: list[RunRequest] = []
    monkeypatch.setattr(estimate_part, "start_estimate", lambda one, _: asked.append(one))
    app = open_train("new")
    assert "Measuring a few real steps" in words(app) and asked
    (home / "runs").mkdir()
    kept = json.dumps({estimate_part.estimate_key(asked[0]): 0.1})
    (home / "runs" / ".step-seconds.json").write_text(kept)
    assert "until the model is ready** on this machine" in words(app.run())
    assert "steps of 100 ms" in words(app)


def test_sizes_that_cannot_be_measured_are_told_and_may_be_trained(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = open_train("new")
    asked: list[RunRequest] = []
    monkeypatch.setattr(estimate_part, "REST_SECONDS", 0.0)
    monkeypatch.setattr(estimate_part, "start_estimate", lambda one, _: asked.append(one))
    app.run()
    key = estimate_part.estimate_key(asked[0])
    visitor = Visitor(visitor_id(""))
    finished_task("estimate", key, visitor, error="No memory for these sizes.")
    assert "No memory for these sizes." in words(app.run())
    assert not app.button(key="start").disabled


@pytest.mark.parametrize("data", ["File or folder", "path"])
def test_in_public_no_path_of_the_server_is_looked_at(
    data: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LSTM_LENS_PUBLIC", "1")
    monkeypatch.setenv("LSTM_LENS_ALLOW", "train,upload")
    secret = tmp_path / "secret.csv"
    secret.write_text("text,label\nzq secret words,1\nother,0\n" * 20)
    app = open_train("new", data=data, path=str(secret))
    assert "zq secret" not in words(app) and "secret.csv" not in words(app)
    request = RunRequest(data=DataChoice(DataKind.PATH, str(secret)))
    stranger = Visitor("ann", permissions("0.0.0.0"))
    for path in (str(secret), "/etc/passwd", str(uploads_folder() / "x" / ".." / "secret.csv")):
        asked = replace(request, data=DataChoice(DataKind.PATH, path))
        with pytest.raises(NotAllowedError, match="only use files that they sent"):
            start_run(asked, stranger)
    theirs = keep_upload("own.csv", secret.read_bytes(), Visitor("bo", stranger.permissions))
    asked = replace(request, data=DataChoice(DataKind.PATH, str(theirs.path)))
    with pytest.raises(NotAllowedError):
        start_run(asked, stranger)
    require_own_path(theirs.path, Visitor("bo", stranger.permissions))
    assert not list_runs()


def test_a_running_training_is_named_and_a_second_one_waits() -> None:
    make_run("article-1", end=None, bundle=False)
    with held(machine_lock(), "article-1"):
        app = open_train("new")
        assert "The run “article-1” is training." in words(app)
        app.button(key="see").click().run()
        assert app.selectbox(key="run").value == "article-1"
        for name in ("second", "third"):
            app = open_train("new")
            app.text_input(key="run_name").set_value(name)
            app.button(key="start").click().run()
            assert app.selectbox(key="run").value == name
            assert f"“{name}”: waiting" in words(app)
        app.button(key="earlier_third").click().run()
        assert waiting_runs() == ("third", "second")
        app.button(key="later_third").click().run()
        assert waiting_runs() == ("second", "third")
        app.button(key="remove_second").click().run()
        assert waiting_runs() == ("third",)
        assert read_run("third").status is Status.QUEUED and can_restore("second")


def test_in_public_the_queue_is_the_visitors_own_and_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_run("article-1", end=None, bundle=False)
    ann, bo = (Visitor(name, Permissions(public=True, train=True)) for name in ("ann", "bo"))
    with held(machine_lock()):
        names = [start_or_queue(RunRequest(), one) for one in (ann, bo, ann)]
        assert waiting_runs() == tuple(names)
        for act in (lambda: move_waiting(names[1], -1, ann), lambda: remove_waiting(names[1], ann)):
            with pytest.raises(NotAllowedError):
                act()
        move_waiting(names[2], -1, ann)  # past one's own alone
        assert waiting_runs() == (names[2], names[1], names[0])
        start_or_queue(RunRequest(), ann)
        with pytest.raises(NotAllowedError, match="3 of your runs wait"):
            start_or_queue(RunRequest(), ann)
        with pytest.raises(NotAllowedError, match="switched off"):
            start_or_queue(RunRequest(), Visitor("cy", Permissions(public=True, train=False)))
    started: list[str] = []
    monkeypatch.setattr(waiting, "launch", lambda folder, _: started.append(folder.name))
    start_waiting()
    assert started == [names[2]] and len(waiting_runs()) == 3


@pytest.mark.parametrize("view", ["progress", "replay", "diagnostics"])
def test_a_view_of_another_run_names_the_one_that_trains(view: str) -> None:
    make_run("old", number=1)
    make_run("new", number=2, end=None, bundle=False)
    with held(machine_lock(), "new"):
        app = open_train(view, run="old")
        assert "The run “new” is training." in words(app)
        app.button(key="see").click().run()
        assert app.selectbox(key="run").value == "new"
        assert "The run “new” is training." not in words(app)


def test_what_cannot_be_counted_has_a_running_sign_and_the_time() -> None:
    folder = make_run("mine", done=0, end=None, bundle=False)
    now = {"phase": "preparing", "stage": "loading TensorFlow", "done": 0, "total": None}
    folder.now.write_text(json.dumps({**now, "stage_seconds": 7.0}), encoding="utf-8")
    os.utime(folder.now, (time.time() - 3, time.time() - 3))
    with held(folder.lock):
        app = open_train("progress", run="mine")
    found = re.search(r"Loading TensorFlow, (\d+) s", words(app))
    assert found is not None and int(found[1]) >= 10
    assert any("lens-busy" in element.proto.body for element in app.get("html"))


def test_the_recommended_recipe_says_why_it_has_two_fields_less() -> None:
    app = open_train("new", recipe="recommended")
    assert "train_epochs" not in [field.key for field in app.number_input]
    assert "fixes batch size and length" in words(app)
    sizes = TrainSettings(Recipe.RECOMMENDED, 12, 30, 6, 8)
    make_run("mine", settings=sizes)
    make_run("other", settings=replace(sizes, seed=1))
    table = " ".join(element.proto.body for element in open_train("runs").get("html"))
    assert table.count("the recipe&#x27;s own") == 4


def test_an_error_at_the_start_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(request: RunRequest, visitor: Visitor) -> str:
        raise RunError("The disk is full. Free some space.")

    monkeypatch.setattr(new_part, "start_or_queue", full)
    app = open_train("new")
    app.button(key="start").click().run()
    assert "The disk is full" in words(app)


def test_a_table_is_shown_as_the_model_will_see_it(
    started: list[RunRequest], tmp_path: Path
) -> None:
    table = tmp_path / "own.csv"
    rows = [f"{'good ' * 30}film {n},{n % 2}" for n in range(20)]
    table.write_text("\n".join(["opinion,stars", *rows]), encoding="utf-8")
    app = open_train("new", data="path", path=str(table), train_maxlen="10", unfold="data_preview")
    app.selectbox(key="text_in").set_value("opinion").run()
    app.selectbox(key="label_in").set_value("stars").run()
    assert "16 reviews to learn from" in words(app)
    assert "100\N{NO-BREAK SPACE}% of the reviews are cut** after 9 words" in words(app)
    app.button(key="start").click().run()
    data = started[0].data
    named = (data.path, data.table.text_column, data.table.label_column)
    assert named == (str(table), "opinion", "stars")


@pytest.mark.parametrize(
    ("content", "reason"),
    [("a,b\nx,1\n", "positive and"), ("", "empty"), ("a,b\na film,seven\n", "no column of labels")],
)
def test_a_table_that_cannot_be_read_is_refused_with_the_reason(
    tmp_path: Path, content: str, reason: str
) -> None:
    table = tmp_path / "own.csv"
    table.write_text(content, encoding="utf-8")
    app = open_train("new", data="path", path=str(table))
    assert reason in words(app)
    assert app.button(key="start").disabled


def test_without_data_a_download_is_offered(started: list[RunRequest]) -> None:
    app = open_train("new", data="download")
    assert "is downloaded when the training begins" in words(app)
    app.button(key="start").click().run()
    assert started[0].data.download


def test_where_training_is_switched_off_there_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LSTM_LENS_PUBLIC", "1")
    make_run("article-1", done=60, end=EventKind.STOPPED)
    assert "switched off" in words(open_train("new"))
    assert "switched off" in words(open_train("import"))
    app = open_train("progress", run="article-1")
    assert app.button(key="do_go_on").disabled
    assert open_train("runs").button(key="continue").disabled


@pytest.mark.parametrize("view", ["progress", "runs", "replay", "diagnostics"])
def test_without_runs_every_view_shows_the_example_and_says_what_to_do(view: str) -> None:
    app = open_train(view)
    assert app.selectbox(key="run").value == "example"
    assert "xample run" in words(app)
    keys = [button.key for button in app.button]
    assert not {"do_go_on", "do_pause", "continue", "rename", "delete_example"} & set(keys)
    if view != "runs":
        assert "There is no run of your own yet. Start one" in words(app)
    if view == "progress":
        assert len(app.dataframe[0].value) == 20
        app.text_input(key="own_sentence").set_value("A wonderful film.").run()
        assert "after step 6,400" in words(app)
        app.button(key="use_shipped").click().run()
        assert "model" not in app.query_params


def test_the_example_holds_no_review_of_the_data_set_and_is_small() -> None:
    folder = folder_of("example")
    request = RunRequest.from_json(folder.request.read_text(encoding="utf-8"))
    assert request.probes == DEFAULT_PROBES
    files = [path for path in folder.path.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 2 * 2**20
    texts = [path for path in files if path.suffix not in (".npz", ".f32")]
    for path in texts:  # sentences of ours, names and numbers
        assert max(len(line) for line in path.read_text().splitlines()) < 2_500
        assert path.suffix in (".json", ".jsonl", ".csv")
    frames = read_snapshots("example")
    last = frames.trace(len(frames.frames) - 1, 0)
    assert last.probability[-1] > 0.9
    with pytest.raises(NotAllowedError, match="only for looking at"):
        continue_run("example")
    with pytest.raises(NotAllowedError, match="only for looking at"):
        delete_run("example")


@pytest.mark.parametrize("view", ["progress", "replay", "diagnostics"])
def test_in_public_nobody_is_sent_to_what_visitors_may_not_do(
    view: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LSTM_LENS_PUBLIC", "1")
    said = words(open_train(view))
    assert "visitors of this server begin none" in said
    assert "“New”" not in said
    monkeypatch.setenv("LSTM_LENS_ALLOW", "upload")
    assert "no run of your own yet. Import a model under “Import”." in words(open_train(view))


@pytest.mark.parametrize("end", [EventKind.FINISHED, EventKind.STOPPED, EventKind.FAILED, None])
def test_a_run_that_ended_says_how_and_goes_on_only_when_it_can(
    end: EventKind | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_run("article-1", done=120 if end is EventKind.FINISHED else 70, end=end)
    asked: list[str] = []

    def go_on(name: str, _: object) -> None:
        asked.append(name)

    monkeypatch.setattr(now_part, "continue_run", go_on)
    app = open_train("progress", run="article-1")
    says = {
        EventKind.FINISHED: "”: finished",
        EventKind.STOPPED: "”: stopped and saved",
        EventKind.FAILED: "no number",
    }
    assert (says[end] if end else "”: interrupted") in words(app)
    keys = [button.key for button in app.button]
    assert ("do_go_on" in keys) is (end is not EventKind.FINISHED)
    assert "do_pause" not in keys
    if end is not EventKind.FINISHED:
        app.button(key="do_go_on").click().run()
        assert asked == ["article-1"]
    begun = read_run("article-1")
    unsaved = replace(begun, has_bundle=False)
    assert ("saved" in state_words(begun)) is (end is EventKind.STOPPED)
    assert "saved" not in state_words(unsaved)


def test_a_living_run_can_be_paused_and_stopped() -> None:
    folder = make_run("article-1", done=70, end=None, bundle=False)
    with held(folder.lock):
        app = open_train("progress", run="article-1")
        assert "”: training" in words(app)
        assert "900 reviews per second" in words(app)
        app.button(key="do_pause").click().run()
        assert folder.control.read_text(encoding="ascii") == "pause"
        app.button(key="do_stop").click().run()
        assert folder.control.read_text(encoding="ascii") == "stop"


def test_runs_are_compared_and_their_differences_marked() -> None:
    make_run("first", number=1)
    other = TrainSettings(num_words=12, maxlen=20, embedding_dim=6, lstm_dim=8, epochs=3, seed=5)
    make_run("second", number=2, settings=other)
    app = open_train("runs")
    assert list(app.dataframe[0].value["Run"]) == ["second", "first", "example"]
    assert "not comparable" not in words(app) and "80.0\N{NO-BREAK SPACE}%" in words(app)
    states = list(app.dataframe[0].value["State"])
    assert states == ["finished", "finished", "example"]
    table = " ".join(element.proto.body for element in app.get("html"))
    assert "Seed (differs)" in table and "Sequence length (differs)" in table
    assert "LSTM units (differs)" not in table
    assert "(highest)" not in table and "that of several" in words(app)  # both have 80.0 %
    first, second = (read_run(name) for name in ("first", "second"))
    assert "Test loss" not in table and "Test figures are" not in words(app)
    assert split_line([first, second]) in words(app) and split_line([first, second])
    assert not split_line([first, first])
    for point in first.points:
        point = replace(point, test_loss=0.5, test_accuracy=0.7)
        add_event(folder_of("first").events, EventKind.EPOCH, point=asdict(point))
    on_test = open_train("runs", compared_points="test")
    (line,) = [one.value for one in on_test.caption if one.value.startswith("Lines: ")]
    assert POINTS["test"] in line
    assert [one.value.count(VALIDATED) for one in on_test.caption].count(1) == 1  # said once


def test_a_run_is_renamed_used_and_deleted(home: Path) -> None:
    make_run("first")
    app = open_train("runs")
    app.button(key="use").click().run()
    assert app.query_params["model"] == "first"
    app.text_input(key="new_name_first").set_value("better").run()
    app.button(key="rename").click().run()
    assert [run.name for run in list_runs()] == ["better"]
    assert app.query_params["model"] == "better"
    app.text_input(key="new_name_better").set_value("../x").run()
    app.button(key="rename").click().run()
    assert "cannot name a run" in words(app)
    app.button(key="delete_better").click().run()
    assert not app.exception
    assert list_runs() == ()
    assert "model" not in app.query_params


def test_the_film_goes_from_frame_to_frame() -> None:
    make_run("first")
    last = open_train("replay", run="first")
    assert "After 120 steps" in words(last)
    first = open_train("replay", run="first", snapshot="1", probe="2", replay_quantity="cell_state")
    assert "Before the first step" in words(first)
    assert first.selectbox(key="probe").value == "2"
    app = open_train("replay", run="first", snapshot="2")
    app.toggle(key="film_playing").set_value(True).run()
    assert app.slider(key="snapshot").value == 3


def test_the_epochs_are_a_table_and_any_kept_one_becomes_the_model() -> None:
    folder = make_run("first")
    weights = random_weights(12, 6, 8)
    for point in read_run("first").points[1:]:
        keep_epoch(folder, point, weights, 3)
    app = open_train("progress", run="first")
    table = app.dataframe[0].value
    assert list(table["weights"]) == ["", "kept", "model, kept, lowest val_loss"]
    assert list(table.columns)[:5] == ["epoch", "loss", "accuracy", "val_loss", "val_accuracy"]
    assert app.selectbox(key="epoch_chosen_first").options == ["2"], "the model has those of 3"
    app.button(key="use_epoch").click().run()
    assert app.query_params["model"] == "first-epoch-2"
    steps = [frame.step for frame in read_snapshots("first").frames]
    last = open_train("replay", run="first", snapshot=str(len(steps)))
    assert not [button for button in last.button if button.key == "use_epoch"]
    replay = open_train("replay", run="first", snapshot=str(steps.index(80) + 1))
    replay.button(key="use_epoch").click().run()
    assert replay.query_params["model"] == "first-epoch-2"


def test_an_epoch_is_better_only_by_more_than_the_uncertainty() -> None:
    make_run("first")
    run = read_run("first")
    points = [
        replace(point, validation_loss=loss, validation_accuracy=accuracy)
        for point, loss, accuracy in zip(run.points, (0.5, 0.3, 0.4), (0.6, 0.9, 0.85), strict=True)
    ]
    run = replace(run, points=points, validation_reviews=48)
    assert (model_epoch(run), better_epoch(run)) == (3, None)
    found = better_epoch(replace(run, validation_reviews=4_800))
    assert found is not None and found.epoch == 2
    equal = replace(run, points=[replace(p, validation_loss=0.3) for p in points])
    assert ", where the validation loss is lowest" in which_weights(equal, 3, None)
    assert "the validation loss is lower" in which_weights(run, 3, None)
    unused = replace(run, has_bundle=False, validation_reviews=4_800)
    assert model_epoch(unused) is better_epoch(unused) is None
    stopped = replace(run, step=run.step + 1)  # in the middle of the next epoch
    assert model_epoch(stopped) is None
    assert "has the weights of step 121" in which_weights(stopped, None, None)
    for status in (Status.RUNNING, Status.INTERRUPTED):  # resumed: the model is an older one
        resumed = replace(run, status=status)
        assert model_epoch(resumed) is better_epoch(resumed) is None
        assert "when the run was last stopped" in which_weights(resumed, None, None)
        assert "model has" not in finding(resumed)


def test_a_run_that_kept_its_best_epoch_shows_that_one() -> None:
    folder = make_run("first")
    asked = replace(read_run("first").request, keep=Keep.BEST, patience=1)
    folder.request.write_text(asked.to_json(), encoding="utf-8")
    points = [
        replace(p, validation_loss=loss)
        for p, loss in zip(read_run("first").points, (0.6, 0.5, 0.7), strict=True)
    ]
    for point in points:
        add_event(folder.events, EventKind.EPOCH, point=asdict(point))
    now = json.loads(folder.now.read_text()) | {"steps": 200, "epoch": 4, "epochs": 5}
    folder.now.write_text(json.dumps(now), encoding="utf-8")
    app = open_train("progress", run="first")
    assert "after step 80" in words(app)  # whose weights the model has
    assert app.get("progress")[1].proto.text == "Epoch 3 of 5: done"
    make_run("second", number=2)
    second = read_run("second")
    assert measured_of(read_run("first"), "validation_accuracy") == points[1].validation_accuracy
    assert measured_of(second, "validation_accuracy") == second.points[-1].validation_accuracy
    table = " ".join(element.proto.body for element in open_train("runs").get("html"))
    assert "0.5000" in table and "(lowest)" in table


def test_a_paused_run_is_stepped_changed_and_reset() -> None:
    folder = make_run("first", done=70, end=None, bundle=False)
    now = json.loads(folder.now.read_text()) | {"phase": "paused"}
    now["settings"] = {"step": 0, "learning_rate": 1e-3, "batch_size": 32, "dropout": 0.0}
    folder.now.write_text(json.dumps(now))
    write_report(folder, inspect_batch(_batch(), 70, read_vocabulary(folder, 12)))
    with held(folder.lock):
        app = open_train("progress", run="first")
        assert "Batch of step 70: mean loss" in words(app)
        app.button(key="do_batch").click().run()
        assert read_controls(folder).until == 71
        app.button(key="do_epoch").click().run()
        assert read_controls(folder).until == 80
        app.number_input(key="step_dropout").set_value(0.5)
        app.button(key="do_change").click().run()
        assert read_controls(folder).change == StepSettings(70, 1e-3, 32, 0.5)
        app.number_input(key="step_dropout").set_value(1.5)
        app.button(key="do_change").click().run()
        assert "The dropout is 1.5; choose a value from 0 to 0.9." in words(app)
        app.selectbox(key="speed_first").set_value(5.0).run()
        assert read_controls(folder).speed == 5.0
        app.button(key="do_reset").click().run()
        assert (read_controls(folder).until, read_controls(folder).resets) == (0, 1)


def _batch() -> LastBatch:
    weights = random_weights(12, 6, 8)
    ids = np.array([[0, 1, 4, 5], [1, 6, 7, 2]], np.int32)
    after = replace(weights, embedding=weights.embedding + np.float32(0.1))
    ones = np.ones(6, np.float32)
    return LastBatch(ids, np.array([1, 0], np.float32), ones, weights, after)


def test_the_insides_say_what_is_wrong() -> None:
    make_run("first", warning="Overfitting begins.")
    app = open_train("diagnostics", run="first")
    assert "After epoch 1: Overfitting begins." in words(app)
    assert "time steps back" in words(app)
    assert "Most saturated: the" in words(app)


def test_only_what_was_checked_and_kept_is_said() -> None:
    make_run("all")
    make_run("begun", number=2, done=40, end=EventKind.FAILED, bundle=False)
    run, begun = read_run("all"), read_run("begun")
    assert checked(run).count("validation") == 1 and "loss falls" in checked(run)
    unseen = replace(run, points=tuple(replace(p, validation_loss=None) for p in run.points))
    assert "validation" not in checked(unseen) and "loss falls" in checked(unseen)
    assert "trends take 3 epochs" in checked(begun)
    assert "the model has the last weights" in finding(run) and "model" not in finding(begun)
    other = replace(
        run.request, data=replace(run.request.data, table=TableOptions(star_threshold=3))
    )
    assert data_of(run) != data_of(replace(run, request=other))


@pytest.mark.parametrize("view", ["progress", "replay", "diagnostics", "runs"])
def test_a_run_with_nothing_but_its_request_is_shown(view: str) -> None:
    folder = make_run("first", done=0, end=None, bundle=False)
    for path in (folder.now, folder.steps):
        path.unlink()
    open_train(view, run="first")


def test_a_link_to_a_run_that_is_gone_says_so() -> None:
    make_run("first")
    app = open_train("progress", run="other*")
    assert any("“other\\*” is not here" in one.value for one in app.warning)


def test_a_run_that_another_tab_deletes_is_missed_until_another_is_chosen(home: Path) -> None:
    for name in ("first", "second", "third"):
        make_run(name)
    app = open_train("progress", run="second")
    delete_run("second")
    for _ in range(2):  # it stays
        app.run()
        assert "“second” is not here" in words(app)
    box = app.selectbox(key="run")
    box.select("first" if box.value == "third" else "third").run()
    assert "is not here" not in words(app)


def test_a_zip_that_is_no_bundle_is_refused_with_the_reason(home: Path) -> None:
    app = open_train("import")
    app.file_uploader[0].set_value(("x.zip", b"no zip", "application/zip")).run()
    app.button(key="load_zip").click().run()
    assert "no zip that can be read" in words(app)


def test_a_zip_of_ours_is_loaded_and_used(home: Path) -> None:
    from lstm_core.model.bundle_zip import bundle_zip

    folder = make_run("first")
    app = open_train("import")
    app.file_uploader[0].set_value(("my model.zip", bundle_zip(folder.bundle), "application/zip"))
    app.run()
    app.button(key="load_zip").click().run()
    assert not app.error
    app.button(key="use_brought").click().run()
    assert app.query_params["model"] == "my-model"
    runs = open_train("runs", run="my-model")
    assert "was imported" in words(runs)
