"""The training process' desk: what it says to those who look on, and what it is asked to do."""

import json
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from lstm_core.progress import Progress
from lstm_core.runs.control import Command, order_of
from lstm_core.runs.events import EventKind, add_event
from lstm_core.runs.folder import RunFolder, read_json, write_whole
from lstm_core.runs.schema import Status

BEAT = 0.5  # seconds between two signs of life
LEAST_PAUSE = 0.2  # seconds between two writings while one stage goes on
POLL = 0.05  # seconds between two looks at the control file in a pause


class StopRequested(Exception):
    """A person asked the run to stop."""


class ShutdownRequested(Exception):
    """The machine asks the process to end: it saves a checkpoint and goes, to be taken up later."""


class StatusReporter:
    """Writes `now.json`, obeys `control`, and gives a sign of life twice a second.

    Args:
        folder: The run's folder.
        leave: Called to end the process at once, while nothing is learned yet.
    """

    def __init__(self, folder: RunFolder, leave: Callable[[], None]) -> None:
        self._folder = folder
        self._leave = leave
        self._lock = threading.Lock()
        self._now: dict[str, Any] = read_json(folder.now)
        self._phase = Status.PREPARING
        self._stage = Progress("starting the training process", 0)
        self._stage_began = self._written = time.monotonic()
        self._ended = threading.Event()
        self.paused_seconds = 0.0
        self.leaving = False

    def begin(self) -> None:
        """Start the signs of life."""
        threading.Thread(target=self._beat, name="signs of life", daemon=True).start()

    def end(self) -> None:
        """No more signs of life."""
        self._ended.set()

    def report(self, progress: Progress) -> None:
        """Say how far the present stage is; obeys while the run prepares or trains.

        Raises:
            StopAsked: When the run is to stop.
            LeaveAsked: When the process is to end.
            OSError: When it cannot be said.
        """
        if self._phase is not Status.SAVING:
            self.obey()
        self.show(progress)

    def show(self, progress: Progress) -> None:
        """Say how far the present stage is, and obey nobody: what is begun is ended first.

        Raises:
            OSError: When it cannot be said.
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

    def enter(self, phase: Status) -> None:
        """Begin a phase."""
        with self._lock:
            self._phase = phase
            self._write()

    def asked(self) -> bool:
        """Whether there is something to obey."""
        return self.leaving or order_of(self._folder) is not Command.RUN

    def obey(self) -> None:
        """Wait while the run is paused.

        Raises:
            StopAsked: When the run is to stop.
            LeaveAsked: When the process is to end.
        """
        order = self._order()
        if order is Command.PAUSE:
            self._pause()

    def _order(self) -> Command:
        if self.leaving:
            raise ShutdownRequested
        order = order_of(self._folder)
        if order is Command.STOP:
            raise StopRequested
        return order

    def _pause(self) -> None:
        began, before = time.monotonic(), self._phase
        add_event(self._folder.events, EventKind.PAUSED)
        self.enter(Status.PAUSED)
        try:
            while self._order() is Command.PAUSE:
                time.sleep(POLL)
        finally:
            self.paused_seconds += time.monotonic() - began
            self.enter(before)
        add_event(self._folder.events, EventKind.WENT_ON)

    def _beat(self) -> None:
        while not self._ended.wait(BEAT):
            with self._lock, suppress(OSError):
                asked = self.leaving or order_of(self._folder) is Command.STOP
                if asked and self._phase is Status.PREPARING:
                    self._leave()  # ends the process: a stage may not look up for minutes
                self._write()

    def _write(self) -> None:
        self._written = time.monotonic()
        told = {
            **self._now,
            "phase": self._phase,
            "stage": self._stage.stage,
            "done": self._stage.done,
            "total": self._stage.total,
            "stage_seconds": round(self._written - self._stage_began, 1),
            "beat": self._now.get("beat", 0) + 1,
        }
        self._now["beat"] = told["beat"]
        write_whole(self._folder.now, json.dumps(told).encode())


def end_at_once(code: int = 0) -> None:
    """End the process without any of Python's farewells."""
    os._exit(code)
