"""How large a model will be and how long its training will take, before it starts.

A few steps of the recipe are taken with made-up reviews of the wanted sizes, by the standby process
or in a process of their own: their time depends on nothing else. What was measured is kept, so the
same sizes answer at once. The other parts of the wait are those of earlier runs, see `timings`.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from lstm_core.errors import RunError
from lstm_core.json_codec import decode
from lstm_core.permissions import Visitor
from lstm_core.progress import Progress
from lstm_core.recurrent.lstm import LstmWeights
from lstm_core.runs import standby
from lstm_core.runs.config import RunRequest
from lstm_core.runs.timings import (
    cold_seconds,
    data_size,
    keep_step_seconds,
    step_seconds,
    timings_of,
)
from lstm_core.tasks.queue import submit
from lstm_core.tasks.worker import TaskContext
from lstm_core.training.recommended.sampler import MOST_PASSES, RecommendedSettings
from lstm_core.training.settings import Recipe, TrainSettings

if TYPE_CHECKING:
    from lstm_core.training.recommended.train_step import StepPool

MEASURED_SECONDS = 1.5
TASK_KIND = "estimate"
# Shares of the expected time: on a machine that does other work the times vary this much.
STEPS_RANGE, MEASURED_RANGE, GUESSED_RANGE = (0.5, 1.9), (0.4, 2.0), (0.25, 3.0)
SLACK = 1.0  # seconds


@dataclass(frozen=True, slots=True)
class Estimate:
    """Size and duration of a training."""

    parameters: int  # how many numbers the model learns
    reviews: int  # reviews it learns from, about
    steps: int  # steps in all, about
    seconds_a_step: float  # measured on this machine
    start: float  # seconds from the click to the first step, about
    low: float  # seconds from the click to the saved model, at least
    high: float  # the same, at most


def parameters_of(settings: TrainSettings) -> int:
    """How many numbers a model of these settings learns."""
    v, e, d = settings.num_words, settings.embedding_dim, settings.lstm_dim
    return v * e + 4 * d * (e + d + 1) + d + 1


def known_estimate(request: RunRequest) -> Estimate | None:
    """The estimate, if steps of these sizes were measured before; a table is counted once."""
    seconds = step_seconds(request.settings)
    return _estimate(request, seconds) if seconds else None


def expected_start(request: RunRequest) -> float:
    """Seconds from the click to the first step, about."""
    return timings_of(request).start + _cold()[0]


def _cold() -> tuple[float, bool]:
    """Seconds to load TensorFlow and compile, none where a standby has; whether they are known."""
    return (0.0, True) if standby.is_ready() else cold_seconds()


def start_estimate(request: RunRequest, visitor: Visitor) -> None:
    """Ask for steps of these sizes to be measured: some 5 to 20 seconds, see `lstm_core.tasks`.

    Raises:
        NotAllowedError: The visitor may not train.
        TaskError: It cannot be started.
    """
    submit(TASK_KIND, estimate_key(request), asdict(request.settings), visitor)


def estimate_key(request: RunRequest) -> str:
    """Key of the task that measures steps of these sizes."""
    return request.settings.step_key


def run(task: TaskContext) -> None:
    """The task's function: measure, and keep the seconds of a step.

    Raises:
        RunError: The steps cannot be taken, for example for want of memory.
    """
    settings = decode(TrainSettings, dict(task.arguments))
    task.report(Progress("measuring a few real steps", 0))
    if (seconds := standby.measure(settings, MEASURED_SECONDS)) is None:
        try:
            seconds = measure_step(settings)
        except (MemoryError, ValueError, RuntimeError) as error:
            raise RunError(
                "A few steps of these sizes could not be taken on this machine, so no time can be "
                "told. Choose smaller sizes if they are large; the training can be started anyway."
            ) from error
    keep_step_seconds(settings, seconds)


def _estimate(request: RunRequest, seconds: float) -> Estimate:
    settings, size = request.settings, data_size(request)
    reviews = max(1, round(size.reviews * (1 - request.validation_share)))
    if settings.recipe is Recipe.RECOMMENDED:
        own = RecommendedSettings()
        texts = reviews + size.unlabelled
        windows = texts * size.words // (settings.maxlen - 1) + texts
        steps = min(own.steps, windows * MOST_PASSES // own.batch_size + 1)
        epochs = 20
    else:
        epochs = settings.epochs
        steps = -(-reviews // settings.batch_size) * epochs
    other, (cold, known) = timings_of(request), _cold()
    rest = other.start + epochs * other.epoch_end + other.save
    parts = (
        (steps * seconds, STEPS_RANGE),
        (rest, MEASURED_RANGE if other.measured else GUESSED_RANGE),
        (cold, MEASURED_RANGE if known else GUESSED_RANGE),
    )
    return Estimate(
        parameters=parameters_of(settings),
        reviews=reviews,
        steps=steps,
        seconds_a_step=seconds,
        start=other.start + cold,
        low=max(0.0, sum(part * low for part, (low, _) in parts) - SLACK),
        high=sum(part * high for part, (_, high) in parts) + SLACK,
    )


def measure_step(
    settings: TrainSettings, pool: StepPool | None = None, measured: float = MEASURED_SECONDS
) -> float:
    """Seconds of one step of the recipe, the median over some calls; imports TensorFlow.

    Args:
        settings: Recipe and sizes.
        pool: Keeps the compiled step for the training that follows.
        measured: Seconds to measure for; 0 to compile the step and measure nothing.
    """
    from lstm_core.training.factory import recommended_settings
    from lstm_core.training.recommended.train_step import BatchIterator, OptimizerConfig, TrainStep
    from lstm_core.training.recommended.trainer import optimizer_config
    from lstm_core.training.schedule import steps_per_call

    recommended = settings.recipe is Recipe.RECOMMENDED
    own = recommended_settings(settings)
    size = own.batch_size if recommended else settings.batch_size
    rules = optimizer_config(own) if recommended else OptimizerConfig()
    start, key = _made_up(settings), settings.step_key
    step = TrainStep(start, rules) if pool is None else pool.take(key, start, rules)
    shape, rng = (steps_per_call(size), size), np.random.default_rng(0)
    batches = BatchIterator(
        ids=rng.integers(0, settings.num_words, (*shape, settings.maxlen)).astype(np.int32),
        targets=rng.integers(0, 2, shape).astype(np.float32),
        sharpness=np.ones(shape, np.float32),
        shares=np.full(shape, 1 / size, np.float32),
        masks=np.ones((shape[0], settings.embedding_dim), np.float32),
        rates=np.full(shape[0], 1e-3, np.float32),
        count=shape[0] if measured else 0,
    )
    step.run(batches)  # compiles
    times: list[float] = []
    until = time.monotonic() + measured
    while measured and (len(times) < 2 or time.monotonic() < until):
        began = time.monotonic()
        step.run(batches)
        times.append((time.monotonic() - began) / shape[0])
    if pool is not None:
        pool.give(key, step)
    return float(np.median(times)) if times else 0.0


def _made_up(settings: TrainSettings) -> LstmWeights:
    rng, d = np.random.default_rng(0), settings.lstm_dim

    def small(*shape: int) -> np.ndarray:
        return (rng.standard_normal(shape, np.float32) * np.float32(0.05)).astype(np.float32)

    return LstmWeights(
        embedding=small(settings.num_words, settings.embedding_dim),
        kernel=small(settings.embedding_dim, 4 * d),
        recurrent=small(d, 4 * d),
        bias=small(4 * d),
        dense_kernel=small(d),
        dense_bias=0.0,
    )
