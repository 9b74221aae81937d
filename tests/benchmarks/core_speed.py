"""The NumPy forward pass against Keras: one review's full trace, and 25,000 reviews at once.

python -m tests.benchmarks.core_speed
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from lstm_core.model.sentiment_model import SentimentModel
from tests.benchmarks.measure import Row, interleaved, print_table, seconds

TITLE = "The core against Keras"
REVIEWS = 25_000
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
    return rows


if __name__ == "__main__":
    print_table(TITLE, run())
