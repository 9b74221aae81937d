"""From when on a verdict of the model in use deserves a caution."""

from lstm_core.analysis.prediction import UNMEASURED, Manners
from lstm_core.evaluation.reliability import manners_from, manners_of
from lstm_core.model.sentiment_model import SentimentModel


def manners_in_use(model: SentimentModel) -> Manners:
    """What is stored with the model, or was measured here with the button; both on this model."""
    stored = manners_of(model.bundle)
    if stored is not UNMEASURED:
        return stored
    from pages.parts.evaluation.data import measuring

    return manners_from(measuring(model).evaluation)
