"""Standby process: TensorFlow is loaded and the training step compiled before a run is started.

It is a task (`training_standby`), so one at most exists on a machine and only who may train starts
it. It compiles the step of the sizes named in ``.standby-settings.json``, measures steps for the
estimate, and becomes the training process of the next run: `hand_over` sends it the run's open
locks over a Unix socket, so there is no moment at which a run was started and is held by nobody.
It ends after some minutes in which nobody used the Train page.
"""

import json
import os
import queue as queues
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lstm_core.errors import LstmLensError
from lstm_core.files import stamp
from lstm_core.json_codec import decode
from lstm_core.paths import runs_folder
from lstm_core.permissions import Visitor
from lstm_core.progress import Progress
from lstm_core.runs.folder import RunFolder, machine_lock
from lstm_core.tasks import locks, queue
from lstm_core.tasks.atomic import write_file
from lstm_core.tasks.folder import read_json
from lstm_core.tasks.schedule import task_folder
from lstm_core.tasks.worker import TaskContext
from lstm_core.training.presets import memory_mib
from lstm_core.training.settings import TrainSettings

if TYPE_CHECKING:
    from lstm_core.training.recommended.train_step import StepPool

KIND, KEY = "training_standby", "machine"
IDLE_MINUTES = "LSTM_LENS_STANDBY_MINUTES"  # variable: minutes without use; 0 for no standby
DEFAULT_MINUTES = 5.0
ANSWER_SECONDS = 1.5  # a standby that is busy for longer is not waited for
MEASURE_SECONDS = 150.0  # loading and compiling included: a second process would not be faster
LOOK_SECONDS = 0.25
LARGEST_MIB = 500  # of a training whose step is compiled before anybody asks for it
LARGEST_MESSAGE = 65_536  # bytes
OWN = ("LSTM_LENS_", "KERAS_HOME")  # variables that decide what a training reads and writes


def keep_ready(visitor: Visitor, settings: TrainSettings | None = None) -> None:
    """Start the standby unless it is there, and reset its idle time.

    Args:
        visitor: Who may train, else nothing is done.
        settings: The sizes to compile; None to leave them.
    """
    if not visitor.permissions.train or _idle_seconds() <= 0 or not _possible():
        return
    with suppress(LstmLensError, OSError):
        if settings is not None:
            _want(settings)
        if locks.is_held(machine_lock()):  # a training needs the cores
            return
        with suppress(FileNotFoundError):
            os.utime(_address())
        if not task_folder(KIND, KEY).read_status().active:
            # Under a name of its own: it takes no place among the visitor's tasks.
            queue.submit(KIND, KEY, {}, Visitor("standby", visitor.permissions))


def hand_over(folder: RunFolder, machine: int, own: int) -> bool:
    """Let the standby train a run; False when there is none, it is busy or of other settings.

    Args:
        machine: The machine's lock, open.
        own: The run's lock, open.
    """
    with suppress(OSError), _connected() as connection:
        # From here on the locks are the standby's: they end with it even if it never reads them.
        socket.send_fds(connection, [_message(run=str(folder.path.resolve()))], [machine, own])
        return True
    return False


def measure(settings: TrainSettings, seconds: float) -> float | None:
    """Seconds of one step, measured by the standby for so long; None when there is none."""
    with suppress(OSError, ValueError, TypeError), _connected() as connection:
        connection.settimeout(ANSWER_SECONDS + MEASURE_SECONDS)
        connection.sendall(_message(measure=asdict(settings), seconds=seconds))
        return float(json.loads(connection.recv(LARGEST_MESSAGE)))
    return None


def is_ready() -> bool:
    """Whether a standby of these settings has TensorFlow loaded."""
    told = read_json(_address())
    fits = bool(told.get("ready")) and told.get("own") == _own_settings()
    return fits and locks.is_held(task_folder(KIND, KEY).lock)  # else it was killed


def run(task: TaskContext) -> None:
    """The task's function: be ready until a run comes or nobody needs it any more."""
    listener = _Listener()
    try:
        task.report(Progress("loading TensorFlow", 0))
        pool = _load()
        listener.tell_ready()
        task.report(Progress("waiting for a training", 0))
        if (found := _serve(task, listener, pool)) is not None:
            task.afterwards = partial(_train, *found, pool)
    finally:
        listener.close()


def _serve(
    task: TaskContext, listener: "_Listener", pool: "StepPool"
) -> tuple[RunFolder, list[int]] | None:
    """The run that was handed over, None when the standby was idle for too long."""
    used, seen, tried = time.monotonic(), stamp(_address()), ""
    while time.monotonic() - used < _idle_seconds():
        if (now := stamp(_address())) != seen:  # `keep_ready` touches it
            used, seen = time.monotonic(), now
        task.report(Progress("waiting for a training", 0))
        with suppress(queues.Empty):
            asked, connection, handles = listener.asked.get(timeout=LOOK_SECONDS)
            if path := asked.get("run"):
                connection.close()
                return RunFolder(Path(path)), handles
            with connection, suppress(OSError):
                found = _measured(_settings(asked["measure"]), pool, float(asked["seconds"]))
                connection.sendall(json.dumps(found).encode())
            continue
        tried = _compile_wanted(tried, pool)
    return None


def _load() -> "StepPool":
    """Import everything that a training needs."""
    from lstm_core.runs import train_loop, worker  # noqa: F401
    from lstm_core.training.factory import make_repeatable
    from lstm_core.training.recommended.train_step import StepPool

    make_repeatable(0)
    return StepPool()


def _compile_wanted(tried: str, pool: "StepPool") -> str:
    """Compile the step of the sizes that the page shows, once; the key of what was tried last."""
    from lstm_core.runs.estimate import parameters_of

    found = read_json(_wanted())
    settings = _settings(found) if found else TrainSettings()
    if settings is None or settings.step_key == tried:
        return tried
    small = memory_mib(settings, parameters_of(settings)) < LARGEST_MIB
    if small and not pool.holds(settings.step_key):
        _measured(settings, pool, 0.0)
    return settings.step_key


def _measured(settings: TrainSettings | None, pool: "StepPool", seconds: float) -> float | None:
    """Seconds of a step; None where it cannot be taken, which a measurement of its own explains."""
    from lstm_core.runs.estimate import measure_step

    try:
        return None if settings is None else measure_step(settings, pool, seconds)
    except (MemoryError, ValueError, RuntimeError):
        return None


def _train(folder: RunFolder, handles: list[int], pool: "StepPool") -> None:
    """Become the training process of a run."""
    from lstm_core.runs import worker
    from lstm_core.tasks.process import end_session

    log = os.open(folder.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    for stream in (1, 2):
        os.dup2(log, stream)
    code = worker.take_over(folder, handles, pool)
    sys.stdout.flush()
    sys.stderr.flush()
    end_session(code)


class _Listener:
    """A Unix socket on which a thread takes messages; its address stands in a file.

    Attributes:
        asked: Messages, their connections, and the open files that came with them.
    """

    def __init__(self) -> None:
        self.asked: queues.Queue[tuple[dict[str, Any], socket.socket, list[int]]] = queues.Queue()
        self._folder = tempfile.mkdtemp(prefix="lstm-lens-")  # readable by its owner alone
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(path := f"{self._folder}/standby")
        self._socket.listen(8)
        runs_folder().mkdir(parents=True, exist_ok=True)
        self._told = {"socket": path, "own": _own_settings()}
        write_file(_address(), json.dumps(self._told))
        threading.Thread(target=self._listen, name="standby", daemon=True).start()

    def tell_ready(self) -> None:
        """Report that TensorFlow is loaded."""
        write_file(_address(), json.dumps({**self._told, "ready": True}))

    def close(self) -> None:
        """Take no more messages."""
        with suppress(OSError):
            _address().unlink(missing_ok=True)
        self._socket.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with suppress(OSError, ValueError):
                connection.settimeout(ANSWER_SECONDS)
                connection.sendall(b"ready")
                content, handles, *_ = socket.recv_fds(connection, LARGEST_MESSAGE, 2)
                connection.settimeout(None)
                self.asked.put((json.loads(content), connection, list(handles)))


def _connected() -> socket.socket:
    """A connection to a standby that answers and has the settings of this process.

    Raises:
        OSError: There is none.
    """
    told = read_json(_address())
    if told.get("own") != _own_settings() or not _possible():
        raise OSError("no standby with these settings")
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(ANSWER_SECONDS)
        connection.connect(str(told["socket"]))
        if connection.recv(16) != b"ready":
            raise OSError("the standby does not answer")
    except BaseException:
        connection.close()
        raise
    return connection


def _own_settings() -> dict[str, str]:
    """What decides which data a training reads: a process with other settings is not used."""
    own = {name: value for name, value in os.environ.items() if name.startswith(OWN)}
    return {**own, "cwd": str(Path.cwd()), "python": sys.executable}


def _possible() -> bool:
    return hasattr(socket, "AF_UNIX") and hasattr(socket, "send_fds")


def _idle_seconds() -> float:
    try:
        return 60 * float(os.environ.get(IDLE_MINUTES) or DEFAULT_MINUTES)
    except ValueError:
        return 60 * DEFAULT_MINUTES


def _want(settings: TrainSettings) -> None:
    if read_json(_wanted()) != (found := asdict(settings)):
        runs_folder().mkdir(parents=True, exist_ok=True)
        write_file(_wanted(), json.dumps(found))


def _settings(found: Mapping[str, Any]) -> TrainSettings | None:
    with suppress(LstmLensError, ValueError, TypeError, KeyError):
        return decode(TrainSettings, found)
    return None


def _message(**content: Any) -> bytes:
    return json.dumps(content).encode()


def _address() -> Path:
    return runs_folder() / ".standby.json"


def _wanted() -> Path:
    return runs_folder() / ".standby-settings.json"
