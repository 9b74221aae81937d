"""What an evaluation holds: the model's number for every test review, and what stands beside it.

Numbers only, no text of any review. "first" is the article's reading (the first places of a
review), "whole" the whole review in windows, logits averaged.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from lstm_core.errors import BundleError
from lstm_core.metrics import ClusterBootstrap, Interval, wilson

READINGS = ("first", "whole")

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Proportion:
    """So many right out of so many."""

    right: int
    count: int

    def __post_init__(self) -> None:
        if not 0 <= self.right <= self.count:
            raise BundleError(f"An evaluation says {self.right} right out of {self.count}.")

    @property
    def share(self) -> Interval:
        """The share of right ones with its 95 % interval (Wilson)."""
        return wilson(self.right, self.count)


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What the model said to every test review, in the order of the corpus; all ``(N,)``.

    Attributes:
        maxlen: T, the places of an encoding: T - 1 words are read in the first reading.
        labels: 1 positive, 0 negative.
        stars: The rating, 1 to 10, 0 where unknown.
        words: Words of the whole review.
        unknown_first: Unknown words among those that the first reading read.
        unknown_whole: Unknown words in the whole review.
        first: P(positive) of the first reading, float64.
        whole: P(positive) of the whole review, float64.
        groups: Film of each review as a number from 0; every review its own where the data set
            does not name films.
    """

    maxlen: int
    labels: Array
    stars: Array
    words: Array
    unknown_first: Array
    unknown_whole: Array
    first: npt.NDArray[np.float64]
    whole: npt.NDArray[np.float64]
    groups: Array

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def bootstrap(self) -> ClusterBootstrap:
        """The draws of films by which every interval is computed."""
        return ClusterBootstrap(self.groups)

    def probabilities(self, reading: str) -> npt.NDArray[np.float64]:
        """P(positive) of one reading."""
        return self.whole if reading == "whole" else self.first

    def read_words(self, reading: str) -> Array:
        """Words that were read."""
        return self.words if reading == "whole" else np.minimum(self.words, self.maxlen - 1)

    def unknown_share(self, reading: str) -> npt.NDArray[np.float64]:
        """Share of the words read that the model does not know, 0 to 1."""
        unknown = self.unknown_whole if reading == "whole" else self.unknown_first
        return unknown / np.maximum(self.read_words(reading), 1)


@dataclass(frozen=True, slots=True)
class Baseline:
    """Another way to predict the same reviews from the same words."""

    name: str  # what it is, in words
    reading: str  # "first" or "whole"
    count: int  # reviews
    accuracy: Interval  # share of correct predictions
    lead: Interval  # accuracy of the model minus that of the baseline, paired by review
    loss: float  # mean cross-entropy in nats
    f1: float  # F1 of positive
    roc_area: float  # area under the ROC curve
    note: str  # how it was made


@dataclass(frozen=True, slots=True)
class OrderLoss:
    """What is lost when the words of every review are shuffled."""

    reading: str  # "first" or "whole"
    accuracy: float  # with the words in order
    shuffled: float  # mean over the shuffles
    lost: float  # the difference, with a 95 % interval (paired by review, resampled by film)
    low: float  # its lower end
    high: float  # its upper end
    turned: float  # share of the verdicts that turn
    count: int  # reviews
    shuffles: int  # how many shuffles, with the seeds 0, 1, 2, ...


@dataclass(frozen=True, slots=True)
class RobustnessPoint:
    """One line of the measurement behind the cautions.

    Attributes:
        measure: "known words" or "unknown share".
        low: Lower end of the group, included.
        high: Upper end: included for words, excluded for shares.
        pieces: Pieces that were judged.
        count: Those of them on which the model took sides (the rest it called undecided).
        right: Those of them on which the side was right.
        sureness: Mean probability that it gave the side it took.
    """

    measure: str
    low: float
    high: float
    pieces: int
    count: int
    right: int
    confidence: float

    @property
    def accuracy(self) -> Interval:
        """Share of the sides taken that is right, with its interval."""
        return Proportion(self.right, self.count).share


@dataclass(frozen=True, slots=True)
class ReliabilityNote:
    """Thresholds of the cautions with the table that they were chosen by.

    Every accuracy is that of the sides taken: verdicts outside the undecided middle.

    Attributes:
        measured_on: Which reviews, in words.
        full: Accuracy on those reviews as they are, first reading; the model did not train on them.
        words_bar: Accuracy below which a text is too short: half of the advantage over a coin.
        share_bar: Accuracy below which a text is too strange: five points less than `full`.
        fewest_known: A text with fewer known words is called too short.
        few_accuracy: Accuracy on pieces with fewer.
        most_unknown: A text with at least this share of unknown words is called too strange.
        unknown_accuracy: Accuracy on such pieces.
        usual_words: 99 of 100 of the reviews have at least so many words.
        usual_unknown: 99 of 100 of the reviews have at most this share of unknown words.
        rows: The table.
    """

    measured_on: str
    full: float
    words_bar: float
    share_bar: float
    fewest_known: int
    few_accuracy: float
    most_unknown: float
    unknown_accuracy: float
    usual_words: int
    usual_unknown: float
    rows: tuple[RobustnessPoint, ...]


@dataclass(frozen=True, slots=True)
class ChallengeFigure:
    """Predictions on one category of a set of sentences written for measuring."""

    name: str  # the set, "short texts" for example
    category: str  # the category; "all" is the whole set
    right: int  # correct predictions
    count: int  # sentences
    positive_right: int  # correct ones among the positive sentences
    positive_count: int  # positive sentences
    calibration_error: Interval  # expected calibration error

    @property
    def accuracy(self) -> Interval:
        """Share of correct predictions with Wilson's interval."""
        return wilson(self.right, self.count)

    @property
    def recall_positive(self) -> Interval:
        """Share of the positive sentences that are predicted positive."""
        return wilson(self.positive_right, self.positive_count)

    @property
    def recall_negative(self) -> Interval:
        """Share of the negative sentences that are predicted negative."""
        right = self.right - self.positive_right
        return wilson(right, self.count - self.positive_count)


@dataclass(frozen=True, slots=True)
class Overlap:
    """Test reviews that are related to a training review, and what is left without them."""

    reading: str  # "first" or "whole"
    films: int  # films with reviews in both parts
    of_films: int  # test reviews of those films
    same_text: int  # test reviews whose text stands word for word in the training part
    count: int  # test reviews without both
    accuracy: Interval  # accuracy on those


@dataclass(frozen=True, slots=True)
class SeedFigure:
    """One training of the same recipe with another seed, measured on the same reviews."""

    seed: int
    reading: str
    accuracy: float
    loss: float
    calibration_error: float = 0.0


@dataclass(frozen=True, slots=True)
class Stamp:
    """What was measured, when and by what command."""

    fingerprint: str  # of the model (`Bundle.fingerprint`)
    made: str  # time in UTC
    command: str  # the command that measures the same again
    seconds: float  # how long it took
    data: str  # the data set in words
    data_sha256: str  # its fingerprint
    reviews: int  # test reviews


@dataclass(frozen=True, eq=False)
class Measurements:
    """Everything that was measured of one model but its predictions; empty where nothing was."""

    stamp: Stamp
    baselines: tuple[Baseline, ...] = ()
    order: tuple[OrderLoss, ...] = ()
    reliability: tuple[ReliabilityNote, ...] = ()  # none or one
    challenge: tuple[ChallengeFigure, ...] = ()
    overlap: tuple[Overlap, ...] = ()
    seeds: tuple[SeedFigure, ...] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class Evaluation(Measurements):
    """Everything that was measured of one model."""

    outcomes: Outcomes
