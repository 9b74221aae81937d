"""Every explanation of one review of 80 words, and the smallest edit that turns it.

python -m tests.benchmarks.explain_speed
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import statistics
from collections.abc import Callable

import numpy as np

from lstm_core.attribution.attribute import score_all
from lstm_core.attribution.counterfactuals import minimal_counterfactuals
from lstm_core.attribution.registry import SLOW, Method
from lstm_core.model.sentiment_model import SentimentModel
from tests.benchmarks.measure import Row, interleaved, print_table, seconds

TITLE = "Explanations"
TEXT = "a clever and lovely film with one dull scene that I did not like but a fine ending " * 6
ROUNDS = 30


def run() -> list[Row]:
    """Measure and return the rows of the figure sheet."""
    model = SentimentModel.load()
    trace = model.trace(TEXT)
    fast = [method for method in Method if method not in SLOW]
    ours = lambda: score_all(model.forward, trace, fast)  # noqa: E731
    peer = _tensorflow_gradient(model, trace.encoding.ids)
    for _ in range(3):
        ours(), peer()
    all_six, one_gradient = interleaved(ours, peer, ROUNDS)
    slow = statistics.median(
        seconds(lambda: score_all(model.forward, trace, SLOW)) for _ in range(ROUNDS)
    )
    turns = statistics.median(
        seconds(lambda: minimal_counterfactuals(model, trace)) for _ in range(5)
    )
    return [
        Row(
            f"{len(fast)} methods on a review of {trace.encoding.read_count} words against one "
            "gradient by TensorFlow (`GradientTape`)",
            f"{1e3 * all_six:.0f} ms",
            f"{1e3 * one_gradient:.0f} ms",
            f"{one_gradient / all_six:.1f} times",
            "100 ms",
            all_six <= 0.1,
        ),
        Row("integrated gradients of the same review", f"{1e3 * slow:.0f} ms"),
        Row(
            "the smallest edit that turns it, of four kinds",
            f"{1e3 * turns:.0f} ms",
            target="1,000 ms",
            met=turns <= 1,
        ),
    ]


def _tensorflow_gradient(model: SentimentModel, ids: np.ndarray) -> Callable[[], object]:
    """Gradient x input by the stock layers, eagerly."""
    import tensorflow as tf

    keras_model = model.keras_model()
    embedding, lstm, output = (
        keras_model.get_layer(name) for name in ("embedding", "lstm", "output")
    )

    def gradient() -> object:
        vectors = embedding(ids[None])
        with tf.GradientTape() as tape:
            tape.watch(vectors)
            logit = tf.linalg.matmul(lstm(vectors), output.kernel) + output.bias
        return tf.reduce_sum(vectors * tape.gradient(logit, vectors), axis=-1).numpy()

    return gradient


if __name__ == "__main__":
    print_table(TITLE, run())
