"""Does the order of the words matter: the same words shuffled, and pairs of our own writing."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lstm_core.analysis.prediction import Label, flips, label_of
from lstm_core.evaluation.predict import Rows, read_first, read_whole
from lstm_core.evaluation.schema import READINGS, Array, OrderLoss
from lstm_core.metrics import ClusterBootstrap
from lstm_core.model.sentiment_model import Forward, SentimentModel
from lstm_core.paths import ASSETS
from lstm_core.progress import ProgressCallback
from lstm_core.recurrent.lstm import Floats

SHUFFLES = 3
ORDER_FILE = ASSETS / "order.toml"


@dataclass(frozen=True, slots=True)
class OrderPair:
    """Two texts of the same words; the second means the opposite of the first."""

    text: str  # the first text
    other: str  # the same words in another order
    positive: bool  # whether the first one is positive (then the second is negative)
    probability: float  # what the model says to the first
    other_probability: float  # what it says to the second

    @property
    def turned(self) -> bool:
        """Whether the other order flips the prediction, beyond the undecided band."""
        return flips(self.probability, self.other_probability)

    @property
    def right(self) -> bool:
        """Whether both predictions are decided and right."""
        labels = label_of(self.probability, 1), label_of(self.other_probability, 1)
        right = (Label.POSITIVE, Label.NEGATIVE)
        return labels == (right if self.positive else right[::-1])


def permute_words(rows: Rows, seed: int, *, whole: bool) -> Rows:
    """The same words of each review in a random order: those of the first reading, or all."""
    random = np.random.default_rng(seed)
    read = rows.ids if whole else map(rows.read_first, rows.ids)
    return rows.with_ids([random.permutation(row) for row in read])


def word_order_losses(
    forward: Forward,
    rows: Rows,
    labels: Array,
    ordered: Mapping[str, Floats],
    bootstrap: ClusterBootstrap,
    progress: ProgressCallback,
) -> tuple[OrderLoss, ...]:
    """Accuracy lost when the words are shuffled, for both readings.

    Args:
        labels: Labels of the reviews, ``(N,)``.
        ordered: P(positive) with the words in order, by reading.
        bootstrap: Draws of films for the intervals.
    """
    positive = labels == 1
    right = {name: np.zeros(len(rows)) for name in READINGS}
    turned = {name: np.zeros(len(rows)) for name in READINGS}
    for seed in range(SHUFFLES):
        stage = f"shuffled words, {seed + 1} of {SHUFFLES}"
        mixed = {
            "first": read_first(forward, permute_words(rows, seed, whole=False)),
            "whole": read_whole(forward, permute_words(rows, seed, whole=True), progress, stage),
        }
        for name in READINGS:
            called = mixed[name] >= 0.5
            right[name] += (called == positive) / SHUFFLES
            turned[name] += (called != (ordered[name] >= 0.5)) / SHUFFLES
    return tuple(
        _loss(name, (ordered[name] >= 0.5) == positive, right[name], turned[name], bootstrap)
        for name in READINGS
    )


def evaluate_order(model: SentimentModel) -> tuple[OrderPair, ...]:
    """Our own pairs with the model's verdicts; the ones it got right first."""
    with ORDER_FILE.open("rb") as file:
        entries = tomllib.load(file)["order"]
    texts = [entry[side] for entry in entries for side in ("text", "other")]
    said = model.predict(texts).astype(float).reshape(-1, 2)  # (pairs, 2)
    pairs = [
        OrderPair(entry["text"], entry["other"], entry["label"] == "positive", float(a), float(b))
        for entry, (a, b) in zip(entries, said, strict=True)
    ]
    return tuple(sorted(pairs, key=lambda pair: (not pair.right, not pair.turned)))


def _loss(
    reading: str, before: Array, after: Array, turned: Array, bootstrap: ClusterBootstrap
) -> OrderLoss:
    """Paired: the interval is that of the mean of each review's own difference."""
    lost = bootstrap.mean(before - after)
    return OrderLoss(
        reading=reading,
        accuracy=float(before.mean()),
        shuffled=float(after.mean()),
        lost=lost.value,
        low=lost.low,
        high=lost.high,
        turned=float(np.clip(turned.mean(), 0, 1)),
        count=len(before),
        shuffles=SHUFFLES,
    )
