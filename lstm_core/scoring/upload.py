"""What the desk does with the folder of one file: run its process, read what that left there."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from lstm_core.datasets.table import Preview
from lstm_core.paths import ROOT
from lstm_core.progress import Progress
from lstm_core.scoring.summary import Summary
from lstm_core.scoring.worker import ERROR_FILE, LOOK_FILE, PROGRESS_FILE, SUMMARY_FILE, Order

PREFIX = "lstm-lens-files-"
LOCK_FILE = "lock"
LOOK_SECONDS = 60.0
BROKEN = "The scoring ended without a result. Try again, or give a smaller file."


class Stage(StrEnum):
    """How far a file has come."""

    SEEN = "seen"
    WAITING = "waiting"
    SCORING = "scoring"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class FileState:
    """One visitor's file.

    Attributes:
        name: What the visitor calls it.
        size: Its bytes.
        stage: How far it has come.
        look: Its head; None when it cannot be read at all.
        order: How it is scored, once that was said.
        progress: How far the scoring has come.
        ahead: Files that are scored before it, while it waits.
        summary: What was found, when it is done.
        result: The file with every row, when it is done.
        error: A sentence when it failed.
    """

    name: str
    size: int
    stage: Stage
    look: Preview | None = None
    order: Order | None = None
    progress: Progress | None = None
    ahead: int = 0
    summary: Summary | None = None
    result: Path | None = None
    error: str = ""


def run(task: str, folder: Path) -> "subprocess.Popen[bytes]":
    """Start the process that looks at the file of a folder or scores it."""
    return subprocess.Popen(
        [sys.executable, "-m", "lstm_core.scoring.worker", task, str(folder)],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "OPENBLAS_NUM_THREADS": "2",
            "TMPDIR": str(folder),  # so that unpacked copies go with the folder
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def first_look(folder: Path, state: FileState) -> FileState:
    """The state of a new file after its head was read."""
    process = run("look", folder)
    try:
        process.wait(LOOK_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.returncode == 0:
        values = json.loads((folder / LOOK_FILE).read_text(encoding="utf-8"))
        return replace(state, look=Preview.from_dict(values), error="")
    return replace(state, stage=Stage.FAILED, error=_error(folder))


def outcome(folder: Path, state: FileState) -> FileState:
    """The state of a file whose process has ended."""
    summary = folder / SUMMARY_FILE
    if summary.is_file() and state.order is not None:
        found = Summary.from_json(summary.read_text(encoding="utf-8"))
        result = folder / state.order.result
        return replace(state, stage=Stage.DONE, summary=found, result=result)
    return replace(state, stage=Stage.FAILED, error=_error(folder))


def _error(folder: Path) -> str:
    path = folder / ERROR_FILE
    return path.read_text(encoding="utf-8") if path.is_file() else BROKEN


def progress_of(folder: Path) -> Progress | None:
    """How far the scoring of a file is."""
    try:
        return Progress(**json.loads((folder / PROGRESS_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None  # not begun yet


def held_bytes(root: Path) -> int:
    """Bytes of all files; one that is removed meanwhile counts nothing."""
    held = 0
    for folder, _, names in os.walk(root):
        for name in names:
            with suppress(OSError):
                held += os.path.getsize(os.path.join(folder, name))
    return held


def remove_orphans(parent: Path) -> None:
    """Remove the folders of servers that are no more."""
    for root in parent.glob(f"{PREFIX}*"):
        try:
            with (root / LOCK_FILE).open("r") as held:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(root, ignore_errors=True)
        except OSError:
            continue  # its server lives, or it is somebody else's
