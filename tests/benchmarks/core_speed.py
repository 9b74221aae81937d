"""The core against Keras: one review's full trace, 25,000 encodings, and 20,000 raw reviews.

The last needs a data set: LSTM_LENS_DATA=aclImdb_v1.tar.gz python -m tests.benchmarks.core_speed
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from typing import Any

import numpy as np

from lstm_core.datasets import load_corpus
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.text import encode_many
from tests.benchmarks.measure import Row, interleaved, print_table, seconds

TITLE = "The core against Keras"
REVIEWS = 25_000
RAW = 20_000
BATCH_SIZES = (256, 1024, 4096)
TEXT = "the film was a wonderful surprise and not at all boring " * 8


def run() -> list[Row]:
    """Measure and return the rows of the figure sheet."""
    model = SentimentModel.load()
    keras_model = model.keras_model()
    one = model.encode(TEXT)
    trace = lambda: model.trace(one)  # noqa: E731
    predict = lambda: keras_model.predict(one.ids[None], verbose=0)  # noqa: E731
    for _ in range(3):
        trace(), predict()
    ours, peer = interleaved(trace, predict, 60)
    rows = [
        Row(
            "full trace of one review (all six quantities) against `keras_model.predict` of it",
            f"{1e3 * ours:.2f} ms",
            f"{1e3 * peer:.1f} ms",
            f"{peer / ours:.0f} times",
            "60 times",
            peer / ours >= 60,
        )
    ]
    rng = np.random.default_rng(0)
    ids = rng.integers(4, model.bundle.weights.num_words, (REVIEWS, model.maxlen)).astype(np.int32)
    best = min(
        BATCH_SIZES,
        key=lambda size: [
            seconds(lambda: keras_model.predict(ids, batch_size=size, verbose=0)) for _ in range(2)
        ][1],
    )
    model.predict_ids(ids)
    ours, peer = interleaved(
        lambda: model.predict_ids(ids),
        lambda: keras_model.predict(ids, batch_size=best, verbose=0),
        5,
    )
    rows.append(
        Row(
            f"`predict` of 25,000 encodings against Keras at its best batch size ({best})",
            f"{REVIEWS / ours:,.0f} a second",
            f"{REVIEWS / peer:,.0f} a second",
            f"{peer / ours:.1f} times",
            "3 times, aim 5",
            peer / ours >= 3,
        )
    )
    if os.environ.get("LSTM_LENS_DATA"):
        rows.append(raw_reviews(model, keras_model, best))
    return rows


def raw_reviews(model: SentimentModel, keras_model: Any, batch_size: int) -> Row:
    """Encoding and forward pass of raw reviews against Keras on the same reviews, encoded."""
    texts = load_corpus(unlabelled=False, download=False).test.texts[:RAW]
    ids = encode_many(texts, model.vocabulary, model.maxlen)
    ours, peer = interleaved(
        lambda: model.predict(texts),
        lambda: keras_model.predict(ids, batch_size=batch_size, verbose=0),
        5,
    )
    return Row(
        f"`predict` of {RAW:,} raw reviews against Keras on their encodings",
        f"{RAW / ours:,.0f} a second",
        f"{RAW / peer:,.0f} a second",
        f"{peer / ours:.1f} times",
    )


if __name__ == "__main__":
    print_table(TITLE, run())
