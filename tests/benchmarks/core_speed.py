"""The core against Keras: one review's full trace, 25,000 encodings, and 20,000 raw reviews.

The last needs a data set, and can be compared with another commit, checked out in a folder:

    LSTM_LENS_DATA=aclImdb_v1.tar.gz python -m tests.benchmarks.core_speed --against FOLDER
"""

import argparse
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from typing import Any

import numpy as np

from lstm_core.datasets import load_corpus
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.text import encode_many
from tests.benchmarks.measure import Row, interleaved, print_table, seconds

TITLE = "The core against Keras"
REVIEWS = 25_000
RAW = 20_000
ROUNDS = 9
BATCH_SIZES = (256, 1024, 4096)
TEXT = "the film was a wonderful surprise and not at all boring " * 8


def run() -> list[Row]:
    """Measure and return the rows of the figure sheet."""
    model = SentimentModel.load()
    keras_model = model.keras_model()
    one = model.encode(TEXT)
    trace = lambda: model.trace(one)  # noqa: E731
    predict = lambda: keras_model.predict(one.ids[None], verbose=0)  # noqa: E731
    for _ in range(3):
        trace(), predict()
    ours, peer = interleaved(trace, predict, 60)
    rows = [
        Row(
            "full trace of one review (all six quantities) against `keras_model.predict` of it",
            f"{1e3 * ours:.2f} ms",
            f"{1e3 * peer:.1f} ms",
            f"{peer / ours:.0f} times",
            "60 times",
            peer / ours >= 60,
        )
    ]
    rng = np.random.default_rng(0)
    ids = rng.integers(4, model.bundle.weights.num_words, (REVIEWS, model.maxlen)).astype(np.int32)
    best = min(
        BATCH_SIZES,
        key=lambda size: [
            seconds(lambda: keras_model.predict(ids, batch_size=size, verbose=0)) for _ in range(2)
        ][1],
    )
    model.predict_ids(ids)
    ours, peer = interleaved(
        lambda: model.predict_ids(ids),
        lambda: keras_model.predict(ids, batch_size=best, verbose=0),
        5,
    )
    rows.append(
        Row(
            f"`predict` of 25,000 encodings against Keras at its best batch size ({best})",
            f"{REVIEWS / ours:,.0f} a second",
            f"{REVIEWS / peer:,.0f} a second",
            f"{peer / ours:.1f} times",
            "3 times, aim 5",
            peer / ours >= 3,
        )
    )
    if os.environ.get("LSTM_LENS_DATA"):
        rows.append(raw_reviews(model, keras_model, best))
    return rows


def raw_reviews(model: SentimentModel, keras_model: Any, batch_size: int) -> Row:
    """Encoding and forward pass of raw reviews against Keras on the same reviews, encoded."""
    texts = load_corpus(unlabelled=False, download=False).test.texts[:RAW]
    ids = encode_many(texts, model.vocabulary, model.maxlen)
    ours, peer = interleaved(
        lambda: model.predict(texts),
        lambda: keras_model.predict(ids, batch_size=batch_size, verbose=0),
        5,
    )
    return Row(
        f"`predict` of {RAW:,} raw reviews against Keras on their encodings",
        f"{RAW / ours:,.0f} a second",
        f"{RAW / peer:,.0f} a second",
        f"{peer / ours:.1f} times",
    )


OTHER = """
import pickle, sys, time
from lstm_core import SentimentModel
texts, model = pickle.load(open(sys.argv[1], "rb")), SentimentModel.load()
model.predict(texts)
for _ in sys.stdin:
    start = time.perf_counter()
    model.predict(texts)
    print(time.perf_counter() - start, flush=True)
"""


@contextmanager
def checked_out(folder: Path, texts: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process that runs `predict` of the texts by the code in a folder for every line it gets."""
    with subprocess.Popen(
        [sys.executable, "-c", OTHER, str(texts)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process


def against(other: Path) -> Row:
    """`predict` of raw reviews by this code and by that of another commit, in turns."""
    texts = load_corpus(unlabelled=False, download=False).test.texts[:RAW]
    with tempfile.NamedTemporaryFile() as file:
        pickle.dump(list(texts), file)
        file.flush()
        here, there = Path(__file__).resolve().parents[2], Path(file.name)
        with checked_out(here, there) as ours, checked_out(other, there) as peer:
            pairs = [(_asked(ours), _asked(peer)) for _ in range(ROUNDS)]
    mine, its = (min(times) for times in zip(*pairs, strict=True))
    return Row(
        f"`predict` of {RAW:,} raw reviews against {other.name}, best of {ROUNDS}",
        f"{RAW / mine:,.0f} a second",
        f"{RAW / its:,.0f} a second",
        f"{its / mine:.2f} times",
        "2 times",
        its / mine >= 2,
    )


def _asked(process: "subprocess.Popen[str]") -> float:
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write("\n")
    process.stdin.flush()
    return float(process.stdout.readline())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--against", type=Path, help="folder of another commit, nothing else")
    folder = parser.parse_args().against
    print_table(TITLE, [against(folder.resolve())] if folder else run())
