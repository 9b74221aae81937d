"""Opening a file from outside in a process of its own, with limits on memory, time and files.

The process gets no setting of the server besides the folder of its data. It calls one function of
this package with plain values and answers with a plain value; what it raises as an error of
LSTM Lens is raised here again. On Windows, which has no resource limits of this kind, the time of
the clock alone is bounded.
"""

import importlib
import json
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from subprocess import TimeoutExpired
from types import MappingProxyType
from typing import Any

from lstm_core import errors
from lstm_core.errors import BundleError, LstmLensError, NotAllowedError, reason
from lstm_core.paths import CODE
from lstm_core.tasks.process import run_python

KEPT_SETTINGS = ("PATH", "LSTM_LENS_HOME", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LANG", "LC_ALL")
WAIT_SECONDS = 60.0  # for one of the processes that run now
ANSWER_BYTES = 1 << 20
AT_ONCE = 2
LONGEST_NAME = 60  # characters of an upload's file name that are kept, from its end
_places = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """What one process may use.

    Attributes:
        memory: Bytes of address space.
        seconds: Of one core; twice as many of the clock.
        files: Open files.
        file_bytes: Bytes of a file that it writes.
    """

    memory: int = 2**30  # NumPy, HDF5 and a bundle of 64 MiB take 700 MiB
    seconds: float = 30.0
    files: int = 64
    file_bytes: int = 64 * 2**20


def run_sandboxed(function: str, *arguments: Any, bounds: SandboxLimits | None = None) -> Any:
    """Call a function of this package in a process of its own and return its answer.

    Args:
        function: ``module:name``; a constant of the caller, never a value from outside.
        arguments: Values that JSON holds, paths as text.
        bounds: What the process may use.

    Raises:
        LstmLensError: What the function raised.
        BundleError: The process used too much, or ended without an answer.
        NotAllowedError: Too many such processes run already.
    """
    bounds = bounds or SandboxLimits()
    order = json.dumps([function, arguments, asdict(bounds)])
    with _place():
        try:
            done = run_python(
                ["-m", "lstm_core.tasks.sandbox"],
                order,
                _environment(),
                inherit=False,
                timeout=2 * bounds.seconds,
            )
        except TimeoutExpired:
            raise BundleError(
                f"Opening the file took longer than {2 * bounds.seconds:.0f} seconds and was "
                "stopped. Give a smaller file."
            ) from None
        except OSError as error:
            raise BundleError(
                f"The process that opens files cannot be started: {reason(error)}. Try again "
                "in a minute."
            ) from error
    return _answer(done.returncode, done.stdout)


@contextmanager
def _place() -> Iterator[None]:
    """One of the few processes that may run at once."""
    if not _places.acquire(timeout=WAIT_SECONDS):
        raise NotAllowedError(
            f"{AT_ONCE} files of other visitors are being opened. Try again in a minute."
        )
    try:
        yield
    finally:
        _places.release()


@contextmanager
def uploaded_files(
    names: Mapping[str, str] = MappingProxyType({}), **contents: bytes
) -> Iterator[dict[str, Path]]:
    """Write uploads to files that another process can open, until the block ends.

    Args:
        names: The visitor's own file names by upload: errors name a file as its path does.
        contents: The uploads.

    Raises:
        BundleError: When there is no room for them.
    """
    try:
        folder = tempfile.mkdtemp(prefix="lstm-lens-upload-")
    except OSError as error:
        raise _no_room(error) from error
    try:
        files = {name: Path(folder, name, _file_name(names.get(name, name))) for name in contents}
        try:
            for name, content in contents.items():
                files[name].parent.mkdir()
                files[name].write_bytes(content)
        except OSError as error:
            raise _no_room(error) from error
        yield files
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _file_name(given: str) -> str:
    """A visitor's file name as a name in a folder of ours."""
    name = "".join(one for one in given if one.isprintable() and one not in "/\\")[-LONGEST_NAME:]
    return name if name.strip(". ") else "upload"


def _no_room(error: OSError) -> BundleError:
    return BundleError(
        f"The file cannot be kept while it is opened: {reason(error)}. Free some space in the "
        f"folder for temporary files (TMPDIR), then send it again."
    )


def _answer(code: int, output: str) -> Any:
    try:
        found = json.loads(output[:ANSWER_BYTES])
        name, value = found["error"], found["value"]
    except (ValueError, TypeError, KeyError):
        raise BundleError(
            f"The file cannot be opened within the limits of memory and time (the process that "
            f"tried ended with code {code}). Give a smaller file, or one that is not damaged."
        ) from None
    if not name:
        return value
    kind = getattr(errors, str(name), BundleError)
    raise kind(str(value)) if issubclass(kind, LstmLensError) else BundleError(str(value))


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in KEPT_SETTINGS if name in os.environ}
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    return {**kept, **one_thread, "PYTHONPATH": str(CODE), "PYTHONSAFEPATH": "1"}


def _bound(given: SandboxLimits) -> None:
    """Take the limits for this process; none can be raised again."""
    try:
        import resource
    except ImportError:  # Windows
        return
    wanted = {
        resource.RLIMIT_AS: given.memory,
        resource.RLIMIT_CPU: max(int(given.seconds), 1),
        resource.RLIMIT_NOFILE: given.files,
        resource.RLIMIT_FSIZE: given.file_bytes,
        resource.RLIMIT_CORE: 0,
    }
    for kind, value in wanted.items():
        _, hard = resource.getrlimit(kind)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        try:
            resource.setrlimit(kind, (value, value))
        except (ValueError, OSError):  # macOS does not bound the address space
            continue


def main() -> None:
    """Read one order from standard input and print the answer."""
    function, arguments, bounds = json.loads(sys.stdin.buffer.read())
    answer, sys.stdout = sys.stdout, sys.stderr  # what a library prints is no answer
    _bound(SandboxLimits(**bounds))
    module, _, name = function.partition(":")
    try:
        value, error = getattr(importlib.import_module(module), name)(*arguments), ""
    except LstmLensError as refused:
        value, error = str(refused), type(refused).__name__
    except MemoryError:
        value, error = (
            "The file needs more memory than a model may. Give a smaller one.",
            "BundleError",
        )
    print(json.dumps({"error": error, "value": value}), file=answer, flush=True)


if __name__ == "__main__":
    main()
