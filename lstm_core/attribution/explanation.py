"""The explanation of one prediction: what chosen methods say about the words of a review."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lstm_core.attribution.attribute import WordScores, score_all
from lstm_core.attribution.faithfulness_store import most_faithful
from lstm_core.attribution.registry import Method
from lstm_core.display import Displayed
from lstm_core.errors import InputError
from lstm_core.recurrent.lstm import Floats
from lstm_core.recurrent.trace import Trace

if TYPE_CHECKING:
    from lstm_core.model.sentiment_model import SentimentModel


@dataclass(frozen=True, eq=False, repr=False)
class Explanation(Displayed):
    """Word scores of one review.

    Attributes:
        trace: The trace of the review.
        by_method: The scores of each method, the first one in front.
    """

    trace: Trace
    by_method: tuple[WordScores, ...]

    @property
    def method(self) -> Method:
        """The first method, by which words are tinted."""
        return self.by_method[0].method

    @property
    def words(self) -> tuple[str, ...]:
        """The words that the model read."""
        return tuple(self.trace.encoding.words[self.trace.encoding.first_word :])

    @property
    def scores(self) -> Floats:
        """What the first method gives each of `words`, float32; positive is towards positive."""
        return self.by_method[0].scores[self.trace.encoding.first_word :]

    @property
    def rest(self) -> float | None:
        """The part of the logit that no word gets; None when the scores do not sum to it."""
        return self.by_method[0].rest

    @property
    def probability(self) -> float:
        """P(positive) of the review."""
        return self.trace.verdict_probability

    def __repr__(self) -> str:
        words = zip(self.words, self.scores, strict=True)
        strongest = sorted(words, key=lambda pair: -abs(pair[1]))[:5]
        said = ", ".join(f"{word} {score:+.2f}" for word, score in strongest)
        return f"<Explanation by {self.method}: P(positive) {self.probability:.3f}; {said}>"


def explain(
    model: "SentimentModel", review: str, methods: str | Sequence[str] | None = None
) -> Explanation:
    """Explain the prediction of a review.

    Args:
        model: The model.
        review: The text.
        methods: One method or several by name, or "all"; when left out the one measured as most
            faithful to this model.

    Raises:
        InputError: When there is no such method.
    """
    trace = model.trace(review)
    return Explanation(trace, score_all(model.forward, trace, _chosen(model, methods)))


def _chosen(model: "SentimentModel", methods: str | Sequence[str] | None) -> tuple[Method, ...]:
    if methods is None:
        return (most_faithful(model.bundle),)
    if methods == "all":
        return tuple(Method)
    names = [methods] if isinstance(methods, str) else list(methods)
    if not names or any(name not in set(Method) for name in names):
        raise InputError(
            f"The methods {str(names)[:80]} came in; there are {', '.join(Method)}, and 'all'."
        )
    return tuple(map(Method, names))
