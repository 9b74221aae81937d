"""``train``: train a model on IMDb (or another data set) and save it as a bundle."""

import argparse
import shlex
from pathlib import Path

import rich.console
import rich.progress

from lstm_core.errors import InputError
from lstm_core.progress import Progress
from lstm_core.training.settings import ALLOWED, Recipe, TrainSettings

SETTINGS = ("num_words", "maxlen", "embedding_dim", "lstm_dim", "batch_size", "epochs", "seed")


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("train", help="train a model", description=__doc__)
    parser.add_argument("--recipe", choices=[str(r) for r in Recipe], default=str(Recipe.ARTICLE))
    parser.add_argument(
        "--data",
        type=Path,
        metavar="PATH",
        help="archive, folder, npz or CSV (default: LSTM_LENS_DATA, data/, then a download)",
    )
    parser.add_argument("--small", action="store_true", help="use the small corpus that ships")
    parser.add_argument("--out", type=Path, required=True, help="folder of the bundle to make")
    parser.add_argument("--replace", action="store_true", help="replace a bundle that is there")
    for name in SETTINGS:
        allowed = ALLOWED[name]
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=int,
            metavar="N",
            help=f"{allowed.low} to {allowed.high} (default: the recipe's)",
        )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Train, with a progress bar, and print the figures."""
    from lstm_core.datasets import load_corpus, load_small_corpus
    from lstm_core.training.build import train_bundle

    given = {n: getattr(arguments, n) for n in SETTINGS if getattr(arguments, n) is not None}
    settings = TrainSettings(recipe=Recipe(arguments.recipe), **given)
    if arguments.small and arguments.data is not None:
        raise InputError("Both --small and --data came in. Give one of them.")
    if arguments.out.exists() and not arguments.replace:
        raise InputError(f"{arguments.out} exists already. Choose another folder or add --replace.")
    with ProgressBars() as bars:
        corpus = (
            load_small_corpus()
            if arguments.small
            else load_corpus(arguments.data, progress=bars.show)
        )
        bundle = train_bundle(
            corpus,
            settings,
            arguments.out,
            command=command_of(arguments, settings),
            progress=bars.show,
            replace_existing=arguments.replace,
        )
    for figure in bundle.card.figures:
        print(f"{figure.name} ({figure.reading}, {figure.count:,} {figure.measured_on}): ", end="")
        print(f"{figure.value:.4f}")
    print(f"saved to {bundle.folder}")
    return 0


def command_of(arguments: argparse.Namespace, settings: TrainSettings) -> str:
    """The command that makes the same model again; the data is named by the card's fingerprint."""
    words = ["python", "-m", "lstm_core", "train", "--recipe", str(settings.recipe)]
    if arguments.small:
        words.append("--small")
    for name in SETTINGS:
        if getattr(arguments, name) is not None or name == "seed":
            words += [f"--{name.replace('_', '-')}", str(getattr(settings, name))]
    out = arguments.out.name if arguments.out.is_absolute() else str(arguments.out)
    return shlex.join([*words, "--out", out])


class ProgressBars:
    """Progress as bars in a terminal, one a stage; in a log, a line a stage."""

    def __init__(self) -> None:
        self._bars = rich.progress.Progress(
            rich.progress.TextColumn("{task.description}"),
            rich.progress.BarColumn(),
            rich.progress.TaskProgressColumn(),
            rich.progress.TimeElapsedColumn(),
            rich.progress.TimeRemainingColumn(),
            console=rich.console.Console(stderr=True),  # standard output is for the figures
        )
        self._stage: str | None = None
        self._task: rich.progress.TaskID | None = None

    def __enter__(self) -> "ProgressBars":
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def show(self, progress: Progress) -> None:
        """Move the bar of the stage; a new stage gets a new bar."""
        if progress.stage != self._stage or self._task is None:
            self._stage = progress.stage
            self._task = self._bars.add_task(progress.stage, total=progress.total)
        self._bars.update(self._task, completed=progress.done, total=progress.total)
