"""How good a model is: measured on reviews, stored with the bundle, read back without any data."""

from lstm_core.evaluation.schema import READINGS, Evaluation, Outcomes
from lstm_core.evaluation.store import evaluation_from_json, evaluation_to_json, read_evaluation

__all__ = [
    "READINGS",
    "Evaluation",
    "Outcomes",
    "evaluation_from_json",
    "evaluation_to_json",
    "read_evaluation",
]
