"""The explanation of one prediction: word scores of a review by chosen methods."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lstm_core.attribution.attribute import WordScores
from lstm_core.attribution.faithfulness_store import most_faithful
from lstm_core.attribution.models import score_model, unavailable_methods
from lstm_core.attribution.registry import Method
from lstm_core.display import Displayed
from lstm_core.errors import InputError
from lstm_core.recurrent.lstm import Floats
from lstm_core.recurrent.running import ModelTrace
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

    trace: Trace | ModelTrace
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
        """P(positive) of the review; of an imported model P of its chosen class."""
        return self.trace.verdict_probability

    def __repr__(self) -> str:
        words = zip(self.words, self.scores, strict=True)
        strongest = sorted(words, key=lambda pair: -abs(pair[1]))[:5]
        said = ", ".join(f"{word} {score:+.2f}" for word, score in strongest)
        name = self.trace.class_name
        return f"<Explanation by {self.method}: P({name}) {self.probability:.3f}; {said}>"


def explain(
    model: "SentimentModel", review: str, methods: str | Sequence[str] | None = None
) -> Explanation:
    """Explain the prediction of a review.

    Args:
        model: The model.
        review: The text.
        methods: One method or several by name, or "all" that are defined for the model; when left
            out the one measured as most faithful to this model, of an imported model occlusion.

    Raises:
        InputError: When there is no such method, or it is not defined for the model.
    """
    trace = model.running_trace(review)
    return Explanation(trace, score_model(model, trace, _chosen(model, methods)))


def _chosen(model: "SentimentModel", methods: str | Sequence[str] | None) -> tuple[Method, ...]:
    missing = unavailable_methods(model)
    if methods is None:
        return (Method.LEAVE_OUT if missing else most_faithful(model.bundle),)
    if methods == "all":
        return tuple(method for method in Method if method not in missing)
    names = [methods] if isinstance(methods, str) else list(methods)
    if not names or any(name not in set(Method) for name in names):
        raise InputError(
            f"The methods {str(names)[:80]} came in; there are {', '.join(Method)}, and 'all'."
        )
    return tuple(map(Method, names))
