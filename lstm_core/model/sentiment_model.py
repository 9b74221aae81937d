"""The sentiment model a person works with: load it, classify, encode, trace."""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from lstm_core import text
from lstm_core.errors import BundleError
from lstm_core.model.bundle import Bundle, read_bundle
from lstm_core.model.card import Card
from lstm_core.paths import SHIPPED_MODEL, runs_folder
from lstm_core.recurrent.classifier import Classifier
from lstm_core.recurrent.lstm import Floats, Ids, LstmForward, sigmoid
from lstm_core.recurrent.running import ModelTrace
from lstm_core.recurrent.trace import Trace, make_trace

if TYPE_CHECKING:
    import keras

    from lstm_core.attribution.explanation import Explanation

RUN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")
CHUNK = 8_192  # reviews encoded and run at a time, so that memory does not grow with the list


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of the model."""

    name: str  # its name in Keras
    output_shape: tuple[int, ...]  # shape of what it gives for one review
    parameters: int  # how many numbers it learned


class Forward(Protocol):
    """The forward pass of a model as far as predictions need it."""

    maxlen: int

    def final_states(self, ids: Ids) -> Floats:
        """What the output layer reads of many sequences: ids ``(N, T)`` -> ``(N, F)``."""

    def logits(self, hidden: Floats) -> Floats:
        """The logit of P(positive): ``(..., F)`` -> ``(...)``."""


class SentimentModel:
    """One bundle, ready to read reviews. It never changes, so any number of threads may share it.

    Args:
        bundle: A bundle that was read and checked.
    """

    reader: Forward  # predicts

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self._forward = LstmForward(bundle.weights, bundle.maxlen)
        self.reader = self._forward

    @property
    def forward(self) -> LstmForward:
        """The forward pass of the article's architecture.

        Raises:
            InputError: When the model is of another one.
        """
        return self._forward

    @classmethod
    def load(cls, source: str | Path | None = None) -> "SentimentModel":
        """Load a model; TensorFlow is not needed.

        A model of another architecture or encoding is a
        `lstm_core.model.recurrent_model.RecurrentModel`, which predicts, encodes and traces, too.

        Args:
            source: A bundle's folder or a run's name; None for the shipped model.

        Raises:
            BundleError: When there is no bundle, or a damaged, foreign or newer one.
        """
        bundle = read_bundle(SHIPPED_MODEL if source is None else find_bundle(source))
        if isinstance(bundle.network, Classifier):
            # By name: that class extends this one.
            kind = import_module("lstm_core.model.recurrent_model").RecurrentModel
            model: SentimentModel = kind(bundle)
            return model
        return cls(bundle)

    @property
    def card(self) -> Card:
        """What the bundle says about itself."""
        return self.bundle.card

    @property
    def vocabulary(self) -> text.Vocabulary:
        """The words that have an id."""
        return self.bundle.vocabulary

    @property
    def maxlen(self) -> int:
        """T, the places of an encoding."""
        return self.bundle.maxlen

    @property
    def lstm_dim(self) -> int:
        """D, the number of units."""
        return self.bundle.card.sizes.lstm_dim

    @property
    def embedding(self) -> Floats:
        """The word vectors, float32 ``(V, E)``."""
        return self.bundle.weights.embedding

    @property
    def num_words(self) -> int:
        """V, the number of word ids."""
        return self.bundle.card.sizes.num_words

    def predict(self, texts: Iterable[str], *, whole: bool = False) -> Floats:
        """P(positive) of reviews.

        Args:
            texts: Reviews.
            whole: Read the whole review in windows of `maxlen` places and average their logits;
                otherwise the first `maxlen` places, the article's rule.

        Returns:
            Float32 ``(N,)``.

        Raises:
            InputError: When a single text or something that is no text comes in.
        """
        reviews = text.check_texts(texts)
        return sigmoid(predict_logits(self.reader, reviews, self.vocabulary, whole=whole))

    def predict_ids(self, ids: Sequence[Sequence[int]] | np.ndarray[Any, Any]) -> Floats:
        """P(positive) of encodings, integers ``(N, T)`` -> float32 ``(N,)``."""
        return sigmoid(self.reader.logits(self.reader.final_states(np.asarray(ids))))

    def encode(self, review: str) -> text.Encoding:
        """The ids of a review, what each stands for and what was not read."""
        return text.encode(review, self.vocabulary, self.maxlen)

    def trace(self, review: str | text.Encoding) -> Trace:
        """Every value inside the LSTM while it reads a review (or an encoding of one)."""
        encoding = review if isinstance(review, text.Encoding) else self.encode(review)
        return make_trace(self.forward, encoding)

    def running_trace(self, review: str) -> Trace | ModelTrace:
        """The words and the running probability of a review, for models of every architecture."""
        return self.trace(review)

    def explain(self, review: str, methods: str | Sequence[str] | None = None) -> "Explanation":
        """Which words made the prediction: see `lstm_core.attribution.explanation.explain`."""
        # By name: attribution lies above the model.
        found: Explanation = import_module("lstm_core.attribution.explanation").explain(
            self, review, methods
        )
        return found

    def layers(self) -> tuple[Layer, ...]:
        """The layers with output shape and parameter count, in order."""
        words, dim = self.bundle.weights.embedding.shape
        units = self.lstm_dim
        return (
            Layer("embedding", (self.maxlen, dim), words * dim),
            Layer("lstm", (units,), 4 * units * (dim + units + 1)),
            Layer("output", (1,), units + 1),
        )

    def keras_model(self) -> "keras.Model":
        """The Keras model itself, opened in safe mode. Imports TensorFlow."""
        import keras

        return keras.saving.load_model(self.bundle.keras_path, safe_mode=True)


def predict_logits(
    forward: Forward, reviews: Sequence[str], vocabulary: text.Vocabulary, *, whole: bool
) -> Floats:
    """The final logit of reviews by their first places, or the mean over the windows of the whole.

    Returns:
        Float32 ``(N,)``. Reviews are encoded and run in chunks, so memory does not grow with N.
    """
    return read_reviews(forward, reviews, vocabulary, whole=whole)[0]


def read_reviews(
    forward: Forward, reviews: Sequence[str], vocabulary: text.Vocabulary, *, whole: bool
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """The final logits, and how many of the words read the vocabulary knows; see `predict_logits`.

    Returns:
        Logits, float32 ``(N,)``, and known words, int64 ``(N,)``.
    """
    logits = np.empty(len(reviews), np.float32)
    known = np.empty(len(reviews), np.int64)
    read = _read_whole if whole else _read_first
    for at in range(0, len(reviews), CHUNK):
        chunk = reviews[at : at + CHUNK]
        logits[at : at + CHUNK], known[at : at + CHUNK] = read(forward, chunk, vocabulary)
    return logits, known


def _read_first(
    forward: Forward, reviews: Sequence[str], vocabulary: text.Vocabulary
) -> tuple[Floats, npt.NDArray[np.int64]]:
    ids = text.encode_many(reviews, vocabulary, forward.maxlen)  # (N, T)
    return forward.logits(forward.final_states(ids)), _known(ids, vocabulary)


def _read_whole(
    forward: Forward, reviews: Sequence[str], vocabulary: text.Vocabulary
) -> tuple[Floats, npt.NDArray[np.int64]]:
    ids, owners = text.encode_windows(reviews, vocabulary, forward.maxlen)  # (W, T), (W,)
    logits = forward.logits(forward.final_states(ids))  # (W,)
    sums = np.bincount(owners, weights=logits, minlength=len(reviews))  # (N,)
    known = np.bincount(owners, weights=_known(ids, vocabulary), minlength=len(reviews))  # (N,)
    means = sums / np.bincount(owners, minlength=len(reviews))  # (N,)
    return means.astype(np.float32), known.astype(np.int64)


def _known(ids: npt.NDArray[np.int32], vocabulary: text.Vocabulary) -> npt.NDArray[np.int64]:
    return np.count_nonzero(ids >= vocabulary.rules.first_word, axis=1)  # (N,)


def find_bundle(source: str | Path) -> Path:
    """Folder of the bundle meant by a folder's path or a run's name.

    Raises:
        BundleError: When neither is there.
    """
    if str(source) and os.path.isdir(source):  # unlike Path.is_dir, false for any odd name
        return Path(source)
    if isinstance(source, str) and RUN_NAME.fullmatch(source):
        of_run = runs_folder() / source / "bundle"
        if of_run.is_dir():
            return of_run
    raise BundleError(
        f"There is no model at {str(source)[:200]!r}: neither a bundle's folder nor the name of a "
        f"finished run in {runs_folder()}."
    )


@lru_cache(maxsize=1)
def shipped_model() -> SentimentModel:
    """The shipped model, loaded once a process."""
    return SentimentModel.load()
