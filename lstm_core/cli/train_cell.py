"""``train-cell``: the article's recipe with SimpleRNN, GRU, stacked or bidirectional LSTM."""

import argparse
import shlex
from pathlib import Path

from lstm_core.cli.table_options import add_table_options, refuse_table_options, table_options
from lstm_core.errors import InputError
from lstm_core.training.cells import CellKind
from lstm_core.training.settings import LIMITS, Recipe, settings_from

SETTINGS = ("num_words", "maxlen", "embedding_dim", "lstm_dim", "batch_size", "epochs", "seed")


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "train-cell", help="train the article's recipe with another cell", description=__doc__
    )
    parser.add_argument("cell", choices=[str(cell) for cell in CellKind], help="the recurrent cell")
    parser.add_argument(
        "--data",
        type=Path,
        metavar="PATH",
        help="archive, folder, npz or table (default: LSTM_LENS_DATA, data/, then a download)",
    )
    parser.add_argument("--small", action="store_true", help="use the small corpus that ships")
    parser.add_argument("--name", default="", help="name of the model (default: the cell's)")
    parser.add_argument(
        "--validation-share",
        type=float,
        default=0.1,
        metavar="S",
        help="share of the training reviews kept apart to watch by, 0 to 0.5 (default: 0.1)",
    )
    for name in SETTINGS:
        allowed = LIMITS[name]
        parser.add_argument(
            _option(name),
            type=int,
            metavar="N",
            help=f"{allowed.low} to {allowed.high} (default: the article's)",
        )
    add_table_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Train, save among the models of this machine, and print the accuracy."""
    from lstm_core.datasets import load_corpus, load_small_corpus
    from lstm_core.model.registry import bundle_folder, checked_name, free_name
    from lstm_core.training.cells import train_cell

    if arguments.small and arguments.data is not None:
        raise InputError("Both --small and --data came in. Give one of them.")
    given = {n: getattr(arguments, n) for n in SETTINGS if getattr(arguments, n) is not None}
    settings = settings_from(Recipe.ARTICLE, given)
    name = checked_name(arguments.name) if arguments.name else free_name(arguments.cell)
    table, share = table_options(arguments), arguments.validation_share
    if arguments.small:
        refuse_table_options(arguments, "--small has no table")
        corpus = load_small_corpus()
    else:
        corpus = load_corpus(arguments.data, table=table, unlabelled=False, download=True)
    words = ["python", "-m", "lstm_core", "train-cell", arguments.cell]
    words += ["--small"] if arguments.small else table.as_arguments()
    words += [word for key, value in given.items() for word in (_option(key), str(value))]
    words += ["--validation-share", f"{share:g}"]
    bundle = train_cell(
        corpus,
        CellKind(arguments.cell),
        settings,
        bundle_folder(name),
        validation_share=share,
        command=shlex.join(words),
    )
    figure = bundle.card.figures[0]
    print(f"saved as {name}: accuracy {figure.value:.4f} on {figure.count:,} test reviews")
    return 0


def _option(setting: str) -> str:
    return f"--{setting.replace('_', '-')}"
