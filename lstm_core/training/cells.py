"""The article's recipe with another recurrent part: SimpleRNN, GRU, stacked or bidirectional LSTM.

Everything else is the article's: embedding, one sigmoid neuron, binary cross-entropy, Adam, and
Keras' own `fit`. The weights of the epoch with the best validation accuracy are kept. Calling
these functions imports TensorFlow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lstm_core.datasets import Corpus, train_validation_split
from lstm_core.errors import InputError
from lstm_core.model.bundle import Bundle, write_bundle
from lstm_core.model.card import (
    CLASSIFIER_FORMAT,
    Card,
    DataNote,
    JsonValue,
    MetricValue,
    current_versions,
)
from lstm_core.model.classifier_reader import classifier_of
from lstm_core.model.import_model import NetworkFile
from lstm_core.model.model_trace import network_in_memory
from lstm_core.recurrent.lstm import Floats, Ids
from lstm_core.text import Vocabulary, encode_many
from lstm_core.training.article.model import batches, compile_model
from lstm_core.training.factory import make_repeatable
from lstm_core.training.settings import TrainSettings

if TYPE_CHECKING:
    import keras


class CellKind(StrEnum):
    """The recurrent part of a model."""

    LSTM = "lstm"
    GRU = "gru"
    SIMPLE_RNN = "simple_rnn"
    STACKED_LSTM = "stacked_lstm"
    BIDIRECTIONAL_LSTM = "bidirectional_lstm"


@dataclass(frozen=True, eq=False)
class FittedModel:
    """Result of `fit_cell_model`."""

    model: keras.Model  # the Keras model with the weights of the best epoch
    history: Sequence[Mapping[str, float]]  # loss and accuracy by epoch, on both parts
    test_accuracy: float  # accuracy on the test reviews

    @property
    def best_epoch(self) -> int:
        """The epoch whose weights were kept, from 1."""
        found = [epoch["val_accuracy"] for epoch in self.history]
        return int(np.argmax(found)) + 1


def train_cell(
    corpus: Corpus,
    cell: CellKind,
    settings: TrainSettings,
    folder: Path,
    *,
    validation_share: float = 0.1,
    command: str,
    verbose: int = 2,
) -> Bundle:
    """Train a model on a corpus and save it as a bundle.

    Args:
        corpus: Its training part is learned from; its test part gives the accuracy of the card.
        cell: The recurrent part.
        settings: Sizes, batch size, epochs and seed.
        folder: Where the bundle shall be; it must not be there.
        validation_share: Share of the training reviews that chooses the epoch, above 0.
        command: The command that makes this model again, for the card.
        verbose: Keras' argument.

    Raises:
        InputError: When there is no validation share or no test review.
        BundleError: When the bundle cannot be written.
    """
    if not 0 < validation_share <= 0.5 or not len(corpus.test):
        raise InputError(
            f"A validation share of {validation_share} and {len(corpus.test)} test reviews came "
            "in; choose a share above 0 and up to 0.5, and data with a test part."
        )
    vocabulary = corpus.vocabulary(settings.num_words)
    learn, watch = train_validation_split(
        corpus.train.labels, validation_share, settings.seed, texts=corpus.train.groups
    )
    ids = encode_many(corpus.train.texts, vocabulary, settings.maxlen)  # (N, T)
    labels = np.asarray(corpus.train.labels, np.float32)
    test = encode_many(corpus.test.texts, vocabulary, settings.maxlen)
    make_repeatable(settings.seed)
    fitted = fit_cell_model(
        build_cell_model(cell, settings),
        (ids[learn], labels[learn]),
        (ids[watch], labels[watch]),
        (test, np.asarray(corpus.test.labels, np.float32)),
        settings,
        verbose=verbose,
    )
    source = corpus.source
    counts = len(learn), len(corpus.test)
    note = DataNote(source.description, source.sha256, *counts)
    return save_cell(fitted, vocabulary, cell, settings, folder, data=note, command=command)


def build_cell_model(cell: CellKind, settings: TrainSettings) -> keras.Model:
    """The article's model with this recurrent part, uncompiled: ``(N, T)`` -> ``(N, 1)``."""
    import keras

    layers, units = keras.layers, settings.lstm_dim
    inputs = keras.Input(shape=(settings.maxlen,), dtype="int32", name="main_input")  # (N, T)
    x = layers.Embedding(settings.num_words, settings.embedding_dim, name="embedding")(inputs)
    if cell is CellKind.GRU:
        x = layers.GRU(units, name="gru")(x)  # (N, D)
    elif cell is CellKind.SIMPLE_RNN:
        x = layers.SimpleRNN(units, name="simple_rnn")(x)
    elif cell is CellKind.BIDIRECTIONAL_LSTM:
        x = layers.Bidirectional(layers.LSTM(units), name="bidirectional")(x)  # (N, 2D)
    else:
        if cell is CellKind.STACKED_LSTM:
            x = layers.LSTM(units, return_sequences=True, name="lstm_1")(x)  # (N, T, D)
        x = layers.LSTM(units, name="lstm")(x)
    outputs = layers.Dense(1, activation="sigmoid", name="output")(x)  # (N, 1)
    return keras.Model(inputs, outputs, name=str(cell))


def fit_cell_model(
    model: keras.Model,
    train: tuple[Ids, Floats],
    validation: tuple[Ids, Floats],
    test: tuple[Ids, Floats],
    settings: TrainSettings,
    *,
    verbose: int = 2,
) -> FittedModel:
    """Train with Keras' `fit` and keep the epoch with the best validation accuracy.

    Args:
        model: From `build_cell_model`.
        train: Word ids ``(N, T)`` and labels ``(N,)``.
        validation: The same of the reviews that choose the epoch.
        test: The same of the reviews for the final figure.
        settings: Batch size, epochs and seed.
        verbose: Keras' argument.
    """
    import keras

    compile_model(model)
    best = keras.callbacks.EarlyStopping(
        "val_accuracy", mode="max", patience=settings.epochs, restore_best_weights=True
    )
    history: Any = model.fit(
        batches(*train, settings.batch_size, seed=settings.seed),
        epochs=settings.epochs,
        shuffle=False,  # the data set shuffles itself
        validation_data=batches(*validation, settings.batch_size),
        callbacks=[best],
        verbose=verbose,
    ).history
    names = sorted(history)
    rows = zip(*([float(value) for value in history[name]] for name in names), strict=True)
    probability = np.asarray(model.predict(test[0], batch_size=512, verbose=0))[:, 0]  # (M,)
    right = (probability > 0.5) == (test[1] > 0.5)
    return FittedModel(
        model, [dict(zip(names, row, strict=True)) for row in rows], float(right.mean())
    )


def save_cell(
    fitted: FittedModel,
    vocabulary: Vocabulary,
    cell: CellKind,
    settings: TrainSettings,
    folder: Path,
    *,
    data: DataNote,
    command: str,
) -> Bundle:
    """Save a trained model as a bundle, with its accuracy on the test reviews."""
    classifier, maxlen = classifier_of(network_in_memory(fitted.model), settings.maxlen)
    accuracy = fitted.test_accuracy
    values: dict[str, JsonValue] = {"cell": str(cell), **settings.as_card()}
    values["kept_epoch"] = fitted.best_epoch
    card = Card(
        name=f"article's recipe with {cell}, seed {settings.seed}",
        made=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        command=command,
        recipe="article",
        seed=settings.seed,
        sizes=replace(settings.sizes, lstm_dim=classifier.units),
        data=data,
        settings=values,
        figures=(MetricValue("accuracy", accuracy, "first", "test reviews", data.test_reviews),),
        versions=current_versions(),
        format=CLASSIFIER_FORMAT,
    )
    return write_bundle(folder, NetworkFile(classifier, maxlen), vocabulary, card)
