"""Times of earlier runs on this machine, from which a new one is estimated.

One small file beside the runs: seconds of a step by its sizes, and by data the seconds from the
click to the first step, of an epoch's end, and of measuring and saving the model.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from lstm_core.datasets import SourceKind, find_corpus, load_small_corpus
from lstm_core.datasets.counting import count_reviews
from lstm_core.errors import DataError, LstmLensError
from lstm_core.paths import runs_folder
from lstm_core.runs.config import DataKind, RunRequest
from lstm_core.tasks.atomic import write_file
from lstm_core.tasks.folder import read_json
from lstm_core.training.settings import Recipe, TrainSettings

IMDB_REVIEWS = 25_000
IMDB_WORDS = 230  # words of a review, mean
IMDB_UNLABELLED = 50_000
SMALL_WORDS = 25
BYTES_A_REVIEW = 1_300  # of a table that cannot be counted

COLD_SECONDS = 10.0  # to load TensorFlow and compile the step, until it was measured
# Seconds of a thousand reviews, until a run on the data was measured: with them the estimate's
# range is wide.
PREPARE, PREPARE_TEACHER, EPOCH_END, SAVE = 0.2, 0.9, 0.03, 0.25
FIXED = 1.0  # seconds to begin, and to save


@dataclass(frozen=True, slots=True)
class DataSize:
    """Approximate size of the training data."""

    reviews: int  # labelled training reviews
    words: int  # words of one, mean
    unlabelled: int  # reviews without a label


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds of the parts of a training besides its steps."""

    start: float  # from the click to the first step, without loading TensorFlow and compiling
    epoch_end: float  # measuring and saving at the end of an epoch
    save: float  # measuring on the test reviews and saving the model
    measured: bool = True  # a run on the same data was timed


def step_seconds(settings: TrainSettings) -> float | None:
    """Seconds of a step of these sizes, None when none was measured."""
    found = read_json(_file("step-seconds")).get(settings.step_key)
    return float(found) if found else None


def keep_step_seconds(settings: TrainSettings, seconds: float) -> None:
    """Keep the seconds of a step.

    Raises:
        OSError: They cannot be written.
    """
    _add("step-seconds", settings.step_key, seconds)


def cold_seconds() -> tuple[float, bool]:
    """Seconds to load TensorFlow and to compile a step, and whether they were measured here."""
    found = read_json(_file("run-timings")).get("cold")
    return (float(found), True) if found else (COLD_SECONDS, False)


def keep_cold_seconds(seconds: float) -> None:
    """Keep the seconds of loading TensorFlow and compiling a step."""
    with suppress(OSError):
        _add("run-timings", "cold", seconds)


def timings_of(request: RunRequest) -> Timings:
    """Times of the last run on the same data, else a rough guess from its size."""
    found = read_json(_file("run-timings")).get(_data_key(request))
    with suppress(TypeError):
        if found:
            return Timings(**found)
    size = data_size(request)
    thousands = (size.reviews + size.unlabelled) / 1_000
    prepare = PREPARE_TEACHER if request.settings.recipe is Recipe.RECOMMENDED else PREPARE
    test = 2 * size.reviews / 1_000  # test part and validation part, about as many as for training
    start = FIXED + prepare * thousands
    return Timings(start, 0.1 + EPOCH_END * test, FIXED + SAVE * test, measured=False)


def keep_timings(request: RunRequest, timings: Timings) -> None:
    """Keep the times of a run that ended."""
    with suppress(OSError):
        _add("run-timings", _data_key(request), asdict(timings))


def data_size(request: RunRequest) -> DataSize:
    """How much a training learns from, about; a table is counted once."""
    size = _size_of_data(request)
    if limit := request.review_limit:
        size = replace(
            size, reviews=min(size.reviews, limit), unlabelled=min(size.unlabelled, 2 * limit)
        )
    return size


def _size_of_data(request: RunRequest) -> DataSize:
    if request.data.kind is DataKind.SMALL:
        return DataSize(len(load_small_corpus().train), SMALL_WORDS, 0)
    try:
        found = find_corpus(request.data.path or None)
    except LstmLensError:  # the training says what is wrong
        found = None
    if found is None or found.kind is SourceKind.KERAS_NPZ:
        return DataSize(IMDB_REVIEWS, IMDB_WORDS, 0)
    if found.kind in (SourceKind.STANFORD_ARCHIVE, SourceKind.STANFORD_FOLDER):
        return DataSize(IMDB_REVIEWS, IMDB_WORDS, IMDB_UNLABELLED)
    try:
        counted = count_reviews(found.path, request.data.table)
    except DataError:  # whoever reads it for the training says where it is damaged
        return DataSize(max(1, found.path.stat().st_size // BYTES_A_REVIEW), IMDB_WORDS, 0)
    return DataSize(max(1, counted.train), max(1, round(counted.words)), 0)


def _data_key(request: RunRequest) -> str:
    data = request.data
    return f"{request.settings.recipe} {data.kind} {data.path} {request.review_limit}"


def _file(name: str) -> Path:
    return runs_folder() / f".{name}.json"


def _add(name: str, key: str, value: float | Mapping[str, Any]) -> None:
    runs_folder().mkdir(parents=True, exist_ok=True)
    write_file(_file(name), json.dumps({**read_json(_file(name)), key: value}))
