"""Scoring on a Dask cluster of this machine: reviews a second with one worker and with two.

python -m tests.benchmarks.scaling [REVIEWS]

A scheduler and workers run as processes on loopback; the reviews are put together from sentences of
the small corpus and have about as many words as IMDb's. Reading, encoding, the LSTM and writing are
all in the time; starting the workers is not. Both clusters are measured in turns, and the best of
the rounds counts: whatever else the machine does only adds to a time.
"""

import csv
import random
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from lstm_core.datasets import load_small_corpus
from lstm_core.datasets.table import open_table
from lstm_core.model.sentiment_model import shipped_model
from lstm_core.scoring.distributed import score_files
from lstm_core.tasks.executors import Executor, make_executor
from tests.benchmarks.measure import Row, print_table, seconds
from tests.support.server import memory_of
from tests.unit.cluster import running_cluster

TITLE = "Scoring on a cluster"
REVIEWS = 60_000
ROUNDS = 5
SENTENCES = (8, 40)  # a review of IMDb has 230 words, a sentence of ours about 10
MANY = 10_000_000
TARGET = 1.6  # times as fast with two workers on two cores


def run(reviews: int = REVIEWS) -> list[Row]:
    """Measure and return the rows of the figure sheet."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        path, warm = _write(folder / "reviews.csv", reviews), _write(folder / "warm.csv", 8_000)
        pids: list[int] = []
        crews = {workers: _crew(stack, folder, workers, pids) for workers in (1, 2)}
        times: dict[int, list[float]] = {1: [], 2: []}
        for number in range(ROUNDS + 1):  # in turns, so that both see the same machine
            for workers, executor in crews.items():
                out = folder / f"out-{workers}-{number}"
                result = score_files(
                    shipped_model(),
                    [path if number else warm],  # the first time the workers load the model
                    out,
                    executor,
                    rows=reviews // 40 if number else 200,
                )
                if number:
                    times[workers].append(result.seconds)
        print(f"seconds with 1 and 2 workers: {times}", file=sys.stderr)
        most = max(memory_of(pid, most=True) for pid in pids)
        cut = seconds(lambda: list(open_table(path).spans(reviews // 40)))
    rates = {workers: reviews / min(found) for workers, found in times.items()}
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
            f"{MANY:,} reviews at that rate: cut into pieces by the command, scored on 2 workers",
            f"{MANY * cut / reviews / 60:.1f} and {MANY / rates[2] / 60:.0f} minutes",
        ),
        Row(f"most memory of a worker ({reviews // 40:,} reviews a piece)", f"{most >> 20} MiB"),
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


def _crew(stack: ExitStack, folder: Path, workers: int, pids: list[int]) -> Executor:
    """A cluster of its own with so many workers, all of them there; their numbers go to `pids`."""
    home = folder / f"cluster-{workers}"
    home.mkdir()
    cluster = stack.enter_context(running_cluster(home))
    for _ in range(workers):
        pids.append(cluster.add_worker().pid)
    executor = stack.enter_context(make_executor(cluster.address))
    while executor.size < workers:
        time.sleep(0.05)
    return executor


if __name__ == "__main__":
    print_table(TITLE, run(int(sys.argv[1]) if len(sys.argv) > 1 else REVIEWS))
