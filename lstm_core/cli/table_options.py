"""Options of every command that reads a table: what the reader detects can be given."""

import argparse
import math

from lstm_core.datasets.table_format import DetectedFormat, Quoting, TableOptions
from lstm_core.errors import InputError

SEPARATORS = {
    "comma": ",",
    "semicolon": ";",
    "tab": "\t",
    "pipe": "|",
    "blank": " ",
    "none": "",
    "\\t": "\t",
}
_VALUES = (
    *("encoding", "separator", "quoting", "text_column", "label_column", "star_threshold"),
    "sheet",
)


def add_table_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how a table is read."""
    group = parser.add_argument_group(
        "how a table is read", "detected from the content where nothing is given"
    )
    group.add_argument("--encoding", metavar="NAME", help="for example utf-8, utf-16, windows-1252")
    group.add_argument(
        "--separator",
        metavar="C",
        help="comma, semicolon, tab, pipe, blank (behind a label), none, or one character",
    )
    group.add_argument(
        "--quoting", choices=[str(one) for one in Quoting], help="how quotes are escaped"
    )
    group.add_argument(
        "--header",
        action=argparse.BooleanOptionalAction,
        help="whether the first row names the columns",
    )
    group.add_argument("--text-column", metavar="NAME", help="the column that holds the reviews")
    group.add_argument("--label-column", metavar="NAME", help="the column that holds the labels")
    group.add_argument("--sheet", metavar="NAME", help="the sheet of an Excel workbook")
    group.add_argument(
        "--drop-neutral", action="store_true", help="leave out the middle class of three"
    )
    group.add_argument(
        "--star-threshold",
        type=float,
        metavar="N",
        help="stars from N on are positive, fewer negative (default: 7 and more of 10, 4 and "
        "more of 5 positive; 4 and fewer of 10, 2 and fewer of 5 negative)",
    )


def table_options(arguments: argparse.Namespace) -> TableOptions:
    """What the options of a command say."""
    values = {name: getattr(arguments, name, None) for name in _VALUES}
    separator = values["separator"]
    if separator is not None:
        values["separator"] = SEPARATORS.get(separator.casefold(), separator)
    threshold = values["star_threshold"]
    if threshold is not None and not math.isfinite(threshold):
        raise InputError(
            f"--star-threshold {threshold} came in; give a number of stars, such as 7."
        )
    return TableOptions(
        **values,
        header=arguments.header,
        drop_neutral=arguments.drop_neutral,
    )


def refuse_table_options(arguments: argparse.Namespace, why: str) -> None:
    """Raise InputError when options of a table were given where none is read."""
    if table_options(arguments) != TableOptions():
        raise InputError(f"Options of a table came in, but {why}. Leave them out.")


def format_line(found: DetectedFormat) -> str:
    """How a table was read, on one line."""
    values = found.described()
    first = values.pop("Format")
    return f"read as {first}; " + ", ".join(f"{k.lower()}: {v}" for k, v in values.items())
