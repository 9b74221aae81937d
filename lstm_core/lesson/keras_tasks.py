"""Running the bench in Keras: one process at a time, with a time limit, for all visitors.

The page asks (`KerasQueue.ask`), draws on, and looks again later; nothing waits.
"""

import json
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock

import numpy as np

from lstm_core.errors import LstmLensError
from lstm_core.lesson.layer import SETTINGS, LayerWeights, Setting, returned, run_layer
from lstm_core.recurrent.lstm import Floats

TIME_LIMIT = 240.0  # seconds; TensorFlow takes 4 to load, on a busy machine many times that
MOST_KEPT = 32
MOST_WAITING = 4
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class SettingResult:
    """What Keras returned under one setting and how far our numbers are from it."""

    setting: Setting
    shapes: tuple[tuple[int, ...], ...]
    largest_difference: float


@dataclass(frozen=True)
class KerasResult:
    """The four tables as the real layer gives them."""

    results: tuple[SettingResult, ...]
    keras_version: str
    tensorflow_version: str

    @property
    def largest_difference(self) -> float:
        """Over all four."""
        return max(result.largest_difference for result in self.results)


def request_text(weights: LayerWeights, sequences: Floats) -> str:
    """The question to the process as JSON; the same numbers give the same text."""
    return json.dumps(
        {
            "kernel": weights.kernel.tolist(),
            "recurrent": weights.recurrent.tolist(),
            "bias": weights.bias.tolist(),
            "sequences": sequences.tolist(),
        }
    )


class KerasQueue:
    """Takes requests, runs one at a time, keeps the latest results."""

    def __init__(self, time_limit: float = TIME_LIMIT) -> None:
        self._time_limit = time_limit
        self._lock = Lock()
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="keras-bench")
        self._asked: dict[str, Future[KerasResult]] = {}

    def ask(self, weights: LayerWeights, sequences: Floats) -> Future[KerasResult]:
        """Begin a run, or return the one that was begun for the same numbers.

        Returns:
            A future; its result is a `KerasResult` or an `LstmLensError`.

        Raises:
            LstmLensError: When too many runs wait already.
        """
        request = request_text(weights, sequences)
        with self._lock:
            known = self._asked.get(request)
            if known is not None and not (known.done() and known.exception()):
                return known
            if sum(not job.done() for job in self._asked.values()) > MOST_WAITING:
                raise LstmLensError(
                    f"More than {MOST_WAITING} runs in Keras are waiting. Ask again in a minute."
                )
            self._forget_oldest()
            job = self._pool.submit(run_in_keras, weights, sequences, self._time_limit)
            self._asked[request] = job
            return job

    def find(self, weights: LayerWeights, sequences: Floats) -> "Future[KerasResult] | None":
        """The run for these numbers if there is one."""
        with self._lock:
            return self._asked.get(request_text(weights, sequences))

    def _forget_oldest(self) -> None:
        done = [request for request, job in self._asked.items() if job.done()]
        for request in done[: max(0, len(self._asked) - MOST_KEPT + 1)]:
            del self._asked[request]


def run_in_keras(
    weights: LayerWeights, sequences: Floats, time_limit: float = TIME_LIMIT
) -> KerasResult:
    """Run the four settings on the real layer in a process of its own and compare with ours.

    Raises:
        LstmLensError: When TensorFlow is not installed, the process fails or takes too long.
    """
    try:
        process = subprocess.run(
            [sys.executable, "-m", "lstm_core.lesson.keras_worker"],
            input=request_text(weights, sequences),
            capture_output=True,
            text=True,
            timeout=time_limit,
            cwd=ROOT,
        )
    except subprocess.TimeoutExpired as error:
        raise LstmLensError(
            f"Keras gave no answer within {time_limit:g} seconds. The machine may be busy: try "
            "again later."
        ) from error
    if process.returncode:
        lines = process.stderr.strip().splitlines()
        reason = lines[-1][:300] if lines else f"exit code {process.returncode}"
        raise LstmLensError(
            f"Keras could not run here ({reason}). Install TensorFlow, then press the button again."
        )
    return _compare(weights, sequences, process.stdout)


def _compare(weights: LayerWeights, sequences: Floats, output: str) -> KerasResult:
    answer = json.loads(output.strip().splitlines()[-1])
    run = run_layer(weights, sequences)
    results = []
    for setting in SETTINGS:
        theirs = [np.array(array) for array in answer["arrays"][setting_key(setting)]]
        ours = [array.values.astype(np.float64) for array in returned(run, setting)]
        shapes = tuple(array.shape for array in theirs)
        if shapes != tuple(array.shape for array in ours):
            raise LstmLensError(f"Keras returned the shapes {shapes} under {asdict(setting)}.")
        gap = max(float(np.abs(a - b).max()) for a, b in zip(theirs, ours, strict=True))
        results.append(SettingResult(setting, shapes, gap))
    return KerasResult(tuple(results), answer["keras"], answer["tensorflow"])


def setting_key(setting: Setting) -> str:
    """The name of a setting in the process's JSON."""
    return f"{int(setting.return_sequences)}{int(setting.return_state)}"
