"""What the commands share: where the text comes from and which model is meant."""

import argparse
import codecs
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from lstm_core.errors import InputError
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.training.settings import LIMITS

LARGEST_FILE = 64 * 2**20  # bytes


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the model."""
    parser.add_argument(
        "--model", metavar="BUNDLE", help="a bundle's folder or a run's name (default: the shipped)"
    )


def add_data(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the data set."""
    parser.add_argument(
        "--data",
        type=Path,
        metavar="PATH",
        help="archive, folder, npz or table (default: LSTM_LENS_DATA, data/, then a download)",
    )


def add_small(parser: argparse.ArgumentParser) -> None:
    """Add the option that takes the small corpus."""
    parser.add_argument("--small", action="store_true", help="use the small corpus that ships")


def add_settings(parser: argparse.ArgumentParser, owner: str, notes: Mapping[str, str]) -> None:
    """Add an option for each setting of a training.

    Args:
        owner: Whose settings are the default, in words.
        notes: What the help of a setting says at its end.
    """
    for name, allowed in LIMITS.items():
        parser.add_argument(
            option_of(name),
            type=int,
            metavar="N",
            help=f"{allowed.low} to {allowed.high} (default: {owner}){notes.get(name, '')}",
        )


def option_of(setting: str) -> str:
    """The option of a setting of a training."""
    return f"--{setting.replace('_', '-')}"


def given_settings(arguments: argparse.Namespace) -> dict[str, int]:
    """The settings of a training that were given.

    Raises:
        InputError: When two data sets were given.
    """
    if arguments.small and arguments.data is not None:
        raise InputError("Both --small and --data came in. Give one of them.")
    values = {name: getattr(arguments, name) for name in LIMITS}
    return {name: value for name, value in values.items() if value is not None}


def add_text(parser: argparse.ArgumentParser) -> None:
    """Add the text argument and its file."""
    parser.add_argument("text", nargs="?", help="the review; standard input when left out")
    parser.add_argument("--file", type=Path, metavar="FILE", help="read the review from a file")


def add_layer(parser: argparse.ArgumentParser) -> None:
    """Add the option that chooses the layer of an imported model."""
    parser.add_argument(
        "--layer",
        metavar="NAME",
        help="of an imported model: the layer with its direction, or its number from 0 (left out: "
        "the last one that reads forwards)",
    )


def model_of(arguments: argparse.Namespace) -> SentimentModel:
    """Load the model that was named."""
    return SentimentModel.load(arguments.model)


def text_of(arguments: argparse.Namespace) -> str:
    """The text from the argument, the file or standard input.

    Raises:
        InputError: For two texts at once, a file that cannot be read or is not UTF-8.
    """
    if arguments.text is not None and arguments.file is not None:
        raise InputError("Both a text and --file came in. Give one of them.")
    if arguments.text is not None:
        # The shell's bytes that are no UTF-8 come as U+DC80 to U+DCFF; other half characters cannot
        # be printed and are no words.
        whole = re.sub("[\ud800-\udc7f\udd00-\udfff]", " ", str(arguments.text))
        return decode(whole.encode("utf-8", "surrogateescape"), "The argument")
    if arguments.file is not None:
        return read_file(arguments.file)
    return standard_input()


def standard_input() -> str:
    """The text that comes in on standard input.

    Raises:
        InputError: When it is closed, too long or no text.
    """
    if sys.stdin is None:
        raise InputError("Standard input is closed. Give the review as an argument or --file.")
    return decode(sys.stdin.buffer.read(LARGEST_FILE + 1), "Standard input")


def read_file(path: Path) -> str:
    """The text of a file in UTF-8."""
    try:
        with path.open("rb") as file:
            return decode(file.read(LARGEST_FILE + 1), str(path))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}. Give a text file.") from error


def decode(content: bytes, name: str) -> str:
    """UTF-8, or UTF-16 with a byte order mark, as text without the mark.

    Raises:
        InputError: When they are too many or no UTF-8.
    """
    utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if len(content) > LARGEST_FILE:
        raise InputError(f"{name} has more than {LARGEST_FILE:,} bytes; give a shorter text.")
    try:
        return content.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name} is not UTF-8 text (byte {error.start}). Convert it to UTF-8 first."
        ) from error
