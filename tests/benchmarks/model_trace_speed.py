"""`trace_model` of one sequence against Keras' own cell, stepped with its gates.

python -m tests.benchmarks.model_trace_speed
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from lstm_core import SentimentModel, trace_model
from tests.benchmarks.measure import Row, interleaved, print_table

TITLE = "Tracing any Keras model"
WANTED = 20  # times as fast


def run() -> list[Row]:
    """Measure and return the rows of the figure sheet."""
    import keras

    model = SentimentModel.load()
    keras_model = model.keras_model()
    ids = model.encode("the film was a wonderful surprise and not at all boring " * 8).ids[None]
    layer = next(layer for layer in keras_model.layers if isinstance(layer, keras.layers.LSTM))
    vectors = keras_model.get_layer("embedding")(ids)

    def stepped() -> None:
        """Both states of every step by the cell alone; the gates would come on top of it."""
        states = [keras.ops.zeros((1, layer.cell.units))] * 2
        for t in range(ids.shape[1]):
            _, states = layer.cell(vectors[:, t], states)
            np.stack([np.asarray(state) for state in states])

    def loaded_and_stepped() -> None:
        model.keras_model()
        stepped()

    rows = []
    for name, source, theirs, said in (
        ("in memory", keras_model, stepped, "the stepped Keras cell"),
        ("file", model.bundle.keras_path, loaded_and_stepped, "Keras' loading and stepped cell"),
    ):
        trace = lambda source=source: trace_model(source, ids)  # noqa: E731
        trace(), theirs()
        ours, peer = interleaved(trace, theirs, 15)
        rows.append(
            Row(
                f"`trace_model` of one review, model {name}, against {said}",
                f"{1e3 * ours:.1f} ms",
                f"{1e3 * peer:.0f} ms",
                f"{peer / ours:.0f} times",
                f"{WANTED} times",
                peer / ours >= WANTED,
            )
        )
    return rows


if __name__ == "__main__":
    print_table(TITLE, run())
