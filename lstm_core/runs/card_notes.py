"""Notes of a run for its model card, and why a run ended, in sentences."""

from typing import Any

from lstm_core.runs.config import Keep, RunRequest
from lstm_core.training.schedule import StepSettings


def card_extra(request: RunRequest) -> dict[str, Any]:
    """Settings of the run beyond the recipe's, for the card."""
    found: dict[str, Any] = {}
    if request.validation_share:
        found["validation_share"] = request.validation_share
    if request.review_limit:
        found["review_limit"] = request.review_limit
    if request.keep is Keep.BEST:
        found["keep"] = str(request.keep)
    if request.patience:
        found["patience"] = request.patience
    return found


def change_notes(log: tuple[StepSettings, ...]) -> list[str]:
    """Sentences for the card about settings that were changed on the way."""
    return [
        f"From step {one.step + 1:,} on: learning rate {one.learning_rate:g}, batch size "
        f"{one.batch_size:,}, dropout {one.dropout:g}."
        for one in log
    ]


def not_finite(step: int) -> str:
    """Why a run ended at a step whose loss is no number."""
    return (
        f"At step {step:,} the loss or a gradient was no finite number any more, so the run ended: "
        "from there on nothing could be learned. Start a new one with a smaller model or "
        "another seed; the curves and snapshots up to then are kept."
    )
