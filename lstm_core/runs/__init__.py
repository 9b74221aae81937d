"""Runs: trainings in processes of their own that are watched, paused, stopped and taken up again.

Importing this package imports no TensorFlow.
"""

from lstm_core.runs.config import (
    DEFAULT_PROBES,
    DataChoice,
    DataKind,
    Keep,
    RunRequest,
    command_of,
)
from lstm_core.runs.control import (
    continue_run,
    delete_run,
    pause_run,
    rename_run,
    running_run,
    start_run,
    stop_run,
)
from lstm_core.runs.estimate import Estimate, known_estimate, parameters_of, start_estimate
from lstm_core.runs.metrics_log import read_diagnostics
from lstm_core.runs.read import example_run, list_runs, read_curve, read_run
from lstm_core.runs.schema import EpochPoint, HealthWarning, Run, Status, TrainingCurve
from lstm_core.runs.snapshots import Snapshot, SnapshotLog, read_snapshots
from lstm_core.runs.waiting import (
    move_waiting,
    remove_waiting,
    start_or_queue,
    start_waiting,
    waiting_runs,
)
from lstm_core.training.diagnostics import Diagnostics

__all__ = [
    "DEFAULT_PROBES",
    "TrainingCurve",
    "DataChoice",
    "DataKind",
    "EpochPoint",
    "Keep",
    "Estimate",
    "SnapshotLog",
    "Snapshot",
    "Diagnostics",
    "Run",
    "RunRequest",
    "Status",
    "HealthWarning",
    "command_of",
    "continue_run",
    "delete_run",
    "example_run",
    "known_estimate",
    "list_runs",
    "move_waiting",
    "remove_waiting",
    "start_or_queue",
    "start_waiting",
    "waiting_runs",
    "parameters_of",
    "pause_run",
    "read_curve",
    "read_snapshots",
    "read_diagnostics",
    "read_run",
    "rename_run",
    "running_run",
    "start_estimate",
    "start_run",
    "stop_run",
]
