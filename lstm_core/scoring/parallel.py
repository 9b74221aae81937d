"""Scoring the batches of one table on several cores, in order.

This process reads and writes, and scores while it waits for the workers, which encode the texts and
run the forward pass. They are forked where the system can, so that they share the model's memory
with this process.
"""

import multiprocessing
import os
from collections import deque
from collections.abc import Iterable, Iterator
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
ROWS = 1_024  # rows of a batch: few enough for the caches, many enough for BLAS
AHEAD = 2  # batches under way per worker
MOST_WAITING = 8  # batches read and not yet written

_Result = Future[tuple[Prediction, ...]] | tuple[Prediction, ...]

_model: SentimentModel | None = None  # of a worker process


def default_workers(size: int) -> int:
    """Processes for a table of some size, this one among them."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return 1 if size < SMALL else min(cores or 1, MOST_WORKERS)


def scored_batches(
    model: SentimentModel, table: Table, reading: Reading, workers: int
) -> Iterator[Scored]:
    """Score the batches of a table, in its order.

    Args:
        workers: Processes, this one among them.

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
    with (
        new_pool(
            workers - 1,
            fork=forks,
            initializer=_begin,
            initargs=(None if forks else str(model.bundle.folder.resolve()),),
        ) as pool,
        threadpool_limits(1, user_api="blas"),  # there is a process per core
    ):
        waiting: deque[tuple[RowBatch, _Result]] = deque()
        try:
            while True:
                for batch in islice(batches, AHEAD * (workers - 1) - _under_way(waiting)):
                    waiting.append((batch, pool.submit(_score, batch.texts, reading)))
                if not waiting:
                    return
                _, first = waiting[0]
                if isinstance(first, Future) and not first.done() and len(waiting) < MOST_WAITING:
                    for batch in islice(batches, 1):  # meanwhile this process scores one, too
                        waiting.append((batch, predict_texts(model, batch.texts, reading)))
                batch, found = waiting.popleft()
                yield Scored(batch, found.result() if isinstance(found, Future) else found)
        except BrokenProcessPool as error:
            raise ExecutorError(
                "A process that scores was killed, perhaps for want of memory. Give --workers 1."
            ) from error
        finally:
            for _, found in waiting:
                if isinstance(found, Future):
                    found.cancel()


def _under_way(waiting: "Iterable[tuple[RowBatch, _Result]]") -> int:
    return sum(isinstance(found, Future) and not found.done() for _, found in waiting)


def _begin(folder: str | None) -> None:
    """Prepare a worker: one BLAS thread, since there is a worker per core."""
    global _model
    threadpool_limits(1, user_api="blas")
    if folder is not None:
        _model = SentimentModel.load(folder)


def _score(texts: list[str], reading: Reading) -> tuple[Prediction, ...]:
    assert _model is not None
    return predict_texts(_model, texts, reading)
