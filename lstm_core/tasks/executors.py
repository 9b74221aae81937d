"""Executors: worker processes of this machine, or the workers of a Dask cluster.

Both take the same function and the same pieces and give back the results as they come, in any
order. Only a few pieces are under way at a time, so their list may be endless. A worker that is
killed costs time and no piece: what it had is done again by another. So a piece must be such that
doing it twice does no harm.
"""

import logging
import signal
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from os import cpu_count
from typing import Any, Generic, TypeVar

from lstm_core.errors import ExecutorError

T = TypeVar("T")
R = TypeVar("R")

AHEAD = 2  # pieces under way for each core, so that none waits for the next
MOST_DEATHS = 3  # workers a piece may cost before it is given up
CONNECT_SECONDS = 20.0

MISSING = (
    "Dask distributed is not installed, and --scheduler needs it. Install it with "
    "pip install --require-hashes -r requirements-cluster.txt, or leave --scheduler out to use the "
    "cores of this machine."
)


class Executor(ABC):
    """Workers that call one function with many values. To be used as a context manager."""

    @property
    @abstractmethod
    def size(self) -> int:
        """How many pieces are done at the same time."""

    @abstractmethod
    def run(self, work: Callable[[T], R], pieces: Iterable[T]) -> Iterator[R]:
        """Call a function with every value and yield the results in the order in which they come.

        Args:
            work: A function of a module, so that other processes find it.
            pieces: What it is called with; taken as there is room.

        Raises:
            ExecutorError: When workers die again and again, or there are none.
        """

    def __enter__(self) -> "Executor":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Stop all workers."""


def make_executor(scheduler: str | None, workers: int | None = None) -> Executor:
    """The executor of this machine, or of a Dask scheduler.

    Args:
        scheduler: Address of the scheduler, None for this machine.
        workers: Processes on this machine; None for one a core.

    Raises:
        ExecutorError: When Dask is missing or the scheduler does not answer.
    """
    if scheduler is None:
        return ProcessExecutor(workers or cpu_count() or 1)
    return DaskExecutor(scheduler)


def new_pool(
    workers: int,
    *,
    fork: bool = False,
    initializer: Callable[..., object] | None = None,
    initargs: tuple[Any, ...] = (),
) -> ProcessPoolExecutor:
    """A pool of worker processes.

    Args:
        fork: Fork them, so that they share this process's memory; else they start again.
        initializer: Called in each with `initargs`.
        initargs: See `initializer`.
    """
    context = get_context("fork" if fork else "spawn")
    return ProcessPoolExecutor(workers, context, _begin_worker, (initializer, initargs))


class _Interrupted(KeyboardInterrupt, SystemExit):
    """Ctrl-C in a worker: a terminal sends it to all processes, and only one is to say so."""


def _interrupt(*_: object) -> None:
    raise _Interrupted(130)


def _begin_worker(initializer: Callable[..., object] | None, initargs: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, _interrupt)
    if initializer is not None:
        initializer(*initargs)


@dataclass(eq=False)
class _Piece(Generic[T]):
    """A piece of work."""

    value: T
    deaths: int = 0  # workers that died over it


class ProcessExecutor(Executor):
    """Processes of this machine."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._pool = new_pool(self._workers)

    @property
    def size(self) -> int:
        """See `Executor`."""
        return self._workers

    def run(self, work: Callable[[T], R], pieces: Iterable[T]) -> Iterator[R]:
        """See `Executor`."""
        waiting = iter(pieces)
        under_way: dict[Future[R], _Piece[T]] = {}
        try:
            while True:
                for value in islice(waiting, AHEAD * self._workers - len(under_way)):
                    piece = _Piece(value)
                    under_way[self._submit(work, piece)] = piece
                if not under_way:
                    return
                done, _ = wait(under_way, return_when=FIRST_COMPLETED)
                lost = [one for one in done if isinstance(one.exception(), BrokenProcessPool)]
                for future in done.difference(lost):
                    del under_way[future]
                    yield future.result()
                if lost:
                    under_way = self._begin_again(work, under_way)
        finally:
            for future in under_way:
                future.cancel()

    def _submit(self, work: Callable[[T], R], piece: _Piece[T]) -> "Future[R]":
        try:
            return self._pool.submit(work, piece.value)
        except BrokenProcessPool:  # died just now; what is under way comes back as lost, too
            broken: Future[R] = Future()
            broken.set_exception(BrokenProcessPool())
            return broken

    def _begin_again(
        self, work: Callable[[T], R], under_way: "dict[Future[R], _Piece[T]]"
    ) -> "dict[Future[R], _Piece[T]]":
        """Take new workers after one died: with it the pool loses everything under way."""
        wait(under_way)
        finished = {one: piece for one, piece in under_way.items() if one.exception() is None}
        lost = [piece for one, piece in under_way.items() if one not in finished]
        self._pool.shutdown(wait=True)
        self._pool = new_pool(self._workers)
        for piece in lost:
            piece.deaths += 1
            if piece.deaths > MOST_DEATHS * AHEAD * self._workers:
                raise ExecutorError(
                    f"Workers died {piece.deaths} times over the same work, perhaps for want of "
                    "memory. Give smaller parts or fewer workers, and run the command again: it "
                    "goes on where it was."
                )
        return {**finished, **{self._submit(work, piece): piece for piece in lost}}

    def close(self) -> None:
        """See `Executor`."""
        self._pool.shutdown(wait=True, cancel_futures=True)


class DaskExecutor(Executor):
    """The workers of a Dask scheduler. They must have this package and see the same files.

    Args:
        address: The scheduler's, for example ``tcp://10.0.0.1:8786``.
    """

    def __init__(self, address: str) -> None:
        try:
            import distributed
        except ImportError as error:
            raise ExecutorError(MISSING) from error
        # What goes wrong comes as a sentence; Dask's own account of it is pages of tracebacks.
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        self._distributed: Any = distributed
        self._address = address
        try:
            self._client = distributed.Client(
                address, timeout=CONNECT_SECONDS, set_as_default=False
            )
        except (OSError, ValueError, TypeError) as error:
            raise ExecutorError(
                f"No Dask scheduler answers at {address[:200]!r}. Start one with dask scheduler "
                "and give its address, for example --scheduler tcp://10.0.0.1:8786."
            ) from error

    @property
    def size(self) -> int:
        """See `Executor`; grows and shrinks with the cluster."""
        return sum(self._client.nthreads().values())

    def run(self, work: Callable[[T], R], pieces: Iterable[T]) -> Iterator[R]:
        """See `Executor`."""
        self._wait_for_workers()
        waiting = iter(pieces)
        coming = self._distributed.as_completed([], loop=self._client.loop, raise_errors=False)
        try:
            while True:
                room = max(AHEAD * self.size, 1) - coming.count()  # below 0 when workers left
                for value in islice(waiting, max(room, 0)):
                    coming.add(self._client.submit(work, value, pure=False, retries=0))
                if not coming.count():
                    return
                yield self._result(next(coming))
        except (OSError, self._distributed.CancelledError) as error:
            raise ExecutorError(
                f"The Dask scheduler at {self._address} went away. Start it and run the command "
                "again: it goes on where it was."
            ) from error
        finally:
            with suppress(Exception):
                coming.clear()

    def _wait_for_workers(self) -> None:
        try:
            self._client.wait_for_workers(1, timeout=CONNECT_SECONDS)
        except TimeoutError as error:
            raise ExecutorError(
                f"The Dask scheduler at {self._address} has no workers. Start some with "
                f"dask worker {self._address}."
            ) from error

    def _result(self, future: Any) -> Any:
        """What a piece gave, its own error, or a sentence when it killed its workers."""
        if future.status == "error" and isinstance(
            error := future.exception(), self._distributed.KilledWorker
        ):
            raise ExecutorError(
                "Workers of the cluster died again and again over the same work, perhaps for want "
                "of memory. Give smaller parts, and run the command again: it goes on where it was."
            ) from error
        return future.result()

    def close(self) -> None:
        """See `Executor`."""
        with suppress(Exception):
            self._client.close(timeout=2)
