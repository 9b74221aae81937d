"""``index``: compute the states and gates of many reviews once, for the page "Units"."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from lstm_core.cli.evaluate import progress_shown
from lstm_core.cli.inputs import add_layer, add_model, model_of
from lstm_core.cli.table_options import add_table_options, refuse_table_options, table_options

if TYPE_CHECKING:
    from lstm_core.activations import StateIndex, Texts
    from lstm_core.progress import ProgressCallback


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("index", help="index states and gates", description=__doc__)
    add_model(parser)
    texts = parser.add_mutually_exclusive_group()
    texts.add_argument(
        "--data", action="store_true", help="the test reviews of the data set (LSTM_LENS_DATA)"
    )
    texts.add_argument(
        "--file",
        type=Path,
        metavar="FILE",
        help="a table with a text column, or one review per line",
    )
    parser.add_argument(
        "--check", action="store_true", help="compare every file with its fingerprint at the end"
    )
    parser.add_argument(
        "--write",
        action="store_true",
        help="store the words that raise and lower each unit in the bundle: the row names of Live",
    )
    parser.add_argument(
        "--progress", action="store_true", help="tell the progress as JSON lines on standard error"
    )
    add_layer(parser)
    add_table_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Build the index of the built-in texts, the data set's test reviews or a file."""
    from lstm_core.activations import build_index, layer_named, open_index

    model = model_of(arguments)
    layer = layer_named(model, arguments.layer)
    if arguments.write:
        _ = (
            model.bundle.weights
        )  # refuses models of another architecture, whose chart has no effects
    with progress_shown(arguments.progress) as report:
        index = build_index(model, _texts(arguments, report), report, layer=layer)
    if arguments.check:
        index = open_index(index.folder, thorough=True)
    if arguments.write:
        from lstm_core.activations.unit_profiles import measure_unit_words
        from lstm_core.model.unit_words import COMMAND, write_unit_words

        data, option = _named(arguments)
        found = measure_unit_words(index, model.vocabulary, data, f"{COMMAND}{option}")
        write_unit_words(model.bundle, found)
    print(line(index))
    return 0


def line(index: "StateIndex") -> str:
    """What was built, for a person."""
    note = index.note
    left = f", {note.left_out:,} left out to keep to the bound on disk" if note.left_out else ""
    layer = f"{note.layer}: " if note.layer else ""
    return (
        f"{layer}{note.name}: {note.reviews:,} reviews{left}, {note.words:,} words, "
        f"{note.size / 2**20:,.0f} MiB in {note.seconds:.0f} s: {index.folder}"
    )


def _named(arguments: argparse.Namespace) -> tuple[str, str]:
    """What the reviews are, and the option that chooses them."""
    if arguments.file is not None:
        return f"reviews of {arguments.file.name}", f" --file {arguments.file.name}"
    return ("test reviews", " --data") if arguments.data else ("built-in texts", "")


def _texts(arguments: argparse.Namespace, report: "ProgressCallback") -> "Texts":
    from lstm_core.activations.sources import built_in_texts, file_texts, test_texts

    if arguments.file is None:
        refuse_table_options(arguments, "no --file did")
    if arguments.data:
        return test_texts(report)
    if arguments.file is not None:
        return file_texts(arguments.file, table_options(arguments))
    return built_in_texts()
