"""The file ``controls.json`` of a run: the page writes it, the training process follows it.

Changes of settings are events of the run too, so a resumed training repeats them at the same steps.
"""

import time
from contextlib import suppress
from dataclasses import dataclass, replace

from lstm_core.errors import InputError
from lstm_core.json_codec import from_json, to_json
from lstm_core.runs.folder import RunFolder
from lstm_core.tasks.atomic import write_file
from lstm_core.training.schedule import StepSettings

FASTEST = 0.0
WATCHED_SECONDS = 4.0  # after which nobody looks at the current weights any more


@dataclass(frozen=True, slots=True)
class Controls:
    """Where a training pauses, its speed, and changed settings."""

    until: int | None = None  # it pauses after so many steps; None for no such step
    speed: float = FASTEST  # steps a second at most, 0 for as many as it can take
    change: StepSettings | None = None  # settings for the steps that follow; None for those it has
    resets: int = 0  # how often it was sent back to its first step


def read_controls(folder: RunFolder) -> Controls:
    """What is asked of a run's training."""
    with suppress(OSError, ValueError, TypeError, KeyError, InputError):
        return from_json(Controls, folder.controls.read_bytes())
    return Controls()


def release(folder: RunFolder) -> None:
    """Let a run go on past the step it was sent to.

    Raises:
        OSError: It cannot be written.
    """
    found = read_controls(folder)
    if found.until is not None or found.change is not None:
        write_controls(folder, replace(found, until=None, change=None))


def write_controls(folder: RunFolder, controls: Controls) -> None:
    """Ask something of a run's training.

    Raises:
        OSError: It cannot be written.
    """
    write_file(folder.controls, to_json(controls))


def watch_weights(folder: RunFolder) -> None:
    """Make the training write its current weights, for a page that shows them."""
    with suppress(OSError):
        folder.watched.touch()


def is_watched(folder: RunFolder) -> bool:
    """Whether somebody looks at the current weights."""
    with suppress(OSError):
        return abs(time.time() - folder.watched.stat().st_mtime) < WATCHED_SECONDS
    return False
