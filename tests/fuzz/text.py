"""Fuzz target: a review's text: encoding, trace, verdict, both ways of reading."""

import contextlib
from functools import cache
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from lstm_core.analysis.captions import reading_line, strongest_title
from lstm_core.analysis.prediction import make_verdict
from lstm_core.analysis.prediction_change import change_caption
from lstm_core.errors import InputError
from lstm_core.model.sentiment_model import SentimentModel
from tests.fuzz.target import ANY_TEXT, Target


@cache
def model() -> SentimentModel:
    """The shipped model."""
    return SentimentModel.load()


def run_one(value: object, folder: Path) -> None:
    """Read a text in every way there is."""
    del folder
    ours = model()
    trace = ours.trace(value)  # type: ignore[arg-type]
    ids = trace.encoding.ids
    assert ids.shape == (80,) and ids.dtype == np.int32
    assert ids.min() >= 0 and ids.max() < 10_000
    assert np.isfinite(trace.probability).all() and np.isfinite(trace.cell_state).all()
    with contextlib.suppress(InputError):
        ours.predict(value)  # type: ignore[arg-type]
    assert abs(float(ours.predict([trace.encoding.text])[0]) - trace.probability[-1]) < 1e-5
    assert trace.encoding.text == value
    verdict = make_verdict(trace)
    assert 0 <= verdict.probability <= 1
    assert reading_line(trace.encoding) and change_caption(trace) and strongest_title(trace)


TARGET = Target(
    "text of a review",
    "any text gives 80 ids and finite states; what is no text is refused",
    st.one_of(ANY_TEXT, ANY_TEXT, st.one_of(st.none(), st.integers(), st.binary(max_size=9))),
    run_one,
    share=170,
)
