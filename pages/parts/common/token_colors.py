"""Token colours on every page: the attribution method that colours the words, and why that one."""

from functools import lru_cache

from lstm_core.analysis.sign_conflict import conflict_caption
from lstm_core.attribution.attribute import score_words
from lstm_core.attribution.captions import fast_caption, name_of
from lstm_core.attribution.faithfulness import FaithfulnessReport
from lstm_core.attribution.faithfulness_store import STANDARD, read_faithfulness
from lstm_core.attribution.registry import Method
from lstm_core.errors import LstmLensError
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.trace import Trace
from pages.parts.common.escape import escape_markdown
from pages.parts.components.token_view import TokenColors

RULE = "the fast method closest to the best one"  # see `FaithfulnessReport.fast`


@lru_cache(maxsize=4)  # a model never changes; Streamlit's own cache costs more than the rest here
def _stored(model: SentimentModel) -> tuple[FaithfulnessReport | None, str]:
    """What is stored with the model, or why it cannot be used."""
    try:
        return read_faithfulness(model.bundle), ""
    except LstmLensError as error:
        return None, str(error)


def stored_faithfulness(model: SentimentModel) -> FaithfulnessReport | None:
    """The benchmark that was measured on this model and is stored with it."""
    return _stored(model)[0]


def faithfulness_error(model: SentimentModel) -> str:
    """Why a stored benchmark cannot be used, a sentence; empty where there is none or it can."""
    return _stored(model)[1]


def tint_method(model: SentimentModel) -> Method:
    """The fast method closest to the best one (`FaithfulnessReport.fast`), LRP if not measured."""
    report = stored_faithfulness(model)
    return STANDARD if report is None else report.fast


def token_scores(model: SentimentModel, trace: Trace) -> TokenColors:
    """The word scores that colour a review."""
    method = tint_method(model)
    scores = score_words(model.forward, trace, method).scores
    return TokenColors(scores, f"by {name_of(method)}")


def tint_caption(model: SentimentModel, trace: Trace, tint: TokenColors) -> str:
    """Which method colours the words and, where a colour surprises, what it means there."""
    measured = stored_faithfulness(model) is not None
    why = f", {RULE}" if measured else ""
    return (
        f"Coloured by {name_of(tint_method(model))}{why}. {conflict_caption(trace, tint.values)}"
    ).rstrip()


def tint_line(model: SentimentModel) -> str:
    """Which method colours the words, and what that rests on."""
    report, name = stored_faithfulness(model), name_of(tint_method(model))
    if report is None:
        return f"Coloured by {name}; its faithfulness was not measured on this model."
    reviews = f"{report.stamp.reviews:,} {escape_markdown(report.stamp.data.split(',')[0])}"
    return f"Coloured by {name}, {RULE} on {reviews}: {fast_caption(report)}."
