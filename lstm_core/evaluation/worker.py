"""Measuring anew as a process of its own; see `lstm_core.tasks.process`."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lstm_core.errors import LstmLensError
from lstm_core.evaluation.schema import Evaluation
from lstm_core.evaluation.store import read_evaluation_file
from lstm_core.model.bundle import EVALUATION_FILE, Bundle
from lstm_core.paths import data_folder
from lstm_core.progress import Progress
from lstm_core.tasks.process import Process, start, status_of


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


def start_job(bundle: Bundle, *, baselines: bool) -> Process:
    """Start measuring a bundle in a process of its own; an older result is removed first."""
    folder = job_folder(bundle)
    command = ["-m", "lstm_core", "evaluate", "--progress", "--json"]
    command += ["--model", str(bundle.folder.resolve()), "--out", str(folder / EVALUATION_FILE)]
    if not baselines:
        command.append("--no-baselines")
    return start(folder, command)


def job_state(bundle: Bundle, process: Process | None) -> JobState:
    """How the measurement of a bundle stands.

    Args:
        bundle: The bundle.
        process: The process, when this server started it; None after a restart.
    """
    folder = job_folder(bundle)
    found = status_of(folder, folder / EVALUATION_FILE, process)
    if not found.done:
        return JobState(found.running, found.progress, found.error)
    try:
        result = folder / EVALUATION_FILE
        written = result.stat().st_mtime_ns
        return JobState(evaluation=_read(result, bundle.fingerprint, bundle.maxlen, written))
    except (LstmLensError, OSError) as error:
        return JobState(error=str(error))


@lru_cache(maxsize=4)
def _read(path: Path, fingerprint: str, maxlen: int, written: int) -> Evaluation:
    del written  # a result written anew is read anew; pages ask at every letter typed
    return read_evaluation_file(path, fingerprint, maxlen)
