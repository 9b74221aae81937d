"""Files that visitors of a server brought: each in a folder of its own, scored apart, then removed.

A file is known by a ticket that cannot be guessed, and given only to the browser that brought it.
A server has one desk. Its folder is removed with it; the folder of a server that was killed is
removed by the next one. A file nobody looked at for an hour is removed.
"""

import fcntl
import hashlib
import json
import re
import secrets
import shutil
import subprocess
import tempfile
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from lstm_core.datasets.table import FORMATS
from lstm_core.datasets.table_format import TableOptions
from lstm_core.errors import DataError, InputError
from lstm_core.scoring.upload import (
    LOCK_FILE,
    PREFIX,
    FileState,
    Stage,
    first_look,
    held_bytes,
    outcome,
    progress_of,
    remove_orphans,
    run,
)
from lstm_core.scoring.worker import (
    ERROR_FILE,
    ORDER_FILE,
    PROGRESS_FILE,
    SUMMARY_FILE,
    Order,
    write_whole,
)

KEPT_SECONDS = 3_600.0  # after the last look
SWEEP_SECONDS = 60.0
MOST_BYTES = 4 << 30  # of all files together
AT_ONCE = 2  # files scored at the same time; others wait
TICKET = re.compile(r"[A-Za-z0-9_-]{22}")


@dataclass
class _File:
    """What the desk itself keeps of a file."""

    folder: Path
    owner: str
    state: FileState
    looked: float
    process: "subprocess.Popen[bytes] | None" = None


class Desk:
    """All files of one server. Any number of threads may use it.

    Args:
        parent: Where its folder is made; None for the system's folder for temporary files.
        clock: Seconds that only go forward.
    """

    def __init__(
        self, parent: Path | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        parent = parent or Path(tempfile.gettempdir())
        remove_orphans(parent)
        self.root = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        self._held = (self.root / LOCK_FILE).open("w")
        fcntl.flock(self._held, fcntl.LOCK_EX)
        self._files: dict[str, _File] = {}
        self._waiting: list[str] = []
        self._lock = threading.RLock()
        self._clock = clock
        self._closed = threading.Event()
        self._finalizer = weakref.finalize(self, shutil.rmtree, self.root, True)
        threading.Thread(
            target=_sweep_until, args=(weakref.ref(self), self._closed), daemon=True
        ).start()

    def take(self, name: str, content: memoryview | bytes, owner: str) -> str:
        """Keep a file and have a first look at it.

        Args:
            name: What the visitor calls it.
            content: All of it.
            owner: Whose it is, see `owner_of`.

        Returns:
            The ticket under which it is found again.

        Raises:
            DataError: When the desk is full or the disk is.
        """
        ending = Path(name).suffix.lower()
        if ending not in FORMATS:
            raise DataError(f"{name[-60:]!r} came in; {', '.join(FORMATS)} are read.")
        self._make_room(len(content))
        ticket = secrets.token_urlsafe(16)
        folder = self.root / ticket
        order = Order("in", name)
        try:
            folder.mkdir(mode=0o700)
            (folder / order.file).write_bytes(content)
            write_whole(folder / ORDER_FILE, json.dumps(asdict(order)))
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise DataError(
                f"The file cannot be kept here: {error.strerror}. Try later."
            ) from error
        state = first_look(folder, FileState(name, len(content), Stage.SEEN, order=order))
        with self._lock:
            self._files[ticket] = _File(folder, owner, state, self._clock())
        return ticket

    def state(self, ticket: str, owner: str) -> FileState | None:
        """How a file stands; None when there is none under that ticket for this owner."""
        with self._lock:
            file = self._find(ticket, owner)
            if file is None:
                return None
            file.looked = self._clock()
            self._advance()
            if file.state.stage is Stage.WAITING:
                return replace(file.state, ahead=self._waiting.index(ticket))
            if file.state.stage is Stage.SCORING:
                return replace(file.state, progress=progress_of(file.folder))
            return file.state

    def start(self, ticket: str, owner: str, order: Order) -> None:
        """Score a file as soon as it is its turn.

        Raises:
            InputError: When it is not there or already being scored.
        """
        with self._lock:
            file = self._find(ticket, owner)
            if file is None or file.state.look is None:
                raise InputError("This file is not here any more. Upload it again.")
            if file.state.stage in (Stage.WAITING, Stage.SCORING):
                raise InputError("This file is being scored already.")
            order = replace(order, file="in", name=file.state.name)
            for name in (SUMMARY_FILE, ERROR_FILE, PROGRESS_FILE):
                (file.folder / name).unlink(missing_ok=True)
            write_whole(file.folder / ORDER_FILE, json.dumps(asdict(order)))
            file.state = replace(
                file.state, stage=Stage.WAITING, order=order, summary=None, result=None, error=""
            )
            self._waiting.append(ticket)
            self._advance()

    def preview(self, ticket: str, owner: str, options: TableOptions) -> None:
        """Read the head of a file again, in the way that its owner says."""
        with self._lock:
            file = self._find(ticket, owner)
            if file is None or file.state.stage in (Stage.WAITING, Stage.SCORING):
                return
            folder, state = file.folder, file.state
        order = Order("in", state.name, options=options)
        (folder / ERROR_FILE).unlink(missing_ok=True)
        write_whole(folder / ORDER_FILE, json.dumps(asdict(order)))
        seen = first_look(folder, replace(state, stage=Stage.SEEN, order=order))
        if seen.look is None or seen.stage is Stage.FAILED:  # the options do not fit the file
            seen = replace(state, stage=Stage.SEEN, order=order, error=seen.error)
        with self._lock:
            if ticket in self._files:
                self._files[ticket].state = seen

    def stop(self, ticket: str, owner: str) -> None:
        """Stop the scoring of a file; it can be started again."""
        with self._lock:
            file = self._find(ticket, owner)
            if file is not None and file.state.stage in (Stage.WAITING, Stage.SCORING):
                self._end(ticket, file)
                file.state = replace(file.state, stage=Stage.SEEN)
                self._advance()

    def reopen(self, ticket: str, owner: str) -> None:
        """Leave the result of a file, so that it can be scored in another way."""
        with self._lock:
            file = self._find(ticket, owner)
            if file is not None and file.state.stage is Stage.DONE:
                file.state = replace(file.state, stage=Stage.SEEN, summary=None, result=None)

    def remove(self, ticket: str, owner: str) -> None:
        """Forget a file and everything made of it."""
        with self._lock:
            if self._find(ticket, owner) is not None:
                self._drop(ticket)

    def sweep(self) -> None:
        """Remove what nobody looked at for an hour, and let the next file begin."""
        with self._lock:
            oldest = self._clock() - KEPT_SECONDS
            for ticket in [key for key, file in self._files.items() if file.looked < oldest]:
                self._drop(ticket)
            self._advance()

    def close(self) -> None:
        """Stop all work and remove everything."""
        self._closed.set()
        with self._lock:
            for ticket in list(self._files):
                self._drop(ticket)
        self._held.close()
        self._finalizer()

    def _find(self, ticket: str, owner: str) -> _File | None:
        file = self._files.get(ticket) if TICKET.fullmatch(ticket) else None
        return file if file is not None and secrets.compare_digest(file.owner, owner) else None

    def _advance(self) -> None:
        """Note which files are done, and begin with those whose turn it is."""
        running = 0
        for file in self._files.values():
            if file.process is not None and file.process.poll() is None:
                running += 1
            elif file.process is not None:
                file.process = None
                file.state = outcome(file.folder, file.state)
        while self._waiting and running < AT_ONCE:
            file = self._files[self._waiting.pop(0)]
            file.process = run("score", file.folder)
            file.state = replace(file.state, stage=Stage.SCORING)
            running += 1

    def _end(self, ticket: str, file: _File) -> None:
        if ticket in self._waiting:
            self._waiting.remove(ticket)
        if file.process is not None:
            file.process.kill()
            file.process.wait()
            file.process = None

    def _drop(self, ticket: str) -> None:
        file = self._files.pop(ticket)
        self._end(ticket, file)
        shutil.rmtree(file.folder, ignore_errors=True)

    def _make_room(self, size: int) -> None:
        """Remove files that are idle, the oldest first, until a new one has room."""
        with self._lock:
            idle = [key for key, file in self._files.items() if file.process is None]
            idle.sort(key=lambda key: self._files[key].looked, reverse=True)
            # A file and its result: the result has about the size of the file.
            while held_bytes(self.root) + 2 * size > MOST_BYTES:
                if not idle:
                    raise DataError("This server holds too many files just now. Try again later.")
                self._drop(idle.pop())


def owner_of(secret: str) -> str:
    """An owner's name made of something that only the owner's browser knows."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _sweep_until(desk: "weakref.ref[Desk]", closed: threading.Event) -> None:
    while not closed.wait(SWEEP_SECONDS):
        if (alive := desk()) is None:
            return
        alive.sweep()
        del alive
