"""Atomic replacement of files and folders: a reader sees the old content or the new one.

What is being written lies in a staging folder until it is complete. For a target in the data folder
that is ``.staging/<id>``, held by a lock of the writing process, so that what a crash leaves behind
is recognised and removed (`sweep_staging`). Elsewhere it lies beside its target.
"""

import atexit
import ctypes
import os
import secrets
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lstm_core.paths import data_folder
from lstm_core.tasks.locks import is_held, try_acquire

STAGING = ".staging"
LOCK = "lock"


@dataclass(frozen=True)
class _Staging:
    """The staging folder of this process in one data folder, and the open lock that marks it."""

    root: Path
    folder: Path
    handle: int

    def close(self) -> None:
        """Remove the folder, then release its lock."""
        shutil.rmtree(self.folder, ignore_errors=True)
        with suppress(OSError):
            os.close(self.handle)


_current: _Staging | None = None
_making = threading.Lock()


def write_file(path: Path, content: bytes | str, *, durable: bool = False) -> None:
    """Write a file.

    Args:
        path: The file; one that is there is replaced.
        content: Bytes, or text that is written as UTF-8 with its line ends as they are.
        durable: Also wait until the disk has it, so that it survives a power failure.

    Raises:
        OSError: When it cannot be written; the old content is then still there.
    """
    with replacing_file(path, durable=durable) as made:
        made.write_bytes(content.encode() if isinstance(content, str) else content)


@contextmanager
def replacing_file(path: Path, *, durable: bool = False) -> Iterator[Path]:
    """Give a path to write a file to; it takes the place of `path` when the block ends well."""
    made = _new_path(path)
    try:
        yield made
        if durable:
            sync(made)
        os.replace(made, path)
    finally:
        with suppress(OSError):
            made.unlink(missing_ok=True)
    if durable:
        sync(path.parent)


@contextmanager
def replacing_folder(folder: Path, *, replace_existing: bool = False) -> Iterator[Path]:
    """Give a new folder to fill; it takes the place of `folder` when the block ends well.

    Args:
        folder: The target; folders above it are made, and removed again if the block fails.
        replace_existing: Replace a folder that is there, without a moment with none.

    Raises:
        FileExistsError: When it is there and may not be replaced.
        OSError: When it cannot be written; what was there before is still there.
    """
    parents = _make_parents(folder.parent)
    made, done = None, False
    try:
        made = _new_path(folder)
        made.mkdir(mode=0o755)
        yield made
        _put_in_place(made, folder, replace_existing)
        done = True
    finally:
        if made is not None:
            shutil.rmtree(made, ignore_errors=True)
        if not done:
            for parent in reversed(parents):
                with suppress(OSError):
                    parent.rmdir()


def move(path: Path, target: Path) -> None:
    """Give a file or folder another name.

    Raises:
        FileExistsError: When the name is taken.
        OSError: When it cannot be done.
    """
    if target.exists():
        raise FileExistsError(17, "File exists", str(target))
    os.rename(path, target)


def remove_folder(folder: Path) -> None:
    """Remove a folder: it is gone at once and whole, then its contents are deleted.

    Raises:
        OSError: When it cannot be removed; it is then still there, whole.
    """
    aside = _new_path(folder)
    os.rename(folder, aside)
    shutil.rmtree(aside, ignore_errors=True)


def sweep_staging() -> int:
    """Remove what crashed processes left in the staging folder, and return its number."""
    removed = 0
    with suppress(OSError):
        for folder in (data_folder() / STAGING).iterdir():
            if (folder / LOCK).exists() and not is_held(folder / LOCK):
                shutil.rmtree(folder, ignore_errors=True)
                removed += 1
    return removed


def sync(path: Path) -> None:
    """Wait until the disk has a file's content, or the names in a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _new_path(target: Path) -> Path:
    """A path that nothing else uses, on the target's file system."""
    return _staging_of(target) / f".{target.name[:100]}-{secrets.token_hex(6)}.tmp"


def _staging_of(target: Path) -> Path:
    """Where the new content of a target is written."""
    root, parent = data_folder().resolve(), target.parent.resolve()
    if not parent.is_relative_to(root):
        return parent
    with _making:
        global _current
        if _current is None or _current.root != root or not _current.folder.is_dir():
            if _current is not None:
                _current.close()
            _current = _make_staging(root)
        folder = _current.folder
    same = folder.stat().st_dev == parent.stat().st_dev
    return folder if same else parent


def _make_staging(root: Path) -> _Staging:
    """A new staging folder with its lock.

    Raises:
        OSError: When it cannot be made.
    """
    while True:
        folder = root / STAGING / secrets.token_hex(8)
        folder.mkdir(mode=0o700, parents=True)
        handle = try_acquire(folder / LOCK)
        if handle is not None and (folder / LOCK).exists():
            return _Staging(root, folder, handle)
        if handle is not None:  # swept between making and locking
            os.close(handle)


def _make_parents(folder: Path) -> list[Path]:
    """Make the folders above a target; returns those that were made, the highest first."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(exist_ok=True)
    return missing[::-1]


def _put_in_place(made: Path, folder: Path, replace_existing: bool) -> None:
    restore_folder(folder)
    if not folder.exists():
        os.rename(made, folder)
    elif not replace_existing:
        raise FileExistsError(17, "File exists", str(folder))
    else:
        replace_folder(made, folder)


def replace_folder(made: Path, folder: Path) -> None:
    """Put a finished folder in the place of another, without a moment with none.

    Linux and macOS exchange the two names in one step. Elsewhere the old folder steps aside under
    a name that `restore_folder` knows, so that a crash between the two steps loses nothing.

    Args:
        made: The finished folder, on the same file system.
        folder: Its place; what was there is removed at the end.
    """
    if _exchange(made, folder):
        shutil.rmtree(made, ignore_errors=True)
        return
    aside = _aside(folder)
    shutil.rmtree(aside, ignore_errors=True)
    os.rename(folder, aside)
    try:
        os.rename(made, folder)
    except OSError:
        os.rename(aside, folder)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def restore_folder(folder: Path) -> None:
    """Bring back a folder whose replacement was cut off half-way."""
    if not folder.exists() and (aside := _aside(folder)).is_dir():
        with suppress(OSError):  # another process was first
            os.rename(aside, folder)


def _aside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.replaced")


def _exchange(first: Path, second: Path) -> bool:
    """Exchange two paths in one step of the kernel; False where the system cannot."""
    call, flag = _exchange_call()
    if call is None:
        return False
    here = -2 if sys.platform == "darwin" else -100  # AT_FDCWD
    done: int = call(here, os.fsencode(first), here, os.fsencode(second), flag)
    return done == 0


@cache
def _exchange_call() -> tuple[Any, int]:
    """The C library's call and its flag (Linux renameat2, macOS renameatx_np)."""
    name = {"linux": "renameat2", "darwin": "renameatx_np"}.get(sys.platform)
    if name is None:
        return None, 0
    call = getattr(ctypes.CDLL(None, use_errno=True), name, None)
    if call is not None:
        path, number = ctypes.c_char_p, ctypes.c_int
        call.argtypes = [number, path, number, path, ctypes.c_uint]
    return call, 2  # RENAME_EXCHANGE, RENAME_SWAP


@atexit.register
def _close_staging() -> None:
    if _current is not None:
        _current.close()
