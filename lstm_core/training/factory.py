"""Begin and end of every training: first weights and a trainer, figures and a bundle."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lstm_core.datasets import Corpus
from lstm_core.metrics import accuracy, calibration_error, log_loss
from lstm_core.model.bundle import Bundle, write_bundle
from lstm_core.model.card import Card, DataNote, JsonValue, MetricValue, current_versions
from lstm_core.progress import Progress, ProgressCallback
from lstm_core.recurrent.lstm import Floats, Ids, LstmForward, LstmWeights, sigmoid
from lstm_core.text import Vocabulary, encode_many
from lstm_core.training.article.model import build_model
from lstm_core.training.article.trainer import ArticleTrainer
from lstm_core.training.recommended.sampler import RecommendedSettings
from lstm_core.training.settings import Recipe, TrainSettings
from lstm_core.training.trainer import Trainer

if TYPE_CHECKING:
    import keras

    from lstm_core.training.recommended.train_step import StepPool

PART = 1_250  # reviews between two reports: less than a second


@dataclass(frozen=True, eq=False)
class Prepared:
    """A training that is ready for its first step."""

    trainer: Trainer  # takes the steps of the recipe
    vocabulary: Vocabulary  # the words of its ids


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """Result of a training."""

    weights: LstmWeights  # the model
    vocabulary: Vocabulary  # the words of its ids


def prepare(
    corpus: Corpus,
    settings: TrainSettings,
    report: ProgressCallback,
    pool: StepPool | None = None,
    encoded: tuple[Vocabulary, Ids] | None = None,
) -> Prepared:
    """Make a training ready: seeds, first weights, vocabulary, encoded reviews or the teacher.

    Args:
        corpus: What is learned from.
        settings: Recipe, sizes and seed.
        pool: Training steps that this process compiled before.
        encoded: The vocabulary and the ids of the training reviews, where they are known.
    """
    make_repeatable(settings.seed)
    sizes = settings.sizes
    start = weights_of(
        build_model(sizes.num_words, sizes.maxlen, sizes.embedding_dim, sizes.lstm_dim)
    )
    step = None if pool is None else partial(pool.take, settings.step_key)
    if settings.recipe is Recipe.RECOMMENDED:
        from lstm_core.training.recommended.trainer import RecommendedTrainer

        own = recommended_settings(settings)
        trainer = RecommendedTrainer(corpus, start, own, settings.seed, report, step)
        known = encoded[0] if encoded else corpus.vocabulary(settings.num_words, progress=report)
        return Prepared(trainer, known)
    if encoded is None:
        vocabulary = corpus.vocabulary(settings.num_words, progress=report)
        ids = encode_in_parts(corpus.train.texts, vocabulary, settings.maxlen, report)
    else:
        vocabulary, ids = encoded
    return Prepared(
        ArticleTrainer(
            ids,
            np.asarray(corpus.train.labels, np.float32),
            start,
            batch_size=settings.batch_size,
            epochs=settings.epochs,
            seed=settings.seed,
            step=step,
        ),
        vocabulary,
    )


def encode_in_parts(
    texts: Sequence[str], vocabulary: Vocabulary, maxlen: int, report: ProgressCallback
) -> Ids:
    """Word ids of the first places of texts, int32 ``(N, T)``, told as it goes."""
    ids = np.empty((len(texts), maxlen), np.int32)  # (N, T)
    for at in range(0, len(texts), PART):
        report(Progress("encoding reviews", at, len(texts)))
        part = texts[at : at + PART]
        ids[at : at + len(part)] = encode_many(part, vocabulary, maxlen)
    return ids


def save_trained(
    trained: TrainedModel,
    corpus: Corpus,
    settings: TrainSettings,
    folder: Path,
    *,
    command: str,
    report: ProgressCallback,
    extra: Mapping[str, JsonValue] | None = None,
    notes: Sequence[str] = (),
    replace_existing: bool = False,
) -> Bundle:
    """Measure a model on the test part and save it as a bundle.

    Args:
        corpus: What it learned from, and the test part.
        settings: Recipe, sizes and seed.
        folder: Where the bundle shall be.
        command: The command that makes this model again, for the card.
        extra: Further settings for the card.
        notes: Sentences for the card.
        replace_existing: Replace a bundle that is in the folder.
    """
    recommended = settings.recipe is Recipe.RECOMMENDED
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
            unlabelled_reviews=len(corpus.unlabelled) if recommended else 0,
        ),
        settings={**card_settings(settings), **(extra or {})},
        figures=measure(trained, corpus, settings.maxlen, report),
        notes=tuple(notes),
        versions=current_versions(),
    )
    report(Progress("saving the bundle", 0, 1))
    sizes = settings.sizes
    model = build_model(sizes.num_words, sizes.maxlen, sizes.embedding_dim, sizes.lstm_dim)
    copy_weights(trained.weights, model)
    bundle = write_bundle(
        folder, model, trained.vocabulary, card, replace_existing=replace_existing
    )
    report(Progress("saving the bundle", 1, 1))
    return bundle


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


def copy_weights(weights: LstmWeights, model: keras.Model) -> None:
    """Give a model of the family these weights."""
    model.set_weights(list(weights.arrays().values()))


def weights_of(model: keras.Model) -> LstmWeights:
    """The weights of a model of the family, for the NumPy forward pass."""
    return LstmWeights.from_arrays(model.get_weights())


def measure(
    trained: TrainedModel, corpus: Corpus, maxlen: int, report: ProgressCallback
) -> tuple[MetricValue, ...]:
    """Accuracy, loss and calibration error on the test part, for both ways of reading."""
    forward = LstmForward(trained.weights, maxlen)
    labels, count = np.asarray(corpus.test.labels), len(corpus.test)
    figures = []
    for reading in ("first", "whole"):
        probabilities = _read_test(forward, corpus, trained.vocabulary, reading, report)  # (N,)
        for name, compute in (
            ("accuracy", accuracy),
            ("loss", log_loss),
            ("calibration error", calibration_error),
        ):
            value = compute(labels, probabilities)
            figures.append(MetricValue(name, value, reading, "test reviews", count))
    return tuple(figures)


def _read_test(
    forward: LstmForward,
    corpus: Corpus,
    vocabulary: Vocabulary,
    reading: str,
    report: ProgressCallback,
) -> Floats:
    from lstm_core.model.sentiment_model import predict_logits

    texts, whole = corpus.test.texts, reading == "whole"
    logits = np.empty(len(texts), np.float32)  # (N,)
    for at in range(0, len(texts), PART):
        done = at + (len(texts) if whole else 0)
        report(Progress("measuring on the test reviews", done, 2 * len(texts)))
        part = texts[at : at + PART]
        logits[at : at + len(part)] = predict_logits(forward, part, vocabulary, whole=whole)
    return sigmoid(logits)
