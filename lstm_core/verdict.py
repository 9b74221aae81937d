"""What one may say about a review: the verdict in words, with an honest middle and its doubts."""

from dataclasses import dataclass
from enum import StrEnum

from lstm_core.text import Encoding
from lstm_core.trace import UNDECIDED_FROM, UNDECIDED_TO, Trace


class Leaning(StrEnum):
    """The verdict in one word."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    UNDECIDED = "undecided"
    NOTHING = "nothing to judge"


@dataclass(frozen=True, slots=True)
class Manners:
    """From when on a verdict deserves a caution, as measured.

    Attributes:
        fewest_known: A text with fewer known words is too short.
        few_accuracy: Share of right ones among the sides taken on pieces of reviews with fewer.
        most_unknown: A text with at least this share of unknown words is too strange.
        unknown_accuracy: Share of right ones among the sides taken on such texts.
        usual_accuracy: The same on the reviews as they are.
    """

    fewest_known: int
    few_accuracy: float
    most_unknown: float
    unknown_accuracy: float
    usual_accuracy: float


# Measured on the shipped model by `python -m lstm_core evaluate`, which prints these numbers
# under "cautions" and stores the table behind them; see lstm_core/evaluation/strangeness.py.
MEASURED = Manners(
    fewest_known=12,
    few_accuracy=0.65,
    most_unknown=0.55,
    unknown_accuracy=0.83,
    usual_accuracy=0.92,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A verdict a person can read.

    Attributes:
        leaning: The verdict in one word.
        probability: P(positive), 0 to 1; the model's own number, whatever the leaning.
        caution: A sentence when the verdict deserves doubt, else empty.
    """

    leaning: Leaning
    probability: float
    caution: str

    @property
    def sureness(self) -> float:
        """Probability of the leaning: that of negative when it leans to negative."""
        return max(self.probability, 1 - self.probability)


def judge(trace: Trace, manners: Manners = MEASURED) -> Verdict:
    """Put the model's number into words.

    Args:
        trace: The trace of the review.
        manners: From when on a text is too short or too strange.
    """
    probability = trace.verdict_probability
    caution = _caution(trace.encoding, manners)
    return Verdict(leaning_of(probability, trace.encoding.known_count), probability, caution)


def leaning_of(probability: float, known_words: int) -> Leaning:
    """The verdict in one word, from P(positive) and the number of known words read."""
    if known_words == 0:
        return Leaning.NOTHING
    if UNDECIDED_FROM < probability < UNDECIDED_TO:
        return Leaning.UNDECIDED
    return Leaning.POSITIVE if probability >= UNDECIDED_TO else Leaning.NEGATIVE


def _caution(encoding: Encoding, manners: Manners) -> str:
    if encoding.word_count == 0:
        return f"Nothing typed yet: this is what the model says to {encoding.maxlen} empty places."
    if encoding.known_count == 0:
        return "The model knows none of these words, so there is nothing to judge."
    unknown = len(encoding.unknown)
    if unknown / encoding.read_count >= manners.most_unknown:
        return (
            f"Too strange to be sure: the model does not know {unknown:,} of the "
            f"{encoding.read_count:,} words it read. Where it took sides on training reviews with "
            f"so many unknown words it was right {_in_hundred(manners.unknown_accuracy)}, "
            f"instead of {round(100 * manners.usual_accuracy)}."
        )
    if encoding.known_count < manners.fewest_known:
        known = "1 word" if encoding.known_count == 1 else f"{encoding.known_count} words"
        return (
            f"Too short to be sure: {known} to go by. Where it took sides on random pieces of "
            f"training reviews with fewer than {manners.fewest_known} known words it was right "
            f"{_in_hundred(manners.few_accuracy)}, instead of "
            f"{round(100 * manners.usual_accuracy)}."
        )
    return ""


def _in_hundred(share: float) -> str:
    return f"{round(100 * share)} times in 100"
