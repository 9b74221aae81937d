"""Scoring the batches of one table on several cores, in order.

This process reads and writes; workers encode the texts and run the forward pass. They are forked
where the system can, so that they share the model's memory with this process.
"""

import multiprocessing
import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from itertools import islice

from threadpoolctl import threadpool_limits

from lstm_core.datasets.table import Table
from lstm_core.datasets.table_format import RowBatch
from lstm_core.errors import ExecutorError
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.scoring.batch import Prediction, Reading, Scored, predict_texts, score_batch
from lstm_core.tasks.executors import new_pool

SMALL = 4 << 20  # bytes of a table below which workers cost more than they save
MOST_WORKERS = 4  # by default
ROWS = 2_048  # rows of a batch: one block of the forward pass
AHEAD = 2  # batches under way per worker

_model: SentimentModel | None = None  # of a worker process


def default_workers(size: int) -> int:
    """Worker processes for a table of some size; 1 means none besides this process."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return 1 if size < SMALL else min(cores or 1, MOST_WORKERS)


def scored_batches(
    model: SentimentModel, table: Table, reading: Reading, workers: int
) -> Iterator[Scored]:
    """Score the batches of a table.

    Args:
        model: The model.
        table: The rows.
        reading: How much of a review is read.
        workers: Processes; 1 scores in this process.

    Yields:
        The scored batches, in the order of the table.

    Raises:
        ExecutorError: When a worker dies.
    """
    batches = table.batches(ROWS)
    if workers == 1:
        for batch in batches:
            yield score_batch(model, batch, reading)
        return
    forks = "fork" in multiprocessing.get_all_start_methods() and os.uname().sysname == "Linux"
    global _model  # forked workers inherit it
    _model = model
    with new_pool(
        workers,
        fork=forks,
        initializer=_begin,
        initargs=(None if forks else str(model.bundle.folder.resolve()),),
    ) as pool:
        waiting: deque[tuple[RowBatch, Future[tuple[Prediction, ...]]]] = deque()
        try:
            while True:
                for batch in islice(batches, AHEAD * workers - len(waiting)):
                    waiting.append((batch, pool.submit(_score, batch.texts, reading)))
                if not waiting:
                    return
                batch, future = waiting.popleft()
                yield Scored(batch, future.result())
        except BrokenProcessPool as error:
            raise ExecutorError(
                "A process that scores was killed, perhaps for want of memory. Give --workers 1."
            ) from error
        finally:
            for _, future in waiting:
                future.cancel()


def _begin(folder: str | None) -> None:
    """Prepare a worker: one BLAS thread, since there is a worker per core."""
    global _model
    threadpool_limits(1, user_api="blas")
    if folder is not None:
        _model = SentimentModel.load(folder)


def _score(texts: list[str], reading: Reading) -> tuple[Prediction, ...]:
    assert _model is not None
    return predict_texts(_model, texts, reading)
