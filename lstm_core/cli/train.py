"""``train``: train a model as a run, which the training page shows as well, and save it."""

import argparse
import time
from pathlib import Path

from lstm_core.cli.inputs import add_data, add_settings, add_small, given_settings
from lstm_core.cli.progress import TrainingBars
from lstm_core.cli.table_options import add_table_options, refuse_table_options, table_options
from lstm_core.errors import InputError, TrainingError
from lstm_core.model.bundle import copy_bundle
from lstm_core.runs import (
    DataChoice,
    DataKind,
    Keep,
    Run,
    RunRequest,
    Status,
    continue_run,
    read_run,
    start_run,
    stop_run,
)
from lstm_core.training.settings import OWN_OF_RECOMMENDED, Recipe, settings_from

LOOK = 0.25  # seconds between two looks at the run
STOPPED = 130  # the exit code of a command that a person stopped


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("train", help="train a model", description=__doc__)
    parser.add_argument(
        "--recipe",
        choices=[str(r) for r in Recipe],
        default=str(Recipe.ARTICLE),
        help="how it is trained (default: article)",
    )
    add_data(parser)
    add_small(parser)
    parser.add_argument("--name", default="", help="name of the run (default: the recipe's)")
    parser.add_argument("--resume", metavar="NAME", help="go on with a run that was stopped")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="folder where the bundle is copied to"
    )
    parser.add_argument("--replace", action="store_true", help="replace a bundle that is there")
    parser.add_argument(
        "--validation-share",
        type=float,
        default=0.0,
        metavar="S",
        help="share of the training reviews kept apart to watch by, 0 to 0.5 (default: 0)",
    )
    parser.add_argument(
        "--limit", type=int, default=0, metavar="N", help="use N training reviews at most"
    )
    parser.add_argument(
        "--keep",
        choices=[str(k) for k in Keep],
        default=str(Keep.LAST),
        help="whose weights become the model: those of the last epoch, or of the one with the "
        "lowest validation loss (default: last)",
    )
    parser.add_argument(
        "--patience",
        type=int,
        default=0,
        metavar="N",
        help="end after N epochs without a lower validation loss (default: 0, never)",
    )
    add_settings(
        parser, "the recipe's", dict.fromkeys(OWN_OF_RECOMMENDED, "; the article's recipe only")
    )
    add_table_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Start or take up a run, follow it with bars, and print its figures."""
    if arguments.out is not None and arguments.out.exists() and not arguments.replace:
        raise InputError(f"{arguments.out} exists already. Choose another folder or add --replace.")
    if arguments.resume is not None:
        _check_resume(arguments)
        name = arguments.resume
        continue_run(name)
    else:
        name = start_run(request_of(arguments))
    print(f"run {name}; Ctrl-C stops it and keeps what it learned")
    ended = follow(name)
    if ended.status not in (Status.FINISHED, Status.STOPPED):
        raise TrainingError(ended.message)
    for figure in ended.figures:
        print(f"{figure.name} ({figure.reading}, {figure.count:,} {figure.measured_on}): ", end="")
        print(f"{figure.value:.4f}")
    if arguments.out is not None and ended.has_bundle:
        print(f"saved to {_copy(name, arguments)}")
    if ended.status is Status.STOPPED:
        print(f"{ended.message} Go on with: python -m lstm_core train --resume {name}")
        return STOPPED
    return 0


def _check_resume(arguments: argparse.Namespace) -> None:
    """Refuse what a run that goes on has already: its settings stay as they were."""
    kept = ("resume", "out", "replace", "run", "command")
    given = [
        f"--{name.replace('_', '-')}"
        for name, value in vars(arguments).items()
        if name not in kept and value not in (None, False, "", 0, "article", "last")
    ]
    if given:
        raise InputError(
            f"{', '.join(given)} came in with --resume; a run goes on with its own settings. Leave "
            "them out, or start another run."
        )


def request_of(arguments: argparse.Namespace) -> RunRequest:
    """What the words of the command ask for."""
    given = given_settings(arguments)
    if arguments.data is not None:
        data = DataChoice(DataKind.PATH, str(arguments.data), table_options(arguments))
    elif arguments.small:
        refuse_table_options(arguments, "--small has a table of its own")
        data = DataChoice(DataKind.SMALL)
    else:
        data = DataChoice(DataKind.IMDB, table=table_options(arguments), download=True)
    return RunRequest(
        settings=settings_from(Recipe(arguments.recipe), given),
        data=data,
        validation_share=arguments.validation_share,
        review_limit=arguments.limit,
        name=arguments.name,
        keep=Keep(arguments.keep),
        patience=arguments.patience,
    )


def follow(name: str) -> Run:
    """Show the run's bars until it ends; Ctrl-C asks it to stop, a second one leaves it alone."""
    asked = False
    with TrainingBars() as bars:
        while True:
            try:
                found = read_run(name)
                bars.show(found)
                if not found.alive:
                    return found
                time.sleep(LOOK)
            except KeyboardInterrupt:
                if asked:
                    raise
                asked = True
                bars.say("stopping; Ctrl-C once more leaves it to end by itself")
                if read_run(name).alive:
                    stop_run(name)


def _copy(name: str, arguments: argparse.Namespace) -> Path:
    from lstm_core.runs.folder import folder_of

    source = folder_of(name).bundle
    return copy_bundle(source, arguments.out, replace_existing=arguments.replace).folder
