"""Limits of background work and uploads, per kind, per visitor and in total; see docs/limits.md."""

from collections.abc import Mapping
from dataclasses import dataclass, field

MIB = 2**20
HOUR = 3_600.0

# Tasks
MAX_RUNNING = 2  # heavy tasks at the same time, a training not counted
MAX_QUEUED = 24  # tasks waiting, of all visitors together
MAX_PER_VISITOR = 4  # tasks of one visitor, running and waiting
TASK_KEPT_SECONDS = HOUR  # a finished task's folder, after its end
ABSENT_SECONDS = 90.0  # after which a visitor without an open page counts as gone
SWEEP_SECONDS = 15.0  # between two rounds of clearing up in a server
SHUTDOWN_SECONDS = 10.0  # a server takes at most to end

# Uploads
MAX_UPLOAD_BYTES = 100 * MIB  # of one file
MAX_VISITOR_UPLOADS = 8  # files of one visitor
MAX_VISITOR_UPLOAD_BYTES = 512 * MIB
MAX_ALL_UPLOAD_BYTES = 4 * 1024 * MIB  # uploads and their results together
MAX_RECEIVED_BYTES = 512 * MIB  # of files that the web server holds in memory, all visitors
UPLOAD_KEPT_SECONDS = HOUR  # after its visitor last looked at it
TRAINING_UPLOAD_KEPT_SECONDS = 7 * 24 * HOUR  # one that a run was started with


@dataclass(frozen=True, slots=True)
class TaskKind:
    """One kind of task.

    Attributes:
        run: ``module:function`` that does the work in the task's process.
        title: What is being done, for a sentence.
        permission: The action that the visitor must be allowed; empty where all may.
        heavy: It counts among the `MAX_RUNNING` tasks of all heavy kinds.
        at_once: Tasks of this kind at the same time.
        per_visitor: Tasks of this kind of one visitor, running and waiting.
        seconds: After which it is ended.
        private: Its result is for its visitor alone: it is dropped once the visitor is gone, and a
            new one takes the place of the visitor's older one.
        memory: Bytes that its process may allocate, and a quarter of its address space; 0 for no
            limit.
        environment: Variables of its process.
    """

    run: str
    title: str
    permission: str = "measure"
    heavy: bool = True
    at_once: int = 1
    per_visitor: int = 1
    seconds: float = 2 * HOUR
    private: bool = False
    memory: int = 0
    environment: Mapping[str, str] = field(default_factory=dict)


_QUIET_TENSORFLOW = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
_FEW_THREADS = {"OPENBLAS_NUM_THREADS": "2"}

KINDS: Mapping[str, TaskKind] = {
    "preview": TaskKind(
        "lstm_core.scoring.worker:preview",
        "Reading the first rows",
        permission="",
        heavy=False,
        at_once=2,
        per_visitor=3,
        seconds=60.0,
        memory=1024 * MIB,
        environment=_FEW_THREADS,
    ),
    "scoring": TaskKind(
        "lstm_core.scoring.worker:score",
        "Scoring the file",
        permission="",
        heavy=False,
        at_once=2,
        per_visitor=2,
        memory=1024 * MIB,
        environment=_FEW_THREADS,
    ),
    "evaluation": TaskKind("lstm_core.cli.evaluate:run_task", "Evaluating the model"),
    "activations": TaskKind(
        "lstm_core.activations.worker:run", "Computing the activations", per_visitor=2
    ),
    # The built-in texts: seconds of work, kept for everybody, so it needs no permission.
    "built_in_activations": TaskKind(
        "lstm_core.activations.worker:run", "Reading the built-in texts", "", False, seconds=300.0
    ),
    "projection": TaskKind(
        "lstm_core.activations.tsne:run", "Computing the t-SNE projection", seconds=HOUR
    ),
    "keras_parity": TaskKind(
        "lstm_core.model.keras_parity:run",
        "Comparing with Keras",
        seconds=300.0,
        private=True,
        environment=_QUIET_TENSORFLOW,
    ),
    "lesson_keras": TaskKind(
        "lstm_core.lesson.keras_tasks:run",
        "Running the layer in Keras",
        seconds=240.0,
        private=True,
        environment=_QUIET_TENSORFLOW,
    ),
    "estimate": TaskKind(
        "lstm_core.runs.estimate:run",
        "Measuring training steps",
        permission="train",
        heavy=False,
        seconds=180.0,
        private=True,
        environment=_QUIET_TENSORFLOW,
    ),
    # Waits with TensorFlow loaded until a training or a measurement needs it; ends when idle.
    "training_standby": TaskKind(
        "lstm_core.runs.standby:run",
        "Loading TensorFlow",
        permission="train",
        heavy=False,
        seconds=12 * HOUR,
        environment={"TF_CPP_MIN_LOG_LEVEL": "3"},
    ),
    "faithfulness": TaskKind(
        "lstm_core.attribution.faithfulness_store:run", "Measuring faithfulness", seconds=HOUR
    ),
}
