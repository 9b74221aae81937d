"""What one may say about a review: the verdict in words, with an honest middle."""

from dataclasses import dataclass
from enum import StrEnum

from lstm_core.text import Encoding
from lstm_core.trace import Trace

UNDECIDED_FROM, UNDECIDED_TO = 0.4, 0.6


class Leaning(StrEnum):
    """The verdict in one word."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    UNDECIDED = "undecided"
    NOTHING = "nothing to judge"


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


def judge(trace: Trace) -> Verdict:
    """Put the model's number into words."""
    probability = trace.verdict_probability
    caution = _caution(trace.encoding)
    if trace.encoding.known_count == 0:
        return Verdict(Leaning.NOTHING, probability, caution)
    if UNDECIDED_FROM < probability < UNDECIDED_TO:
        return Verdict(Leaning.UNDECIDED, probability, caution)
    leaning = Leaning.POSITIVE if probability >= UNDECIDED_TO else Leaning.NEGATIVE
    return Verdict(leaning, probability, caution)


def _caution(encoding: Encoding) -> str:
    if encoding.word_count == 0:
        return "Nothing typed yet: this is what the model says to eighty empty places."
    if encoding.known_count == 0:
        return "The model knows none of these words, so there is nothing to judge."
    return ""
