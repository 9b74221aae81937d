"""Starting, pausing, going on, stopping, renaming and deleting runs.

A training is a process of its own in a session of its own: it outlives the page, the visitor and
the server that started it. One at a time: whoever starts one takes the machine's lock first and
hands it to the process.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from lstm_core.errors import RunError
from lstm_core.model.registry import (
    checked_name,
    delete_folder,
    free_name,
    rename_folder,
    unwritable,
)
from lstm_core.paths import ROOT, runs_folder
from lstm_core.runs.config import DataKind, RunRequest
from lstm_core.runs.events import EventKind, add_event
from lstm_core.runs.folder import (
    RunFolder,
    all_folders,
    folder_of,
    machine_lock,
    read_json,
    write_whole,
)
from lstm_core.runs.read import read_run
from lstm_core.runs.schema import Run, Status
from lstm_core.tasks import locks

WORKER = "lstm_core.runs.worker"
POLL = 0.2  # seconds between two looks at a run that is waited for


class Command(StrEnum):
    """What the training process is asked to do."""

    RUN = "run"
    PAUSE = "pause"
    STOP = "stop"


def running_run() -> str | None:
    """Name of the run that trains on this machine now, None when none does."""
    return locks.read_owner(machine_lock()) if locks.is_held(machine_lock()) else None


def start_run(request: RunRequest) -> str:
    """Start a training in a process of its own.

    Returns:
        The run's name.

    Raises:
        RunError: When another training runs, the name is taken, or the folder cannot be written.
    """
    runs = runs_folder()
    try:
        runs.mkdir(parents=True, exist_ok=True)
        machine = _take_machine()
    except OSError as error:
        raise unwritable(runs, error) from error
    try:
        folder = make_run_folder(request)
        try:
            _launch(folder, machine)
        except OSError:
            shutil.rmtree(folder.path, ignore_errors=True)
            raise
    except OSError as error:
        raise unwritable(runs, error) from error
    finally:
        os.close(machine)
    return folder.name


def run_blocking(request: RunRequest, *, patience: float = 0.0) -> Run:
    """Start a training and wait until it ends, however it ends.

    Args:
        request: What is asked for.
        patience: Seconds to wait for the machine while another training runs.

    Raises:
        RunError: See `start_run`; the machine may still be in use after that time.
    """
    until = time.monotonic() + patience
    while running_run() is not None and time.monotonic() < until:
        time.sleep(POLL)
    name = start_run(request)
    while (run := read_run(name)).alive:
        time.sleep(POLL)
    return run


def continue_run(name: str) -> None:
    """Let a paused run go on, or take up a stopped, interrupted or failed one.

    Raises:
        RunError: When it cannot go on, or another training runs.
    """
    folder, run = folder_of(name), read_run(name)
    if run.alive:
        _ask(folder, Command.RUN)
        return
    if not run.can_continue:
        raise RunError(f"The run {name} is {run.status} and cannot go on. Start a new one.")
    try:
        machine = _take_machine()
        try:
            _launch(folder, machine)
        finally:
            os.close(machine)
    except OSError as error:
        raise unwritable(folder.path, error) from error


def pause_run(name: str) -> None:
    """Let a run wait, with all it has in memory, until it is told to go on or to stop.

    Raises:
        RunError: When it does not run.
    """
    _ask(_living(name), Command.PAUSE)


def stop_run(name: str) -> None:
    """End a run and keep what it learned: it gets a bundle and can be taken up again.

    Raises:
        RunError: When it does not run.
    """
    _ask(_living(name), Command.STOP)


def rename_run(name: str, new: str) -> None:
    """Give a run another name.

    Raises:
        RunError: When it runs, or the name is taken or cannot name a run.
    """
    handle = _take_run(folder_of(name), "renamed")
    try:
        rename_folder(name, new)
    finally:
        os.close(handle)


def delete_run(name: str) -> None:
    """Delete a run with everything that belongs to it.

    Raises:
        RunError: When it runs, or cannot be deleted.
    """
    handle = _take_run(folder_of(name), "deleted")
    try:
        delete_folder(name)
    finally:
        os.close(handle)


def order_of(folder: RunFolder) -> Command:
    """What a run is asked to do."""
    try:
        return Command(folder.control.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return Command.RUN


def _take_machine() -> int:
    handle = locks.try_acquire(machine_lock())
    if handle is None:
        name = locks.read_owner(machine_lock()) or "another one"
        raise RunError(
            f"A training is under way on this machine: {name}. Only one runs at a time; wait for "
            "it, or stop it first."
        )
    return handle


def _take_run(folder: RunFolder, what: str) -> int:
    handle = locks.try_acquire(folder.lock)
    if handle is None:
        raise RunError(f"The run {folder.name} is under way. Stop it before it is {what}.")
    return handle


def _living(name: str) -> RunFolder:
    folder = folder_of(name)
    if not locks.is_held(folder.lock):
        status: Status = read_run(name).status
        raise RunError(f"The run {name} does not run now, it is {status}.")
    return folder


def _ask(folder: RunFolder, order: Command) -> None:
    try:
        write_whole(folder.control, order.encode("ascii"))
    except OSError as error:
        raise unwritable(folder.path, error) from error


def make_run_folder(request: RunRequest) -> RunFolder:
    """Make the folder of a new run, whole or not at all.

    Raises:
        RunError: When the name is taken or cannot name a run.
        OSError: When it cannot be written.
    """
    recipe = str(request.settings.recipe)
    name = checked_name(request.name) if request.name else free_name(recipe, first=1)
    if request.data.kind is DataKind.PATH:  # the process may look from another folder
        data = replace(request.data, path=str(Path(request.data.path).expanduser().resolve()))
        request = replace(request, data=data)
    request = replace(request, name=name)
    numbers = [_number(folder) for folder in all_folders()]
    folder = RunFolder(runs_folder() / name)
    made = Path(tempfile.mkdtemp(prefix=".new-", dir=runs_folder()))
    try:
        draft = RunFolder(made)
        write_whole(draft.request, request.to_json().encode(), safe=True)
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        add_event(draft.events, EventKind.CREATED, number=max(numbers, default=0) + 1, made=at)
        made.chmod(0o755)  # mkdtemp gives a folder that only its owner may open
        if folder.path.exists():
            raise RunError(f"There is a run named {name} already. Choose another name.")
        made.rename(folder.path)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return folder


def _number(folder: RunFolder) -> int:
    with suppress(RunError):
        return read_run(folder.name).number
    return 0


def _launch(folder: RunFolder, machine: int) -> None:
    """Start the process with both locks in its hands."""
    own = _take_run(folder, "started")
    try:
        locks.write_owner(machine, folder.name)
        _ask(folder, Command.RUN)
        told = {"phase": Status.PREPARING, "stage": "starting the training process"}
        now = {**read_json(folder.now), **told, "done": 0, "total": None, "stage_seconds": 0.0}
        write_whole(folder.now, json.dumps(now).encode())
        command = [sys.executable, "-m", WORKER, str(folder.path), str(machine), str(own)]
        with folder.log.open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=Path.cwd(),
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=(machine, own),
            )
    finally:
        os.close(own)
    # Somebody must ask after a process that ended, or its entry stays in the machine's table.
    threading.Thread(target=process.wait, name=f"run {folder.name}", daemon=True).start()


def hold_exclusively(handle: int) -> None:
    """Take a lock that was handed over out of the hands of processes started from here."""
    os.set_inheritable(handle, False)
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
