"""Event log of a run: one JSON object a line, only ever appended to.

A process that is killed while it writes leaves a torn last line: it is left out when reading, and
the next line that is written begins on a line of its own.
"""

import json
import os
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

Event = Mapping[str, Any]


class EventKind(StrEnum):
    """Kind of an event."""

    CREATED = "created"
    STARTED = "started"
    PAUSED = "paused"
    WENT_ON = "went on"
    EPOCH = "epoch"
    CHANGED = "changed"  # settings of the steps that follow
    WARNING = "warning"
    STOPPED = "stopped"
    FINISHED = "finished"
    FAILED = "failed"


def add_event(path: Path, kind: EventKind, **told: Any) -> None:
    """Add an event.

    Raises:
        OSError: When it cannot be written.
    """
    line = json.dumps({"kind": str(kind), **told}, ensure_ascii=False).encode() + b"\n"
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    try:
        size = os.fstat(handle).st_size
        if size and os.pread(handle, 1, size - 1) != b"\n":
            line = b"\n" + line
        while line:
            line = line[os.write(handle, line) :]
    finally:
        os.close(handle)


def read_events(path: Path) -> Iterator[Event]:
    """All events in order; lines that are none are left out."""
    try:
        content = path.read_bytes()
    except OSError:
        return
    for line in content.split(b"\n"):
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict) and "kind" in found:
            yield found
