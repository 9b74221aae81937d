"""Turn a probability into a label (positive, negative, undecided) with low-confidence warnings."""

from dataclasses import dataclass
from enum import StrEnum

from lstm_core.analysis.formatting import percent
from lstm_core.recurrent.running import RunningTrace
from lstm_core.recurrent.trace import UNDECIDED_FROM, UNDECIDED_TO
from lstm_core.text import Encoding, Vocabulary


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
    """A verdict a person can read."""

    leaning: Label  # the verdict in one word
    probability: float  # P(positive), 0 to 1; the model's own number, whatever the leaning
    caution: str  # a sentence when the verdict deserves doubt, else empty

    @property
    def confidence(self) -> float:
        """Probability of the leaning: that of negative when it leans to negative."""
        return max(self.probability, 1 - self.probability)


def make_verdict(trace: RunningTrace, thresholds: ReliabilityThresholds = UNMEASURED) -> Verdict:
    """Put the model's number into words.

    Args:
        thresholds: From which a text counts as too short or has too many unknown words.
    """
    probability = trace.verdict_probability
    encoding = trace.encoding
    read = encoding.read_count + len(encoding.left_out)
    caution = _caution(read, encoding.known_count, thresholds, measured=True)
    return Verdict(label_of(probability, encoding.known_count), probability, caution)


def whole_verdict(
    encoding: Encoding,
    vocabulary: Vocabulary,
    probability: float,
    thresholds: ReliabilityThresholds = UNMEASURED,
) -> Verdict:
    """The verdict on a whole review, whose known words are counted to its end.

    Args:
        vocabulary: The words that the model knows.
        probability: P(positive) of the whole review.
        thresholds: See `make_verdict`; the accuracies belong to the first words and are not told.
    """
    known = encoding.known_count + sum(word in vocabulary for word in encoding.unread_words)
    caution = _caution(encoding.word_count, known, thresholds, measured=False)
    return Verdict(label_of(probability, known), probability, caution)


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


def _caution(read: int, known: int, thresholds: ReliabilityThresholds, *, measured: bool) -> str:
    """A warning where too few words were read or known; `measured`: with the accuracy then."""
    if not read:
        return "No word to read: this is the prediction for a review without words."
    if not known:
        return "The model knows none of these words, so there is nothing to judge."
    unknown, usual = read - known, thresholds.usual_accuracy
    says = share = where = rule = None
    if unknown / read >= thresholds.most_unknown:
        says = f"Not reliable: the model does not know {unknown:,} of the {read:,} words."
        share, where = thresholds.unknown_accuracy, "with so many unknown words"
        rule = f"at least {percent(thresholds.most_unknown)} unknown words"
    elif known < thresholds.fewest_known:
        words = "1 known word" if known == 1 else f"{known} known words"
        says = f"Too short to be reliable ({words})."
        share, where = thresholds.few_accuracy, f"with fewer than {thresholds.fewest_known}"
        rule = f"fewer than {thresholds.fewest_known} known words"
    if says is None or where is None or rule is None:
        return ""
    return f"{says} {_measured(share, usual, where, rule)}" if measured else says


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
