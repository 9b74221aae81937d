"""The state index: time to build it, memory to read it, time to find a pattern.

python -m tests.benchmarks.units_speed [REVIEWS]

With the data set (LSTM_LENS_DATA) the test reviews are read, else texts made of the built-in ones.
The peer of building is one trace a review, that of searching a trace a review and a comparison.
"""

import os
import sys
import tempfile
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from lstm_core.activations import (
    StateIndex,
    Texts,
    build_index,
    built_in_texts,
    open_index,
    test_texts,
)
from lstm_core.activations.search import find_pattern, pattern_of
from lstm_core.activations.top_spans import top_spans
from lstm_core.activations.unit_profiles import unit_statistics
from lstm_core.errors import LstmLensError
from lstm_core.model.sentiment_model import SentimentModel
from tests.benchmarks.measure import Row, print_table, seconds

TITLE = "The state index of the units page"
REVIEWS = 25_000
TRACED = 300  # reviews traced one by one, for the peers
SEARCHED = 5_000
TEXT = "I expected the worst, but this film is not bad at all and I loved every minute of it."


def texts_of(count: int) -> Texts:
    """Test reviews, or the built-in texts again and again where there is no data set."""
    try:
        found = test_texts()
    except LstmLensError:
        found = built_in_texts()
        times = -(-count // len(found))
        found = replace(found, texts=found.texts * times, labels=np.tile(found.labels, times))
    return replace(found, texts=found.texts[:count], labels=found.labels[:count])


@contextmanager
def own_home() -> Iterator[Path]:
    """A home for the indices of this benchmark alone."""
    with tempfile.TemporaryDirectory() as folder:
        before = os.environ.get("LSTM_LENS_HOME")
        os.environ["LSTM_LENS_HOME"] = folder
        try:
            yield Path(folder)
        finally:
            if before is None:
                del os.environ["LSTM_LENS_HOME"]
            else:
                os.environ["LSTM_LENS_HOME"] = before


def run(count: int = REVIEWS) -> list[Row]:
    """Measure and return the rows of the figure sheet."""
    model = SentimentModel.load()
    texts = texts_of(count)
    with own_home():
        rows, built = _building(model, texts)
        rows += _reading(model, built)
        small = build_index(model, _first(texts, SEARCHED), lambda _: None, silenced=100)
        rows += [_searching(model, small), _searching(model, built)]
    return rows


def _building(model: SentimentModel, texts: Texts) -> tuple[list[Row], StateIndex]:
    built: list[StateIndex] = []
    ours = seconds(lambda: built.append(build_index(model, texts, lambda _: None)))
    some = texts.texts[:TRACED]
    peer = seconds(lambda: [model.trace(text) for text in some]) / len(some) * len(texts)
    size = built[0].note.size / 2**20
    what = f"index of {len(texts):,} reviews ({size:,.0f} MiB), silencing of every unit included"
    row = Row(
        what,
        f"{ours:.0f} s",
        f"{peer:.0f} s (traces only)",
        f"{peer / ours:.1f} times",
        "90 s for 25,000",
        ours <= 90 * len(texts) / REVIEWS,
    )
    return [row], built[0]


def _reading(model: SentimentModel, built: StateIndex) -> list[Row]:
    took = seconds(lambda: unit_statistics(built, model.bundle.weights, model.vocabulary))
    tracemalloc.start()
    index = open_index(built.folder)
    unit_statistics(index, model.bundle.weights, model.vocabulary)
    for unit in range(index.note.lstm_dim):
        top_spans(index, unit, up=True)
    used = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    whole = index.note.size / 2**20
    return [
        Row(
            "most memory taken by all profiles and all units' phrases, against the whole arrays",
            f"{used:.0f} MiB",
            f"{whole:.0f} MiB",
            f"{whole / max(used, 1):.0f} times less",
            "a quarter",
            used < whole / 4,
        ),
        Row("all profiles of an open index", f"{1e3 * took:.0f} ms"),
    ]


def _searching(model: SentimentModel, index: StateIndex) -> Row:
    trace = model.trace(TEXT)
    first = trace.encoding.first_word
    worst = 0.0
    for low, high in ((8, 11), (3, 3), (14, 16)):
        for fresh in (True, False):
            pattern = pattern_of(trace, first + low, first + high, 0.1, fresh=fresh)
            if pattern.units:
                for exact in (True, False):
                    find = lambda p=pattern, e=exact: find_pattern(index, p, exact=e)  # noqa: E731
                    find()
                    worst = max(worst, seconds(find))
    rows = range(0, index.note.reviews, max(index.note.reviews // 100, 1))
    texts = [index.text(row) for row in rows]
    peer = seconds(lambda: [model.trace(text) for text in texts]) / len(texts)
    peer *= index.note.reviews
    return Row(
        f"a pattern in {index.note.reviews:,} reviews, the slowest of twelve searches",
        f"{1e3 * worst:.0f} ms",
        f"{peer:.1f} s (tracing them again)",
        f"{peer / worst:.0f} times",
        "500 ms on 5,000",
        worst <= 0.5 * max(index.note.reviews / SEARCHED, 1),
    )


def _first(texts: Texts, count: int) -> Texts:
    return replace(
        texts, texts=texts.texts[:count], labels=texts.labels[:count], sha256="5" * 64, stamp=""
    )


if __name__ == "__main__":
    print_table(TITLE, run(int(sys.argv[1]) if len(sys.argv) > 1 else REVIEWS))
