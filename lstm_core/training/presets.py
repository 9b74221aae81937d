"""Settings to start from, one field checked at a time, and the memory a training takes."""

from dataclasses import dataclass

from lstm_core.training.recommended.sampler import RecommendedSettings
from lstm_core.training.settings import LIMITS, Recipe, TrainSettings

COPIES = 4  # of the weights while training: they, two moments and a gradient (or average)


@dataclass(frozen=True, slots=True)
class Preset:
    """Settings under a name."""

    name: str  # for a button
    says: str  # what they are good for
    settings: TrainSettings  # the values


PRESETS = (
    Preset("The article's", "Exactly what the article trains, ten epochs.", TrainSettings()),
    Preset(
        "Recommended",
        "The same model, trained better: windows of all lengths, a teacher, averaged weights. It "
        "made the shipped model.",
        TrainSettings(recipe=Recipe.RECOMMENDED),
    ),
    Preset(
        "Small and quick",
        "A tiny model to try things out, best with the small corpus.",
        TrainSettings(
            num_words=1_000, maxlen=20, embedding_dim=16, lstm_dim=8, batch_size=16, epochs=20
        ),
    ),
)


def validate_field(name: str, value: object) -> str | None:
    """What is wrong with one setting and what is allowed, None when nothing is."""
    allowed = LIMITS[name]
    if type(value) is int and allowed.low <= value <= allowed.high:
        return None
    return f"Choose a whole number from {allowed.low:,} to {allowed.high:,}."


def memory_mib(settings: TrainSettings, parameters: int) -> float:
    """About how much memory the training takes beyond TensorFlow itself, MiB.

    Counted are the weights with optimiser and gradient, and the six quantities of a batch with
    their gradients.

    Args:
        settings: Sizes and batch.
        parameters: How many numbers the model learns.
    """
    sizes = settings.sizes
    own = RecommendedSettings().batch_size
    batch = own if settings.recipe is Recipe.RECOMMENDED else settings.batch_size
    states = batch * sizes.maxlen * (sizes.embedding_dim + 12 * sizes.lstm_dim)
    return 4 * (COPIES * parameters + 2 * states) / 2**20
