"""The folder of a task: its specification, status, commands and log.

``spec.json`` is written once; ``status.json`` by whoever holds ``lock``, which is the process that
does the work; ``control`` by anybody who may control it; ``log.txt`` is what the process printed.
A task whose lock is held is alive, one whose lock is free is not: nothing else decides that.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from lstm_core.json_codec import from_json, to_json
from lstm_core.progress import Progress
from lstm_core.tasks.atomic import write_file
from lstm_core.tasks.locks import is_held

DIED = (
    "The process ended without a result: it was killed, perhaps for want of memory, or the machine "
    "was restarted. Try again."
)


class Phase(StrEnum):
    """State of a task; in the second and third its process runs."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    DONE = "done"
    FAILED = "failed"


ALIVE = (Phase.RUNNING, Phase.PAUSED)


class Command(StrEnum):
    """Command to the process of a task or run."""

    RUN = "run"
    PAUSE = "pause"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class TaskSpec:
    """Specification of a task."""

    kind: str  # one of `limits.KINDS`
    key: str  # what makes it this task: tasks of equal kind and key are one
    arguments: Mapping[str, Any]  # for the function that does the work, plain JSON values
    number: int = 0  # place in the order of all tasks
    created: str = ""  # when, in UTC, "2026-01-31T12:00:00Z"
    tied_to: str = ""  # path without which the task makes no sense any more; empty for none


@dataclass(frozen=True, slots=True)
class TaskStatus:
    """Status of a task."""

    phase: Phase | None = None  # its phase; None when there is no such task
    progress: Progress | None = None  # its last report
    error: str = ""  # why it failed, a sentence; empty otherwise
    ahead: int = 0  # while it waits, the tasks that begin before it
    stopping: bool = False  # it was told to stop and has not ended yet
    result: Mapping[str, Any] | None = None  # what the function returned, when it is done

    @property
    def active(self) -> bool:
        """It waits or its process runs."""
        return self.phase is Phase.QUEUED or self.phase in ALIVE

    @property
    def done(self) -> bool:
        """It ended with a result."""
        return self.phase is Phase.DONE

    @property
    def sentence(self) -> str:
        """How it stands, for a person."""
        if self.phase is Phase.QUEUED:
            if not self.ahead:
                return "Waiting: this is next, as soon as a task that runs now has ended."
            tasks = "1 task is" if self.ahead == 1 else f"{self.ahead} tasks are"
            return f"Waiting: {tasks} before this one."
        if self.stopping:
            return "Stopping"
        if self.phase is Phase.PAUSED:
            return "Paused"
        stage = self.progress.stage if self.progress else ""
        return stage[:1].upper() + stage[1:] or "Starting the process"


class Inside:
    """A path inside a folder, as an attribute of the class that stands for the folder."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, folder: Any, _: type) -> Path:
        return Path(folder.path, self._name)


@dataclass(frozen=True, slots=True)
class TaskFolder:
    """Paths inside a task's folder, and what is in them."""

    path: Path

    spec_file = Inside("spec.json")  # what is asked for
    visitors_file = Inside("visitors.json")  # who asked for it
    lock = Inside("lock")  # held while its process runs
    log = Inside("log.txt")  # what its process printed
    status = Inside("status.json")  # how it stands
    control = Inside("control")  # the command that its process is given

    def spec(self) -> TaskSpec | None:
        """What is asked for; None when the folder holds no task."""
        try:
            return from_json(TaskSpec, self.spec_file.read_bytes())
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def write_spec(self, spec: TaskSpec) -> None:
        """Write what is asked for."""
        write_file(self.spec_file, to_json(spec))

    def visitors(self) -> tuple[str, ...]:
        """Who asked for it, the first one first."""
        found = read_json(self.visitors_file).get("visitors", ())
        return tuple(str(one) for one in found) if isinstance(found, list) else ()

    def write_visitors(self, visitors: tuple[str, ...]) -> None:
        """Write who asks for it."""
        write_file(self.visitors_file, json.dumps({"visitors": visitors}))

    def read_status(self) -> TaskStatus:
        """How it stands, without its place in the queue."""
        # The lock first: a process that ends in between has written its last status by then.
        alive = is_held(self.lock)
        found = read_json(self.status)
        try:
            phase = Phase(found["phase"])
        except (KeyError, ValueError):
            return TaskStatus(Phase.RUNNING if alive else None)
        progress = _progress(found)
        if alive:
            phase = Phase.PAUSED if phase is Phase.PAUSED else Phase.RUNNING
            stopping = read_command(self.control) is Command.STOP
            return TaskStatus(phase, progress, stopping=stopping)
        if phase in ALIVE:  # it ended without writing how
            return TaskStatus(Phase.FAILED, error=DIED)
        result = found.get("result")
        error = str(found.get("error", ""))
        return TaskStatus(phase, error=error, result=result if isinstance(result, dict) else None)

    def write_status(self, phase: Phase, error: str = "", result: Any = None) -> None:
        """Write how it stands, by whoever holds its lock or the queue's."""
        write_file(
            self.status,
            json.dumps({"phase": phase, "error": error, "result": result}),
            durable=True,
        )


def read_command(control: Path) -> Command:
    """The command to a process."""
    try:
        return Command(control.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return Command.RUN


def write_command(control: Path, command: Command) -> None:
    """Write the command to a process.

    Raises:
        OSError: When it cannot be written.
    """
    write_file(control, command.encode("ascii"))


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file; empty when there is none that can be read."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _progress(found: Mapping[str, Any]) -> Progress | None:
    try:
        return Progress(str(found["stage"]), int(found["done"]), found["total"])
    except (KeyError, TypeError, ValueError):
        return None
