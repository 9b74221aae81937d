"""Training: our step against plain `fit`, and the way to the article's best test accuracy.

python -m tests.benchmarks.training_speed

Steps a second need no data. The way to 0.782 is measured where IMDb is, from encoded reviews and
fresh weights, compiling counted, judging not, medians of three seeds: the article's own code (one
`fit` with Keras' defaults, an epoch at a time) against steps of the recommended recipe's learner on
the same openings and labels (larger batches, a higher rate, averaged weights, forget gates that
start open as its option `forget_bias` has them, recurrent weights from zero; without the teacher,
which that recipe fits first), and against a start from word counts (its option `head_start`). The
shipped model was trained with none of the three.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from statistics import median
from typing import Any

import numpy as np

from lstm_core.datasets import ImdbArrays, find_corpus, load_imdb
from lstm_core.recurrent.lstm import LstmForward, LstmWeights
from lstm_core.training.article.model import build_model
from lstm_core.training.article.trainer import ArticleTrainer
from lstm_core.training.factory import weights_of
from lstm_core.training.recommended.forget_bias_init import forget_bias_init
from lstm_core.training.recommended.naive_bayes_init import naive_bayes_init
from lstm_core.training.recommended.train_step import BatchIterator, OptimizerConfig, TrainStep
from tests.benchmarks.measure import Row, interleaved, print_table

TITLE = "Training against plain fit"
BATCH = 32
STEPS = 192  # timed at once, whole calls
QUICK_BATCH, QUICK_RATE, QUICK_WARM_UP, QUICK_AVERAGE = 128, 1e-2, 5, 0.8
QUICK_FORGET_BIAS = 3.0
QUICK_CALL = 4  # steps, between two looks
ARTICLE_BEST = 0.782  # test accuracy of the article's recipe after its best epoch
MOST_EPOCHS = 4
SEEDS = (0, 1, 2)
SIZES = (10_000, 80, 128, 32)
Stages = Iterator[LstmWeights]


def run() -> list[Row]:
    """Measure and return the rows of the figure sheet."""
    rows = [_steps()]
    if find_corpus() is None:
        return [
            *rows,
            Row("time to the article's best test accuracy: not measured, no IMDb here", ""),
        ]
    data = load_imdb()
    ways = (_plain_epochs, _quick_steps, _counted)
    fit, quick, counted = _medians(data, ways)
    what = f"time to {ARTICLE_BEST} on the test reviews"
    return [
        *rows,
        _row(
            f"{what}: our steps, batches of {QUICK_BATCH}, against the article's `fit`",
            quick,
            fit,
            "3 times",
        ),
        _row(
            f"{what}: start from word counts against the article's `fit`", counted, fit, "3 times"
        ),
    ]


def _row(what: str, ours: float, peer: float, target: str) -> Row:
    ratio = peer / ours
    met = ratio >= 3 if target else None
    shown = f"{ours:.1f} s" if np.isfinite(ours) else f"not in {MOST_EPOCHS} epochs"
    return Row(what, shown, f"{peer:.1f} s", f"{ratio:.1f} times", target, met)


def _steps() -> Row:
    """Steps a second at batch 32, both after their first call; ours as `train` takes them."""
    rng = np.random.default_rng(0)
    x = rng.integers(4, SIZES[0], (STEPS * BATCH, SIZES[1])).astype(np.int32)
    y = rng.integers(0, 2, len(x)).astype(np.float32)
    plain, start = _plain_model(), weights_of(build_model(*SIZES))
    trainer = ArticleTrainer(x, y, start, batch_size=BATCH, epochs=100, seed=0)

    def own() -> None:
        end = trainer.done + STEPS
        while trainer.done < end:
            trainer.learn(end - trainer.done)

    def fit() -> None:
        plain.fit(x, y, batch_size=BATCH, epochs=1, verbose=0)

    own(), fit()
    ours, peer = interleaved(own, fit, 5)
    return Row(
        "training steps a second at batch 32 against plain `fit`",
        f"{STEPS / ours:.0f}",
        f"{STEPS / peer:.0f}",
        f"{peer / ours:.2f} times",
        "1.3 times",
        peer / ours >= 1.3,
    )


def _plain_model() -> Any:
    model = build_model(*SIZES)
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    return model


def _medians(data: ImdbArrays, ways: Sequence[Callable[[ImdbArrays], Stages]]) -> list[float]:
    """Seconds of each way, all of them once a seed: first weights and luck differ."""
    import keras

    seconds: list[list[float]] = [[] for _ in ways]
    for seed in SEEDS:
        for way, found in zip(ways, seconds, strict=True):
            keras.utils.set_random_seed(seed)
            found.append(_until(data, way(data)))
    return [median(found) for found in seconds]


def _until(data: ImdbArrays, stages: Stages) -> float:
    """Seconds of the stages until one of them reaches the accuracy; infinite if none does."""
    spent, started = 0.0, time.perf_counter()
    for weights in stages:
        spent += time.perf_counter() - started
        if _accuracy(data, weights) >= ARTICLE_BEST:
            return spent
        started = time.perf_counter()
    return float("inf")


def _accuracy(data: ImdbArrays, weights: LstmWeights) -> float:
    forward = LstmForward(weights, SIZES[1])
    logits = forward.logits(forward.final_states(data.x_test))  # (N,)
    return float(np.mean((logits >= 0) == (data.y_test == 1)))


def _plain_epochs(data: ImdbArrays) -> Stages:
    model = _plain_model()
    for _ in range(MOST_EPOCHS):
        model.fit(data.x_train, data.y_train, batch_size=BATCH, epochs=1, verbose=0)
        yield weights_of(model)


def _quick_steps(data: ImdbArrays) -> Stages:
    """Steps on batches in a mixed order, the running average after every call."""
    rules = OptimizerConfig(averaging=QUICK_AVERAGE, largest_norm=1.0, as_keras=False)
    start = forget_bias_init(weights_of(build_model(*SIZES)), QUICK_FORGET_BIAS)
    start = replace(start, recurrent=np.zeros_like(start.recurrent))  # at first words alone count
    learner = TrainStep(start, rules)
    rng = np.random.default_rng(0)
    order = np.concatenate([rng.permutation(len(data.x_train)) for _ in range(MOST_EPOCHS)])
    shape = (QUICK_CALL, QUICK_BATCH)
    ones = np.ones(shape, np.float32)
    for first in range(0, len(order) - ones.size + 1, ones.size):
        rows = order[first : first + ones.size].reshape(shape)
        step = first // QUICK_BATCH + 1 + np.arange(QUICK_CALL)
        batches = BatchIterator(
            ids=data.x_train[rows],
            targets=data.y_train[rows].astype(np.float32),
            sharpness=ones,
            shares=ones / QUICK_BATCH,
            masks=np.ones((QUICK_CALL, SIZES[2]), np.float32),
            rates=(QUICK_RATE * np.minimum(1, step / QUICK_WARM_UP)).astype(np.float32),
            count=QUICK_CALL,
        )
        learner.run(batches)
        yield learner.weights()


def _counted(data: ImdbArrays) -> Stages:
    yield naive_bayes_init(weights_of(build_model(*SIZES)), data.x_train, data.y_train)


if __name__ == "__main__":
    print_table(TITLE, run())
