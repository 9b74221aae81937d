"""A Streamlit server in a process of its own, for tests and benchmarks."""

import os
import resource
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120.0
CHROMIUM_ARGUMENTS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
).split()


@dataclass(frozen=True)
class Server:
    """A running Streamlit server."""

    url: str
    process: subprocess.Popen[bytes]
    started: float
    log: Path

    def memory(self) -> int:
        """Resident memory of the server in bytes."""
        return memory_of(self.process.pid)


def memory_of(pid: int, *, most: bool = False) -> int:
    """Resident memory of a process in bytes, now or the most it ever had."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    name = "VmHWM" if most else "VmRSS"
    line = next(line for line in status.splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024


@contextmanager
def serving(
    script: str, *, log: Path | None = None, handles: int | None = None, **environment: str
) -> Iterator[Server]:
    """Run a Streamlit script on a free port until the block ends.

    Args:
        script: path of the script, from the top of the repository.
        log: file for what the server says on standard error; None for nowhere.
        handles: files that it may open; None for as many as we may.
        environment: what its environment has besides ours.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    started = time.perf_counter()
    bound = partial(resource.setrlimit, resource.RLIMIT_NOFILE, (handles or 0,) * 2)
    log = log or Path(os.devnull)
    with log.open("ab") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3", **environment},
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,
            preexec_fn=bound if handles else None,
        )
    url = f"http://localhost:{port}"
    try:
        while not _healthy(url):
            if process.poll() is not None or time.perf_counter() - started > START_SECONDS:
                raise RuntimeError(f"{script} did not start")
            time.sleep(0.02)
        yield Server(url, process, started, log)
    finally:
        with suppress(ProcessLookupError):  # it was asked to stop
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1) as answer:
            return answer.status == 200
    except OSError:
        return False
