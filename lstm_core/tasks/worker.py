"""The process of a task: ``python -m lstm_core.tasks.worker FOLDER LOCK``.

It is started by `lstm_core.tasks.queue` with the task's lock open, runs the function of the task's
kind, and writes the outcome: done with a result, stopped, or failed with a sentence.
"""

import faulthandler
import importlib
import os
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from lstm_core.errors import LstmLensError, reason
from lstm_core.progress import Progress
from lstm_core.tasks.folder import Phase, TaskFolder, TaskSpec
from lstm_core.tasks.limits import KINDS, TaskKind
from lstm_core.tasks.locks import keep_inherited
from lstm_core.tasks.process import end_session
from lstm_core.tasks.reporter import StatusReporter, StopRequested
from lstm_core.tasks.schedule import advance

NICENESS = 5  # pages go first
NO_MEMORY = "This needs more memory than there is. Give less, or a smaller file or model."


class TaskContext:
    """What the function of a kind is called with.

    Args:
        folder: The task's folder; the function may write files into it.
    """

    def __init__(self, folder: TaskFolder, spec: TaskSpec, reporter: StatusReporter) -> None:
        self.path = folder.path
        self.arguments = spec.arguments
        self.afterwards: Callable[[], object] | None = None  # done by this process after the task
        self._reporter = reporter

    def report(self, progress: Progress) -> None:
        """Report progress; waits in a pause.

        Raises:
            StopRequested: The task is to stop.
        """
        self._reporter.report(progress)


class _Reporter(StatusReporter):
    """A reporter that also ends work that takes too long or that nothing needs any more."""

    def __init__(self, folder: TaskFolder, spec: TaskSpec, kind: TaskKind, handle: int) -> None:
        super().__init__(folder.status, folder.control, interrupt=self._leave)
        self._folder, self._kind, self._handle = folder, kind, handle
        self._tied_to = Path(spec.tied_to) if spec.tied_to else None
        self._began = time.monotonic()

    def _late(self) -> bool:
        return time.monotonic() - self._began - self.paused_seconds > self._kind.seconds

    def _overdue(self) -> bool:
        return self._late() or (self._tied_to is not None and not self._tied_to.exists())

    def _leave(self) -> None:
        outcome = (Phase.STOPPED, "")
        if self._late():
            said = f"{self._kind.title} took longer than {self._kind.seconds:,.0f} seconds and was "
            more = "ended. Give less to do, or try again when the machine is less busy."
            outcome = (Phase.FAILED, said + more)
        with suppress(OSError):  # without room for the outcome it ends all the same
            self._folder.write_status(*outcome)
        _end(self._handle)


def main(folder: TaskFolder, handle: int) -> None:
    """Do the work and write its outcome."""
    keep_inherited(handle)
    faulthandler.enable()
    spec = folder.spec()
    if spec is None:
        return
    kind = KINDS[spec.kind]
    _limit(kind)
    reporter = _Reporter(folder, spec, kind, handle)
    reporter.begin()
    context = TaskContext(folder, spec, reporter)
    outcome = _outcome(context, kind)
    reporter.end()
    folder.write_status(*outcome)
    _end(handle, context.afterwards)


def _end(handle: int, afterwards: Callable[[], object] | None = None) -> None:
    """Release the lock, let the next task begin, and end the process."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.close(handle)
    with suppress(Exception):
        advance()
    if afterwards is not None:
        afterwards()
    end_session()  # Python's and TensorFlow's own shutdown takes a second


def _outcome(task: TaskContext, kind: TaskKind) -> tuple[Phase, str, Any]:
    module, _, name = kind.run.partition(":")
    try:
        result = getattr(importlib.import_module(module), name)(task)
        assert result is None or isinstance(result, Mapping)
        return Phase.DONE, "", result
    except StopRequested:
        return Phase.STOPPED, "", None
    except LstmLensError as error:
        return Phase.FAILED, str(error), None
    except MemoryError:  # Arrow's own is one of these too
        return Phase.FAILED, NO_MEMORY, None
    except OSError as error:
        traceback.print_exc()
        name = f" ({Path(error.filename).name})" if error.filename else ""
        said = f"A file could not be read or written{name}: {error.strerror or reason(error)}."
        return (
            Phase.FAILED,
            f"{said} Free some space or check the permissions, and try again.",
            None,
        )
    except Exception as error:  # whatever it was, whoever looks on must hear of it
        traceback.print_exc()
        said = f"{type(error).__name__}: {reason(error)}"
        return Phase.FAILED, f"An error in the program ended the work ({said}).", None


def _limit(kind: TaskKind) -> None:
    """Give way to the pages, and take no more memory than the kind may."""
    with suppress(AttributeError, OSError):
        os.nice(NICENESS)
    if kind.memory:
        with suppress(ImportError, OSError, ValueError):
            import resource

            resource.setrlimit(resource.RLIMIT_AS, (4 * kind.memory, 4 * kind.memory))
            resource.setrlimit(resource.RLIMIT_DATA, (kind.memory, kind.memory))


if __name__ == "__main__":
    main(TaskFolder(Path(sys.argv[1])), int(sys.argv[2]))
