"""The output folder of a large scoring: its settings, the parts done so far, the final manifest.

`settings.json` is written first and says what is scored and how; every finished part adds a line to
`parts.jsonl`; at the end `manifest.json` names every part and the lines are removed.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lstm_core.datasets.table_format import DetectedFormat
from lstm_core.errors import DataError, InputError, reason
from lstm_core.files import shown
from lstm_core.scoring.batch import Reading
from lstm_core.scoring.shards import PartNote
from lstm_core.tasks.atomic import write_file
from lstm_core.tasks.locks import try_acquire

SETTINGS_FILE = "settings.json"
PARTS_FILE = "parts.jsonl"
MANIFEST_FILE = "manifest.json"
LOCK_FILE = ".lock"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a scoring; a folder holds one scoring."""

    inputs: tuple[str, ...]  # the files, as they were given
    formats: tuple[DetectedFormat, ...]  # how each is read
    reading: Reading  # how much of a review is read
    fingerprint: str  # of the bundle
    rows: int  # rows wanted in a part


class OutputFolder:
    """The folder that one command writes to, locked. To be used as a context manager.

    Args:
        path: The folder; made when it is not there.

    Raises:
        InputError: When it holds something else, cannot be written, or another command holds it.
    """

    def __init__(self, path: Path, settings: Settings) -> None:
        self.path = path
        self._settings = settings
        try:
            path.mkdir(parents=True, exist_ok=True)
            held = try_acquire(path / LOCK_FILE)
        except OSError as error:
            raise InputError(
                f"{shown(str(path), 200)} cannot be written: {error.strerror}. Give a folder that "
                "can."
            ) from error
        if held is None:
            raise InputError(
                f"Another command is writing to {shown(str(path), 200)}. Wait for it, or give "
                "another folder."
            )
        self._held = held
        try:
            self._claim()
            self.notes = {note.file: note for note in self._read_notes()}
            self._lines = (path / PARTS_FILE).open("a", encoding="utf-8")
        except BaseException:
            os.close(self._held)
            raise

    def __enter__(self) -> "OutputFolder":
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        os.close(self._held)

    def add(self, note: PartNote) -> None:
        """Note a part that is there."""
        self.notes[note.file] = note
        self._lines.write(json.dumps(asdict(note)) + "\n")
        self._lines.flush()

    def finish(self, parts: Iterable[str], model: str, seconds: float) -> dict[str, Any]:
        """Write and return the manifest of these parts, and remove what is no part."""
        notes = [self.notes[name] for name in parts]
        manifest = {
            "format": FORMAT,
            "bundle": {"name": model, "fingerprint": self._settings.fingerprint},
            "reading": str(self._settings.reading),
            "inputs": [
                {
                    "file": name,
                    "column": format_.text_column,
                    "format": asdict(format_),
                    "rows": sum(note.rows for note in notes if note.input == name),
                }
                for name, format_ in zip(self._settings.inputs, self._settings.formats, strict=True)
            ],
            "rows": sum(note.rows for note in notes),
            "bad": sum(note.bad for note in notes),
            "seconds": round(seconds, 3),
            "parts": [asdict(note) for note in notes],
        }
        _write(self.path / MANIFEST_FILE, manifest)
        (self.path / PARTS_FILE).unlink(missing_ok=True)
        named = {note.file for note in notes}
        for path in [*self.path.glob("part-*.parquet"), *self.path.glob(".part-*")]:
            if path.name not in named:
                path.unlink(missing_ok=True)
        return manifest

    def _claim(self) -> None:
        path, wanted = self.path / SETTINGS_FILE, json.loads(json.dumps(asdict(self._settings)))
        if path.is_file():
            if _read(path) != wanted:
                raise InputError(
                    f"{shown(str(self.path), 200)} holds the scoring of other files, or with "
                    "another model, format, reading or size of parts. Give another folder, or "
                    "remove this one to begin again."
                )
            return
        others = [one.name for one in self.path.iterdir() if one.name != LOCK_FILE]
        if others:
            raise InputError(
                f"{shown(str(self.path), 200)} is not empty ({shown(others[0])}) and holds no "
                "scoring. Give another folder."
            )
        _write(path, wanted)

    def _read_notes(self) -> list[PartNote]:
        """Notes of an earlier command; a last line that was cut short is left out."""
        if (self.path / MANIFEST_FILE).is_file():
            return [PartNote(**note) for note in _read(self.path / MANIFEST_FILE)["parts"]]
        path = self.path / PARTS_FILE
        lines = path.read_text(encoding="utf-8").split("\n") if path.is_file() else []
        if lines and lines[-1]:
            path.write_text("".join(f"{line}\n" for line in lines[:-1]), encoding="utf-8")
        return [PartNote(**json.loads(line)) for line in lines[:-1]]


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(
            f"{shown(str(path), 200)} cannot be read: {reason(error)}. Remove the folder to begin "
            "again."
        ) from error


def _write(path: Path, content: Any) -> None:
    write_file(path, json.dumps(content, indent=1), durable=True)
