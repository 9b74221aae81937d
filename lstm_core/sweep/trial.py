"""One training of a sweep, in a worker of the executor.

The worker trains in a home of its own, so that several can train on one machine and none needs the
disk of another; what comes back is the finished run, packed.
"""

import io
import os
import shutil
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

from lstm_core.datasets import find_corpus
from lstm_core.datasets.find import VARIABLE
from lstm_core.errors import LstmLensError
from lstm_core.runs import DataKind, RunRequest, read_run, start_run, stop_run
from lstm_core.tasks.process import run_python

POLL = 0.3  # seconds between two looks at the run
PATIENCE = 120.0  # seconds a training may take to stop
LEFT_OUT = ("lock", "control", "epochs")  # the weights of every epoch are tens of MB per run


@dataclass(frozen=True, slots=True)
class TrialResult:
    """Result of one training."""

    name: str  # the run's name
    packed: bytes  # the run's folder as a zip file; empty when it could not be started
    error: str = ""  # why it could not


def train_one(request: RunRequest) -> TrialResult:
    """Train, wait for the end, and pack the run."""
    with tempfile.TemporaryDirectory(prefix="lstm-lens-sweep-") as home:
        environment = {"LSTM_LENS_HOME": home}
        try:
            if request.data.kind is DataKind.IMDB and (found := find_corpus()) is not None:
                environment[VARIABLE] = str(found.path.resolve())
        except LstmLensError as error:
            return TrialResult(request.name, b"", str(error))
        # In a session of its own: it outlives a kill of the worker, and then clears up.
        done = run_python(["-m", "lstm_core.sweep.trial", home], request.to_json(), environment)
        folder = Path(home) / "runs" / request.name
        if not folder.is_dir():
            said = done.stderr.strip().splitlines()
            return TrialResult(
                request.name, b"", said[-1] if said else "The training did not start."
            )
        return TrialResult(request.name, _pack(folder))


def unpack(packed: bytes, folder: Path) -> None:
    """Put a packed run into a folder.

    Raises:
        OSError: When it cannot be written.
    """
    with zipfile.ZipFile(io.BytesIO(packed)) as file:
        file.extractall(folder)  # leaves out whatever would lead outside the folder


def _pack(folder: Path) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as file:
        for path in sorted(folder.rglob("*")):
            parts = path.relative_to(folder).parts
            if path.is_file() and not set(parts) & set(LEFT_OUT):
                file.write(path, path.relative_to(folder))
    return content.getvalue()


def main(home: str) -> int:
    """Run the training that standard input asks for; end with it, or with the worker."""
    parent = os.getppid()
    try:
        name = start_run(RunRequest.from_json(sys.stdin.read()))
        while read_run(name).alive and os.getppid() == parent:
            time.sleep(POLL)
        if os.getppid() != parent:  # the worker was killed: another one begins again
            _give_up(name, home)
    except LstmLensError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _give_up(name: str, home: str) -> None:
    """Stop a training that nobody waits for, and remove its home."""
    if read_run(name).alive:
        stop_run(name)
    end = time.monotonic() + PATIENCE
    while read_run(name).alive and time.monotonic() < end:
        time.sleep(POLL)
    shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
