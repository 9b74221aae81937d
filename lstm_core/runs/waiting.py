"""The queue of trainings: runs that wait until the one that trains on this machine has ended.

A waiting run is a folder with its request and a file ``queued``, which holds its place in the
order. The training process starts the next one when it ends; an open Train page does it where that
process was killed. Who may do what is decided here, see `lstm_core.permissions`.
"""

import shutil
import time
from contextlib import suppress
from pathlib import Path

from lstm_core.errors import NotAllowedError, RunError, reason
from lstm_core.model.registry import delete_folder, unwritable
from lstm_core.paths import runs_folder
from lstm_core.permissions import LOCAL, Visitor
from lstm_core.runs.config import RunRequest
from lstm_core.runs.control import (
    check_may_start,
    hold_machine,
    hold_run,
    launch,
    make_run_folder,
    may_control,
    require_control,
    running_run,
    start_run,
)
from lstm_core.runs.events import EventKind, add_event
from lstm_core.runs.folder import RunFolder, all_folders, folder_of
from lstm_core.tasks.atomic import write_file
from lstm_core.tasks.uploads import keep_for_training

MOST_WAITING = 12  # runs of all visitors
MOST_OF_ONE = 3  # runs of one visitor, in public


def waiting_runs() -> tuple[str, ...]:
    """Names of the runs that wait, the next one first."""
    waiting = [folder for folder in all_folders() if folder.queued.exists()]
    return tuple(folder.name for folder in sorted(waiting, key=_place))


def start_or_queue(request: RunRequest, visitor: Visitor = LOCAL) -> str:
    """Start a training, or queue it behind the one that runs, and return its name.

    Raises:
        NotAllowedError: When the visitor may not train, or not on this data.
        RunError: When the queue is full, or the run cannot be made or started.
    """
    if running_run() is None and not waiting_runs():
        return start_run(request, visitor)
    check_may_start(request, visitor)
    _check_room(visitor)
    if request.data.path:
        keep_for_training(Path(request.data.path))
    try:
        folder = make_run_folder(request)
        try:
            write_file(folder.owner, visitor.id)
            write_file(folder.queued, str(time.time_ns()))
        except OSError:
            shutil.rmtree(folder.path, ignore_errors=True)
            raise
    except OSError as error:
        raise unwritable(runs_folder(), error) from error
    start_waiting()
    return folder.name


def start_waiting() -> None:
    """Start the run that waits first, unless one trains; one that cannot be started has failed."""
    for name in waiting_runs():
        if running_run() is not None:
            return
        with suppress(RunError, OSError), hold_machine() as machine:  # or another process starts it
            folder = folder_of(name)
            try:
                folder.queued.unlink()
                launch(folder, machine)
            except FileNotFoundError:
                continue  # it was started or removed meanwhile
            except (OSError, RunError) as error:
                message = f"It could not be started: {reason(error)}"
                add_event(folder.events, EventKind.FAILED, message=message, again=True)
                continue
            return


def move_waiting(name: str, places: int, visitor: Visitor) -> None:
    """Let a waiting run begin earlier (negative) or later; in public past one's own runs only.

    Raises:
        NotAllowedError: When the visitor may not.
        RunError: When it does not wait.
    """
    require_control(name, visitor, "train")
    own = [one for one in waiting_runs() if may_control(one, visitor)]
    if name not in own:
        raise RunError(f"The run {name} does not wait (any more).")
    at = own.index(name)
    other = min(max(at + places, 0), len(own) - 1)
    moved, passed = folder_of(name), folder_of(own[other])
    places_of = _place(moved)[0], _place(passed)[0]
    try:
        write_file(moved.queued, str(places_of[1]))
        write_file(passed.queued, str(places_of[0]))
    except OSError as error:
        raise unwritable(moved.path, error) from error


def remove_waiting(name: str, visitor: Visitor) -> None:
    """Take a run out of the queue; it can be restored for a while.

    Raises:
        NotAllowedError: When the visitor may not.
        RunError: When it does not wait.
    """
    require_control(name, visitor, "train")
    folder = folder_of(name)
    if not folder.queued.exists():
        raise RunError(f"The run {name} does not wait (any more).")
    with hold_run(folder, "removed"):
        delete_folder(name)


def _check_room(visitor: Visitor) -> None:
    waiting = waiting_runs()
    own = sum(may_control(name, visitor) for name in waiting)
    if len(waiting) >= MOST_WAITING:
        raise RunError(
            f"{len(waiting)} runs wait already, which is the most. Wait until one has ended."
        )
    if visitor.permissions.public and own >= MOST_OF_ONE:
        raise NotAllowedError(
            f"{own} of your runs wait already, which is the most. Wait until one has ended, or "
            "remove one."
        )


def _place(folder: RunFolder) -> tuple[int, str]:
    with suppress(OSError, ValueError):
        return int(folder.queued.read_text(encoding="ascii")), folder.name
    return time.time_ns(), folder.name
