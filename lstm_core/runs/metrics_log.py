"""Measurements of a run in plain files: diagnostics, and the history as CSV."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, astuple, fields

from lstm_core.runs.folder import RunFolder, folder_of
from lstm_core.runs.schema import EpochPoint
from lstm_core.tasks.atomic import write_file
from lstm_core.tasks.folder import read_json
from lstm_core.training.diagnostics import Diagnostics


def read_diagnostics(name: str) -> tuple[Diagnostics, ...]:
    """What was measured inside the model, in the order of steps.

    Raises:
        RunError: When there is no such run.
    """
    found = []
    for file in sorted(folder_of(name).insides.glob("*.json")):
        try:
            told = read_json(file)
            found.append(Diagnostics(**{**told, "time_norms": tuple(told["time_norms"])}))
        except (KeyError, TypeError):
            continue
    return tuple(found)


def write_diagnostics(folder: RunFolder, inside: Diagnostics) -> None:
    """Keep what was measured."""
    folder.insides.mkdir(exist_ok=True)
    write_file(folder.insides / f"{inside.step:09d}.json", json.dumps(asdict(inside)).encode())


def forget_after(folder: RunFolder, step: int) -> None:
    """Throw away what belongs to steps that will be done again."""
    for file in folder.insides.glob("*.json"):
        if int(file.stem) > step:
            file.unlink()


def write_history(folder: RunFolder, points: Sequence[EpochPoint]) -> None:
    """Write the epochs as CSV, whole."""
    made = io.StringIO(newline="")
    table = csv.writer(made)
    table.writerow(field.name for field in fields(EpochPoint))
    table.writerows(["" if v is None else v for v in astuple(point)] for point in points)
    write_file(folder.history, made.getvalue().encode())
