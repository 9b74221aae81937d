"""Finished stages of a measurement on disk: an interrupted one resumes where it was.

Each stage is a JSON file of dataclasses, or a ``.npy`` file, in a folder whose name holds what the
stage depends on (model, data set, format). The folder is removed when the measurement is stored.
"""

import io
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from lstm_core.json_codec import decode
from lstm_core.paths import data_folder
from lstm_core.tasks.atomic import write_file

T = TypeVar("T")


class StageStore:
    """Results of finished stages by name.

    Args:
        folder: Where they are kept; None keeps nothing.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder

    @classmethod
    def for_model(cls, fingerprint: str, data_sha256: str, version: str) -> "StageStore":
        """The store of one model on one data set; `version` changes with what is measured."""
        name = f"{fingerprint[:16]}-{data_sha256[:16]}-{version}"
        return cls(data_folder() / "evaluations" / "stages" / name)

    def get(self, name: str, kind: Any, compute: Callable[[], T]) -> T:
        """A stage's value: read, or computed and stored.

        Args:
            name: The stage.
            kind: Its type: a dataclass, or a tuple of one.
        """
        stored = self._read(name, kind)
        if stored is not None:
            found: T = stored
            return found
        value = compute()
        plain = [asdict(one) for one in value] if isinstance(value, tuple) else asdict(value)  # type: ignore[call-overload]
        self._write(f"{name}.json", json.dumps(plain).encode())
        return value

    def stored(self, name: str) -> np.ndarray | None:
        """A finished array, None when there is none."""
        if self.folder is None:
            return None
        try:
            return np.asarray(np.load(self.folder / f"{name}.npy", allow_pickle=False))
        except (OSError, ValueError, EOFError):
            return None  # not there, or damaged: computed again

    def store(self, name: str, value: np.ndarray) -> None:
        """Keep a finished array."""
        content = io.BytesIO()
        np.save(content, value)
        self._write(f"{name}.npy", content.getvalue())

    def clear(self) -> None:
        """Remove everything."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _read(self, name: str, kind: Any) -> Any:
        if self.folder is None:
            return None
        try:
            text = (self.folder / f"{name}.json").read_text(encoding="utf-8")
            return decode(kind, json.loads(text), name)
        except (OSError, ValueError, TypeError, KeyError):
            return None  # not there, or damaged: computed again

    def _write(self, name: str, content: bytes) -> None:
        if self.folder is not None and self._ready():
            write_file(self.folder / name, content)

    def _ready(self) -> bool:
        """Whether the folder can be written; a measurement goes on without it."""
        assert self.folder is not None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            return False
        return os.access(self.folder, os.W_OK)
