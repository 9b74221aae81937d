"""The models that lie beside the shipped one: the bundles of runs, and those imported.

Each is the folder ``bundle`` of a run. Names come from links and people, so only plain run names
are looked up, never paths.
"""

import re
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from lstm_core.errors import BundleError, RunError
from lstm_core.model.bundle import BUNDLE_FOLDER as BUNDLE_FOLDER
from lstm_core.model.bundle import CARD_FILE
from lstm_core.model.sentiment_model import RUN_NAME, SentimentModel
from lstm_core.paths import runs_folder
from lstm_core.tasks.atomic import move, restore_folder

LONGEST_NAME = 80
TRASH_SECONDS = 900  # a deleted run or model can be restored for so long


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model that can be used."""

    name: str  # the run's name
    stamp: int  # changes when the run is made again under the same name


def list_models() -> list[ModelEntry]:
    """Every run that left a bundle, newest first."""
    try:
        names = [path.name for path in runs_folder().iterdir() if RUN_NAME.fullmatch(path.name)]
    except OSError:
        return []
    found = [model for name in names if (model := find_model(name)) is not None]
    return sorted(found, key=lambda model: (-model.stamp, model.name))


def find_model(name: str) -> ModelEntry | None:
    """The model of a run, None when the name is none or the run has no bundle (any more)."""
    if not RUN_NAME.fullmatch(name):
        return None
    restore_folder(bundle_folder(name))
    try:
        stamp = (bundle_folder(name) / CARD_FILE).stat().st_mtime_ns
    except OSError:
        return None
    return ModelEntry(name, stamp)


def load_model(name: str) -> SentimentModel:
    """The model of a run.

    Raises:
        BundleError: When the run is gone, has no bundle or a damaged one.
    """
    _existing(name)
    return SentimentModel.load(bundle_folder(name))


def bundle_folder(name: str) -> Path:
    """Where a run's bundle lies."""
    return runs_folder() / name / BUNDLE_FOLDER


def checked_name(name: str) -> str:
    """The name, if it may name a run or model.

    Raises:
        RunError: When it may not.
    """
    if not RUN_NAME.fullmatch(name):
        raise RunError(
            f"{name[:100]!r} cannot name a run. Use 1 to {LONGEST_NAME} letters of A to Z, digits, "
            "- and _, and begin with a letter or digit."
        )
    return name


def free_name(wanted: str, *, first: int | None = None) -> str:
    """A name that nobody has, as near to the wanted one as names allow.

    Args:
        wanted: What it shall be called; a number is added where that is taken.
        first: Always add a number, from this one on; None for one only where it is needed.
    """
    base = re.sub(r"[^A-Za-z0-9_-]+", "-", wanted).strip("-_")[: LONGEST_NAME - 5] or "model"
    number = 2 if first is None else first
    name = base if first is None else f"{base}-{number}"
    while (runs_folder() / name).exists():
        name, number = f"{base}-{number}", number + 1
    return name


def rename_folder(name: str, new: str) -> None:
    """Give the folder of a run or model another name.

    Raises:
        RunError: When the new name is taken or cannot name one, or it cannot be renamed.
    """
    target = runs_folder() / checked_name(new)
    try:
        move(runs_folder() / name, target)
    except FileExistsError as error:
        raise RunError(
            f"There is a run or model named {new} already. Choose another name."
        ) from error
    except OSError as error:
        raise unwritable(runs_folder() / name, error) from error


def delete_folder(name: str) -> None:
    """Move the folder of a run or model to the trash; `restore_deleted` brings it back for a while.

    Raises:
        RunError: When it cannot be deleted.
    """
    empty_trash()
    try:
        aside = _trash() / secrets.token_hex(8)
        aside.mkdir(parents=True)
        move(runs_folder() / name, aside / name)  # gone at once and whole
    except OSError as error:
        raise unwritable(runs_folder() / name, error) from error


def restore_deleted(name: str) -> None:
    """Bring back the folder of a run or model that was deleted last under this name.

    Raises:
        RunError: When it is not in the trash any more, or its name is taken by now.
    """
    found = _trashed(checked_name(name))
    if not found:
        raise RunError(f"{name} cannot be restored: it is not in the trash any more.")
    target = runs_folder() / name
    if target.exists():
        raise RunError(f"{name} cannot be restored: there is another run or model of that name.")
    try:
        move(found[-1], target)
        found[-1].parent.rmdir()
    except OSError as error:
        raise unwritable(target, error) from error


def can_restore(name: str) -> bool:
    """Whether a run or model of this name lies in the trash."""
    return bool(RUN_NAME.fullmatch(name)) and bool(_trashed(name))


def empty_trash() -> None:
    """Remove for good what was deleted longer than `TRASH_SECONDS` ago."""
    for folder in _expired():
        shutil.rmtree(folder, ignore_errors=True)


def _trash() -> Path:
    return runs_folder() / ".trash"


def _trashed(name: str) -> list[Path]:
    """Folders of that name in the trash that are not expired, the one deleted last at the end."""
    expired = set(_expired())
    found = [path for path in _trash().glob(f"*/{name}") if path.parent not in expired]
    return sorted(found, key=lambda path: path.parent.stat().st_mtime_ns)


def _expired() -> list[Path]:
    limit = time.time() - TRASH_SECONDS
    try:
        return [path for path in _trash().iterdir() if path.stat().st_mtime < limit]
    except OSError:
        return []


def rename_model(name: str, new: str) -> None:
    """Give a model that was imported another name.

    Raises:
        BundleError: When the model is gone.
        RunError: See `rename_folder`.
    """
    _existing(name)
    rename_folder(name, new)


def delete_model(name: str) -> None:
    """Delete a model that was imported.

    Raises:
        BundleError: When it is gone.
        RunError: When it cannot be deleted.
    """
    _existing(name)
    delete_folder(name)


def unwritable(path: Path, error: OSError) -> RunError:
    """The error for a place where runs lie that cannot be written."""
    return RunError(
        f"{path} cannot be written: {error.strerror or error}. Nothing else was changed; free some "
        "space or set LSTM_LENS_HOME to a folder that can be written."
    )


def _existing(name: str) -> ModelEntry:
    found = find_model(name)
    if found is None:
        raise BundleError(
            f"There is no model of a run named {name[:80]!r} (any more). Choose another run."
        )
    return found
