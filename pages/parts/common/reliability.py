"""From when on a verdict of the model in use deserves a caution."""

from lstm_core.analysis.prediction import UNMEASURED, ReliabilityThresholds
from lstm_core.errors import LstmLensError
from lstm_core.evaluation.reliability import reliability_from, reliability_of
from lstm_core.evaluation.worker import measured_here
from lstm_core.model.sentiment_model import SentimentModel


def reliability_in_use(model: SentimentModel) -> ReliabilityThresholds:
    """What is stored with the model, or was measured here with the button; both on this model."""
    stored = reliability_of(model.bundle)
    if stored is not UNMEASURED:
        return stored
    try:
        return reliability_from(measured_here(model.bundle))
    except LstmLensError:
        return stored
