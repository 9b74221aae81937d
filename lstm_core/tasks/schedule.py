"""Scheduling of background tasks: which wait, which run, which begin next, which are dropped.

The queue is the folder ``tasks`` in the data folder, one folder per task. Who changes the order
holds the queue's lock for that moment; nothing is kept in memory.
"""

import hashlib
import json
import logging
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from lstm_core.errors import TaskError, reason
from lstm_core.paths import data_folder
from lstm_core.tasks.atomic import remove_folder, sweep_staging
from lstm_core.tasks.folder import (
    ALIVE,
    Command,
    Phase,
    TaskFolder,
    TaskSpec,
    TaskStatus,
    write_command,
)
from lstm_core.tasks.limits import KINDS, MAX_RUNNING, TASK_KEPT_SECONDS
from lstm_core.tasks.locks import locked, try_acquire
from lstm_core.tasks.process import reap, start_python

WORKER = "lstm_core.tasks.worker"
QUEUE_LOCK = ".queue.lock"
QUEUE_PATIENCE = 20.0  # seconds for the queue's lock: it is held for the start of a process
log = logging.getLogger(__name__)


def note(name: str, level: int = logging.INFO, **fields: object) -> None:
    """Log an event of the queue with its fields; none holds what a visitor wrote."""
    log.log(level, name, extra={"fields": fields})


@dataclass(frozen=True, slots=True)
class Entry:
    """A task that waits or runs."""

    folder: TaskFolder
    spec: TaskSpec
    status: TaskStatus
    visitors: tuple[str, ...]


def tasks_folder() -> Path:
    """Folder of all tasks."""
    return data_folder() / "tasks"


def task_folder(kind: str, key: str) -> TaskFolder:
    """Folder of the task of this kind and key, whether there is one or not."""
    name = hashlib.sha256(json.dumps([kind, key]).encode(errors="replace")).hexdigest()[:24]
    return TaskFolder(tasks_folder() / f"{kind}-{name}")


@contextmanager
def hold_queue() -> Iterator[list[Entry]]:
    """Hold the queue; gives the tasks that wait or run, in their order."""
    tasks_folder().mkdir(parents=True, exist_ok=True)
    with locked(tasks_folder() / QUEUE_LOCK, QUEUE_PATIENCE) as held:
        if held is None:
            raise TaskError("The queue of tasks is busy. Try again in a minute.")
        yield list(active_entries())


def _folders() -> list[Path]:
    with suppress(OSError):
        return [path for path in tasks_folder().iterdir() if not path.name.startswith(".")]
    return []


def active_entries() -> Iterator[Entry]:
    """The tasks that wait or run, in the order in which they were asked for."""
    found = []
    for path in _folders():
        folder = TaskFolder(path)
        state = folder.read_status()
        if state.active and (spec := folder.spec()) is not None and spec.kind in KINDS:
            found.append(Entry(folder, spec, state, folder.visitors()))
    yield from sorted(found, key=lambda entry: entry.spec.number)


def next_number() -> int:
    """A number above all that were given; the caller holds the queue."""
    path = tasks_folder() / QUEUE_LOCK
    try:
        number = int(path.read_text() or 0) + 1
    except (OSError, ValueError):
        number = time.time_ns()
    path.write_text(str(number))
    return number


def advance() -> None:
    """Let waiting tasks begin where there is room; done at once when another process does it."""
    if not tasks_folder().is_dir():
        return
    with suppress(OSError), locked(tasks_folder() / QUEUE_LOCK, 0.0) as held:
        if held is not None:
            start_next(list(active_entries()))


def sweep(present: Callable[[str], bool]) -> None:
    """Clear up: drop what nobody waits for, remove old tasks and what crashes left behind.

    Args:
        present: Whether a visitor, by id, still has a page open.
    """
    reap()
    sweep_staging()
    with suppress(OSError, TaskError), hold_queue() as active:
        for entry in active:
            if _abandoned(entry, present):
                note("task_dropped", kind=entry.spec.kind)
                end_task(entry.folder)
        for path in _folders():
            if _expired(TaskFolder(path)):
                remove_folder(path)
    advance()


def start_next(active: list[Entry], strict: TaskFolder | None = None) -> None:
    """Start waiting tasks while there is room; the caller holds the queue.

    Args:
        active: All tasks that wait or run, in their order.
        strict: The task whose failure to start is raised and leaves nothing behind.
    """
    running = [entry.spec.kind for entry in active if entry.status.phase in ALIVE]
    for entry in active:
        kind = entry.spec.kind
        if entry.status.phase is not Phase.QUEUED or not _room_for(kind, running):
            continue
        try:
            _launch(entry.folder, kind)
            running.append(kind)
        except OSError as error:
            note("task_not_started", logging.ERROR, kind=kind, error=type(error).__name__)
            if entry.folder == strict:
                shutil.rmtree(entry.folder.path, ignore_errors=True)
                raise
            with suppress(OSError):
                said = f"The process could not be started: {reason(error)}. Try again."
                entry.folder.write_status(Phase.FAILED, said)


def _room_for(kind: str, running: list[str]) -> bool:
    """Whether one more task of a kind may run beside those that do."""
    if running.count(kind) >= KINDS[kind].at_once:
        return False
    return not KINDS[kind].heavy or sum(KINDS[one].heavy for one in running) < MAX_RUNNING


def _launch(folder: TaskFolder, kind: str) -> None:
    """Start the process of a task with its lock in its hands."""
    handle = try_acquire(folder.lock)
    if handle is None:
        raise OSError(f"the task's lock {folder.lock} is held")
    try:
        write_command(folder.control, Command.RUN)
        folder.write_status(Phase.RUNNING)
        arguments = ["-m", WORKER, str(folder.path.resolve()), str(handle)]
        start_python(arguments, folder.log, (handle,), KINDS[kind].environment)
    finally:
        os.close(handle)
    note("task_started", kind=kind)


def end_task(folder: TaskFolder) -> None:
    """End a task: one that waits at once, one that runs within a second; the queue is held."""
    state = folder.read_status()
    if state.phase is Phase.QUEUED:
        folder.write_status(Phase.STOPPED)
    elif state.phase in ALIVE:
        write_command(folder.control, Command.STOP)


def _abandoned(entry: Entry, present: Callable[[str], bool]) -> bool:
    """Whether nobody waits for a task; one with a lasting result goes on once it runs."""
    if entry.spec.tied_to:
        return not Path(entry.spec.tied_to).exists()
    if entry.status.phase in ALIVE and not KINDS[entry.spec.kind].private:
        return False
    return not any(present(visitor) for visitor in entry.visitors)


def _expired(folder: TaskFolder) -> bool:
    """Whether a task that has ended is not kept any longer."""
    if folder.read_status().active:
        return False
    spec = folder.spec()
    if spec is not None and spec.tied_to:
        return not Path(spec.tied_to).exists()
    try:
        return time.time() - folder.status.stat().st_mtime > TASK_KEPT_SECONDS
    except OSError:
        return True  # a folder without a status is no task
