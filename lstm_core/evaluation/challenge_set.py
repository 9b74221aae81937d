"""What a model still gets wrong, in sentences for its card: hard texts of our own, judged now."""

from dataclasses import dataclass

from lstm_core.model.sentiment_model import SentimentModel

# A few words that mean the opposite of what they count: negations of several kinds, comparisons,
# irony, quoted opinions. Whether each is positive is plain to a reader.
HARD_TEXTS: tuple[tuple[str, bool], ...] = (
    ("there are far sillier ways to spend a Sunday", True),
    ("the good ideas stayed in the writer's drawer", False),
    ("you cannot see this too often", True),
    ("try and find somebody who could improve on it", True),
    ("nobody could have played her better", True),
    ("I tried to find something to grumble about and gave up", True),
    ("my aunt's wedding video has more drama", False),
    ("read it instead, the pages move faster", False),
    ("not as good as the first one", False),
    ("for once the book comes second", True),
    ("I feared two hours of boredom and was spared every minute of them", True),
    ("it is no masterpiece, but I had a good time", True),
    ("everybody hated it, I did not", True),
    ("my friends adored what I could not stand", False),
    ("they say it is brilliant, I say it is not", False),
    ("such wonderful actors deserved a film", False),
    ("all the ingredients were there, so who burned the cake", False),
    ("the best part was the end credits", False),
    ("so terrible that we laughed till midnight and bought our own copy", True),
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
