"""The article's recipe with another recurrent part: SimpleRNN, GRU, stacked or bidirectional LSTM.

Everything else is the article's: embedding, one sigmoid neuron, binary cross-entropy, Adam, and
Keras' own `fit`. The weights of the epoch with the best validation accuracy are kept. Calling
these functions imports TensorFlow.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from lstm_core.recurrent.lstm import Floats, Ids
from lstm_core.training.article.model import batches, compile_model

if TYPE_CHECKING:
    import keras


class Cell(StrEnum):
    """The recurrent part of a model."""

    LSTM = "lstm"
    GRU = "gru"
    SIMPLE_RNN = "simple_rnn"
    STACKED_LSTM = "stacked_lstm"
    BIDIRECTIONAL_LSTM = "bidirectional_lstm"


def build_cell_model(
    cell: Cell, num_words: int, maxlen: int, embedding_dim: int, units: int
) -> keras.Model:
    """The article's model with this recurrent part, uncompiled: ``(N, T)`` -> ``(N, 1)``."""
    import keras

    layers = keras.layers
    inputs = keras.Input(shape=(maxlen,), dtype="int32", name="main_input")  # (N, T)
    x = layers.Embedding(num_words, embedding_dim, name="embedding")(inputs)  # (N, T, E)
    if cell is Cell.GRU:
        x = layers.GRU(units, name="gru")(x)  # (N, D)
    elif cell is Cell.SIMPLE_RNN:
        x = layers.SimpleRNN(units, name="simple_rnn")(x)
    elif cell is Cell.BIDIRECTIONAL_LSTM:
        x = layers.Bidirectional(layers.LSTM(units), name="bidirectional")(x)  # (N, 2D)
    else:
        if cell is Cell.STACKED_LSTM:
            x = layers.LSTM(units, return_sequences=True, name="lstm_1")(x)  # (N, T, D)
        x = layers.LSTM(units, name="lstm")(x)
    outputs = layers.Dense(1, activation="sigmoid", name="output")(x)  # (N, 1)
    return keras.Model(inputs, outputs, name=str(cell))


def fit_cell_model(
    model: keras.Model,
    train: tuple[Ids, Floats],
    validation: tuple[Ids, Floats],
    *,
    batch_size: int,
    epochs: int,
    seed: int,
    verbose: int = 2,
) -> list[dict[str, float]]:
    """Train with Keras' `fit` and keep the epoch with the best validation accuracy.

    Args:
        model: From `build_cell_model`.
        train: Word ids ``(N, T)`` and labels ``(N,)``.
        validation: The same of the reviews that choose the epoch.
        batch_size: Reviews per step.
        epochs: Times through the reviews.
        seed: Of the order of the reviews.
        verbose: Keras' argument.

    Returns:
        Loss and accuracy by epoch, on both parts.
    """
    import keras

    compile_model(model)
    best = keras.callbacks.EarlyStopping(
        "val_accuracy", mode="max", patience=epochs, restore_best_weights=True
    )
    history: Any = model.fit(
        batches(*train, batch_size, seed=seed),
        epochs=epochs,
        shuffle=False,  # the data set shuffles itself
        validation_data=batches(*validation, batch_size),
        callbacks=[best],
        verbose=verbose,
    ).history
    names = sorted(history)
    return [
        dict(zip(names, row, strict=True))
        for row in zip(*(map(float, history[n]) for n in names), strict=True)
    ]


def accuracy_of(model: keras.Model, ids: Ids, labels: Floats) -> float:
    """Share of the reviews on the label's side of one half."""
    probability = np.asarray(model.predict(ids, batch_size=512, verbose=0))[:, 0]  # (N,)
    return float(((probability > 0.5) == (labels > 0.5)).mean())
