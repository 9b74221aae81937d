"""Health checks of a training: overfitting, chance level, no progress, saturated gates."""

from collections.abc import Sequence

from lstm_core.analysis.formatting import fixed_percent, percent
from lstm_core.runs.schema import TEST_AT_CHANCE, EpochPoint, HealthWarning
from lstm_core.training.diagnostics import Diagnostics

PATIENT_EPOCHS = 3
LEAST_FALL = 0.01  # share of the first epoch's loss
FEWEST_VALIDATION = 20  # reviews
CHANCE_DEVIATIONS = 1.645  # standard deviations above guessing: one-sided 5 % level
CHANCE = 0.55  # validation accuracy below which a model may as well be guessing
OVERFIT_EPOCHS = 2  # epochs in a row above the lowest validation loss: one may be noise
RISE = 0.02  # share of the lowest validation loss
DEAD_SHARE = 0.125  # of the units
MORE_MAY_HELP = "More units, more reviews or more training may help"

DEAD = "dead"  # how codes of warnings about gates begin
FROM_HISTORY = ("loss not falling", "validation at chance", "overfitting")  # codes

_CLOSED = {
    "input": "they write next to nothing into the memory",
    "forget": "they forget nearly everything at every word",
    "output": "they show next to nothing of their memory",
}


def check_health(
    points: Sequence[EpochPoint], inside: Diagnostics, units: int, validation: int = 0
) -> list[HealthWarning]:
    """Warnings at the end of the last of these epochs, while the training runs.

    Args:
        points: All epochs so far.
        inside: What was measured inside the model at the end of the last one.
        units: D, the number of units.
        validation: Number of validation reviews, 0 where it is not known.
    """
    found = [_dead(points[-1].epoch, gate, count, units) for gate, count in inside.dead.items()]
    return history_warnings(points, validation=validation) + [
        warn for warn in found if warn is not None
    ]


def history_warnings(
    points: Sequence[EpochPoint], *, ended: bool = False, validation: int = 0
) -> list[HealthWarning]:
    """Warnings about the whole history: computed from all epochs, so nothing outdated stays.

    Args:
        points: All epochs so far.
        ended: The training has ended: the sentences are in the past tense.
        validation: Number of validation reviews, 0 where it is not known; few show nothing.
    """
    if not points:
        return []
    found = [_not_falling(points, ended)]
    if not 0 < validation < FEWEST_VALIDATION:
        found += [_at_chance(points), _overfitting(points, ended)]
    return [warn for warn in found if warn is not None]


def chance_warning(accuracy: float, labels: Sequence[int], epoch: int) -> HealthWarning | None:
    """Whether a model is not shown to be better than always giving the more frequent label.

    Args:
        accuracy: On the test reviews.
        labels: Their labels, 0 or 1, ``(N,)``.
        epoch: The last epoch that was begun.
    """
    count, positive = len(labels), sum(int(label) for label in labels)
    if not count:
        return None
    guess = max(positive, count - positive) / count
    if accuracy > guess + CHANCE_DEVIATIONS * (guess * (1 - guess) / count) ** 0.5 and guess < 1:
        return None
    return HealthWarning(
        TEST_AT_CHANCE,
        epoch,
        f"On the {count:,} test reviews the accuracy is {fixed_percent(accuracy)}; always giving "
        f"the more frequent label has {fixed_percent(guess)}. With so many reviews that is no sign "
        "that the model is better than guessing. Give more reviews of both classes, more words, "
        "or train longer.",
    )


def _not_falling(points: Sequence[EpochPoint], ended: bool) -> HealthWarning | None:
    first, last = points[0], points[-1]
    if len(points) < PATIENT_EPOCHS or last.loss < first.loss * (1 - LEAST_FALL):
        return None
    if last.loss >= first.loss:
        fall = "did not fall" if ended else "does not fall"
    else:
        fall = f"{'fell' if ended else 'falls'} by less than {percent(LEAST_FALL)}"
    return HealthWarning(
        "loss not falling",
        last.epoch,
        f"The training loss {fall}: {first.loss:.3f} in epoch 1, "
        f"{last.loss:.3f} in epoch {last.epoch}. "
        f"{'A lower learning rate may help' if last.loss > first.loss else MORE_MAY_HELP}.",
    )


def _at_chance(points: Sequence[EpochPoint]) -> HealthWarning | None:
    recent = [point.validation_accuracy for point in points[-PATIENT_EPOCHS:]]
    if len(recent) < PATIENT_EPOCHS or any(found is None or found >= CHANCE for found in recent):
        return None
    return HealthWarning(
        "validation at chance",
        points[-1].epoch,
        f"Validation accuracy stayed at chance (below {percent(CHANCE)}) in the last "
        f"{PATIENT_EPOCHS} epochs. Check that the labels belong to the reviews, give more "
        "reviews or train longer.",
    )


def _overfitting(points: Sequence[EpochPoint], ended: bool) -> HealthWarning | None:
    losses = [point.validation_loss for point in points if point.validation_loss is not None]
    if len(losses) <= OVERFIT_EPOCHS or len(losses) != len(points):
        return None
    best = min(range(len(losses)), key=losses.__getitem__)
    recent = losses[-OVERFIT_EPOCHS:]
    rising = best < len(losses) - OVERFIT_EPOCHS and min(recent) >= losses[best] * (1 + RISE)
    if not rising or points[-1].loss >= points[best].loss:
        return None
    last = points[-1]
    was = "was" if ended else "is"
    return HealthWarning(
        "overfitting",
        last.epoch,
        f"Overfitting: validation loss was lowest after epoch {points[best].epoch} "
        f"({losses[best]:.3f}) and {was} {losses[-1]:.3f} after epoch {last.epoch}, while training "
        f"loss {'fell' if ended else 'still falls'}. "
        f"{'Fewer epochs had a lower validation loss' if ended else 'Fewer epochs may be better'}.",
    )


def _dead(epoch: int, gate: str, count: int, units: int) -> HealthWarning | None:
    if count < max(1, round(DEAD_SHARE * units)):
        return None
    return HealthWarning(
        f"{DEAD} {gate} gate",
        epoch,
        f"The {gate} gate of {count} of {units} units stays under 0.1 at every word measured: "
        f"{_CLOSED[gate]}.",
    )
