"""The training process: ``python -m lstm_core.runs.worker FOLDER MACHINE_LOCK RUN_LOCK``.

It is started by `lstm_core.runs.control` with both locks open; they end with it.
"""

import errno
import faulthandler
import os
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lstm_core.errors import LstmLensError
from lstm_core.progress import Progress
from lstm_core.runs.config import RunRequest
from lstm_core.runs.events import EventKind, add_event
from lstm_core.runs.folder import RunFolder
from lstm_core.runs.read import read_run
from lstm_core.runs.schema import Status
from lstm_core.runs.status import RunReporter
from lstm_core.runs.timings import keep_cold_seconds
from lstm_core.runs.waiting import start_waiting
from lstm_core.tasks.locks import keep_inherited
from lstm_core.tasks.process import end_session
from lstm_core.tasks.reporter import ShutdownRequested, StopRequested

if TYPE_CHECKING:
    from lstm_core.training.recommended.train_step import StepPool

NICENESS = 5  # pages go first
RESERVE = 64 * 2**10  # bytes kept on the disk, so that a full one can still be told


def main(words: list[str]) -> int:
    """Give way to the pages, take over the locks and train."""
    faulthandler.enable()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with suppress(OSError):
        os.nice(NICENESS)
    return take_over(RunFolder(Path(words[0])), [int(handle) for handle in words[1:]])


def take_over(folder: RunFolder, handles: Sequence[int], pool: "StepPool | None" = None) -> int:
    """Take over the open locks of the run and of the machine, and train; see `work`."""
    for handle in handles:
        keep_inherited(handle)
    code = work(folder, pool)
    for handle in handles:
        os.close(handle)
    with suppress(Exception):  # the run has ended well whatever becomes of the next one
        if read_run(folder.name).status is not Status.INTERRUPTED:  # else the machine goes down
            start_waiting()
    return code


def work(folder: RunFolder, pool: "StepPool | None" = None) -> int:
    """Train in this process; whatever ends it is told in the run's events.

    Args:
        pool: Training steps that this process compiled before.

    Returns:
        0 when the run ended as it should, 1 when it failed.
    """
    reserve = folder.path / "reserve"
    try:
        reserve.write_bytes(bytes(RESERVE))
        _train(folder, pool)
    except Exception as error:  # whatever it was, whoever looks on must hear of it
        traceback.print_exc()
        with suppress(OSError):
            reserve.unlink(missing_ok=True)
        message, again = _in_words(error)
        with suppress(OSError):
            add_event(folder.events, EventKind.FAILED, message=message, again=again)
        return 1
    reserve.unlink(missing_ok=True)
    return 0


def _train(folder: RunFolder, pool: "StepPool | None") -> None:
    from lstm_core.runs.data import encode_data, load_data
    from lstm_core.runs.train_loop import Training
    from lstm_core.training.factory import make_repeatable, prepare

    def leave() -> None:
        if not reporter.leaving:
            _say_stopped(folder, "while it was preparing")
        end_session()

    reporter = RunReporter(folder, leave)
    signal.signal(signal.SIGTERM, lambda *_: setattr(reporter, "leaving", True))
    reporter.begin()
    training: Training | None = None
    try:
        request = RunRequest.from_json(folder.request.read_text(encoding="utf-8"))
        data = load_data(request, reporter.report)
        began = time.monotonic()
        if cold := "tensorflow" not in sys.modules:
            reporter.report(Progress("loading TensorFlow", 0))
            make_repeatable(request.settings.seed)
        loaded = time.monotonic()
        encoded = encode_data(request, data, reporter.report)
        known = (encoded.vocabulary, encoded.train)
        prepared = prepare(data.corpus, request.settings, reporter.report, pool, known)
        reporter.report(Progress("compiling the training step", 0))
        compiling = time.monotonic()
        prepared.trainer.make_ready()
        if cold:
            reporter.cold_seconds = time.monotonic() - compiling + loaded - began
            keep_cold_seconds(reporter.cold_seconds)
        made = Training(folder, request, data, encoded, prepared, reporter)
        made.resume_from()
        training = made  # from here on there is something to keep
        training.run()
        training.save_bundle()
        add_event(folder.events, EventKind.FINISHED, message=training.outcome, again=False)
    except ShutdownRequested:
        if training is not None:
            training.save_checkpoint()
            training.record.close()
    except StopRequested:
        _stop(folder, training)
    finally:
        reporter.end()


def _stop(folder: RunFolder, training: Any) -> None:
    """Keep what was learned."""
    if training is None or training.trainer.done == 0:
        _say_stopped(folder, "before its first step")
        return
    training.save_checkpoint()
    training.save_bundle()
    done, steps = training.trainer.done, training.trainer.steps
    _say_stopped(folder, f"after step {done:,} of {steps:,}; what it learned is kept")


def _say_stopped(folder: RunFolder, when: str) -> None:
    add_event(folder.events, EventKind.STOPPED, message=f"Stopped {when}.", again=True)


def _in_words(error: Exception) -> tuple[str, bool]:
    """A sentence about an error, and whether it makes sense to go on later."""
    from lstm_core.runs.train_loop import NonFiniteLossError

    if isinstance(error, NonFiniteLossError):
        return str(error), False
    if isinstance(error, LstmLensError):
        return str(error), True
    if isinstance(error, OSError):
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            why = "The disk is full"
        else:
            why = f"{error.filename or 'A file'} could not be written or read"
        return (
            f"{why} ({error.strerror or error}). What was saved before is intact: make room, then "
            "let the run go on from its last checkpoint."
        ), True
    if isinstance(error, MemoryError):
        return (
            "The machine has too little memory for these sizes. Start a run with fewer units, a "
            "smaller embedding or a shorter sequence length."
        ), True
    return (
        f"An error in the program ended the training ({type(error).__name__}: "
        f"{str(error)[:300]}). The run's worker.log has the details; it can go on from its last "
        "checkpoint."
    ), True


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    end_session(code)  # TensorFlow's farewell takes a second, in which the run would seem to live
