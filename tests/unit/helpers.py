"""Small weights and bundles that tests share."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lstm_core.model.bundle import REQUIRED_FILES, Bundle, write_bundle
from lstm_core.model.card import Card, DataNote, FileNote, Sizes
from lstm_core.model.keras_writer import write_keras_file
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.lstm import LstmWeights
from lstm_core.text import Vocabulary

WORDS = ("the", "film", "good", "bad", "not", "very", "a")


def random_weights(
    num_words: int = 12, embedding_dim: int = 6, lstm_dim: int = 5, seed: int = 0
) -> LstmWeights:
    """Weights large enough that gates open and close."""
    draw = np.random.default_rng(seed).standard_normal
    return LstmWeights(
        embedding=draw((num_words, embedding_dim)).astype(np.float32),
        kernel=draw((embedding_dim, 4 * lstm_dim)).astype(np.float32),
        recurrent=draw((lstm_dim, 4 * lstm_dim)).astype(np.float32),
        bias=draw(4 * lstm_dim).astype(np.float32),
        dense_kernel=draw(lstm_dim).astype(np.float32),
        dense_bias=0.25,
    )


def card_of(weights: LstmWeights, maxlen: int) -> Card:
    """A card for weights made up by a test."""
    return Card(
        name="test",
        made="2026-01-01T00:00:00Z",
        command="none",
        recipe="article",
        seed=0,
        sizes=Sizes(weights.num_words, maxlen, weights.embedding_dim, weights.lstm_dim),
        data=DataNote("random weights", "0" * 64, 0, 0),
    )


def tiny_bundle(folder: Path, maxlen: int = 7) -> Bundle:
    """A whole bundle with random weights, saved by Keras itself. Imports TensorFlow."""
    from lstm_core.training.article.model import build_model

    weights = random_weights()
    model = build_model(weights.num_words, maxlen, weights.embedding_dim, weights.lstm_dim)
    model.get_layer("embedding").set_weights([weights.embedding])
    model.get_layer("lstm").set_weights([weights.kernel, weights.recurrent, weights.bias])
    model.get_layer("output").set_weights(
        [weights.dense_kernel[:, None], np.array([weights.dense_bias], np.float32)]
    )
    vocabulary = Vocabulary(WORDS, weights.num_words)
    return write_bundle(folder, model, vocabulary, card_of(weights, maxlen))


def plain_model(maxlen: int = 9, seed: int = 0) -> SentimentModel:
    """A model with random weights that is on no disk; needs no TensorFlow."""
    weights = random_weights(seed=seed)
    digest = hashlib.sha256(f"{maxlen} {seed}".encode()).hexdigest()
    files = {name: FileNote(digest, 1) for name in REQUIRED_FILES}
    card = replace(card_of(weights, maxlen), files=files)
    vocabulary = Vocabulary(WORDS, weights.num_words)
    return SentimentModel(Bundle(Path("nowhere"), card, vocabulary, weights))


@dataclass(frozen=True)
class SavedWithoutKeras:
    """Weights that write themselves as a stock Keras file."""

    weights: LstmWeights
    maxlen: int

    def save(self, filepath: str) -> None:
        """Write the file."""
        write_keras_file(Path(filepath), self.weights, self.maxlen)


def small_bundle(folder: Path, maxlen: int = 7) -> Bundle:
    """The bundle of `tiny_bundle`, written without TensorFlow."""
    weights = random_weights()
    vocabulary = Vocabulary(WORDS, weights.num_words)
    model = SavedWithoutKeras(weights, maxlen)
    return write_bundle(folder, model, vocabulary, card_of(weights, maxlen))


def states_equal(one: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]) -> bool:
    """Whether two states of a trainer are equal bit for bit."""
    return one.keys() == other.keys() and all(
        np.array_equal(one[name], other[name]) for name in one
    )
