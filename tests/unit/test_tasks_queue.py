"""Background tasks: started, followed, paused, stopped from anywhere, bounded, cleared up."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lstm_core.errors import NotAllowedError, TaskError
from lstm_core.paths import ROOT
from lstm_core.permissions import LOCAL, Visitor, permissions
from lstm_core.tasks import process, queue, schedule
from lstm_core.tasks.folder import DIED, Phase, TaskStatus
from lstm_core.tasks.limits import MAX_PER_VISITOR, TASK_KEPT_SECONDS
from lstm_core.tasks.schedule import sweep, task_folder, tasks_folder
from tests.support.task_kinds import use_test_kinds
from tests.support.tasks import active_count, end_all_tasks, wait_until

MAY = permissions("0.0.0.0", {"LSTM_LENS_ALLOW": "measure"})
ANN, BO, CY = Visitor("ann", MAY), Visitor("bo", MAY), Visitor("cy", MAY)
NOBODY = Visitor("no", permissions("0.0.0.0", {}))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    use_test_kinds(monkeypatch, tmp_path)
    yield tmp_path
    end_all_tasks()


def until(
    kind: str, key: str, reached: Callable[[TaskStatus], bool], visitor: Visitor = LOCAL
) -> TaskStatus:
    wait_until(lambda: reached(queue.status(kind, key, visitor)))
    return queue.status(kind, key, visitor)


def ticking(status: TaskStatus) -> bool:
    return status.progress is not None and status.progress.done > 0


def ended(status: TaskStatus) -> bool:
    return not status.active


def pid_of(kind: str, key: str) -> int:
    path = task_folder(kind, key).path / "pid"
    wait_until(path.exists)
    return int(path.read_text())


def test_a_task_is_followed_to_its_result(home: Path) -> None:
    assert queue.status("ticking", "a", LOCAL) == TaskStatus()
    queue.submit("ticking", "a", {"until": str(home / "seen"), "say": "ü"}, LOCAL)
    seen = until("ticking", "a", ticking)
    (home / "seen").touch()
    assert seen.phase is Phase.RUNNING and seen.sentence == "Ticking"
    done = until("ticking", "a", ended)
    assert done.done and done.result == {"said": "ü"} and not done.error
    queue.discard("ticking", "a", LOCAL)
    assert queue.status("ticking", "a", LOCAL) == TaskStatus()


def test_a_task_is_paused_resumed_and_stopped_by_other_processes() -> None:
    queue.submit("ticking", "a", {}, LOCAL)
    until("ticking", "a", ticking)
    code = (
        "import sys; from lstm_core.tasks import queue; from lstm_core.permissions import LOCAL\n"
    )
    code += "from tests.support.task_kinds import TEST_KINDS\n"
    code += "queue.KINDS = TEST_KINDS\ngetattr(queue, sys.argv[1])('ticking', 'a', LOCAL)"

    def tell(what: str) -> None:
        subprocess.run([sys.executable, "-c", code, what], cwd=ROOT, check=True)

    tell("pause")
    paused = until("ticking", "a", lambda found: found.phase is Phase.PAUSED)
    assert paused.sentence == "Paused" and paused.progress is not None
    assert queue.status("ticking", "a", LOCAL).progress == paused.progress
    tell("resume")
    until("ticking", "a", lambda found: found.progress != paused.progress)
    tell("stop")
    assert until("ticking", "a", ended).phase is Phase.STOPPED
    with pytest.raises(TaskError, match="does not run"):
        queue.pause("ticking", "a", LOCAL)


def test_work_that_reports_nothing_is_stopped_and_ended_in_time() -> None:
    queue.submit("asleep", "a", {}, LOCAL)
    until("asleep", "a", lambda found: found.phase is Phase.RUNNING)
    queue.stop("asleep", "a", LOCAL)
    assert until("asleep", "a", ended).phase is Phase.STOPPED
    queue.submit("short", "b", {}, LOCAL)
    late = until("short", "b", ended)
    assert late.phase is Phase.FAILED and "longer than 1 seconds" in late.error


def test_a_stopped_task_can_be_started_again_at_once() -> None:
    queue.submit("ticking", "a", {}, LOCAL)
    until("ticking", "a", ticking)
    queue.stop("ticking", "a", LOCAL)
    queue.submit("ticking", "a", {"ticks": 3}, LOCAL)
    assert until("ticking", "a", ended).done


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("known", "The data is of no use."),
        ("memory", "more memory"),
        ("disk", r"could not be read or written \(file.npy\): No space left"),
        ("unknown", "ZeroDivisionError: by zero"),
        ("exit", "without a result"),
    ],
)
def test_a_failure_is_one_sentence_without_paths(how: str, says: str) -> None:
    queue.submit("failing", how, {"how": how}, LOCAL)
    found = until("failing", how, ended)
    assert found.phase is Phase.FAILED
    assert re.search(says, found.error) and "/secret" not in found.error
    assert "Traceback" not in found.error


def test_a_killed_task_is_seen_at_once_and_its_room_given_to_the_next() -> None:
    queue.submit("ticking", "a", {}, LOCAL)
    queue.submit("ticking", "b", {"ticks": 3}, LOCAL)
    pid = pid_of("ticking", "a")
    assert queue.status("ticking", "b", LOCAL).phase is Phase.QUEUED
    os.kill(pid, signal.SIGKILL)
    until("ticking", "a", ended)
    assert queue.status("ticking", "a", LOCAL).error == DIED
    assert until("ticking", "b", ended).done


def test_the_next_task_begins_though_nobody_looks() -> None:
    queue.submit("ticking", "a", {"ticks": 20}, LOCAL)
    queue.submit("ticking", "b", {"ticks": 3}, LOCAL)
    wait_until(lambda: task_folder("ticking", "b").read_status().done)
    queue.submit("ticking", "c", {}, LOCAL)
    queue.submit("ticking", "d", {"ticks": 3}, LOCAL)
    pid_of("ticking", "c")
    with schedule.hold_queue():
        schedule.end_task(task_folder("ticking", "c"))
    wait_until(lambda: task_folder("ticking", "d").read_status().done)


def test_tasks_wait_in_order_and_say_so() -> None:
    for key in "abc":
        queue.submit("ticking", key, {}, LOCAL)
    assert queue.status("ticking", "a", LOCAL).phase is Phase.RUNNING
    second, third = (queue.status("ticking", key, LOCAL) for key in "bc")
    assert (second.ahead, third.ahead) == (0, 1)
    assert "next" in second.sentence and "1 task is before" in third.sentence
    queue.stop("ticking", "b", LOCAL)
    assert queue.status("ticking", "b", LOCAL).phase is Phase.STOPPED
    queue.stop("ticking", "a", LOCAL)
    until("ticking", "c", ticking)


def test_limits_hold_per_kind_per_visitor_and_in_total(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(2):
        queue.submit("light", f"ann {number}", {}, ANN)
    with pytest.raises(TaskError, match="2 of these tasks already"):
        queue.submit("light", "ann 2", {}, ANN)
    for number in range(MAX_PER_VISITOR - 2):
        queue.submit("ticking", f"ann {number}", {}, ANN)
    with pytest.raises(TaskError, match=f"at most {MAX_PER_VISITOR} at a time"):
        queue.submit("asleep", "ann", {}, ANN)
    queue.submit("asleep", "bo", {}, BO)  # heavy: beside one that ticks
    queue.submit("short", "bo", {}, BO)  # a third heavy one has to wait
    assert queue.status("asleep", "bo", BO).phase is Phase.RUNNING
    assert queue.status("short", "bo", BO).phase is Phase.QUEUED
    assert active_count() == (4, 2)
    monkeypatch.setattr(queue, "MAX_QUEUED", 2)
    with pytest.raises(TaskError, match="2 tasks wait already"):
        queue.submit("light", "cy", {}, CY)


def test_many_visitors_at_once_start_no_more_than_allowed() -> None:
    def ask(number: int) -> str:
        try:
            queue.submit("light", str(number), {}, Visitor(f"v{number}", MAY))
        except TaskError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(24) as pool:
        said = list(pool.map(ask, range(24)))
    assert said == [""] * 24
    assert active_count() == (2, 22)
    children = [
        one for one in process._children if one.poll() is None and b"tests.support" in _command(one)
    ]
    assert len(children) == 2


def _command(one: "subprocess.Popen[bytes]") -> bytes:
    return Path(f"/proc/{one.pid}/cmdline").read_bytes()


def test_one_task_asked_for_by_many_threads_and_processes_runs_once(home: Path) -> None:
    code = (
        "from tests.support import task_kinds as t; from lstm_core.tasks import queue, schedule\n"
    )
    code += "from lstm_core.permissions import LOCAL\n"
    code += "queue.KINDS = schedule.KINDS = {**queue.KINDS, **t.TEST_KINDS}\n"
    code += "schedule.WORKER = t.MODULE\nqueue.submit('ticking', 'a', {}, LOCAL)"
    others = [subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) for _ in range(3)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: queue.submit("ticking", "a", {}, LOCAL), range(8)))
    assert [one.wait() for one in others] == [0, 0, 0]
    assert active_count() == (1, 0) and len(list(tasks_folder().glob("ticking-*"))) == 1


def test_a_task_without_permission_never_starts() -> None:
    with pytest.raises(NotAllowedError, match="LSTM_LENS_ALLOW=measure"):
        queue.submit("ticking", "a", {}, NOBODY)
    assert not tasks_folder().exists()
    queue.submit("light", "a", {"ticks": 2}, NOBODY)  # this kind needs no permission
    assert until("light", "a", ended).done


def test_nobody_stops_the_task_of_another_but_the_owner_at_home_may() -> None:
    queue.submit("ticking", "a", {}, ANN)
    until("ticking", "a", ticking)
    for act in (queue.stop, queue.pause, queue.resume):
        with pytest.raises(NotAllowedError, match="Another visitor"):
            act("ticking", "a", BO)
    queue.submit("ticking", "a", {}, BO)  # wants the same: now it is also his
    queue.stop("ticking", "a", ANN)
    time.sleep(0.6)  # two looks of its process
    assert queue.status("ticking", "a", BO).phase is Phase.RUNNING
    with pytest.raises(NotAllowedError):
        queue.stop("ticking", "a", ANN)
    queue.stop("ticking", "a", Visitor("owner"))
    assert until("ticking", "a", ended).phase is Phase.STOPPED


def test_a_private_task_is_its_visitors_own_and_replaces_the_older_one() -> None:
    queue.submit("own", "text", {}, ANN)
    assert queue.status("own", "text", BO) == TaskStatus()
    queue.submit("own", "text", {}, BO)
    assert queue.status("own", "text", BO).phase is Phase.QUEUED
    queue.submit("own", "other text", {"ticks": 3}, ANN)
    assert until("own", "text", ended, ANN).phase is Phase.STOPPED
    queue.stop("own", "text", BO)
    assert until("own", "other text", ended, ANN).done


def test_abandoned_tasks_are_dropped_and_lasting_ones_go_on(home: Path) -> None:
    queue.submit("ticking", "lasting", {}, ANN)
    queue.submit("ticking", "waits", {}, ANN)
    queue.submit("ticking", "wanted by bo", {}, BO)
    queue.submit("own", "for ann", {}, ANN)
    tied = home / "upload"
    tied.mkdir()
    queue.submit("light", "tied", {}, BO, tied_to=tied)
    sweep(lambda visitor: visitor == "bo")
    assert queue.status("ticking", "lasting", ANN).phase is Phase.RUNNING
    assert queue.status("ticking", "waits", ANN).phase is Phase.STOPPED
    assert queue.status("ticking", "wanted by bo", BO).phase is Phase.QUEUED
    assert until("own", "for ann", ended, ANN).phase is Phase.STOPPED
    tied.rmdir()
    assert until("light", "tied", ended, BO).phase is Phase.STOPPED  # without any sweep


def test_old_tasks_and_leftovers_are_swept(home: Path) -> None:
    queue.submit("ticking", "a", {"ticks": 1}, LOCAL)
    until("ticking", "a", ended)
    folder = task_folder("ticking", "a")
    (tasks_folder() / "torn").mkdir()
    sweep(lambda _: True)
    assert folder.path.exists() and not (tasks_folder() / "torn").exists()
    old = time.time() - TASK_KEPT_SECONDS - 1
    os.utime(folder.status, (old, old))
    sweep(lambda _: True)
    assert not folder.path.exists()


@pytest.mark.parametrize("what", ["start", "disk"])
def test_a_task_that_cannot_start_is_a_sentence_and_leaves_nothing(
    what: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    if what == "start":
        monkeypatch.setattr(process.subprocess, "Popen", full)
    else:
        monkeypatch.setenv("LSTM_LENS_HOME", "/proc/no-such-folder")
    with pytest.raises(TaskError, match="cannot be started"):
        queue.submit("ticking", "a", {}, LOCAL)
    assert queue.status("ticking", "a", LOCAL) == TaskStatus()
    assert not list(home.glob("tasks/ticking-*")) and not list(home.glob(".staging/*/.*"))
    monkeypatch.undo()
    use_test_kinds(monkeypatch, home)
    queue.submit("ticking", "a", {"ticks": 1}, LOCAL)
    assert until("ticking", "a", ended).done


def test_tasks_run_in_a_session_of_their_own_and_outlive_their_starter(home: Path) -> None:
    code = (
        "from tests.support import task_kinds as t; from lstm_core.tasks import queue, schedule\n"
    )
    code += "from lstm_core.permissions import LOCAL\n"
    code += "queue.KINDS = schedule.KINDS = {**queue.KINDS, **t.TEST_KINDS}\n"
    code += "schedule.WORKER = t.MODULE\nqueue.submit('ticking', 'a', {}, LOCAL)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    pid = pid_of("ticking", "a")
    assert os.getpgid(pid) == pid != os.getpgid(0)
    assert os.getsid(pid) == pid
    first = until("ticking", "a", ticking)
    until("ticking", "a", lambda found: found.progress != first.progress)


def test_a_torn_status_is_no_task(home: Path) -> None:
    folder = task_folder("ticking", "a")
    folder.path.mkdir(parents=True)
    for content in ("", "[]", '{"phase": "flying"}', json.dumps({"phase": 3})):
        folder.status.write_text(content)
        assert folder.read_status() == TaskStatus()
    folder.status.write_text('{"phase": "running", "stage": "x", "done": "many", "total": []}')
    assert folder.read_status().error == DIED
