"""Status reporting and command handling for the training process."""

import time
from collections.abc import Callable

from lstm_core.progress import Progress
from lstm_core.runs.events import EventKind, add_event
from lstm_core.runs.folder import RunFolder
from lstm_core.runs.schema import Status
from lstm_core.tasks.reporter import StatusReporter


class RunReporter(StatusReporter):
    """The reporter of a run: writes ``now.json``, follows ``control``, notes pauses as events.

    Args:
        leave: Called to end the process at once, while nothing is learned yet.
    """

    def __init__(self, folder: RunFolder, leave: Callable[[], None]) -> None:
        super().__init__(
            folder.now,
            folder.control,
            phase=Status.PREPARING,
            stage="starting the training process",
            interrupt=leave,
            interruptible=(Status.PREPARING,),
            paused_phase=Status.PAUSED,
        )
        self._events = folder.events
        self.asked_at = float(self._now.get("asked", time.time()))  # when the run was started
        self.hold: Callable[[], bool] = lambda: False  # set by the training loop
        self.tend: Callable[[], object] = lambda: None
        self.cold_seconds = 0.0  # to load TensorFlow and to compile the step, where no standby did

    def report(self, progress: Progress) -> None:
        """Report progress; follows what is asked, unless the run is being saved."""
        if self._phase == Status.SAVING:
            self.show(progress)
        else:
            super().report(progress)

    def is_held(self) -> bool:
        """Whether the training is to wait: by a command, or at the step it was sent to."""
        return super().is_held() or self.hold()

    def in_pause(self) -> None:
        """Called again and again in a pause."""
        self.tend()

    def pause_began(self) -> None:
        """Note the pause."""
        add_event(self._events, EventKind.PAUSED)
        self.tend()  # what is shown in a pause is there when it is seen to have begun

    def pause_ended(self) -> None:
        """Note the end of the pause."""
        add_event(self._events, EventKind.WENT_ON)
