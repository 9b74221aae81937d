"""Small answers leave at once: Nagle's algorithm is off on the server's sockets.

Streamlit binds its listening socket without naming the protocol, asyncio therefore takes what it
accepts for something other than TCP and leaves Nagle's algorithm on, and on Linux every answer
whose head and body are two writes then waits 40 ms for the browser's delayed acknowledgement: half
a second for the scripts of a first visit. (Uvicorn has the same with several workers, its issue
3149.) An accepted socket inherits the option from the listening one.
"""

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

OPEN_FILES = Path("/dev/fd")
INTERNET = (socket.AF_INET, socket.AF_INET6)


def enable_tcp_nodelay() -> int:
    """Switch Nagle's algorithm off on every TCP socket on which this process listens.

    Returns:
        How many sockets that were. None where the system does not list a process' open files: the
        answers then come as Streamlit sends them.
    """
    count = 0
    for listening in _listening():
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        count += 1
    return count


def _listening() -> Iterator[socket.socket]:
    """This process' listening TCP sockets, each as a second handle that is closed again."""
    numbers = [int(name) for name in os.listdir(OPEN_FILES)] if OPEN_FILES.is_dir() else []
    for number in numbers:
        with suppress(OSError):  # the list itself was such a file and is closed by now
            if not stat.S_ISSOCK(os.fstat(number).st_mode):
                continue
            with socket.socket(fileno=os.dup(number)) as found:
                if found.type == socket.SOCK_STREAM and found.family in INTERNET:
                    if found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                        yield found
