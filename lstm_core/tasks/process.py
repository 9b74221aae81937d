"""Long work as a process of its own: it blocks nobody, and a reload of a page loses nothing.

A piece of work has a folder: ``progress.log`` holds what the process says, its result is written
whole at its end. The state is read from these files, so that any page, session or restarted server
sees the same.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from lstm_core.paths import ROOT
from lstm_core.progress import Progress

LOG_FILE = "progress.log"
SILENT_SECONDS = 600.0  # work without a process of ours that says nothing for so long has ended
TAIL = 8_192  # bytes of the log that are looked at
Process = subprocess.Popen[bytes]


@dataclass(frozen=True, slots=True)
class TaskStatus:
    """How a piece of work stands.

    Attributes:
        running: It is under way.
        progress: What it said last.
        error: Why it failed, a sentence; empty otherwise.
        done: Its result is there.
    """

    running: bool = False
    progress: Progress | None = None
    error: str = ""
    done: bool = False


def start(folder: Path, arguments: Sequence[str]) -> Process:
    """Start ``python`` with arguments in a process of its own; what the folder held is removed.

    Args:
        folder: The work's folder.
        arguments: For example ``-m lstm_core evaluate --progress``.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return start_in(folder, arguments)


def start_in(folder: Path, arguments: Sequence[str]) -> Process:
    """The same in a folder that holds what the work needs."""
    with (folder / LOG_FILE).open("wb") as log:
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=Path.cwd(),
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
        )


def status_of(folder: Path, result: Path, process: Process | None) -> TaskStatus:
    """How a piece of work stands.

    Args:
        folder: Its folder.
        result: What is there once it is done.
        process: The process, when this server started it; None after a restart.
    """
    log = folder / LOG_FILE
    progress, last = _last_words(log) if log.is_file() else (None, "")
    if process is not None and process.poll() is None:
        return TaskStatus(running=True, progress=progress)
    if result.exists():
        return TaskStatus(done=True)
    if not log.is_file():
        return TaskStatus()
    if process is None and time.time() - log.stat().st_mtime < SILENT_SECONDS:
        return TaskStatus(running=True, progress=progress)
    return TaskStatus(error=last or "The work ended without a result. Start it again.")


def emit_progress(progress: Progress) -> None:
    """Say how far the work is: one JSON line on standard error."""
    print(json.dumps(asdict(progress)), file=sys.stderr, flush=True)


def _last_words(log: Path) -> tuple[Progress | None, str]:
    """The last progress in the log, and the last line that is none."""
    with log.open("rb") as file:
        file.seek(max(log.stat().st_size - TAIL, 0))
        lines = file.read().decode("utf-8", errors="replace").splitlines()
    progress, other = None, ""
    for line in lines:
        try:
            told = json.loads(line)
            progress = Progress(str(told["stage"]), int(told["done"]), told["total"])
        except (ValueError, TypeError, KeyError):
            other = line.strip() or other
    return progress, other[:500]
