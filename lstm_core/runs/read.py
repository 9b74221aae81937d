"""Reading runs for the pages and the command line, whichever process trains."""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from lstm_core.errors import InputError, LstmLensError, RunError, reason
from lstm_core.files import stamp
from lstm_core.json_codec import decode
from lstm_core.model.bundle import CARD_FILE
from lstm_core.model.card import Card, MetricValue
from lstm_core.paths import SHIPPED_MODEL
from lstm_core.progress import Progress
from lstm_core.runs.config import RunRequest
from lstm_core.runs.events import EventKind, read_events
from lstm_core.runs.example import EXAMPLE, has_example
from lstm_core.runs.folder import RunFolder, all_folders, folder_of
from lstm_core.runs.health_checks import DEAD, FROM_HISTORY, history_warnings
from lstm_core.runs.schema import (
    TEST_AT_CHANCE,
    EpochPoint,
    HealthWarning,
    Run,
    Status,
    TrainingCurve,
)
from lstm_core.tasks.folder import read_json
from lstm_core.tasks.locks import is_held
from lstm_core.tasks.process import reap
from lstm_core.training.schedule import StepSettings

NUMBERS_A_STEP = 3  # loss, accuracy, norm
LONGEST_SILENCE = 60.0  # seconds: more says that the machine's clock was set
INTERRUPTED = (
    "The training process ended without a word: it was killed or the machine went down. "
    "Go on, and it takes up its last checkpoint."
)


def list_runs() -> tuple[Run, ...]:
    """All runs, the newest first; a folder whose settings cannot be read is left out."""
    reap()
    runs = []
    for folder in all_folders():
        try:
            runs.append(_read(folder))
        except RunError:
            continue
    return tuple(sorted(runs, key=lambda run: run.number, reverse=True))


def read_run(name: str) -> Run:
    """One run as it stands.

    Raises:
        RunError: When there is none of that name, or its settings are damaged.
    """
    reap()
    return _read(folder_of(name))


def example_run() -> Run | None:
    """The run that ships with LSTM Lens; None where a run of this machine has its name."""
    return read_run(EXAMPLE) if has_example() else None


def read_curve(name: str) -> TrainingCurve:
    """Loss, accuracy and gradient norm of every step so far."""
    folder = folder_of(name)
    try:
        content = folder.steps.read_bytes()
    except OSError:
        content = b""
    whole = len(content) // (4 * NUMBERS_A_STEP) * NUMBERS_A_STEP
    table = np.frombuffer(content, np.float32, whole).reshape(-1, NUMBERS_A_STEP)  # (S, 3)
    return TrainingCurve(*(np.ascontiguousarray(column) for column in table.T))


@dataclass
class _Told:
    """The state of a run after all its events."""

    number: int = 0
    made: str = ""
    status: Status = Status.INTERRUPTED
    message: str = INTERRUPTED
    again: bool = True
    validation_reviews: int = 0
    epochs: dict[int, EpochPoint] = field(default_factory=dict)
    warnings: dict[tuple[int, str], HealthWarning] = field(default_factory=dict)
    changes: list[StepSettings] = field(default_factory=list)

    def take(self, event: Mapping[str, Any]) -> None:
        """Take in one more event."""
        kind = event["kind"]
        if kind == EventKind.CHANGED:
            change = decode(StepSettings, event)
            self.changes = [one for one in self.changes if one.step < change.step] + [change]
        elif kind == EventKind.CREATED:
            self.number, self.made = int(event["number"]), str(event["made"])
        elif kind == EventKind.STARTED:
            self.validation_reviews = int(event.get("validation", 0))
            self._start(int(event.get("step", 0)))
            if event.get("reset"):
                self.changes = []
        elif kind == EventKind.EPOCH:
            point = EpochPoint(**event["point"])
            self.epochs[point.epoch] = point
        elif kind == EventKind.WARNING:
            warn = decode(HealthWarning, event)
            self.warnings[warn.epoch, warn.code] = warn
        elif kind in (EventKind.STOPPED, EventKind.FINISHED, EventKind.FAILED):
            self.status = Status(kind)
            self.message = str(event.get("message", ""))
            self.again = bool(event.get("again", False))

    def _start(self, step: int) -> None:
        """A process began at a step: what an earlier one did after it will be done again."""
        self.status, self.message, self.again = Status.INTERRUPTED, INTERRUPTED, True
        self.epochs = {n: point for n, point in self.epochs.items() if point.step <= step}
        self.warnings = {
            key: warn
            for key, warn in self.warnings.items()
            if warn.epoch in self.epochs and warn.code != TEST_AT_CHANCE
        }


def _read(folder: RunFolder) -> Run:
    # The lock first: a process that ends in between has written its last event by then.
    alive = is_held(folder.lock)
    if alive:
        return _parse(folder, alive=True)
    files = (folder.request, folder.events, folder.now, folder.queued, folder.bundle / CARD_FILE)
    return _ended(folder, tuple(map(stamp, files)))


@lru_cache(maxsize=512)
def _ended(folder: RunFolder, _stamps: tuple[tuple[int, int], ...]) -> Run:
    """A run that does not train: it is read once and again only when a file of it changed."""
    return _parse(folder, alive=False)


def _parse(folder: RunFolder, *, alive: bool) -> Run:
    try:
        request = RunRequest.from_json(folder.request.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise RunError(f"The run {folder.name} cannot be read: {reason(error)}.") from error
    told = _Told()
    for event in read_events(folder.events):
        try:
            told.take(event)
        except (KeyError, TypeError, ValueError):
            continue  # a line that somebody else wrote
    return _as_run(folder, request, told, alive)


def _as_run(folder: RunFolder, request: RunRequest, told: _Told, alive: bool) -> Run:
    now = read_json(folder.now)
    status = _phase(now) if alive else told.status
    if not alive and folder.queued.exists():
        status, told.message, told.again = Status.QUEUED, "", False
    stage = Progress(str(now.get("stage", "")), int(now.get("done", 0)), now.get("total"))
    points = tuple(told.epochs[number] for number in sorted(told.epochs))
    return Run(
        name=folder.name,
        number=told.number,
        made=told.made,
        request=request,
        status=status,
        message="" if alive else told.message,
        stage=stage if alive else None,
        stage_seconds=float(now.get("stage_seconds", 0.0)) + (_age(folder.now) if alive else 0.0),
        asked_seconds=max(0.0, time.time() - float(now.get("asked", time.time()))),
        start_expected=float(now.get("start_expected", 0.0)),
        step=int(now.get("step", 0)),
        steps=int(now.get("steps", 0)),
        epoch=int(now.get("epoch", 0)),
        epochs=int(now.get("epochs", request.settings.epochs)),
        epoch_step=int(now.get("epoch_step", 0)),
        epoch_steps=int(now.get("epoch_steps", 0)),
        reviews_per_second=float(now.get("rate", 0.0)),
        seconds=float(now.get("seconds", 0.0)),
        seconds_left=now.get("left"),
        points=points,
        validation_reviews=told.validation_reviews,
        warnings=_warnings(told, points, ended=not alive),
        can_continue=not alive and told.again,
        has_bundle=(folder.bundle / CARD_FILE).is_file(),
        figures=_figures(folder),
        settings_log=tuple(told.changes),
        settings=_settings(now),
        is_example=folder.is_example,
    )


def _settings(now: Mapping[str, Any]) -> StepSettings | None:
    """The settings of the next step, None where they are not known."""
    with suppress(KeyError, TypeError, ValueError, InputError):
        return decode(StepSettings, now["settings"])
    return None


def _age(now: Path) -> float:
    """Seconds since the process last wrote its status: an import may keep it from writing."""
    with suppress(OSError):
        return min(max(0.0, time.time() - now.stat().st_mtime), LONGEST_SILENCE)
    return 0.0


def _phase(now: Mapping[str, Any]) -> Status:
    try:
        return Status(now["phase"])
    except (KeyError, ValueError):
        return Status.PREPARING


def _figures(folder: RunFolder) -> tuple[MetricValue, ...]:
    card = (SHIPPED_MODEL if folder.is_example else folder.bundle) / CARD_FILE
    try:
        return _card_figures(card, card.stat().st_mtime_ns)
    except (OSError, UnicodeDecodeError, LstmLensError):
        return ()


@lru_cache(maxsize=256)
def _card_figures(card: Path, _stamp: int) -> tuple[MetricValue, ...]:
    """Figures of a card, cached: a list of runs is read every second, a card seldom changes."""
    return Card.from_json(card.read_text(encoding="utf-8")).figures


def _warnings(
    told: _Told, points: tuple[EpochPoint, ...], *, ended: bool
) -> tuple[HealthWarning, ...]:
    """Recorded warnings, about gates those of the last epoch, and what the history shows now."""
    recorded = [told.warnings[key] for key in sorted(told.warnings)]
    last = points[-1].epoch if points else 0
    kept = [
        warn
        for warn in recorded
        if warn.code not in FROM_HISTORY and (warn.epoch == last or not warn.code.startswith(DEAD))
    ]
    return (*kept, *history_warnings(points, ended=ended, validation=told.validation_reviews))
