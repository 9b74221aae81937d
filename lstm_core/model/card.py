"""A bundle's card: what the model was made of, how, and how good it was on what."""

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version

from lstm_core.errors import BundleError, reason
from lstm_core.json_codec import decode
from lstm_core.text import ARTICLE_RULES, EncodingRules

FORMAT = 2
CLASSIFIER_FORMAT = (
    2  # of bundles of a `Classifier`; others keep format 1, which older versions read
)
CLASSES = ("negative", "positive")
JsonValue = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Sizes:
    """The sizes of the model."""

    num_words: int
    maxlen: int
    embedding_dim: int
    lstm_dim: int


@dataclass(frozen=True, slots=True)
class DataNote:
    """The data a model was trained on."""

    description: str  # words for a person
    sha256: str  # fingerprint of the archive or folder
    train_reviews: int  # labelled reviews trained on
    test_reviews: int  # labelled reviews kept apart for the last figure
    unlabelled_reviews: int = 0  # reviews without labels used in training


@dataclass(frozen=True, slots=True)
class MetricValue:
    """One measured number."""

    name: str  # what was measured ("accuracy")
    value: float  # the number
    reading: str  # "first" for the first places of each review, "whole" for all windows of it
    measured_on: str  # which texts, in words
    count: int  # how many texts
    note: str = ""  # anything else needed to read the number


@dataclass(frozen=True, slots=True)
class FileNote:
    """Fingerprint of one file of the bundle."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Card:
    """Everything a bundle says about itself; stored as ``card.json``."""

    name: str
    made: str
    command: str
    recipe: str
    seed: int
    sizes: Sizes
    data: DataNote
    settings: Mapping[str, JsonValue] = field(default_factory=dict)
    figures: tuple[MetricValue, ...] = ()
    notes: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, FileNote] = field(default_factory=dict)
    format: int = 1
    encoding: EncodingRules = ARTICLE_RULES  # how texts become ids
    classes: tuple[str, ...] = CLASSES  # names of the output's classes
    positive: int = 1  # the class whose probability is meant by P(positive)

    def figure(self, name: str, reading: str = "first") -> MetricValue | None:
        """The figure of that name and reading, None when it was not measured."""
        found = (f for f in self.figures if (f.name, f.reading) == (name, reading))
        return next(found, None)

    def to_json(self) -> str:
        """The card as JSON text."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Card":
        """Read a card.

        Raises:
            BundleError: When the text is not a card, or one of a newer format.
        """
        try:
            loaded = json.loads(text)
            found = loaded["format"]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise BundleError(
                "card.json is not the card of an LSTM Lens bundle. Give a folder that "
                "`python -m lstm_core train` or the training page saved."
            ) from error
        if not isinstance(found, int) or isinstance(found, bool) or not 1 <= found <= FORMAT:
            raise BundleError(
                f"This bundle has the format {found!r}; this version reads formats 1 to {FORMAT}. "
                "Update LSTM Lens, or train the model again with this version."
            )
        try:
            return decode(cls, loaded, "card")
        except (TypeError, ValueError, KeyError) as error:
            raise BundleError(
                f"card.json is damaged: {reason(error)}. Take a fresh copy."
            ) from error


def current_versions() -> dict[str, str]:
    """Versions of Python and of the packages that make a model."""
    found = {"python": platform.python_version()}
    for name in ("tensorflow", "keras", "numpy", "scikit-learn"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
