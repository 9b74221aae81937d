"""The weights after each epoch, kept so that any of them can become the model.

Kept are the epoch with the lowest validation loss, the last one, and of the others as many as fit
into a bounded folder, the later ones first.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from lstm_core.datasets import Corpus
from lstm_core.errors import LstmLensError, RunError
from lstm_core.json_codec import from_json
from lstm_core.model.bundle import write_bundle
from lstm_core.model.card import Card, DataNote, MetricValue, current_versions
from lstm_core.model.import_model import NetworkFile
from lstm_core.model.registry import bundle_folder, find_model
from lstm_core.permissions import Visitor
from lstm_core.recurrent.lstm import LstmWeights
from lstm_core.runs.arrays import read_weights, write_weights
from lstm_core.runs.config import Keep, command_of
from lstm_core.runs.control import require_control, set_owner
from lstm_core.runs.folder import RunFolder, folder_of
from lstm_core.runs.read import read_run
from lstm_core.runs.schema import EpochPoint, Run
from lstm_core.runs.snapshots import read_vocabulary
from lstm_core.tasks.atomic import write_file
from lstm_core.training.factory import card_settings

LARGEST_KEPT = 256 * 2**20  # bytes of the weights of all epochs of a run


@dataclass(frozen=True, slots=True)
class KeptEpoch:
    """An epoch whose weights are kept."""

    epoch: int
    path: Path


def best_epoch(points: Sequence[EpochPoint]) -> EpochPoint | None:
    """The epoch with the lowest validation loss, None where none was measured."""
    measured = [point for point in points if point.validation_loss is not None]
    return min(measured, key=lambda point: point.validation_loss or 0.0, default=None)


def model_epoch(run: Run) -> int | None:
    """The epoch whose weights the model of a run has; None where there is no such epoch.

    A run that was stopped in the middle of an epoch has a model with weights of that moment, also
    after it was resumed.
    """
    if not run.bundle_is_current or not run.points:
        return None
    best, last = best_epoch(run.points), run.points[-1]
    if run.request.keep is Keep.BEST and best is not None:
        return best.epoch
    return last.epoch if last.step == run.step else None


def better_epoch(run: Run) -> EpochPoint | None:
    """The epoch with the lowest validation loss where it is clearly better than the run's model.

    Clearly: the model's validation accuracy lies below the 95 % interval of that epoch's.
    """
    best, used = best_epoch(run.points), model_epoch(run)
    own = next((point for point in run.points if point.epoch == used), None)
    if best is None or own is None or best.validation_accuracy is None:
        return None
    low = run.validation_interval(best.validation_accuracy).low
    return best if (own.validation_accuracy or 0.0) < low and run.validation_reviews else None


def kept_epochs(folder: RunFolder) -> tuple[KeptEpoch, ...]:
    """The epochs whose weights are kept, in order."""
    files = sorted(folder.epochs.glob("[0-9]*.npz"))
    return tuple(KeptEpoch(int(file.stem.partition("-")[0]), file) for file in files)


def keep_epoch(
    folder: RunFolder, point: EpochPoint, weights: LstmWeights, best: int | None
) -> None:
    """Keep the weights after an epoch; earlier ones are removed when there is no room.

    Raises:
        OSError: They cannot be written.
    """
    folder.epochs.mkdir(exist_ok=True)
    write_weights(
        folder.epochs / f"{point.epoch:04d}-{point.step:09d}.npz", weights, step=point.step
    )
    kept = kept_epochs(folder)
    most = max(2, LARGEST_KEPT // max(1, kept[-1].path.stat().st_size))
    spare = [one for one in kept if one.epoch not in (best, point.epoch)]
    for one in spare[: max(0, len(kept) - most)]:
        one.path.unlink(missing_ok=True)


def forget_epochs_after(folder: RunFolder, step: int) -> None:
    """Remove the weights of epochs that will be done again."""
    for file in folder.epochs.glob("[0-9]*.npz"):
        if int(file.stem.partition("-")[2]) > step:
            file.unlink(missing_ok=True)


def read_epoch(folder: RunFolder, epoch: int) -> LstmWeights:
    """The weights after an epoch.

    Raises:
        RunError: They are not kept, or cannot be read.
    """
    found = [one for one in kept_epochs(folder) if one.epoch == epoch]
    if not found:
        raise RunError(f"The weights after epoch {epoch} of {folder.name} are not kept.")
    return read_weights(found[0].path)[0]


def keep_data_note(folder: RunFolder, corpus: Corpus) -> None:
    """Note what a run learns from, for the cards of its epochs.

    Raises:
        OSError: It cannot be written.
    """
    source = corpus.source
    note = DataNote(source.description, source.sha256, len(corpus.train), len(corpus.test))
    write_file(folder.data_note, json.dumps(asdict(note)))


def epoch_model(name: str, epoch: int, visitor: Visitor) -> str:
    """Make the weights after an epoch a model, unless that was done before, and return its name.

    Raises:
        NotAllowedError: When the visitor may not.
        RunError: The weights are not kept.
        BundleError: The model cannot be written.
    """
    require_control(name, visitor, "train")
    folder, run = folder_of(name), read_run(name)
    point = next((one for one in run.points if one.epoch == epoch), None)
    if point is None:
        raise RunError(f"The run {name} has no epoch {epoch}. Choose one of its table.")
    made = f"{name[:60]}-epoch-{epoch}"
    if (known := find_model(made)) is not None and _same(known.stamp, folder, epoch):
        return made
    weights, maxlen = read_epoch(folder, epoch), run.request.settings.maxlen
    card = _card(run, point, folder)
    vocabulary = read_vocabulary(folder, weights.num_words)
    write_bundle(
        bundle_folder(made), NetworkFile(weights, maxlen), vocabulary, card, replace_existing=True
    )
    set_owner(made, visitor)
    return made


def _same(stamp: int, folder: RunFolder, epoch: int) -> bool:
    """Whether a model was made after the weights of its epoch."""
    files = [one.path for one in kept_epochs(folder) if one.epoch == epoch]
    return bool(files) and stamp >= files[0].stat().st_mtime_ns


def _card(run: Run, point: EpochPoint, folder: RunFolder) -> Card:
    settings = run.request.settings
    note = DataNote("Not known.", "0" * 64, 0, 0)
    with suppress(OSError, ValueError, TypeError, KeyError, LstmLensError):
        note = from_json(DataNote, folder.data_note.read_bytes())
    measured = (("accuracy", point.test_accuracy), ("loss", point.test_loss))
    figures = tuple(
        MetricValue(name, value, "first", "test reviews", note.test_reviews)
        for name, value in measured
        if value is not None
    )
    return Card(
        name=f"{settings.recipe} recipe, seed {settings.seed}, epoch {point.epoch}",
        made=run.made,
        command=command_of(run.request),
        recipe=str(settings.recipe),
        seed=settings.seed,
        sizes=settings.sizes,
        data=note,
        settings=card_settings(settings),
        figures=figures,
        notes=(f"The weights after epoch {point.epoch} of the run {run.name}.",),
        versions=current_versions(),
    )
