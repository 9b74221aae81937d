"""Scoring a batch of rows: probability, verdict and known words of every valid row."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from lstm_core.analysis.prediction import label_of
from lstm_core.datasets.table_format import RowBatch
from lstm_core.model.sentiment_model import SentimentModel, read_reviews
from lstm_core.recurrent.lstm import sigmoid

Floats = npt.NDArray[np.float32]


class Reading(StrEnum):
    """How much of a review is read."""

    FIRST = "first"  # the first places, the article's rule
    WHOLE = "whole"  # the whole review in windows
    BOTH = "both"  # one after the other; summaries are of the first


@dataclass(frozen=True, slots=True)
class Prediction:
    """Predictions for rows in one reading."""

    probabilities: Floats  # P(positive), float32 ``(N,)``, NaN for a row that was not scored
    verdicts: list[str]  # the verdict in a word or two, empty for a row that was not scored
    known: npt.NDArray[np.int64]  # known words read in each row, int64 ``(N,)``


@dataclass(frozen=True, slots=True)
class Scored:
    """A batch and its predictions, once per reading.

    Attributes:
        batch: The rows.
        predictions: One, or with `Reading.BOTH` that of the first places and that of the whole.
    """

    batch: RowBatch
    predictions: tuple[Prediction, ...]

    @property
    def first(self) -> Prediction:
        """The prediction that summaries are of."""
        return self.predictions[0]

    @property
    def good(self) -> npt.NDArray[np.bool_]:
        """Which rows were scored, bool ``(N,)``."""
        return np.array([not problem for problem in self.batch.problems], dtype=np.bool_)


def score_batch(model: SentimentModel, batch: RowBatch, reading: Reading) -> Scored:
    """Score every valid row."""
    return Scored(batch, predict_texts(model, batch.texts, reading))


def predict_texts(
    model: SentimentModel, texts: list[str], reading: Reading
) -> tuple[Prediction, ...]:
    """Predictions of texts, of which the empty ones are not scored; one per reading."""
    good = np.flatnonzero([bool(text) for text in texts])  # (G,)
    valid = [texts[row] for row in good]
    modes = {Reading.FIRST: (False,), Reading.WHOLE: (True,), Reading.BOTH: (False, True)}
    return tuple(_predict(model, len(texts), good, valid, whole) for whole in modes[reading])


def _predict(
    model: SentimentModel,
    count: int,
    good: npt.NDArray[np.intp],
    texts: list[str],
    whole: bool,
) -> Prediction:
    logits, found = read_reviews(model.reader, texts, model.vocabulary, whole=whole)  # (G,)
    probabilities = np.full(count, np.nan, np.float32)  # (N,)
    probabilities[good] = sigmoid(logits)
    known = np.zeros(count, np.int64)  # (N,)
    known[good] = found
    verdicts = [""] * count
    for row in good:
        verdicts[row] = str(label_of(float(probabilities[row]), int(known[row])))
    return Prediction(probabilities, verdicts, known)
