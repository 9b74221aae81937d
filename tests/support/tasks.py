"""Background tasks and runs in tests: waiting for one, and a task that was finished by hand."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from streamlit.testing.v1 import AppTest

from lstm_core.permissions import LOCAL, Visitor
from lstm_core.runs import Run, read_run
from lstm_core.tasks import queue
from lstm_core.tasks.folder import ALIVE, Phase, TaskSpec, TaskStatus
from lstm_core.tasks.schedule import active_entries, end_task, hold_queue, task_folder

LOOKS = 12_000  # at 20 ms: looks, not seconds, so that a machine that stands still does not count


def wait_until(reached: Callable[[], bool], what: str = "") -> None:
    """Wait for a condition."""
    for _ in range(LOOKS):
        if reached():
            return
        time.sleep(0.02)
    raise AssertionError(what or [(e.spec.kind, e.status) for e in active_entries()])


def wait_for_end(kind: str, key: str, visitor: Visitor = LOCAL) -> TaskStatus:
    """Wait until a task neither waits nor runs, and give how it ended."""
    wait_until(lambda: not queue.status(kind, key, visitor).active)
    return queue.status(kind, key, visitor)


def wait_for_run(name: str, reached: Callable[[Run], bool]) -> Run:
    """Wait until a run is as wanted, and give it as it was then."""
    for _ in range(LOOKS):
        run = read_run(name)
        if reached(run):
            return run
        time.sleep(0.02)
    raise AssertionError(run)


def end_all_tasks() -> None:
    """End every task, for the end of a test."""
    with hold_queue() as active:  # else a task could begin between a look and its end
        for entry in active:
            end_task(entry.folder)
    wait_until(lambda: not list(active_entries()))


def finished_task(
    kind: str,
    key: str,
    visitor: Visitor,
    *,
    result: Mapping[str, Any] | None = None,
    error: str = "",
) -> None:
    """Leave the folder of a task as one that ended leaves it."""
    folder = task_folder(kind, queue.own_key(kind, key, visitor))
    folder.path.mkdir(parents=True)
    folder.write_spec(TaskSpec(kind, key, {}))
    folder.write_visitors((visitor.id,))
    folder.write_status(Phase.FAILED if error else Phase.DONE, error, result)


def run_until_ended(page: AppTest, button: str) -> AppTest:
    """Run a page again and again while it shows a button, such as a task's "Stop"."""
    for _ in range(LOOKS):
        if not any(one.label == button for one in page.button):
            break
        time.sleep(0.05)
        page.run()
    assert not page.exception
    return page


def active_count() -> tuple[int, int]:
    """How many tasks run, and how many wait."""
    phases = [entry.status.phase for entry in active_entries()]
    return sum(phase in ALIVE for phase in phases), phases.count(Phase.QUEUED)
