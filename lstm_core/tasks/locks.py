"""Who lives: a lock that the training process holds and that dies with it, however it dies.

The lock is taken by whoever starts the process and handed to it open, so there is no moment at
which a run has begun and is held by nobody. A process id would lie: ids are used again.
"""

import fcntl
import os
import time
from pathlib import Path

PATIENCE = 1.0  # seconds: someone who only looks holds the lock for microseconds
PAUSE = 0.02


def try_acquire(path: Path) -> int | None:
    """Take a lock for oneself.

    Returns:
        The open file that holds it until it is closed by every process that has it; None when
        somebody else holds it.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    until = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return handle
        except BlockingIOError:
            if time.monotonic() > until:
                os.close(handle)
                return None
            time.sleep(PAUSE)


def is_held(path: Path) -> bool:
    """Whether somebody holds the lock; a lock that was never taken is held by nobody."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def write_owner(handle: int, name: str) -> None:
    """Say in a lock that was taken who holds it."""
    os.ftruncate(handle, 0)
    os.pwrite(handle, name.encode(), 0)


def read_owner(path: Path) -> str:
    """Who said last that they hold the lock."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")[:200]
    except OSError:
        return ""
