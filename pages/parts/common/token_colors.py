"""Colours of the words on every page: attribution by the most faithful fast method."""

from functools import lru_cache

from lstm_core.attribution.attribute import score_words
from lstm_core.attribution.captions import fast_caption
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
    """The most faithful of the fast methods; where none was measured, that of the shipped model."""
    report = stored_faithfulness(model)
    return STANDARD if report is None else report.fast


def token_scores(model: SentimentModel, trace: Trace) -> TokenColors:
    """The word scores that tint a review."""
    method = tint_method(model)
    scores = score_words(model.forward, trace, method).scores
    return TokenColors(scores, f"by {NOTES[method].name.lower()}")


def tint_line(model: SentimentModel) -> str:
    """Which method colours the words, and why."""
    report, name = stored_faithfulness(model), NOTES[tint_method(model)].name.lower()
    if report is None:
        return f"Coloured by {name}; faithfulness was not measured on this model."
    data = escape_markdown(report.stamp.data.split(",")[0])
    return (
        f"Coloured by {name}: {fast_caption(report)} (measured on {report.stamp.reviews:,} {data})."
    )
