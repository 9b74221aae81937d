"""Processes for background work: started in a session of their own, ended when asked.

A session of its own keeps Ctrl-C in the server's terminal from ending the work. The open files of
locks are handed over, so a process holds its lock from its first moment (see `tasks.locks`).
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from lstm_core.paths import CODE

_children: list["subprocess.Popen[bytes]"] = []
_guard = threading.Lock()


def start_python(
    arguments: Sequence[str],
    log: Path,
    locks: Sequence[int] = (),
    environment: Mapping[str, str] | None = None,
) -> None:
    """Start ``python`` with arguments; nobody waits for it.

    Args:
        arguments: For example ``-m lstm_core.tasks.worker FOLDER``.
        log: File that everything it prints is added to.
        locks: Open locks that the process takes over.
        environment: Variables besides those of this process.

    Raises:
        OSError: When the process cannot be started.
    """
    reap()
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=Path.cwd(),
            env=_environment(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            pass_fds=tuple(locks),
        )
    with _guard:
        _children.append(process)


def run_python(
    arguments: Sequence[str],
    given: str,
    environment: Mapping[str, str],
    *,
    inherit: bool = True,
    timeout: float | None = None,
) -> "subprocess.CompletedProcess[str]":
    """Run ``python`` with arguments and a text on standard input until it ends.

    Args:
        arguments: See `start_python`.
        given: Its standard input.
        environment: Variables of its own.
        inherit: It also has the variables of this process.
        timeout: Seconds it may take; None for as long as it takes.

    Raises:
        subprocess.TimeoutExpired: It took longer and was killed.
        OSError: It cannot be started.
    """
    return subprocess.run(
        [sys.executable, *arguments],
        input=given,
        env=_environment(environment) if inherit else environment,
        encoding="utf-8",
        errors="replace",
        capture_output=True,
        timeout=timeout,
        start_new_session=True,
    )


def reap() -> None:
    """Collect the exit codes of processes that ended, so that none stays in the system's table."""
    with _guard:
        _children[:] = [one for one in _children if one.poll() is None]


def end_session(code: int = 0) -> None:
    """End this process at once, without Python's own shutdown, and all processes it started."""
    if os.getpgrp() == os.getpid():  # it leads a session of its own, see `start_python`
        os.killpg(0, signal.SIGKILL)
    os._exit(code)


def _environment(more: Mapping[str, str] | None) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(CODE), **(more or {})}
