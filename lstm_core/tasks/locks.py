"""File locks that the kernel releases when their process dies: the only sign that a task runs.

A lock is an open file. Whoever starts a process takes its lock first and hands the open file over,
so there is no moment at which a task was started and is held by nobody. A process id or the age of
a file says nothing: ids are used again, and clocks are set.
"""

import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PATIENCE = 1.0  # seconds: a process that only tests the lock holds it for microseconds
POLL = 0.01
TRIES = 3  # of a test: another test at the same moment looks like a holder

_testing = threading.Lock()  # tests within one process wait for each other


def try_acquire(path: Path, patience: float = PATIENCE) -> int | None:
    """Take a lock.

    Args:
        path: The lock's file, made when it is not there.
        patience: Seconds to try.

    Returns:
        The open file that holds it until every process that has it closed it or ended; None when
        another process holds it.

    Raises:
        OSError: When the file cannot be opened.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    until = time.monotonic() + patience
    while not _try(handle):
        if time.monotonic() > until:
            os.close(handle)
            return None
        time.sleep(POLL)
    return handle


@contextmanager
def locked(path: Path, patience: float = PATIENCE) -> Iterator[int | None]:
    """Hold a lock for a block of code; gives the open file as `try_acquire` does."""
    handle = try_acquire(path, patience)
    try:
        yield handle
    finally:
        if handle is not None:
            os.close(handle)


def is_held(path: Path) -> bool:
    """Whether a process holds the lock; a lock that was never taken is held by nobody."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        for number in range(TRIES):
            if number:
                time.sleep(random.uniform(0.0002, 0.001))
            with _testing:
                if _try(handle):
                    _unlock(handle)
                    return False
        return True
    finally:
        os.close(handle)


def keep_inherited(handle: int) -> None:
    """Make an inherited lock non-inheritable, so that it ends with this process alone."""
    os.set_inheritable(handle, False)


def write_owner(handle: int, name: str) -> None:
    """Write into a lock that was taken who holds it."""
    os.ftruncate(handle, 0)
    os.pwrite(handle, name.encode(), 0)


def read_owner(path: Path) -> str:
    """Who took the lock last."""
    with suppress(OSError):
        return path.read_text(encoding="utf-8", errors="replace")[:200]
    return ""


def _try(handle: int) -> bool:
    from filelock import lock_descriptor  # imports asyncio: not on the path of `import lstm_core`

    return lock_descriptor(handle, blocking=False)


def _unlock(handle: int) -> None:
    from filelock import unlock_descriptor

    unlock_descriptor(handle)
