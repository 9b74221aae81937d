"""What one may say about a review: the verdict in words, with an honest middle and its doubts."""

from dataclasses import dataclass
from enum import StrEnum

from lstm_core.analysis.formatting import percent
from lstm_core.recurrent.running import RunningTrace
from lstm_core.recurrent.trace import UNDECIDED_FROM, UNDECIDED_TO
from lstm_core.text import Encoding


class Label(StrEnum):
    """The verdict in one word."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    UNDECIDED = "undecided"
    NOTHING = "nothing to judge"


@dataclass(frozen=True, slots=True)
class ReliabilityThresholds:
    """From when on a verdict deserves a caution, and how often it is right then.

    The shares are those of right ones among the sides taken, None where this was not measured on
    the model in question.

    Attributes:
        fewest_known: A text with fewer known words is too short.
        most_unknown: A text with at least this share of unknown words is too strange.
        few_accuracy: Share of right ones on pieces of reviews with fewer known words.
        unknown_accuracy: Share of right ones on texts with so many unknown words.
        usual_accuracy: The same on the reviews as they are.
    """

    fewest_known: int
    most_unknown: float
    few_accuracy: float | None = None
    unknown_accuracy: float | None = None
    usual_accuracy: float | None = None


# Where nothing was measured: a rule of thumb, near to what models of this kind were measured to
# need. What was measured on a model is stored with it: `lstm_core.evaluation.reliability` reads it.
UNMEASURED = ReliabilityThresholds(fewest_known=12, most_unknown=0.5)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A verdict a person can read.

    Attributes:
        leaning: The verdict in one word.
        probability: P(positive), 0 to 1; the model's own number, whatever the leaning.
        caution: A sentence when the verdict deserves doubt, else empty.
    """

    leaning: Label
    probability: float
    caution: str

    @property
    def confidence(self) -> float:
        """Probability of the leaning: that of negative when it leans to negative."""
        return max(self.probability, 1 - self.probability)


def make_verdict(trace: RunningTrace, thresholds: ReliabilityThresholds = UNMEASURED) -> Verdict:
    """Put the model's number into words.

    Args:
        trace: The trace of the review.
        thresholds: From which a text counts as too short or has too many unknown words.
    """
    probability = trace.verdict_probability
    caution = _caution(trace.encoding, thresholds)
    return Verdict(label_of(probability, trace.encoding.known_count), probability, caution)


def label_of(probability: float, known_words: int) -> Label:
    """The verdict in one word, from P(positive) and the number of known words read."""
    if known_words == 0:
        return Label.NOTHING
    if UNDECIDED_FROM < probability < UNDECIDED_TO:
        return Label.UNDECIDED
    return Label.POSITIVE if probability >= UNDECIDED_TO else Label.NEGATIVE


def flips(before: float, after: float) -> bool:
    """Whether P(positive) moved to the other side, beyond the undecided band."""
    return after <= UNDECIDED_FROM if before >= 0.5 else after >= UNDECIDED_TO


def _caution(encoding: Encoding, thresholds: ReliabilityThresholds) -> str:
    if encoding.word_count == 0:
        return f"Nothing typed yet: the prediction for {encoding.maxlen} time steps of padding."
    if encoding.known_count == 0:
        return "The model knows none of these words, so there is nothing to judge."
    unknown = len(encoding.unknown)
    if unknown / encoding.read_count >= thresholds.most_unknown:
        return (
            f"Not reliable: the model does not know {unknown:,} of the "
            f"{encoding.read_count:,} words it read. "
            + _measured(
                thresholds.unknown_accuracy,
                thresholds.usual_accuracy,
                "with so many unknown words",
                f"at least {percent(thresholds.most_unknown)} unknown words",
            )
        )
    if encoding.known_count < thresholds.fewest_known:
        known = (
            "1 known word" if encoding.known_count == 1 else f"{encoding.known_count} known words"
        )
        return f"Too short to be reliable ({known}). " + _measured(
            thresholds.few_accuracy,
            thresholds.usual_accuracy,
            f"with fewer than {thresholds.fewest_known}",
            f"fewer than {thresholds.fewest_known} known words",
        )
    return ""


def _measured(share: float | None, usual: float | None, where: str, rule: str) -> str:
    """Accuracy of the decided predictions on such texts, or that it was not measured."""
    if share is None or usual is None:
        return (
            f"How often this model is right then was not measured; {rule} is a rule of thumb here."
        )
    return (
        f"Decided predictions {where} are correct {round(100 * share)} times in 100, instead of "
        f"{round(100 * usual)}."
    )
