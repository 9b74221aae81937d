"""Kinds of tasks for tests, and their process: ``python -m tests.support.task_kinds FOLDER LOCK``.

A test calls `use_test_kinds`; the tasks it submits then run the functions of this module.
"""

import os
import sys
import time
from pathlib import Path

import pytest

from lstm_core.errors import DataError
from lstm_core.progress import Progress
from lstm_core.tasks import limits, queue, schedule, worker
from lstm_core.tasks.atomic import write_file
from lstm_core.tasks.folder import TaskFolder
from lstm_core.tasks.limits import TaskKind
from lstm_core.tasks.worker import TaskContext

MODULE = "tests.support.task_kinds"
TICK = 0.01
TEST_KINDS = {
    "ticking": TaskKind(f"{MODULE}:tick", "Ticking", "measure", at_once=1, per_visitor=4),
    "light": TaskKind(f"{MODULE}:tick", "Ticking lightly", "", False, at_once=2, per_visitor=2),
    "own": TaskKind(f"{MODULE}:tick", "Ticking for one", "measure", private=True),
    "short": TaskKind(f"{MODULE}:sleep", "Sleeping", "measure", seconds=1.0),
    "asleep": TaskKind(f"{MODULE}:sleep", "Sleeping", "measure"),
    "failing": TaskKind(f"{MODULE}:fail", "Failing", "measure"),
}


def use_test_kinds(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """Let this test submit tasks of `TEST_KINDS`, in a data folder of its own."""
    monkeypatch.setenv("LSTM_LENS_HOME", str(home))
    kinds = {**limits.KINDS, **TEST_KINDS}
    for module in (queue, schedule, worker):
        monkeypatch.setattr(module, "KINDS", kinds)
    monkeypatch.setattr(schedule, "WORKER", MODULE)


def tick(task: TaskContext) -> dict[str, object]:
    """Report progress until a number of ticks, or a file, is there; then answer with arguments."""
    write_file(task.path / "pid", str(os.getpid()))  # whole as soon as it is there
    ticks, until = int(task.arguments.get("ticks", 10**9)), task.arguments.get("until", "")
    for number in range(ticks):
        task.report(Progress("ticking", number, ticks))
        if until and Path(str(until)).exists():
            break
        time.sleep(TICK)
    return {"said": task.arguments.get("say", "")}


def sleep(task: TaskContext) -> None:
    """Never report progress, as a library does that takes minutes."""
    time.sleep(600)


def fail(task: TaskContext) -> None:
    """Fail in the way that is asked for."""
    how = task.arguments["how"]
    if how == "known":
        raise DataError("The data is of no use. Give other data.")
    if how == "memory":
        raise MemoryError
    if how == "disk":
        raise OSError(28, "No space left on device", "/secret/place/file.npy")
    if how == "exit":
        os._exit(3)
    raise ZeroDivisionError("by zero")


if __name__ == "__main__":
    merged = {**limits.KINDS, **TEST_KINDS}
    for one in (queue, schedule, worker):
        one.KINDS = merged  # type: ignore[attr-defined]
    schedule.WORKER = MODULE
    worker.main(TaskFolder(Path(sys.argv[1])), int(sys.argv[2]))
