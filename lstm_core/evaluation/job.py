"""Measuring anew as a process of its own: it blocks nobody, and a reload of the page loses nothing.

A job has a folder: ``progress.log`` holds what the process says, ``evaluation.json`` is written
whole at its end. The state is read from these files, so that any page, session or restarted server
sees the same.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from lstm_core.bundle import EVALUATION_FILE, Bundle
from lstm_core.errors import LstmLensError
from lstm_core.evaluation.record import Evaluation
from lstm_core.evaluation.store import read_evaluation_file
from lstm_core.paths import ROOT, data_folder
from lstm_core.progress import Progress

LOG_FILE = "progress.log"
SILENT_SECONDS = 600.0  # a job without a process of ours that says nothing for so long has ended
TAIL = 8_192  # bytes of the log that are looked at


@dataclass(frozen=True)
class JobState:
    """How a measurement stands.

    Attributes:
        running: It is under way.
        progress: What it said last.
        error: Why it failed, a sentence; empty otherwise.
        evaluation: What it found, once it is done.
    """

    running: bool = False
    progress: Progress | None = None
    error: str = ""
    evaluation: Evaluation | None = None


def job_folder(bundle: Bundle) -> Path:
    """Folder of the measurement of this model."""
    return data_folder() / "evaluations" / bundle.fingerprint[:16]


def start_job(bundle: Bundle, *, baselines: bool) -> "subprocess.Popen[bytes]":
    """Start measuring a bundle in a process of its own; an older result is removed first."""
    folder = job_folder(bundle)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    command = [sys.executable, "-m", "lstm_core", "evaluate", "--progress", "--json"]
    command += ["--model", str(bundle.folder.resolve()), "--out", str(folder / EVALUATION_FILE)]
    if not baselines:
        command.append("--no-baselines")
    with (folder / LOG_FILE).open("wb") as log:
        return subprocess.Popen(
            command,
            cwd=Path.cwd(),
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
        )


def job_state(bundle: Bundle, process: "subprocess.Popen[bytes] | None") -> JobState:
    """How the measurement of a bundle stands.

    Args:
        bundle: The bundle.
        process: The process, when this server started it; None after a restart.
    """
    folder = job_folder(bundle)
    log, result = folder / LOG_FILE, folder / EVALUATION_FILE
    progress, last = _last_words(log) if log.is_file() else (None, "")
    if process is not None and process.poll() is None:
        return JobState(running=True, progress=progress)
    if result.is_file():
        try:
            return JobState(evaluation=read_evaluation_file(result, bundle))
        except LstmLensError as error:
            return JobState(error=str(error))
    if not log.is_file():
        return JobState()
    if process is None and time.time() - log.stat().st_mtime < SILENT_SECONDS:
        return JobState(running=True, progress=progress)
    return JobState(error=last or "The measurement ended without a result. Start it again.")


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
