"""How the words of a review are tinted on every page: by the explanation to believe most."""

from functools import lru_cache

from lstm_core.attribution.attribute import score_words
from lstm_core.attribution.faithfulness import FaithfulnessReport
from lstm_core.attribution.faithfulness_store import STANDARD, read_faithfulness
from lstm_core.attribution.registry import NOTES, Method
from lstm_core.errors import LstmLensError
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.trace import Trace
from pages.parts.common.escape import escape_markdown
from pages.parts.components.token_view import TokenColors


@lru_cache(maxsize=4)  # a model never changes; Streamlit's own cache costs more than the rest here
def stored_faithfulness(model: SentimentModel) -> FaithfulnessReport | None:
    """What was measured on this model and is stored with it, read once."""
    try:
        return read_faithfulness(model.bundle)
    except LstmLensError:
        return None


def tint_method(model: SentimentModel) -> Method:
    """The method that won on this model; where none was measured, that of the shipped one."""
    court = stored_faithfulness(model)
    return STANDARD if court is None else Method(court.winner)


def token_scores(model: SentimentModel, trace: Trace) -> TokenColors:
    """The word scores that tint a review."""
    method = tint_method(model)
    scores = score_words(model.forward, trace, method).scores
    return TokenColors(scores, f"by {NOTES[method].name.lower()}")


def tint_line(model: SentimentModel) -> str:
    """Which method tints the words, and why."""
    court, name = stored_faithfulness(model), NOTES[tint_method(model)].name.lower()
    if court is None:
        return f"Tinted by {name}; which explanation to believe was not measured on this model."
    rank = "one of the two best" if court.margin.low <= 0 else "the best"
    return (
        f"Tinted by {name}: of seven explanations {rank} at telling which words made the verdict "
        f"(measured on {court.stamp.reviews:,} {escape_markdown(court.stamp.data.split(',')[0])})."
    )
