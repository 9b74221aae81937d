"""Positions at which the prediction flips: a label counts outside the undecided range."""

from dataclasses import replace

import numpy as np
import pytest

from lstm_core.model.sentiment_model import shipped_model
from lstm_core.recurrent.trace import Trace, flip_positions

REVIEW = "one two three four"


def with_probabilities(padding: float, words: list[float]) -> Trace:
    """A trace of four words whose running probability is as given."""
    trace = shipped_model().trace(REVIEW)
    wanted = np.full(len(trace.logits), padding)
    wanted[trace.encoding.first_word :] = words
    return replace(trace, logits=np.log(wanted / (1 - wanted)).astype(np.float32))


@pytest.mark.parametrize(
    ("padding", "words", "turned"),
    [
        (0.45, [0.52, 0.97, 0.98, 0.99], [1]),  # 52 % is still undecided: the second word decides
        (0.45, [0.52, 0.55, 0.48, 0.51], []),  # never left the middle
        (0.30, [0.20, 0.10, 0.30, 0.20], []),  # had that side before the first word
        (0.30, [0.50, 0.35, 0.55, 0.30], []),  # wobbles within and below the middle
        (0.45, [0.80, 0.50, 0.90, 0.10], [0, 3]),  # came back to a side it already had
    ],
)
def test_turning_places(padding: float, words: list[float], turned: list[int]) -> None:
    trace = with_probabilities(padding, words)
    assert flip_positions(trace) == tuple(trace.encoding.first_word + at for at in turned)
