"""The settings of a training, checked before anything starts."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum

from lstm_core.errors import BundleError, InputError
from lstm_core.model.card import JsonValue, Sizes
from lstm_core.model.limits import check_sizes


class Recipe(StrEnum):
    """How the model is trained."""

    ARTICLE = "article"
    RECOMMENDED = "recommended"


@dataclass(frozen=True, slots=True)
class Bounds:
    """The range of one setting, ends included."""

    low: int
    high: int


LIMITS = {
    "num_words": Bounds(5, 100_000),
    "maxlen": Bounds(2, 1_000),
    "embedding_dim": Bounds(1, 1_024),
    "lstm_dim": Bounds(1, 512),
    "batch_size": Bounds(1, 4_096),
    "epochs": Bounds(1, 200),
    "seed": Bounds(0, 2**31 - 1),
}


OWN_OF_RECOMMENDED = ("batch_size", "epochs")  # that recipe has its own, see `sampler`


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """Settings of a training; the defaults are the article's.

    The recommended recipe has a batch size and a length of its own and looks at neither
    `batch_size` nor `epochs`.

    Raises:
        InputError: When a value is outside its range.
    """

    recipe: Recipe = Recipe.ARTICLE
    num_words: int = 10_000
    maxlen: int = 80
    embedding_dim: int = 128
    lstm_dim: int = 32
    batch_size: int = 32
    epochs: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        for name, allowed in LIMITS.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int):
                raise InputError(f"{name} is {value!r}; it must be a whole number.")
            if not allowed.low <= value <= allowed.high:
                raise InputError(
                    f"{name} is {value}; choose a value from {allowed.low} to {allowed.high}."
                )
        try:
            check_sizes(self.num_words, self.maxlen, self.embedding_dim, self.lstm_dim)
        except BundleError as error:  # it could be trained and then not be opened
            raise InputError(str(error)) from None

    @property
    def unused(self) -> tuple[str, ...]:
        """The settings that this recipe does not look at."""
        return OWN_OF_RECOMMENDED if self.recipe is Recipe.RECOMMENDED else ()

    @property
    def sizes(self) -> Sizes:
        """Sizes of the model to be trained."""
        return Sizes(self.num_words, self.maxlen, self.embedding_dim, self.lstm_dim)

    @property
    def step_key(self) -> str:
        """What the time and the compiled form of a training step depend on."""
        batch = "" if self.recipe is Recipe.RECOMMENDED else self.batch_size
        return f"{self.recipe} {tuple(asdict(self.sizes).values())} {batch}"

    def as_card(self) -> dict[str, JsonValue]:
        """The settings as a card stores them."""
        return {
            name: value for name, value in asdict(self).items() if name not in ("recipe", "seed")
        }


def settings_from(recipe: Recipe, given: Mapping[str, int]) -> TrainSettings:
    """Settings from the values that a person named.

    Raises:
        InputError: When a value is outside its range, or the recipe would not look at it.
    """
    settings = TrainSettings(recipe=recipe, **given)
    if ignored := [name for name in settings.unused if name in given]:
        raise InputError(
            f"The recommended recipe has its own {' and '.join(ignored)}, so none can be chosen. "
            "Leave that out, or take the article's recipe."
        )
    return settings
