"""Starting, pausing, resuming, stopping, renaming and deleting runs.

A training is a process in a session of its own: it outlives the page, the visitor and the server
that started it. One at a time: whoever starts one takes the machine's lock first and hands it to
the process. What a visitor may do is decided here, see `lstm_core.permissions`.
"""

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from lstm_core.errors import NotAllowedError, RunError, reason
from lstm_core.model.registry import (
    checked_name,
    delete_folder,
    delete_model,
    free_name,
    rename_folder,
    rename_model,
    unwritable,
)
from lstm_core.paths import runs_folder
from lstm_core.permissions import LOCAL, Visitor
from lstm_core.runs import standby
from lstm_core.runs.config import DataKind, RunRequest
from lstm_core.runs.controls_file import release
from lstm_core.runs.estimate import expected_start
from lstm_core.runs.events import EventKind, add_event
from lstm_core.runs.example import EXAMPLE, has_example
from lstm_core.runs.folder import RunFolder, all_folders, folder_of, machine_lock
from lstm_core.runs.read import read_run
from lstm_core.runs.schema import Status
from lstm_core.tasks import locks
from lstm_core.tasks.atomic import replacing_folder, write_file
from lstm_core.tasks.folder import Command, read_json, write_command
from lstm_core.tasks.process import reap, start_python
from lstm_core.tasks.uploads import keep_for_training, require_own_path

WORKER = "lstm_core.runs.worker"


def running_run() -> str | None:
    """Name of the run that trains on this machine now, None when none does."""
    return locks.read_owner(machine_lock()) if locks.is_held(machine_lock()) else None


def start_run(request: RunRequest, visitor: Visitor = LOCAL) -> str:
    """Start a training in a process of its own and return the run's name.

    Raises:
        NotAllowedError: When the visitor may not train, or not on this data.
        RunError: When another training runs, the name is taken, the folder cannot be written or the
            process cannot be started.
    """
    check_may_start(request, visitor)
    runs = runs_folder()
    try:
        runs.mkdir(parents=True, exist_ok=True)
        with hold_machine() as machine:
            folder = make_run_folder(request)
            try:
                write_file(folder.owner, visitor.id)
                launch(folder, machine)
            except (OSError, RunError):
                shutil.rmtree(folder.path, ignore_errors=True)
                raise
    except OSError as error:
        raise unwritable(runs, error) from error
    return folder.name


def check_may_start(request: RunRequest, visitor: Visitor) -> None:
    """Refuse a training that the visitor may not start.

    Raises:
        NotAllowedError: When the visitor may not train, or not on this data.
    """
    visitor.require("train")
    if request.data.kind is DataKind.PATH:
        require_own_path(Path(request.data.path), visitor)


def continue_run(name: str, visitor: Visitor = LOCAL) -> None:
    """Let a paused run go on, or resume a stopped, interrupted or failed one.

    Raises:
        NotAllowedError: When the visitor may not.
        RunError: When it cannot go on, or another training runs.
    """
    require_control(name, visitor, "train")
    folder, run = folder_of(name), read_run(name)
    if run.alive:
        _go_on(folder)
        return
    if not run.can_continue:
        raise RunError(f"The run {name} is {run.status} and cannot go on. Start a new one.")
    try:
        with hold_machine() as machine:
            launch(folder, machine)
    except OSError as error:
        raise unwritable(folder.path, error) from error


def pause_run(name: str, visitor: Visitor = LOCAL) -> None:
    """Pause a run, with everything in memory, until it is resumed or stopped.

    Raises:
        NotAllowedError: When the visitor may not.
        RunError: When it does not run.
    """
    _tell(running_folder(name, visitor), Command.PAUSE)


def stop_run(name: str, visitor: Visitor = LOCAL) -> None:
    """End a run and keep what it learned: it gets a bundle and can be resumed.

    Raises:
        NotAllowedError: When the visitor may not.
        RunError: When it does not run.
    """
    _tell(running_folder(name, visitor), Command.STOP)


def rename_run(name: str, new: str, visitor: Visitor = LOCAL) -> None:
    """Give a run, or a model that was imported, another name.

    Raises:
        NotAllowedError: When the visitor may not.
        BundleError: When there is none of that name.
        RunError: When it runs, or the name is taken or cannot name a run.
    """
    require_control(name, visitor, "train")
    if not RunFolder(runs_folder() / checked_name(name)).request.is_file():
        rename_model(name, new)
        return
    with hold_run(folder_of(name), "renamed"):
        rename_folder(name, new)


def delete_run(name: str, visitor: Visitor = LOCAL) -> None:
    """Delete a run, or a model that was imported, with everything that belongs to it.

    Raises:
        NotAllowedError: When the visitor may not.
        BundleError: When there is none of that name.
        RunError: When it runs, or cannot be deleted.
    """
    require_control(name, visitor, "delete")
    if not RunFolder(runs_folder() / checked_name(name)).request.is_file():
        delete_model(name)
        return
    with hold_run(folder_of(name), "deleted"):
        delete_folder(name)


def set_owner(name: str, visitor: Visitor) -> None:
    """Note whose an imported model is, so that they alone can rename or delete it in public."""
    with suppress(OSError):
        write_file(RunFolder(runs_folder() / checked_name(name)).owner, visitor.id)


def may_control(name: str, visitor: Visitor) -> bool:
    """Whether a run or model is the visitor's own, or the visitor is the owner at home."""
    return visitor.controls(locks.read_owner(RunFolder(runs_folder() / checked_name(name)).owner))


def require_control(name: str, visitor: Visitor, action: str) -> None:
    """Refuse what a visitor may not do to a run.

    Raises:
        NotAllowedError: The action is not allowed, or it is another visitor's run.
    """
    visitor.require(action)
    if name == EXAMPLE and has_example():
        raise NotAllowedError("The example run is only for looking at. Start a run of your own.")
    if not may_control(name, visitor):
        raise NotAllowedError(f"Another visitor started the run {name}, who alone can do this.")


def running_folder(name: str, visitor: Visitor) -> RunFolder:
    """The folder of a run whose process is running and that the visitor may control.

    Raises:
        NotAllowedError: When the visitor may not.
        RunError: When it does not run.
    """
    require_control(name, visitor, "train")
    folder = folder_of(name)
    if not locks.is_held(folder.lock):
        status: Status = read_run(name).status
        raise RunError(f"The run {name} does not run now, it is {status}.")
    return folder


@contextmanager
def hold_machine() -> Iterator[int]:
    """The machine's lock, which only one training has."""
    with locks.locked(machine_lock()) as handle:
        if handle is None:
            name = locks.read_owner(machine_lock()) or "another one"
            raise RunError(
                f"A training is under way on this machine: {name}. Only one runs at a time; wait "
                "for it, or stop it first."
            )
        yield handle


@contextmanager
def hold_run(folder: RunFolder, what: str) -> Iterator[int]:
    """The lock of a run that does not run."""
    with locks.locked(folder.lock) as handle:
        if handle is None:
            raise RunError(f"The run {folder.name} is under way. Stop it before it is {what}.")
        yield handle


def _tell(folder: RunFolder, command: Command) -> None:
    try:
        write_command(folder.control, command)
    except OSError as error:
        raise unwritable(folder.path, error) from error


def _go_on(folder: RunFolder) -> None:
    """Let a run take steps, past the one at which it was to pause."""
    try:
        release(folder)
        write_command(folder.control, Command.RUN)
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
    if name == EXAMPLE:
        raise RunError(f"The name {name} belongs to the example run. Choose another name.")
    if request.data.kind is DataKind.PATH:  # the process may look from another folder
        data = replace(request.data, path=str(Path(request.data.path).expanduser().resolve()))
        request = replace(request, data=data)
    request = replace(request, name=name)
    number = max((_number(folder) for folder in all_folders()), default=0) + 1
    folder = RunFolder(runs_folder() / name)
    try:
        with replacing_folder(folder.path) as made:
            draft = RunFolder(made)
            write_file(draft.request, request.to_json(), durable=True)
            at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            add_event(draft.events, EventKind.CREATED, number=number, made=at)
    except FileExistsError as error:
        raise RunError(f"There is a run named {name} already. Choose another name.") from error
    return folder


def _number(folder: RunFolder) -> int:
    with suppress(RunError):
        return read_run(folder.name).number
    return 0


def launch(folder: RunFolder, machine: int) -> None:
    """Start the process with both locks in its hands.

    Raises:
        RunError: When it runs already, or the process cannot be started.
        OSError: When its folder cannot be written.
    """
    reap()
    request = RunRequest.from_json(folder.request.read_text(encoding="utf-8"))
    keep_for_training(Path(request.data.path))
    with hold_run(folder, "started") as own:
        locks.write_owner(machine, folder.name)
        _go_on(folder)
        now = {
            **read_json(folder.now),
            "phase": Status.PREPARING,
            "stage": "starting the training process",
            "done": 0,
            "total": None,
            "stage_seconds": 0.0,
            "asked": time.time(),
            "start_expected": round(expected_start(request), 1),
        }
        write_file(folder.now, json.dumps(now))
        folder.log.touch()
        if standby.hand_over(folder, machine, own):
            return
        arguments = ["-m", WORKER, str(folder.path), str(machine), str(own)]
        try:
            start_python(arguments, folder.log, (machine, own))
        except OSError as error:
            raise RunError(
                f"The training process cannot be started: {reason(error)}. End other programs, "
                "then try again."
            ) from error
