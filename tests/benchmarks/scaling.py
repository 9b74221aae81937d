"""Scoring on a Dask cluster of this machine: reviews a second with one worker and with two.

python -m tests.benchmarks.scaling [REVIEWS]

A scheduler and workers run as processes on loopback; the reviews are put together from sentences of
the small corpus and have about as many words as IMDb's. Reading, encoding, the LSTM and writing are
all in the time; starting the workers is not.
"""

import csv
import random
import sys
import tempfile
import time
from pathlib import Path

from lstm_core.crew import make_crew
from lstm_core.datasets import load_small_corpus
from lstm_core.model import shipped_model
from lstm_core.scoring.bulk import score_files
from tests.benchmarks.measure import Row, print_table
from tests.unit.cluster import Cluster, running_cluster

TITLE = "Scoring on a cluster"
REVIEWS = 60_000
SENTENCES = (8, 40)  # a review of IMDb has 230 words, a sentence of ours about 10
MANY = 10_000_000
TARGET = 1.6  # times as fast with two workers on two cores


def run(reviews: int = REVIEWS) -> list[Row]:
    """Measure and return the rows of the figure sheet."""
    with tempfile.TemporaryDirectory() as name, running_cluster(Path(name)) as cluster:
        path = _write(Path(name) / "reviews.csv", reviews)
        rates = {}
        for workers in (1, 2):
            cluster.add_worker()
            rates[workers] = _rate(cluster, path, workers, reviews)
    gain = rates[2] / rates[1]
    return [
        Row(
            f"reviews a second scored on Dask with 2 workers, against 1 ({reviews:,} reviews)",
            f"{rates[2]:,.0f} a second",
            f"{rates[1]:,.0f} a second",
            f"{gain:.2f} times",
            f"{TARGET} times",
            gain >= TARGET,
        ),
        Row(
            f"{MANY:,} reviews at that rate, on 2 workers and (counted on) on 64",
            f"{MANY / rates[2] / 60:.0f} minutes",
            f"{MANY / (rates[1] * 64) / 60:.1f} minutes",
            "",
            "",
            None,
        ),
    ]


def _write(path: Path, reviews: int) -> Path:
    rng = random.Random(0)
    sentences = [s for text in load_small_corpus().train.texts for s in text.split(". ")]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "review"])
        for number in range(reviews):
            chosen = rng.choices(sentences, k=rng.randint(*SENTENCES))
            writer.writerow([number, ". ".join(chosen)])
    return path


def _rate(cluster: Cluster, path: Path, workers: int, reviews: int) -> float:
    """Reviews a second, after the workers have loaded the model."""
    model = shipped_model()
    with make_crew(cluster.address) as crew:
        while crew.size < workers:
            time.sleep(0.05)
        warm = _write(path.with_name(f"warm{workers}.csv"), 2_000)
        score_files(model, [warm], path.with_name(f"warm-out{workers}"), crew, rows=100)
        out = path.with_name(f"out{workers}")
        result = score_files(model, [path], out, crew, rows=max(reviews // 40, 1))
    print(f"{workers} workers: {result.seconds:.1f} s", file=sys.stderr)
    return result.rows / result.seconds


if __name__ == "__main__":
    print_table(TITLE, run(int(sys.argv[1]) if len(sys.argv) > 1 else REVIEWS))
