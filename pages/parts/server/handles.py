"""File handles of the server's process: how many there may be, and what follows from that."""

import os
from contextlib import suppress
from pathlib import Path

from pages.parts.common.streamlit_internals import HANDLES_PER_SESSION

WANTED = 4_096
RESERVED = 100  # for the interpreter, libraries, indices, requests for files and processes
HANDLES_OPEN_SESSION = HANDLES_PER_SESSION + 1  # and its connection
MOST_KEPT = 64  # sessions of visitors who left, kept for the case that they come back
KEPT_SECONDS = 120
MOST_SESSIONS = 200
OPEN_FILES = Path("/dev/fd")


def raise_limit() -> int:
    """Let this process open as many files as it may, at most `WANTED`; how many that are."""
    try:
        import resource
    except ImportError:  # Windows: 8,192 for sockets and files of the C library
        return WANTED
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = WANTED if hard == resource.RLIM_INFINITY else min(WANTED, hard)
    if soft == resource.RLIM_INFINITY or soft >= most:
        return min(soft, WANTED) if soft != resource.RLIM_INFINITY else WANTED
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        return most
    return soft


def session_bounds(handles: int) -> tuple[int, int]:
    """Sessions that may be open, and sessions kept of visitors who left.

    Args:
        handles: Files that the process may open.
    """
    free = max(handles - RESERVED, 40)
    kept = min(MOST_KEPT, free // 3 // HANDLES_PER_SESSION)
    most = min(MOST_SESSIONS, (free - kept * HANDLES_PER_SESSION) // HANDLES_OPEN_SESSION)
    return most, kept


def open_handles() -> int:
    """Files that this process has open; 0 where the system does not say."""
    try:
        return len(os.listdir(OPEN_FILES))
    except OSError:
        return 0
