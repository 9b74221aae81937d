"""Faithfulness benchmark of the attribution methods over many reviews.

For each masking strategy by itself: the area between insertion and deletion curve, ERASER's
comprehensiveness and sufficiency, and how far each method is behind the best one, paired by review.
Intervals are resampled by film. Shapley value sampling is the reference: it needs up to 1,952
predictions per review. A method that masks words as the benchmark does has an advantage there:
integrated gradients and Shapley sampling start from unknown words, occlusion deletes.

Symbols: N reviews, K orders (the methods, then random), M strategies, P points of a curve.
"""

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Protocol

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
from lstm_core.attribution.faithfulness_report import (
    AREA as AREA,
)
from lstm_core.attribution.faithfulness_report import (
    COMPREHENSIVENESS as COMPREHENSIVENESS,
)
from lstm_core.attribution.faithfulness_report import (
    LOWER_IS_BETTER as LOWER_IS_BETTER,
)
from lstm_core.attribution.faithfulness_report import (
    METRICS as METRICS,
)
from lstm_core.attribution.faithfulness_report import (
    NAMES as NAMES,
)
from lstm_core.attribution.faithfulness_report import (
    RANDOM as RANDOM,
)
from lstm_core.attribution.faithfulness_report import (
    SUFFICIENCY as SUFFICIENCY,
)
from lstm_core.attribution.faithfulness_report import (
    FaithfulnessKey as FaithfulnessKey,
)
from lstm_core.attribution.faithfulness_report import (
    FaithfulnessReport as FaithfulnessReport,
)
from lstm_core.attribution.faithfulness_report import (
    MethodScore as MethodScore,
)
from lstm_core.attribution.faithfulness_report import (
    RemovalCurve as RemovalCurve,
)
from lstm_core.attribution.occlusion import MaskingStrategy
from lstm_core.attribution.registry import Method
from lstm_core.errors import InputError
from lstm_core.metrics import ClusterBootstrap, Interval, group_numbers
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.progress import Progress, ProgressCallback
from lstm_core.recurrent.lstm import Floats, limit_blas_threads
from lstm_core.tasks.executors import make_executor

ROUNDS = 1000  # of the bootstrap
CHUNK = 25  # reviews that a process takes at a time
DIGITS = 5


class ArrayStages(Protocol):
    """Where finished chunks are kept, so that an interrupted measurement resumes."""

    def stored(self, name: str) -> np.ndarray | None:
        """A finished chunk, None when there is none."""
        ...

    def store(self, name: str, value: np.ndarray) -> None:
        """Keep a finished chunk."""
        ...


def measure_faithfulness(
    model: SentimentModel,
    texts: Sequence[str],
    stamp: FaithfulnessKey,
    progress: ProgressCallback,
    *,
    groups: Sequence[str] = (),
    workers: int = 1,
    stages: ArrayStages | None = None,
) -> FaithfulnessReport:
    """Measure all methods on reviews.

    Args:
        texts: The reviews; those with fewer than five words are left out.
        stamp: What they are; number of reviews and seconds are filled in here.
        groups: Film of each review; empty where it is not known.
        workers: Processes; with 1 the work is done in this one.
        stages: Where finished chunks are kept.

    Raises:
        InputError: When no review is long enough.
    """
    start = time.monotonic()
    found: list[Floats] = []
    for measured in _all_chunks(model, list(texts), stamp.seed, workers, stages):
        found.append(measured)
        done = sum(len(one) for one in found)
        progress(Progress("removing words and adding them", done, len(texts)))
    table = np.concatenate(found) if found else np.empty((0, 1), np.float32)
    kept = ~np.isnan(table.reshape(len(table), -1)[:, 0])
    if not kept.any():
        raise InputError(f"No review has {FEWEST_WORDS} words or more. Give longer reviews.")
    names = np.array(groups if groups else [str(n) for n in range(len(texts))])[kept]
    stamp = replace(
        stamp,
        reviews=int(kept.sum()),
        made=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        seconds=round(time.monotonic() - start, 1),
        films=len(set(names.tolist())) if groups else 0,
    )
    return summarize(table[kept], stamp, group_numbers(names.tolist()))


def summarize(
    curves: Floats, stamp: FaithfulnessKey, groups: np.ndarray | None = None
) -> FaithfulnessReport:
    """Means, intervals and differences.

    Args:
        curves: P(own label) along deletion and insertion, then the two metrics of ERASER in a
            last column: ``(N, K, M, 2, P + 1)``.
        groups: Film of each review as a number from 0, ``(N,)``; None for none.
    """
    numbers = np.arange(len(curves)) if groups is None else groups
    bootstrap = ClusterBootstrap(numbers, ROUNDS, stamp.seed)
    areas = gain(curves[..., 0, :-1], curves[..., 1, :-1])  # (N, K, M)
    values = np.stack([areas, curves[..., 0, -1], curves[..., 1, -1]], axis=-1)  # (N, K, M, 3)
    return FaithfulnessReport(
        stamp=stamp,
        shares=SHARES,
        curves=tuple(_curves(curves[..., :-1], bootstrap)),
        scores=tuple(_scores(values, bootstrap)),
    )


def curves_of(model: SentimentModel, texts: Sequence[str], seed: int, start: int) -> Floats:
    """Curves and ERASER's metrics of some reviews, see `summarize`; NaN for those too short."""
    table = np.full(_shape(len(texts)), np.nan)
    for row, text in zip(table, texts, strict=True):
        trace = model.trace(text)
        words = trace.encoding.read_count
        start += 1
        if words < FEWEST_WORDS:
            continue
        orders = orders_of(model.forward, trace, tuple(Method))
        orders += random_orders(words, RANDOM_ORDERS, seed * 1_000_003 + start - 1)
        for m, removal in enumerate(MaskingStrategy):
            found = review_curves(model.forward, trace, orders, removal)
            metrics = np.stack([found.comprehensiveness, found.sufficiency], axis=1)  # (K', 2)
            both = np.stack([found.deletion, found.insertion], axis=1)  # (K', 2, P)
            whole = np.concatenate([both, metrics[..., None]], axis=2)  # (K', 2, P + 1)
            row[: len(Method), m] = whole[: len(Method)]
            row[len(Method), m] = whole[len(Method) :].mean(axis=0)
    return table.astype(np.float32)


def _shape(reviews: int) -> tuple[int, ...]:
    return (reviews, len(NAMES), len(MaskingStrategy), 2, len(SHARES) + 1)


def _all_chunks(
    model: SentimentModel,
    texts: list[str],
    seed: int,
    workers: int,
    stages: ArrayStages | None,
) -> Iterator[Floats]:
    """The chunks in order: those that are stored, the others by one or several processes."""
    chunks = [(at, texts[at : at + CHUNK]) for at in range(0, len(texts), CHUNK)]
    ready: dict[int, Floats] = {}
    if stages is not None:
        for at, chunk in chunks:
            stored = stages.stored(_name(at, seed))
            if stored is not None and stored.shape == _shape(len(chunk)):
                ready[at] = stored
    missing = [(at, chunk) for at, chunk in chunks if at not in ready]
    computed = _computed(model, missing, seed, workers)
    for at, _ in chunks:
        if at in ready:
            yield ready[at]
            continue
        value = next(computed)
        if stages is not None:
            stages.store(_name(at, seed), value)
        yield value


def _computed(
    model: SentimentModel, chunks: list[tuple[int, list[str]]], seed: int, workers: int
) -> Iterator[Floats]:
    if workers == 1 or len(chunks) < 2:
        for at, chunk in chunks:
            yield curves_of(model, chunk, seed, at)
        return
    work, early, next_at = partial(_in_process, model.bundle.folder.resolve(), seed), {}, 0
    with make_executor(None, workers) as executor:
        for at, found in executor.run(work, chunks):  # in any order
            early[at] = found
            while next_at in early:
                yield early.pop(next_at)
                next_at += CHUNK


def _name(start: int, seed: int) -> str:
    return f"faithfulness-{seed}-{start:05d}"


@lru_cache(maxsize=1)
def _loaded(folder: Path) -> SentimentModel:
    limit_blas_threads()  # one process per core: threads of BLAS would wait for each other
    return SentimentModel.load(folder)


def _in_process(folder: Path, seed: int, chunk: tuple[int, list[str]]) -> tuple[int, Floats]:
    start, texts = chunk
    return start, curves_of(_loaded(folder), texts, seed, start)


def _curves(curves: Floats, bootstrap: ClusterBootstrap) -> Iterator[RemovalCurve]:
    for k, name in enumerate(NAMES):
        for m, removal in enumerate(MaskingStrategy):
            for d, direction in enumerate(("deletion", "insertion")):
                points = [_rounded(one) for one in bootstrap.means(curves[:, k, m, d])]
                yield RemovalCurve(
                    name,
                    str(removal),
                    direction,
                    tuple(p.value for p in points),
                    tuple(p.low for p in points),
                    tuple(p.high for p in points),
                )


def _scores(values: Floats, bootstrap: ClusterBootstrap) -> Iterator[MethodScore]:
    """Of ``(N, K, M, 3)``: means, and paired differences to the best method."""
    for m, removal in enumerate(MaskingStrategy):
        for q, metric in enumerate(METRICS):
            column = values[:, :, m, q].astype(np.float64)  # (N, K)
            sign = -1 if metric in LOWER_IS_BETTER else 1
            best = int(np.argmax(sign * column[:, : len(Method)].mean(axis=0)))
            means = bootstrap.means(column)
            behind = bootstrap.means(sign * (column[:, best : best + 1] - column))
            for name, value, gap in zip(NAMES, means, behind, strict=True):
                yield MethodScore(name, str(removal), metric, _rounded(value), _rounded(gap))


def _rounded(one: Interval) -> Interval:
    return Interval(*(round(v, DIGITS) + 0.0 for v in (one.value, one.low, one.high)))


def cores() -> int:
    """Processes to use."""
    return os.cpu_count() or 1
