"""``verify``: the largest difference between the NumPy trace and Keras, exit 1 above 1e-5."""

import argparse
import tomllib
from pathlib import Path

from lstm_core.analysis.captions import plural
from lstm_core.cli.inputs import add_model, standard_input
from lstm_core.errors import InputError
from lstm_core.model.keras_parity import TOLERANCE, Differences, compare_with_keras
from lstm_core.model.sentiment_model import find_bundle
from lstm_core.paths import ASSETS, SHIPPED_MODEL

MOST_REVIEWS = 25_000


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "verify", help="compare the NumPy trace with Keras", description=__doc__
    )
    add_model(parser)
    texts = parser.add_mutually_exclusive_group()
    texts.add_argument(
        "--text",
        action="append",
        metavar="TEXT",
        help="a review to read, may be repeated; - for standard input (default: the examples)",
    )
    texts.add_argument(
        "--data", type=int, metavar="N", help="read the first N test reviews of the data set"
    )
    parser.add_argument(
        "--keras",
        type=Path,
        metavar="FILE",
        help="of an imported model: compare with this file, from which it was imported, as well",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Compare and print; 0 when equal, 1 when not."""
    folder = SHIPPED_MODEL if arguments.model is None else find_bundle(arguments.model)
    found = compare_with_keras(folder, texts_of(arguments), arguments.keras)
    print(found.to_json() if arguments.json else table(found))
    return 0 if found.equal else 1


def table(found: Differences) -> str:
    """The differences as lines for a person."""
    width = max(map(len, found.by_quantity))
    lines = [f"{name:{width}}  {value:.2e}" for name, value in found.by_quantity.items()]
    says = "equal" if found.equal else "NOT equal"
    lines.append(
        f"{'largest':{width}}  {found.largest:.2e}  {says} within {TOLERANCE:.0e}: "
        f"{plural(found.texts, 'text')}, NumPy against Keras {found.keras}"
    )
    return "\n".join(lines)


def texts_of(arguments: argparse.Namespace) -> list[str]:
    """The reviews to read.

    Raises:
        InputError: When standard input or the number of reviews is not usable.
        DataError: When test reviews are wanted and there is no data.
    """
    if arguments.text is not None:
        return [standard_input() if text == "-" else text for text in arguments.text]
    if arguments.data is not None:
        return _test_reviews(arguments.data)
    with (ASSETS / "examples.toml").open("rb") as file:
        return [entry["text"] for entry in tomllib.load(file)["example"]]


def _test_reviews(count: int) -> list[str]:
    from lstm_core.datasets import load_corpus

    if not 1 <= count <= MOST_REVIEWS:
        raise InputError(f"--data is {count}; give a number from 1 to {MOST_REVIEWS:,}.")
    return list(load_corpus().test.texts[:count])
