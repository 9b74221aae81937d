"""``sweep``: train many runs, of several seeds and settings, on this machine or a Dask cluster.

The settings are a TOML file:

    name = "sizes"            every run's name begins with it
    recipe = "article"        or "recommended"
    data = "small"            or "imdb", or a path that every worker sees
    validation_share = 0.1    optional, as is limit, the reviews used at most

    [settings]                the same for all runs
    epochs = 3

    [grid]                    every combination is a run
    lstm_dim = [16, 32]
    seed = [0, 1, 2]

The runs are collected where the training page shows them. A sweep that was stopped goes on with the
runs that are missing.
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from lstm_core.cli.score import add_executor_options, check_workers
from lstm_core.progress import Progress
from lstm_core.runs import Run


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "sweep",
        help="train many runs",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("settings", type=Path, metavar="SETTINGS", help="the TOML file")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    add_executor_options(parser, "one: a training uses every core")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Train what is missing, say how each run ended; 1 when one of them failed."""
    from lstm_core.cli.progress import ProgressBars
    from lstm_core.sweep import read_sweep, run_sweep
    from lstm_core.tasks.executors import make_executor

    check_workers(arguments)
    sweep = read_sweep(arguments.settings)
    with (
        make_executor(arguments.scheduler, arguments.workers or 1) as executor,
        ProgressBars() as bars,
    ):

        def tell(done: int, total: int, sentence: str) -> None:
            bars.say(sentence)
            bars.show(Progress("training the runs", done, total))

        bars.show(Progress("training the runs", 0, len(sweep.requests)))
        result = run_sweep(sweep, executor, tell)
    if arguments.json:
        print(json.dumps([_plain(one) for one in result.runs], indent=1))
    else:
        width = max((len(one.name) for one in result.runs), default=0)
        for one in result.runs:
            print(f"{one.name:<{width}}  {one.status}  {_in_words(one)}")
        for name, reason in result.failures:
            print(f"{name} failed: {reason}")
    return 1 if result.failures else 0


def _in_words(one: Run) -> str:
    """Accuracy while it was watched and on the test reviews."""
    watched = [p.validation_accuracy for p in one.points if p.validation_accuracy is not None]
    parts = [f"validation accuracy {watched[-1]:.4f}"] if watched else []
    parts += [
        f"{figure.name} ({figure.reading}, {figure.measured_on}) {figure.value:.4f}"
        for figure in one.figures
        if figure.name == "accuracy"
    ]
    return ", ".join(parts) or "no figures"


def _plain(one: Run) -> dict[str, object]:
    return {
        "run": one.name,
        "status": str(one.status),
        "figures": [asdict(figure) for figure in one.figures],
    }
