"""Which method to believe: deletion and insertion curves over many reviews, with intervals.

Symbols: N reviews, K orders (the methods, then chance), R removals, P points of a curve.
"""

import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from lstm_core.attribution.curves import (
    FEWEST_WORDS,
    RANDOM_ORDERS,
    SHARES,
    gain,
    orders_of,
    random_orders,
    review_curves,
)
from lstm_core.attribution.occlusion import MaskingStrategy
from lstm_core.attribution.registry import NOTES, Method
from lstm_core.errors import InputError
from lstm_core.metrics import Interval
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.progress import Progress, ProgressCallback
from lstm_core.recurrent.lstm import Floats

RANDOM = "random"
NAMES = (*(str(method) for method in Method), RANDOM)
ROUNDS = 1000  # of the bootstrap
CHUNK = 25  # reviews that a process takes at a time
SUMMING = tuple(method for method in Method if NOTES[method].rest)


@dataclass(frozen=True, slots=True)
class FaithfulnessKey:
    """What was measured on what.

    Attributes:
        fingerprint: Of the model and its vocabulary.
        data: The reviews, in words.
        data_sha256: Fingerprint of the data set; empty for the built-in examples.
        reviews: How many.
        seed: Of the choice of reviews, of chance and of the bootstrap.
        made: When, in UTC.
        seconds: How long it took.
        command: What measures the same again.
    """

    fingerprint: str
    data: str
    data_sha256: str
    reviews: int
    seed: int
    made: str
    seconds: float
    command: str


@dataclass(frozen=True, slots=True)
class RemovalCurve:
    """The mean curve of one method with its 95 % interval at every point."""

    method: str
    removal: str
    direction: str
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class AucDifference:
    """Area between insertion and deletion curve; removal "both" is the mean of the two."""

    method: str
    removal: str
    area: Interval


@dataclass(frozen=True, slots=True)
class FaithfulnessReport:
    """The verdict on the methods.

    Attributes:
        stamp: What was measured on what.
        shares: Shares of the words moved, the x axis of every curve.
        curves: One for each method, removal and direction.
        gains: One for each method and removal, and their mean.
        winner: The method with the largest mean gain.
        second: The next one.
        margin: How much more the winner gains than the second, paired by review.
        summing: The best of the methods whose scores sum to the logit.
    """

    stamp: FaithfulnessKey
    shares: tuple[float, ...]
    curves: tuple[RemovalCurve, ...]
    gains: tuple[AucDifference, ...]
    winner: str
    second: str
    margin: Interval
    summing: str

    def gain_of(self, method: str, removal: str = "both") -> Interval:
        """The gain of one method."""
        return next(g.area for g in self.gains if (g.method, g.removal) == (method, removal))

    @property
    def ranking(self) -> tuple[str, ...]:
        """Methods and chance, the best first."""
        return tuple(sorted(NAMES, key=lambda name: -self.gain_of(name).value))


def measure_faithfulness(
    model: SentimentModel,
    texts: Sequence[str],
    stamp: FaithfulnessKey,
    progress: ProgressCallback,
    workers: int = 1,
) -> FaithfulnessReport:
    """Measure all methods on reviews.

    Args:
        model: The model.
        texts: The reviews; those with fewer than five words are left out.
        stamp: What they are; number of reviews and seconds are filled in here.
        progress: Told how far it is.
        workers: Processes; with 1 the work is done in this one.

    Raises:
        InputError: When no review is long enough.
    """
    start = time.monotonic()
    found: list[Floats] = []
    for curves in _all_curves(model, list(texts), stamp.seed, workers):
        found += curves
        progress(Progress("taking words away and putting them in", len(found), len(texts)))
    kept = np.stack([one for one in found if one.size]) if any(f.size for f in found) else None
    if kept is None:
        raise InputError(f"No review has {FEWEST_WORDS} words or more. Give longer reviews.")
    stamp = FaithfulnessKey(
        stamp.fingerprint,
        stamp.data,
        stamp.data_sha256,
        len(kept),
        stamp.seed,
        datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        round(time.monotonic() - start, 1),
        stamp.command,
    )
    return summarise(kept, stamp)


def summarise(curves: Floats, stamp: FaithfulnessKey) -> FaithfulnessReport:
    """Means, intervals and the winner.

    Args:
        curves: P(own verdict), ``(N, K, R, 2, P)``, deletion before insertion.
        stamp: What was measured.
    """
    drawn = _draws(len(curves), stamp.seed)  # (B, N), how often each review is drawn
    gains = gain(curves[..., 0, :], curves[..., 1, :])  # (N, K, R)
    gains = np.concatenate([gains, gains.mean(axis=2, keepdims=True)], axis=2)  # (N, K, R + 1)
    both = gains[..., -1]  # (N, K)
    order = np.argsort(-both[:, :-1].mean(axis=0), kind="stable")  # without chance
    best, second = (int(at) for at in order[:2])
    margin = interval(both[:, best, None] - both[:, second, None], drawn)[0]
    summing = next(NAMES[at] for at in order if Method(NAMES[at]) in SUMMING)
    return FaithfulnessReport(
        stamp=stamp,
        shares=SHARES,
        curves=tuple(_curves(curves, drawn)),
        gains=tuple(_gains(gains, drawn)),
        winner=NAMES[best],
        second=NAMES[second],
        margin=margin,
        summing=summing,
    )


def interval(values: Floats, drawn: Floats) -> list[Interval]:
    """Means over the reviews with their bootstrap intervals: ``(N, C)`` -> C intervals."""
    means = drawn @ values.astype(np.float64)  # (B, C)
    low, high = np.percentile(means, (2.5, 97.5), axis=0)
    middle = values.astype(np.float64).mean(axis=0)
    return [
        Interval(round(float(m), 5), round(float(a), 5), round(float(b), 5))
        for m, a, b in zip(middle, low, high, strict=True)
    ]


def curves_of(model: SentimentModel, texts: Sequence[str], seed: int, start: int) -> list[Floats]:
    """The curves of some reviews, ``(K, R, 2, P)`` each; an empty array for one too short."""
    found: list[Floats] = []
    for number, text in enumerate(texts, start=start):
        trace = model.trace(text)
        words = trace.encoding.read_count
        if words < FEWEST_WORDS:
            found.append(np.empty(0, np.float32))
            continue
        orders = orders_of(model.forward, trace, tuple(Method))
        chance = random_orders(words, RANDOM_ORDERS, seed * 1_000_003 + number)
        removals = []
        for removal in MaskingStrategy:
            all_of = review_curves(model.forward, trace, [*orders, *chance], removal)
            both = np.stack([all_of.deletion, all_of.insertion], axis=1)  # (K', 2, P)
            mean = both[len(orders) :].mean(axis=0, keepdims=True)
            removals.append(np.concatenate([both[: len(orders)], mean]))  # (K, 2, P)
        found.append(np.stack(removals, axis=1).astype(np.float32))
    return found


def _all_curves(
    model: SentimentModel, texts: list[str], seed: int, workers: int
) -> Iterator[list[Floats]]:
    chunks = [(at, texts[at : at + CHUNK]) for at in range(0, len(texts), CHUNK)]
    if workers == 1:
        for at, chunk in chunks:
            yield curves_of(model, chunk, seed, at)
        return
    folder = model.bundle.folder.resolve()
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        jobs = [pool.submit(_in_process, folder, chunk, seed, at) for at, chunk in chunks]
        for job in jobs:
            yield job.result()


@lru_cache(maxsize=1)
def _loaded(folder: Path) -> SentimentModel:
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)  # one process a core: threads of BLAS would fight
    return SentimentModel.load(folder)


def _in_process(folder: Path, texts: list[str], seed: int, start: int) -> list[Floats]:
    return curves_of(_loaded(folder), texts, seed, start)


def _draws(count: int, seed: int) -> Floats:
    """Bootstrap weights: each row draws `count` reviews with replacement, ``(B, N)``."""
    random = np.random.default_rng(seed)
    drawn = random.multinomial(count, np.full(count, 1 / count), ROUNDS)
    return np.asarray(drawn / count)


def _curves(curves: Floats, drawn: Floats) -> Iterator[RemovalCurve]:
    for k, name in enumerate(NAMES):
        for r, removal in enumerate(MaskingStrategy):
            for d, direction in enumerate(("deletion", "insertion")):
                points = interval(curves[:, k, r, d], drawn)
                yield RemovalCurve(
                    name,
                    str(removal),
                    direction,
                    tuple(p.value for p in points),
                    tuple(p.low for p in points),
                    tuple(p.high for p in points),
                )


def _gains(gains: Floats, drawn: Floats) -> Iterator[AucDifference]:
    for r, removal in enumerate((*(str(one) for one in MaskingStrategy), "both")):
        for name, area in zip(NAMES, interval(gains[:, :, r], drawn), strict=True):
            yield AucDifference(name, removal, area)


def cores() -> int:
    """Processes to use."""
    return os.cpu_count() or 1
