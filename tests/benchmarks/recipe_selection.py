"""Selection of the recommended recipe's settings: ``python -m tests.benchmarks.recipe_selection``.

Trains on four fifths of the training reviews and measures on the other fifth, which shares no film
with them, and on the development sentences; the test part is not read. The small corpus has no
films: with it the model is measured on the corpus' own test part. Settings are given by name:

    python -m tests.benchmarks.recipe_selection steps=1600 short_sharpness=1.5
    python -m tests.benchmarks.recipe_selection --reviews 2000 --recipe article
    python -m tests.benchmarks.recipe_selection --small --seed 1
"""

from __future__ import annotations

import argparse
import ast
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from lstm_core import SentimentModel
from lstm_core.datasets import Corpus, load_corpus, load_small_corpus, train_validation_split
from lstm_core.evaluation.challenge_set import FOLDER, measure_challenge_sets
from lstm_core.model.bundle import Bundle
from lstm_core.model.sentiment_model import predict_logits
from lstm_core.progress import Progress
from lstm_core.recurrent.lstm import LstmForward
from lstm_core.training.article.model import build_model
from lstm_core.training.factory import (
    Prepared,
    TrainedModel,
    make_repeatable,
    prepare,
    save_trained,
    weights_of,
)
from lstm_core.training.recommended.sampler import RecommendedSettings
from lstm_core.training.recommended.trainer import RecommendedTrainer
from lstm_core.training.settings import Recipe, TrainSettings

VALIDATION_SHARE, SPLIT_SEED = 0.2, 0


def selection_corpus(data: str | None, reviews: int | None) -> Corpus:
    """The training reviews, with a film-disjoint fifth of them as the test part."""
    corpus = load_corpus(data, unlabelled=reviews is None)
    train = corpus.train
    kept, held_out = train_validation_split(
        train.labels, VALIDATION_SHARE, SPLIT_SEED, texts=train.groups
    )
    return replace(corpus, train=train.take(kept[:reviews]), test=train.take(held_out))


def prepared(corpus: Corpus, settings: TrainSettings, own: dict[str, Any]) -> Prepared:
    """A recipe ready for its first step; `own` overrides settings of the recommended one."""
    if not own:
        return prepare(corpus, settings, _quiet)
    chosen = RecommendedSettings(**own)
    make_repeatable(settings.seed)
    start = weights_of(
        build_model(chosen.num_words, chosen.maxlen, chosen.embedding_dim, chosen.lstm_dim)
    )
    trainer = RecommendedTrainer(corpus, start, chosen, settings.seed, _quiet)
    return Prepared(trainer, corpus.vocabulary(chosen.num_words))


def fit(bundle: Bundle, corpus: Corpus) -> tuple[float, float]:
    """Temperature and bias shift (Platt scaling) with the lowest loss on the held-out reviews.

    Both reading modes and both classes count equally: of the held-out reviews more are positive.
    """
    from scipy.optimize import minimize

    forward = LstmForward(bundle.weights, bundle.maxlen)
    signs = 2 * np.asarray(corpus.test.labels) - 1.0  # (N,)
    weights = np.where(signs > 0, 1 / (signs > 0).sum(), 1 / (signs < 0).sum())  # (N,)
    logits = [
        predict_logits(forward, corpus.test.texts, bundle.vocabulary, whole=whole).astype(float)
        for whole in (False, True)
    ]

    def loss(found: Sequence[float]) -> float:
        margins = (signs * (one / found[0] + found[1]) for one in logits)
        return float(sum(np.logaddexp(0, -margin) @ weights for margin in margins))

    temperature, shift = minimize(loss, (1.0, 0.0), method="Nelder-Mead").x
    return float(temperature), float(shift)


def main() -> None:
    """Train, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("own", nargs="*", metavar="NAME=VALUE", help="settings of the recipe")
    parser.add_argument("--data", help="as for train (default: LSTM_LENS_DATA)")
    parser.add_argument("--reviews", type=int, help="labelled reviews to train on, no others")
    parser.add_argument("--small", action="store_true", help="use the small corpus that ships")
    parser.add_argument("--recipe", type=Recipe, default=Recipe.RECOMMENDED)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--calibrate", action="store_true", help="fit temperature and bias")
    given = parser.parse_args()
    own = {name: ast.literal_eval(value) for name, value in (one.split("=") for one in given.own)}
    corpus = load_small_corpus() if given.small else selection_corpus(given.data, given.reviews)
    settings = TrainSettings(given.recipe, seed=given.seed)
    ready = prepared(corpus, settings, own)
    trainer = ready.trainer
    while trainer.done < trainer.steps:
        trainer.learn(trainer.steps - trainer.done)
    trained = TrainedModel(trainer.weights(), ready.vocabulary)
    print(f"{given.recipe}, seed {given.seed}, {trainer.steps:,} steps, {own}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bundle"
        bundle = save_trained(trained, corpus, settings, path, command="", report=_quiet)
        if given.calibrate:
            print("calibration: temperature {:.3f}, bias shift {:.3f}".format(*fit(bundle, corpus)))
        for figure in bundle.card.figures:
            print(f"{figure.name} ({figure.reading}, {figure.count:,}): {figure.value:.4f}")
        sets = [FOLDER / "development_sentences.csv"]
        for one in measure_challenge_sets(SentimentModel(bundle), sets):
            print(
                f"{one.category}: accuracy {one.accuracy.value:.3f}, recall positive "
                f"{one.recall_positive.value:.3f}, recall negative {one.recall_negative.value:.3f},"
                f" calibration error {one.calibration_error.value:.3f}"
            )


def _quiet(progress: Progress) -> None:
    del progress


if __name__ == "__main__":
    main()
