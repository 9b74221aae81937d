"""How large a model will be and how long its training will take, before it starts.

A few real steps are taken in a process of its own with made-up reviews of the wanted sizes: their
time depends on nothing else. What was measured is kept, so the same sizes answer at once.
"""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from lstm_core.datasets import SourceKind, find_corpus, load_small_corpus
from lstm_core.datasets.counting import count_reviews
from lstm_core.errors import DataError, RunError
from lstm_core.paths import runs_folder
from lstm_core.permissions import Visitor
from lstm_core.progress import Progress
from lstm_core.recurrent.lstm import LstmWeights
from lstm_core.runs.config import DataKind, RunRequest
from lstm_core.tasks.atomic import write_file
from lstm_core.tasks.folder import read_json
from lstm_core.tasks.queue import submit
from lstm_core.tasks.worker import TaskContext
from lstm_core.training.recommended.sampler import MOST_PASSES, RecommendedSettings
from lstm_core.training.settings import Recipe, TrainSettings

IMDB_REVIEWS = 25_000
IMDB_WORDS = 230  # words of a review, mean
IMDB_UNLABELLED = 50_000
SMALL_WORDS = 25
MEASURED_SECONDS = 1.5
TASK_KIND = "estimate"
BYTES_A_REVIEW = 1_300  # of a table that cannot be counted


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a training will be.

    Attributes:
        parameters: How many numbers the model learns.
        reviews: Reviews it learns from, about.
        steps: Steps in all, about.
        seconds_a_step: Measured on this machine.
    """

    parameters: int
    reviews: int
    steps: int
    seconds_a_step: float

    @property
    def seconds(self) -> float:
        """Seconds of training, without reading the data and saving."""
        return self.steps * self.seconds_a_step


def parameters_of(settings: TrainSettings) -> int:
    """How many numbers a model of these settings learns."""
    v, e, d = settings.num_words, settings.embedding_dim, settings.lstm_dim
    return v * e + 4 * d * (e + d + 1) + d + 1


def known_estimate(request: RunRequest) -> Estimate | None:
    """The estimate, if steps of these sizes were measured before; a table is counted once."""
    seconds = read_json(_kept()).get(_key(request.settings))
    return _estimate(request, float(seconds)) if seconds else None


def start_estimate(request: RunRequest, visitor: Visitor) -> None:
    """Ask for steps of these sizes to be measured: some 5 to 20 seconds, see `lstm_core.tasks`.

    Raises:
        NotAllowedError: The visitor may not train.
        TaskError: It cannot be started.
    """
    settings = request.settings
    arguments = {**asdict(settings), "recipe": str(settings.recipe)}
    submit(TASK_KIND, estimate_key(request), arguments, visitor)


def estimate_key(request: RunRequest) -> str:
    """Key of the task that measures steps of these sizes."""
    return _key(request.settings)


def run(task: TaskContext) -> None:
    """The task's function: measure, and keep the seconds of a step.

    Raises:
        RunError: The steps cannot be taken, for example for want of memory.
    """
    given = dict(task.arguments)
    settings = TrainSettings(**{**given, "recipe": Recipe(given["recipe"])})
    task.report(Progress("measuring a few real steps", 0))
    try:
        seconds = measure_step(settings)
    except (MemoryError, ValueError, RuntimeError) as error:
        raise RunError(
            "A few steps of these sizes could not be taken on this machine, so no time can be "
            "told. Choose smaller sizes if they are large; the training can be started anyway."
        ) from error
    runs_folder().mkdir(parents=True, exist_ok=True)
    write_file(_kept(), json.dumps({**read_json(_kept()), _key(settings): seconds}))


def _kept() -> Path:
    return runs_folder() / ".step-seconds.json"


def _key(settings: TrainSettings) -> str:
    sizes = (settings.num_words, settings.maxlen, settings.embedding_dim, settings.lstm_dim)
    batch = "" if settings.recipe is Recipe.RECOMMENDED else settings.batch_size
    return f"{settings.recipe} {sizes} {batch}"


def _estimate(request: RunRequest, seconds: float) -> Estimate:
    settings, (reviews, words, unlabelled) = request.settings, _size_of_data(request)
    if request.review_limit:
        reviews = min(reviews, request.review_limit)
        unlabelled = min(unlabelled, 2 * request.review_limit)
    reviews = max(1, round(reviews * (1 - request.validation_share)))
    if settings.recipe is Recipe.RECOMMENDED:
        own = RecommendedSettings()
        windows = (reviews + unlabelled) * words // (settings.maxlen - 1) + reviews + unlabelled
        steps = min(own.steps, windows * MOST_PASSES // own.batch_size + 1)
    else:
        steps = -(-reviews // settings.batch_size) * settings.epochs
    return Estimate(parameters_of(settings), reviews, steps, seconds)


def _size_of_data(request: RunRequest) -> tuple[int, int, int]:
    """Training reviews, words of one, and reviews without a label, about."""
    if request.data.kind is DataKind.SMALL:
        return len(load_small_corpus().train), SMALL_WORDS, 0
    found = find_corpus(request.data.path or None)
    if found is None or found.kind is SourceKind.KERAS_NPZ:
        return IMDB_REVIEWS, IMDB_WORDS, 0
    if found.kind in (SourceKind.STANFORD_ARCHIVE, SourceKind.STANFORD_FOLDER):
        return IMDB_REVIEWS, IMDB_WORDS, IMDB_UNLABELLED
    try:
        counted = count_reviews(found.path, request.data.table)
    except DataError:  # whoever reads it for the training says where it is damaged
        return max(1, found.path.stat().st_size // BYTES_A_REVIEW), IMDB_WORDS, 0
    return max(1, counted.train), max(1, round(counted.words)), 0


def measure_step(settings: TrainSettings) -> float:
    """Seconds of one step, the median over some calls; imports TensorFlow."""
    from lstm_core.training.recommended.train_step import BatchIterator, OptimizerConfig, TrainStep
    from lstm_core.training.trainer import steps_per_call

    recommended = settings.recipe is Recipe.RECOMMENDED
    size = RecommendedSettings().batch_size if recommended else settings.batch_size
    rules = OptimizerConfig(0.998, 1.0, as_keras=False) if recommended else OptimizerConfig()
    learner = TrainStep(_made_up(settings), rules)
    shape, rng = (steps_per_call(size), size), np.random.default_rng(0)
    batches = BatchIterator(
        ids=rng.integers(0, settings.num_words, (*shape, settings.maxlen)).astype(np.int32),
        targets=rng.integers(0, 2, shape).astype(np.float32),
        sharpness=np.ones(shape, np.float32),
        shares=np.full(shape, 1 / size, np.float32),
        masks=np.ones((shape[0], settings.embedding_dim), np.float32),
        rates=np.full(shape[0], 1e-3, np.float32),
        count=shape[0],
    )
    learner.run(batches)  # compiles
    times: list[float] = []
    until = time.monotonic() + MEASURED_SECONDS
    while len(times) < 2 or time.monotonic() < until:
        began = time.monotonic()
        learner.run(batches)
        times.append((time.monotonic() - began) / shape[0])
    return float(np.median(times))


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
