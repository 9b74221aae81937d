"""A real Dask scheduler and workers as processes on loopback, for tests."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0


@dataclass
class Cluster:
    """A running scheduler and its workers."""

    address: str
    folder: Path
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def start(self, module: str, *words: str) -> "subprocess.Popen[bytes]":
        """Start one process of the cluster; it ends with the block."""
        with (self.folder / f"{module}-{len(self.processes)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.{module}", *words, "--no-dashboard"],
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def add_worker(self) -> "subprocess.Popen[bytes]":
        """Start one worker with one thread and no nanny, so that a kill is a kill."""
        words = ("--nthreads", "1", "--no-nanny", "--death-timeout", "60")
        words += ("--local-directory", str(self.folder))
        return self.start("dask_worker", self.address, *words)


@contextmanager
def running_cluster(folder: Path) -> Iterator[Cluster]:
    """A scheduler on a free port of loopback, without workers."""
    cluster, said = Cluster("", folder), folder / "scheduler.json"
    try:
        words = ("--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(said))
        scheduler = cluster.start("dask_scheduler", *words)
        end = time.monotonic() + PATIENCE
        while not said.is_file() or not said.read_text(encoding="utf-8").strip():
            assert scheduler.poll() is None and time.monotonic() < end, "the scheduler died"
            time.sleep(0.05)
        cluster.address = json.loads(said.read_text(encoding="utf-8"))["address"]
        yield cluster
    finally:
        for process in reversed(cluster.processes):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
