"""Importing a run that was trained elsewhere, as if it had been trained here."""

import json
from collections.abc import Callable
from pathlib import Path

from lstm_core.errors import RunError, reason
from lstm_core.model.registry import checked_name
from lstm_core.paths import runs_folder
from lstm_core.runs.events import EventKind, read_events
from lstm_core.runs.folder import RunFolder
from lstm_core.runs.read import list_runs
from lstm_core.tasks.atomic import replacing_folder, sync, write_file


def import_run(name: str, fill: Callable[[Path], None]) -> None:
    """Put a run among those of this machine, whole or not at all, as the newest.

    Args:
        name: Its name here.
        fill: Writes the run's files into the folder that it is given.

    Raises:
        RunError: When the name is taken, the files are no run, or they cannot be written.
    """
    runs, number = runs_folder(), max((run.number for run in list_runs()), default=0) + 1
    target = runs / checked_name(name)
    try:
        with replacing_folder(target) as made:
            fill(made)
            _renumber(RunFolder(made), name, number)
        sync(runs)
    except FileExistsError as error:
        raise RunError(f"There is a run named {name} already. Choose another name.") from error
    except OSError as error:
        raise RunError(
            f"The run {name} cannot be kept in {runs}: {reason(error)}. Free some room."
        ) from error


def _renumber(draft: RunFolder, name: str, number: int) -> None:
    """Give the run its place behind all others."""
    events = [dict(event) for event in read_events(draft.events)]
    if not events or not draft.request.is_file():
        raise RunError(f"What came for the run {name} is no run. Train it again.")
    for event in events:
        if event["kind"] == EventKind.CREATED:
            event["number"] = number
    lines = "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events)
    write_file(draft.events, lines.encode())
