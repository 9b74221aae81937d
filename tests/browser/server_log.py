"""What a server complained of in its log."""

from __future__ import annotations

import re
from pathlib import Path

# A busy machine is slow, and says so; that is no complaint of the page.
FINE = re.compile(r" slow_update | slow_run ")
BAD = re.compile(r"WARNING|ERROR|CRITICAL|Traceback|Exception|warnings\.warn|\bWarning\b")


def complaints(log: Path, start: int = 0) -> list[str]:
    """Warnings, errors and tracebacks of a server's log from a byte on."""
    text = log.read_bytes()[start:].decode("utf-8", "replace")
    return [line for line in text.splitlines() if BAD.search(line) and not FINE.search(line)]
