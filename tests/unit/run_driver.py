"""Helper of the kill test: ``python -m tests.unit.run_driver RECIPE KILLS SEED``.

Starts a run in the folder of LSTM_LENS_HOME, kills its process at random moments, lets it go on
after each, and waits for its end. It prints what it saw as one line of JSON.
"""

import json
import random
import signal
import sys
import time
from collections.abc import Callable

import psutil

from lstm_core.runs import RunRequest, Status, continue_run, read_run, start_run
from lstm_core.training.settings import Recipe, TrainSettings

SIZES = {"num_words": 300, "maxlen": 12, "embedding_dim": 6, "lstm_dim": 4, "seed": 11}
LOOKS = 60_000  # at 10 ms: looks, not seconds, so that a machine that stands still does not count


def request_of(recipe: str) -> RunRequest:
    """A training of some seconds on the small corpus."""
    settings = TrainSettings(Recipe(recipe), batch_size=4, epochs=30, **SIZES)
    return RunRequest(settings, validation_share=0.2, name="killed")


def main(recipe: str, kills: int, seed: int) -> dict[str, object]:
    """Kill a run some times and let it end."""
    rng, seen = random.Random(seed), []
    name = start_run(request_of(recipe))
    for number in range(kills):
        if number == 0:
            _wait_for_worker()
            time.sleep(rng.uniform(0.0, 2.5))  # while it prepares, most likely
        else:
            step = read_run(name).step
            _wait(lambda name=name, step=step: read_run(name).step > step)
            time.sleep(rng.uniform(0.0, 0.4))
        _kill()
        run = read_run(name)
        seen.append((str(run.status), run.step))
        continue_run(name)
    _wait(lambda: not read_run(name).alive)
    ended = read_run(name)
    return {"seen": seen, "status": str(ended.status), "message": ended.message}


def _workers() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if child.is_running()]


def _wait_for_worker() -> None:
    _wait(lambda: bool(_workers()))


def _kill() -> None:
    for worker in _workers():
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    _wait(lambda: read_run("killed").status is not Status.PREPARING or not read_run("killed").alive)


def _wait(reached: Callable[[], bool]) -> None:
    for _ in range(LOOKS):
        if reached():
            return
        time.sleep(0.01)
    raise TimeoutError(str(read_run("killed")))


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
