"""What a model still gets wrong, in sentences for its card: hard texts of our own, judged now."""

from dataclasses import dataclass

from lstm_core.model.sentiment_model import SentimentModel

# A few words that mean the opposite of what they count: negations of several kinds, comparisons,
# irony, quoted opinions. Whether each is positive is plain to a reader.
HARD_TEXTS: tuple[tuple[str, bool], ...] = (
    ("not bad at all", True),
    ("not good", False),
    ("I can't recommend this enough", True),
    ("it could not have been done better", True),
    ("nobody could have played her better", True),
    ("no complaints", True),
    ("I have seen better", False),
    ("the book was better", False),
    ("not as good as the first one", False),
    ("better than the book", True),
    ("less boring than I feared", True),
    ("it is no masterpiece, but I had a good time", True),
    ("everybody hated it, I did not", True),
    ("my friends loved it, I did not", False),
    ("they say it is brilliant, I say it is not", False),
    ("what a waste of a wonderful cast", False),
    ("it should have been wonderful", False),
    ("the best part was the end credits", False),
    ("so bad that it is good", True),
    ("oh great, two more hours of my life gone", False),
    ("if you like watching paint dry, this is for you", False),
    ("a brilliant way to fall asleep", False),
    ("I laughed only once, at the prices of the popcorn", False),
    ("it fails at nothing it tries", True),
)


@dataclass(frozen=True, slots=True)
class HardText:
    """One hard text.

    Attributes:
        text: The text.
        positive: What it means.
        probability: P(positive) by the model.
    """

    text: str
    positive: bool
    probability: float

    @property
    def right(self) -> bool:
        """Whether the verdict is what the text means."""
        return (self.probability >= 0.5) == self.positive


def evaluate_challenge_set(model: SentimentModel) -> tuple[HardText, ...]:
    """The model's number for every hard text."""
    said = model.predict([text for text, _ in HARD_TEXTS])
    return tuple(HardText(*row, float(p)) for row, p in zip(HARD_TEXTS, said, strict=True))


def limit_notes(model: SentimentModel) -> tuple[str, ...]:
    """What stays wrong, as one sentence for the card; none when nothing does."""
    judged = evaluate_challenge_set(model)
    wrong = [one for one in judged if not one.right]
    if not wrong:
        return ()
    named = "; ".join(f"“{one.text}” ({one.probability:.0%} positive)" for one in wrong)
    return (
        f"Of {len(judged)} hard short texts of our own writing it judges {len(wrong)} wrongly: "
        f"{named}.",
    )
