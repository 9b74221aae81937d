"""SimpleRNN, GRU and LSTM side by side: the same data, sizes and recipe, measured on one review.

The three models ship with the lesson (``assets/lesson/cells``). They were trained by ``train-cell``
on the same reviews with the same settings; only the recurrent layer differs.

Symbols: T places.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from lstm_core.analysis.gradient_reach import (
    gradient_norms,
    gradient_reach,
    memory_of_word,
    survival_steps,
)
from lstm_core.errors import BundleError
from lstm_core.model.recurrent_model import RecurrentModel
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.paths import ASSETS
from lstm_core.recurrent.lstm import Floats
from lstm_core.recurrent.running import ModelTrace

FOLDER = ASSETS / "lesson" / "cells"
CELLS = {"simple_rnn": "SimpleRNN", "gru": "GRU", "lstm": "LSTM"}


@dataclass(frozen=True, eq=False)
class CellComparison:
    """What one of the three models does with a review.

    Attributes:
        name: SimpleRNN, GRU or LSTM.
        accuracy: On the test reviews, from its card.
        reviews: How many test reviews.
        parameters: Of the recurrent layer.
        trace: Its trace of the review.
        norms: Norm of d logit / d h_t, ``(T,)``.
        reach: Steps back from the end to the earliest norm of at least 1 % of the largest.
        left: What is left of the first word's mark on the states, from that word on, ``(S,)``.
        survives: Steps until less than a tenth of it is left; None when it outlives the review.
    """

    name: str
    accuracy: float
    reviews: int
    parameters: int
    trace: ModelTrace
    norms: Floats
    reach: int
    left: Floats
    survives: int | None

    @property
    def first_to_last(self) -> float:
        """The norm at the first word as a share of that at the last step."""
        place = min(self.trace.encoding.first_word, len(self.norms) - 1)
        first, last = float(self.norms[place]), float(self.norms[-1])
        return first / last if last else 0.0


@lru_cache(maxsize=1)
def cell_models() -> dict[str, RecurrentModel]:
    """The three models by name, loaded once a process.

    Raises:
        BundleError: When they are missing or damaged.
    """
    found = {}
    for folder, name in CELLS.items():
        model = SentimentModel.load(FOLDER / folder)
        if not isinstance(model, RecurrentModel):
            raise BundleError(f"{FOLDER / folder} is no model of the lesson. Take a fresh copy.")
        found[name] = model
    return found


def compare_cells(review: str) -> tuple[CellComparison, ...]:
    """Read a review with all three models and measure gradients and memory.

    Args:
        review: Any text; without a word there is no memory to follow.
    """
    return tuple(_compared(name, model, review) for name, model in cell_models().items())


def _compared(name: str, model: RecurrentModel, review: str) -> CellComparison:
    trace = model.model_trace(review)
    norms = gradient_norms(model, trace)[0].norms
    figure = model.card.figure("accuracy")
    left = np.zeros(0, np.float32)
    if trace.encoding.read_count:
        left = memory_of_word(model, trace, trace.encoding.first_word)
    return CellComparison(
        name=name,
        accuracy=figure.value if figure else float("nan"),
        reviews=figure.count if figure else 0,
        parameters=model.layers()[1].parameters,
        trace=trace,
        norms=norms,
        reach=gradient_reach(norms),
        left=left,
        survives=survival_steps(left) if len(left) else None,
    )
