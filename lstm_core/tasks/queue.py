"""The queue of background tasks: start, pause, resume and stop from any tab or process.

The queue is the folder ``tasks`` in the data folder, one folder per task, so all processes see the
same queue and none owns it. Whoever submits a task, asks how one stands, or ends one lets the next
begin. No state is kept in memory: a restart, or a cleared cache, loses and doubles nothing.

Who may do what is decided here, from the `Visitor` that asks.
"""

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lstm_core.errors import NotAllowedError, TaskError, reason
from lstm_core.permissions import Visitor
from lstm_core.tasks.atomic import remove_folder, replacing_folder
from lstm_core.tasks.folder import (
    ALIVE,
    Command,
    Phase,
    TaskFolder,
    TaskSpec,
    TaskStatus,
    write_command,
)
from lstm_core.tasks.limits import KINDS, MAX_PER_VISITOR, MAX_QUEUED
from lstm_core.tasks.process import reap
from lstm_core.tasks.schedule import (
    Entry,
    active_entries,
    advance,
    end_task,
    hold_queue,
    next_number,
    note,
    start_next,
    task_folder,
)

STOP_SECONDS = 5.0  # that a task which was told to stop has, before it is started again


def submit(
    kind: str,
    key: str,
    arguments: Mapping[str, Any],
    visitor: Visitor,
    *,
    fill: Callable[[Path], object] | None = None,
    tied_to: Path | None = None,
) -> None:
    """Ask for a task: it begins as soon as there is room. One that waits or runs is joined.

    Args:
        kind: One of `limits.KINDS`.
        key: What makes it this task; a private kind's key is the visitor's own.
        arguments: For the function of the kind, plain JSON values.
        fill: Writes files that the function needs into the task's folder.
        tied_to: A path without which the task makes no sense any more.

    Raises:
        NotAllowedError: The visitor may not start tasks of this kind.
        TaskError: The queue or the visitor's share of it is full, or the process cannot start.
    """
    limits = KINDS[kind]
    if limits.permission:
        _require(visitor, limits.permission, kind)
    folder = task_folder(kind, own_key(kind, key, visitor))
    spec = TaskSpec(
        kind,
        key,
        dict(arguments),
        created=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        tied_to="" if tied_to is None else str(tied_to),
    )
    _await_stopped(folder)
    try:
        with hold_queue() as active:
            if any(entry.folder == folder for entry in active):
                _join(folder, visitor)
                return
            if limits.private:
                active = _leave_older(active, kind, visitor)
            _check_room(active, kind, visitor)
            spec = replace(spec, number=next_number())
            with replacing_folder(folder.path, replace_existing=True) as made:
                made.chmod(0o700)
                _fill(TaskFolder(made), spec, visitor, fill)
            new = Entry(folder, spec, TaskStatus(Phase.QUEUED), (visitor.id,))
            note("task_queued", kind=kind, waiting=len(active))
            start_next([*active, new], strict=folder)
    except OSError as error:
        raise TaskError(
            f"{limits.title} cannot be started: {reason(error)}. Nothing was changed; free some "
            "space, or let LSTM_LENS_HOME name a folder that can be written."
        ) from error


def status(kind: str, key: str, visitor: Visitor) -> TaskStatus:
    """How the task of this kind and key stands; lets waiting tasks begin when there is room."""
    reap()
    folder = task_folder(kind, own_key(kind, key, visitor))
    found = folder.read_status()
    if found.phase is not Phase.QUEUED:
        return found
    advance()
    found = folder.read_status()
    if found.phase is not Phase.QUEUED:
        return found
    spec = folder.spec()
    number = spec.number if spec else 0
    ahead = [entry for entry in active_entries() if entry.status.phase is Phase.QUEUED]
    return replace(found, ahead=sum(entry.spec.number < number for entry in ahead))


def stop(kind: str, key: str, visitor: Visitor) -> None:
    """End a task. Where other visitors asked for it too, it goes on for them.

    Raises:
        NotAllowedError: Another visitor asked for it.
        TaskError: It cannot be told.
    """
    folder = _controlled(kind, key, visitor)
    if folder is None:
        return
    try:
        with hold_queue():
            others = tuple(one for one in folder.visitors() if one != visitor.id)
            if visitor.permissions.public and others:
                folder.write_visitors(others)
                return
            end_task(folder)
    except OSError as error:
        raise TaskError(f"The task cannot be stopped: {reason(error)}.") from error
    advance()


def pause(kind: str, key: str, visitor: Visitor) -> None:
    """Let a task wait at its next report of progress, with all it has in memory.

    Raises:
        NotAllowedError: Another visitor asked for it.
        TaskError: It does not run.
    """
    _tell(kind, key, visitor, Command.PAUSE)


def resume(kind: str, key: str, visitor: Visitor) -> None:
    """Let a paused task go on.

    Raises:
        NotAllowedError: Another visitor asked for it.
        TaskError: It does not run.
    """
    _tell(kind, key, visitor, Command.RUN)


def discard(kind: str, key: str, visitor: Visitor) -> None:
    """Remove a task with what its folder holds; one that runs is ended first."""
    folder = task_folder(kind, own_key(kind, key, visitor))
    with suppress(OSError, TaskError), hold_queue():
        end_task(folder)
        remove_folder(folder.path)


def _require(visitor: Visitor, action: str, kind: str) -> None:
    try:
        visitor.require(action)
    except NotAllowedError:
        note("task_refused", logging.WARNING, kind=kind, permission=action)
        raise


def own_key(kind: str, key: str, visitor: Visitor) -> str:
    """A private task is the visitor's own, whatever it computes."""
    return f"{visitor.id} {key}" if KINDS[kind].private else key


def _await_stopped(folder: TaskFolder) -> None:
    """Let a task end that was told to stop, so that it can be started again."""
    until = time.monotonic() + STOP_SECONDS
    while folder.read_status().stopping and time.monotonic() < until:
        time.sleep(0.05)


def _join(folder: TaskFolder, visitor: Visitor) -> None:
    visitors = folder.visitors()
    if visitor.id not in visitors:
        folder.write_visitors((*visitors, visitor.id))


def _leave_older(active: list[Entry], kind: str, visitor: Visitor) -> list[Entry]:
    """End the visitor's older task of a private kind: nobody waits for it any more."""
    older = [e for e in active if e.spec.kind == kind and e.visitors == (visitor.id,)]
    for entry in older:
        end_task(entry.folder)
    return [entry for entry in active if entry not in older]


def _check_room(active: list[Entry], kind: str, visitor: Visitor) -> None:
    """Refuse what would exceed the limits.

    Raises:
        TaskError: Which limit, and what to do.
    """
    limits = KINDS[kind]
    own = [entry for entry in active if visitor.id in entry.visitors]
    alike = sum(entry.spec.kind == kind for entry in own)
    waiting = sum(entry.status.phase is Phase.QUEUED for entry in active)
    said = ""
    if alike >= limits.per_visitor:
        said = f"You have {alike} of these tasks already; at most {limits.per_visitor} at a time."
    elif len(own) >= MAX_PER_VISITOR:
        said = f"You have {len(own)} tasks already; at most {MAX_PER_VISITOR} at a time."
    elif waiting >= MAX_QUEUED:
        said = f"{waiting} tasks wait already, which is the most that this server takes."
    if said:
        note("task_refused", logging.WARNING, kind=kind, waiting=waiting, own=len(own))
        raise TaskError(f"{said} Wait until one has ended, or stop one.")


def _fill(
    made: TaskFolder, spec: TaskSpec, visitor: Visitor, fill: Callable[[Path], object] | None
) -> None:
    made.write_spec(spec)
    made.write_visitors((visitor.id,))
    made.write_status(Phase.QUEUED)
    if fill is not None:
        fill(made.path)


def _controlled(kind: str, key: str, visitor: Visitor) -> TaskFolder | None:
    """The folder of an active task that the visitor may control; None when there is none.

    Raises:
        NotAllowedError: Another visitor asked for it.
    """
    folder = task_folder(kind, own_key(kind, key, visitor))
    if not folder.read_status().active:
        return None
    if not any(visitor.controls(one) for one in folder.visitors()):
        note("task_refused", logging.WARNING, kind=kind, permission="control")
        raise NotAllowedError(
            "Another visitor started this. Who started it can stop it; it ends by itself."
        )
    return folder


def _tell(kind: str, key: str, visitor: Visitor, command: Command) -> None:
    folder = _controlled(kind, key, visitor)
    if folder is None or folder.read_status().phase not in ALIVE:
        raise TaskError("This does not run now, so it can be neither paused nor resumed.")
    try:
        write_command(folder.control, command)
    except OSError as error:
        raise TaskError(f"The task cannot be told: {reason(error)}.") from error
