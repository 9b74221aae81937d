"""Evaluation of a model as a background task, see `lstm_core.tasks`.

The task's function is `lstm_core.cli.evaluate.run_task`: it measures what the command measures and
replaces the stored evaluation once it is finished. One that is stopped or fails replaces nothing.
"""

from functools import lru_cache
from pathlib import Path

from lstm_core.evaluation.schema import Evaluation
from lstm_core.evaluation.store import read_evaluation_file
from lstm_core.model.bundle import EVALUATION_FILE, Bundle
from lstm_core.paths import data_folder
from lstm_core.permissions import Visitor
from lstm_core.tasks.queue import submit

KIND = "evaluation"


def result_path(bundle: Bundle) -> Path:
    """File of the last finished evaluation of this model, made here."""
    return data_folder() / "evaluations" / bundle.fingerprint[:16] / EVALUATION_FILE


def start_evaluation(
    bundle: Bundle, visitor: Visitor, *, baselines: bool, data: Path | None = None
) -> None:
    """Ask for an evaluation of a bundle.

    Args:
        baselines: Train and measure the baselines, too.
        data: The data set; None for the one that is found on this machine.

    Raises:
        NotAllowedError: The visitor may not measure.
        TaskError: It cannot be started.
    """
    arguments = {
        "model": str(bundle.folder.resolve()),
        "out": str(result_path(bundle).resolve()),
        "baselines": baselines,
        "data": str(data or ""),
    }
    submit(KIND, bundle.fingerprint, arguments, visitor)


def measured_here(bundle: Bundle) -> Evaluation | None:
    """The last finished evaluation made here; None without one.

    Raises:
        BundleError: It is damaged.
    """
    path = result_path(bundle)
    try:
        written = path.stat().st_mtime_ns
    except OSError:
        return None
    return _read(path, bundle.fingerprint, bundle.maxlen, written)


@lru_cache(maxsize=4)
def _read(path: Path, fingerprint: str, maxlen: int, written: int) -> Evaluation:
    del written  # a new result is read again; pages ask at every letter typed
    return read_evaluation_file(path, fingerprint, maxlen)
