"""Status reporting and command handling in the process of a task or run."""

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from lstm_core.progress import Progress
from lstm_core.tasks.atomic import write_file
from lstm_core.tasks.folder import Command, Phase, read_command, read_json

BEAT_SECONDS = 0.25  # between two looks at the command while a stage does not report
LEAST_PAUSE = 0.2  # seconds between two writings while one stage goes on
PAUSE_POLL = 0.05  # seconds between two looks at the command in a pause


class StopRequested(Exception):
    """A person asked the process to stop."""


class ShutdownRequested(Exception):
    """The operating system ends the process: it saves a checkpoint, to be resumed later."""


class StatusReporter:
    """Writes the status file, and follows the commands in the control file.

    Args:
        status: The status file; numbers that it holds are kept.
        control: The control file.
        phase: The phase it begins in.
        stage: The stage it begins with, as words.
        interrupt: Called as soon as a stop is asked for in an interruptible phase; it ends the
            process, because a stage may take minutes without a report.
        interruptible: Phases that may end at any moment.
        paused_phase: The phase of a pause.
    """

    def __init__(
        self,
        status: Path,
        control: Path,
        *,
        phase: str = Phase.RUNNING,
        stage: str = "starting the process",
        interrupt: Callable[[], None],
        interruptible: tuple[str, ...] = (Phase.RUNNING, Phase.PAUSED),
        paused_phase: str = Phase.PAUSED,
    ) -> None:
        self._status, self._control = status, control
        self._interrupt, self._interruptible = interrupt, interruptible
        self._lock = threading.Lock()
        self._now: dict[str, Any] = read_json(status)
        self._phase, self._paused_phase = phase, paused_phase
        self._stage = Progress(stage, 0)
        self._stage_began = self._written = time.monotonic()
        self._ended = threading.Event()
        self._paused = 0.0
        self._pause_began: float | None = None
        self.leaving = False

    @property
    def paused_seconds(self) -> float:
        """Seconds of all pauses so far, the present one included."""
        began = self._pause_began
        return self._paused + (0.0 if began is None else time.monotonic() - began)

    def begin(self) -> None:
        """Start to look at the command twice and more a second, whatever the work does."""
        with self._lock, suppress(OSError):
            self._write()
        threading.Thread(target=self._watch, name="commands", daemon=True).start()

    def end(self) -> None:
        """Write no more."""
        self._ended.set()
        with self._lock:  # a writing under way is over
            pass

    def report(self, progress: Progress) -> None:
        """Report progress of the current stage, and follow what is asked.

        Raises:
            StopRequested: The process is to stop.
            ShutdownRequested: The process is to end.
            OSError: The status cannot be written.
        """
        self.check_commands()
        self.show(progress)

    def show(self, progress: Progress) -> None:
        """Report progress without looking at the command, so that a stage always completes.

        Raises:
            OSError: The status cannot be written.
        """
        with self._lock:
            fresh = progress.stage != self._stage.stage
            if fresh:
                self._stage_began = time.monotonic()
            self._stage = progress
            ended = progress.total is not None and progress.done >= progress.total
            if fresh or ended or time.monotonic() - self._written > LEAST_PAUSE:
                self._write()

    def tell(self, **numbers: Any) -> None:
        """Keep numbers for the next writing."""
        with self._lock:
            self._now.update(numbers)

    def enter(self, phase: str) -> None:
        """Begin a phase."""
        with self._lock:
            self._phase = phase
            self._write()

    def asked(self) -> bool:
        """Whether something is asked of the process."""
        return self.leaving or read_command(self._control) is not Command.RUN

    def check_commands(self) -> None:
        """Wait while the work is paused.

        Raises:
            StopRequested: The process is to stop.
            ShutdownRequested: The process is to end.
        """
        if self.is_held():
            self._pause()

    def is_held(self) -> bool:
        """Whether the work is to wait.

        Raises:
            StopRequested: The process is to stop.
            ShutdownRequested: The process is to end.
        """
        return self._command() is Command.PAUSE

    def in_pause(self) -> None:
        """Called again and again in a pause."""

    def pause_began(self) -> None:
        """Called when a pause begins."""

    def pause_ended(self) -> None:
        """Called when the work goes on after a pause."""

    def _command(self) -> Command:
        if self.leaving:
            raise ShutdownRequested
        command = read_command(self._control)
        if command is Command.STOP:
            raise StopRequested
        return command

    def _pause(self) -> None:
        before, self._pause_began = self._phase, time.monotonic()
        try:
            self.pause_began()
            self.enter(self._paused_phase)
            while self.is_held():
                self.in_pause()
                time.sleep(PAUSE_POLL)
        finally:
            self._paused, self._pause_began = self.paused_seconds, None
            self.enter(before)
        self.pause_ended()

    def _watch(self) -> None:
        while not self._ended.wait(BEAT_SECONDS):
            asked = self.leaving or read_command(self._control) is Command.STOP
            with self._lock, suppress(OSError):
                if self._ended.is_set():
                    return
                if (asked or self._overdue()) and self._phase in self._interruptible:
                    self._interrupt()
                self._write()

    def _overdue(self) -> bool:
        """Whether the work has to end for another reason."""
        return False

    def _write(self) -> None:
        self._written = time.monotonic()
        self._now["beat"] = self._now.get("beat", 0) + 1
        told = {
            **self._now,
            "phase": self._phase,
            "stage": self._stage.stage,
            "done": self._stage.done,
            "total": self._stage.total,
            "stage_seconds": round(self._written - self._stage_began, 1),
        }
        write_file(self._status, json.dumps(told))
