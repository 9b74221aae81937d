"""Running a sweep: an executor trains the missing runs, and each is collected as it ends."""

from collections.abc import Callable
from dataclasses import dataclass

from lstm_core.errors import LstmLensError, RunError
from lstm_core.paths import runs_folder
from lstm_core.runs import Run, RunRequest, Status, read_run
from lstm_core.runs.import_run import import_run
from lstm_core.sweep.config import Sweep
from lstm_core.sweep.trial import TrialResult, train_one, unpack
from lstm_core.tasks.executors import Executor

Report = Callable[[int, int, str], None]  # runs done, runs in all, a sentence


@dataclass(frozen=True, slots=True)
class SweepResult:
    """Result of a sweep."""

    runs: tuple[Run, ...]  # the runs that are there, in the order of the sweep
    kept: int  # how many of them were there before
    failures: tuple[tuple[str, str], ...]  # names and reasons of those that could not be trained


def run_sweep(sweep: Sweep, executor: Executor, report: Report) -> SweepResult:
    """Train every run of a sweep that is not there yet.

    Args:
        report: Told after every run.

    Raises:
        RunError: When a run of that name is there that was trained otherwise.
        ExecutorError: When the workers cannot do it; what was trained is kept.
    """
    missing = [request for request in sweep.requests if not _is_there(request)]
    total, done = len(sweep.requests), len(sweep.requests) - len(missing)
    failures: list[tuple[str, str]] = []
    if done:
        report(done, total, f"{done:,} of {total:,} runs are there already")
    if missing:
        for trained in executor.run(train_one, missing):
            done += 1
            if error := _collect(trained):
                failures.append((trained.name, error))
            report(done, total, f"{trained.name}: {error or _figures(read_run(trained.name))}")
    failed = {name for name, _ in failures}
    runs = tuple(read_run(one.name) for one in sweep.requests if one.name not in failed)
    failures += [(run.name, run.message) for run in runs if run.status is not Status.FINISHED]
    return SweepResult(runs, total - len(missing), tuple(failures))


def _is_there(request: RunRequest) -> bool:
    """Whether the run was collected before, by the same request."""
    path = runs_folder() / request.name
    if not path.exists():
        return False
    if read_run(request.name).request != request:
        raise RunError(
            f"There is a run {request.name} with other settings. Rename the sweep, or delete that "
            "run first."
        )
    return True


def _collect(trained: TrialResult) -> str:
    """Put a run among those of this machine; why that failed, or an empty text."""
    if trained.error:
        return trained.error
    try:
        import_run(trained.name, lambda folder: unpack(trained.packed, folder))
    except LstmLensError as error:
        return str(error)
    return ""


def _figures(run: Run) -> str:
    found = [
        f"{one.name} {one.value:.4f} ({one.reading})"
        for one in run.figures
        if one.name == "accuracy"
    ]
    return ", ".join(found) or f"{run.status}. {run.message}"
