"""``train-cell``: the article's recipe with SimpleRNN, GRU, stacked or bidirectional LSTM."""

import argparse
import shlex

from lstm_core.cli.inputs import add_data, add_settings, add_small, given_settings, option_of
from lstm_core.cli.table_options import add_table_options, refuse_table_options, table_options
from lstm_core.training.cells import CellKind
from lstm_core.training.settings import Recipe, settings_from


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "train-cell", help="train the article's recipe with another cell", description=__doc__
    )
    parser.add_argument("cell", choices=[str(cell) for cell in CellKind], help="the recurrent cell")
    add_data(parser)
    add_small(parser)
    parser.add_argument("--name", default="", help="name of the model (default: the cell's)")
    parser.add_argument(
        "--validation-share",
        type=float,
        default=0.1,
        metavar="S",
        help="share of the training reviews kept apart to watch by, 0 to 0.5 (default: 0.1)",
    )
    add_settings(parser, "the article's", {})
    add_table_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Train, save among the models of this machine, and print the accuracy."""
    from lstm_core.datasets import load_corpus, load_small_corpus
    from lstm_core.model.registry import bundle_folder, checked_name, free_name
    from lstm_core.training.cells import train_cell

    given = given_settings(arguments)
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
    words += [word for key, value in given.items() for word in (option_of(key), str(value))]
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
