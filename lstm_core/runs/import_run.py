"""Taking in a run that was trained elsewhere, as if it had been trained here."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from lstm_core.errors import RunError, reason
from lstm_core.model.registry import checked_name
from lstm_core.paths import runs_folder
from lstm_core.runs.events import EventKind, read_events
from lstm_core.runs.folder import RunFolder, sync_folder, write_whole
from lstm_core.runs.read import list_runs


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
        runs.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=".new-", dir=runs))
        try:
            fill(made)
            _renumber(RunFolder(made), name, number)
            made.chmod(0o755)  # mkdtemp gives a folder that only its owner may open
            if target.exists():
                raise RunError(f"There is a run named {name} already. Choose another name.")
            os.rename(made, target)
            sync_folder(runs)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except OSError as error:
        raise RunError(
            f"The run {name} cannot be kept in {runs}: {reason(error)}. Free some room."
        ) from error


def _renumber(draft: RunFolder, name: str, number: int) -> None:
    """Give the run its place behind all others."""
    events = [dict(event) for event in read_events(draft.events)]
    if not events or not draft.request.is_file():
        raise RunError(f"What came for the run {name} is no run. Train it anew.")
    for event in events:
        if event["kind"] == EventKind.CREATED:
            event["number"] = number
    lines = "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events)
    write_whole(draft.events, lines.encode())
