"""Rules that say when a training looks wrong, in a sentence for a person."""

from collections.abc import Sequence

from lstm_core.runs.schema import EpochPoint, HealthWarning
from lstm_core.training.diagnostics import Diagnostics

PATIENT_EPOCHS = 3
LEAST_FALL = 0.01  # share of the first epoch's loss
CHANCE = 0.55  # validation accuracy below which a model may as well be guessing
RISE = 0.02  # share of the lowest validation loss
DEAD_SHARE = 0.125  # of the units

_SHUT = {
    "input": "they write nothing into the memory",
    "forget": "they forget everything at every word",
    "output": "they show nothing of their memory",
}


def check_health(
    points: Sequence[EpochPoint], inside: Diagnostics, units: int
) -> list[HealthWarning]:
    """What looks wrong at the end of the last of these epochs.

    Args:
        points: All epochs so far.
        inside: What was measured inside the model at the end of the last one.
        units: D, the number of units.
    """
    found = [_not_falling(points), _at_chance(points), _overfitting(points)]
    found += [_dead(points[-1].epoch, gate, count, units) for gate, count in inside.dead.items()]
    return [warn for warn in found if warn is not None]


def _not_falling(points: Sequence[EpochPoint]) -> HealthWarning | None:
    first, last = points[0], points[-1]
    if len(points) < PATIENT_EPOCHS or last.loss < first.loss * (1 - LEAST_FALL):
        return None
    return HealthWarning(
        "loss not falling",
        last.epoch,
        f"The loss does not fall: {first.loss:.3f} in epoch 1, {last.loss:.3f} in epoch "
        f"{last.epoch}. Give the model more units, more reviews or a smaller batch.",
    )


def _at_chance(points: Sequence[EpochPoint]) -> HealthWarning | None:
    recent = [point.validation_accuracy for point in points[-PATIENT_EPOCHS:]]
    if len(recent) < PATIENT_EPOCHS or any(found is None or found >= CHANCE for found in recent):
        return None
    return HealthWarning(
        "validation at chance",
        points[-1].epoch,
        f"Validation accuracy stayed at chance (below {CHANCE:.0%}) in the last {PATIENT_EPOCHS} "
        "epochs. Check that the labels belong to the reviews, give more reviews or train longer.",
    )


def _overfitting(points: Sequence[EpochPoint]) -> HealthWarning | None:
    losses = [point.validation_loss for point in points if point.validation_loss is not None]
    if len(losses) < 2 or len(losses) != len(points):
        return None
    best = min(range(len(losses)), key=losses.__getitem__)
    last, before = points[-1], points[-2]
    if losses[-1] < losses[best] * (1 + RISE) or last.loss >= before.loss:
        return None
    return HealthWarning(
        "overfitting",
        last.epoch,
        f"Overfitting begins: on reviews kept apart the loss was lowest after epoch {best + 1} "
        f"({losses[best]:.3f}) and is {losses[-1]:.3f} now, while on its own reviews it still "
        "falls. The model learns them by heart; fewer epochs are better.",
    )


def _dead(epoch: int, gate: str, count: int, units: int) -> HealthWarning | None:
    if count < max(1, round(DEAD_SHARE * units)):
        return None
    return HealthWarning(
        f"dead {gate} gate",
        epoch,
        f"The {gate} gate of {count} of {units} units stays under 0.1 at every word looked at: "
        f"{_SHUT[gate]}.",
    )
