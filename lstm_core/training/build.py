"""From a corpus to a bundle: train by a recipe, measure, save."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lstm_core.bundle import Bundle, write_bundle
from lstm_core.card import Card, DataNote, Figure, JsonValue, Sizes, current_versions
from lstm_core.datasets import Corpus
from lstm_core.lstm import LstmForward, LstmWeights, sigmoid
from lstm_core.metrics import accuracy, calibration_error, log_loss
from lstm_core.progress import Progress, ProgressCallback
from lstm_core.text import Vocabulary, encode_many
from lstm_core.training.article import batches, build_model, compile_model
from lstm_core.training.school import RecommendedSettings
from lstm_core.training.settings import Recipe, TrainSettings

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Trained:
    """What a recipe gives back."""

    model: keras.Model
    vocabulary: Vocabulary


def train_bundle(
    corpus: Corpus,
    settings: TrainSettings,
    folder: Path,
    *,
    command: str,
    progress: ProgressCallback | None = None,
    replace_existing: bool = False,
) -> Bundle:
    """Train a model by the recipe of the settings, measure it on the test part and save it.

    Args:
        corpus: Labelled reviews with a test part.
        settings: Recipe, sizes and seed.
        folder: Where the bundle shall be.
        command: The command that makes this model again, for the card.
        progress: Told how far the work is.
        replace_existing: Replace a bundle that is in the folder.

    Returns:
        The saved bundle.
    """
    report = progress or _no_report
    make_repeatable(settings.seed)
    train = _train_recommended if settings.recipe is Recipe.RECOMMENDED else _train_article
    trained = train(corpus, settings, report)
    report(Progress("measuring on the test reviews", 0, 1))
    card = Card(
        name=f"{settings.recipe} recipe, seed {settings.seed}",
        made=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        command=command,
        recipe=str(settings.recipe),
        seed=settings.seed,
        sizes=settings.sizes,
        data=DataNote(
            description=corpus.source.description,
            sha256=corpus.source.sha256,
            train_reviews=len(corpus.train),
            test_reviews=len(corpus.test),
            unlabelled_reviews=(
                len(corpus.unlabelled) if settings.recipe is Recipe.RECOMMENDED else 0
            ),
        ),
        settings=card_settings(settings),
        figures=measure(trained, corpus, settings.maxlen),
        versions=current_versions(),
    )
    report(Progress("saving the bundle", 1, 1))
    return write_bundle(
        folder,
        without_optimizer(trained.model, settings.sizes),
        trained.vocabulary,
        card,
        replace_existing=replace_existing,
    )


def recommended_settings(settings: TrainSettings) -> RecommendedSettings:
    """The recommended recipe's own settings for a model of these sizes."""
    return RecommendedSettings(**asdict(settings.sizes))


def card_settings(settings: TrainSettings) -> dict[str, JsonValue]:
    """The settings that the recipe really uses, as a card stores them."""
    if settings.recipe is not Recipe.RECOMMENDED:
        return settings.as_card()
    own = asdict(recommended_settings(settings))
    return {name: str(v) if isinstance(v, tuple) else v for name, v in own.items()}


def make_repeatable(seed: int) -> None:
    """Set every seed and TensorFlow's deterministic kernels: the same seed gives the same model."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()


def without_optimizer(model: keras.Model, sizes: Sizes) -> keras.Model:
    """The stock model with the same weights: no optimiser state, no layers of training alone."""
    stock = build_model(sizes.num_words, sizes.maxlen, sizes.embedding_dim, sizes.lstm_dim)
    for name in ("embedding", "lstm", "output"):
        stock.get_layer(name).set_weights(model.get_layer(name).get_weights())
    return stock


def copy_weights(weights: LstmWeights, model: keras.Model) -> None:
    """Give a model of the family these weights."""
    dense_kernel = weights.dense_kernel[:, None]  # (D, 1)
    dense_bias = np.array([weights.dense_bias], np.float32)
    model.get_layer("embedding").set_weights([weights.embedding])
    model.get_layer("lstm").set_weights([weights.kernel, weights.recurrent, weights.bias])
    model.get_layer("output").set_weights([dense_kernel, dense_bias])


def weights_of(model: keras.Model) -> LstmWeights:
    """The weights of a model of the family, for the NumPy forward pass."""
    lstm, output = model.get_layer("lstm"), model.get_layer("output")
    kernel, recurrent, bias = (np.asarray(weight, np.float32) for weight in lstm.get_weights())
    dense_kernel, dense_bias = output.get_weights()
    return LstmWeights(
        embedding=np.asarray(model.get_layer("embedding").get_weights()[0], np.float32),
        kernel=kernel,
        recurrent=recurrent,
        bias=bias,
        dense_kernel=np.asarray(dense_kernel[:, 0], np.float32),
        dense_bias=float(dense_bias[0]),
    )


def measure(trained: Trained, corpus: Corpus, maxlen: int) -> tuple[Figure, ...]:
    """Accuracy, loss and calibration error on the test part, for both ways of reading."""
    from lstm_core.model import predict_logits

    forward = LstmForward(weights_of(trained.model), maxlen)
    labels, count = np.asarray(corpus.test.labels), len(corpus.test)
    figures = []
    for reading in ("first", "whole"):
        logits = predict_logits(
            forward, corpus.test.texts, trained.vocabulary, whole=reading == "whole"
        )
        probabilities = sigmoid(logits)  # (N,)
        for name, compute in (
            ("accuracy", accuracy),
            ("loss", log_loss),
            ("calibration error", calibration_error),
        ):
            value = compute(labels, probabilities)
            figures.append(Figure(name, value, reading, "test reviews", count))
    return tuple(figures)


def _train_article(corpus: Corpus, settings: TrainSettings, report: ProgressCallback) -> Trained:
    """The article's recipe: labelled training reviews, first places, Adam."""
    report(Progress("making the vocabulary", 0, 1))
    vocabulary = Vocabulary.from_texts(corpus.train.texts, settings.num_words)
    x = encode_many(corpus.train.texts, vocabulary, settings.maxlen)  # (N, T)
    y = np.asarray(corpus.train.labels, np.float32)  # (N,)
    sizes = settings.sizes
    model = build_model(sizes.num_words, sizes.maxlen, sizes.embedding_dim, sizes.lstm_dim)
    compile_model(model)
    data = batches(x, y, settings.batch_size, seed=settings.seed)
    steps = -(-len(x) // settings.batch_size)
    report(Progress("training", 0, settings.epochs * steps))
    model.fit(
        data,
        epochs=settings.epochs,
        verbose=0,
        shuffle=False,  # the data set shuffles itself
        callbacks=[step_reporter(report, steps, settings.epochs)],
    )
    return Trained(model, vocabulary)


def _train_recommended(
    corpus: Corpus, settings: TrainSettings, report: ProgressCallback
) -> Trained:
    """The recommended recipe: windows of many lengths, a teacher, the unlabelled reviews."""
    from lstm_core.training.recommended import train_recommended

    model = train_recommended(
        corpus, settings=recommended_settings(settings), seed=settings.seed, progress=report
    )
    return Trained(model, corpus.vocabulary(settings.num_words))


def step_reporter(report: ProgressCallback, steps: int, epochs: int) -> Any:
    """A Keras callback that reports every step of a training."""
    import keras

    class StepReporter(keras.callbacks.Callback):
        """Tells how many of all steps are done."""

        epoch = 0

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.epoch = epoch

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            stage = f"epoch {self.epoch + 1} of {epochs}"
            report(Progress(stage, self.epoch * steps + min(batch + 1, steps), epochs * steps))

    return StepReporter()


def _no_report(progress: Progress) -> None:
    del progress
