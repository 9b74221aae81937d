"""``score``: read a file of reviews, write the same rows with probability and verdict.

Two files (``score in.csv out.csv``) are read and written here. With ``--output`` any number of CSV,
TSV, TXT and Parquet files is cut into parts, scored on all cores or on a Dask cluster, and written
as Parquet parts with a manifest; a scoring that was stopped goes on where it was.
"""

import argparse
from pathlib import Path

from lstm_core.cli.inputs import add_model, model_of
from lstm_core.errors import InputError

LISTED = 10


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "score",
        help="score a file of reviews",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="the file, then the result's file"
    )
    parser.add_argument("--column", metavar="NAME", help="the column that holds the reviews")
    parser.add_argument(
        "--whole", action="store_true", help="read whole reviews in windows, not their beginning"
    )
    add_model(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Score and say how it went."""
    from lstm_core.cli.bars import ProgressBars
    from lstm_core.scoring import score_file

    if len(arguments.files) != 2:
        raise InputError(
            f"{len(arguments.files)} file came in; give two, the file of reviews and the file for "
            "the result, for example: score in.csv out.csv."
        )
    path, out = arguments.files
    model = model_of(arguments)
    with ProgressBars() as bars:
        summary = score_file(
            model,
            path,
            out,
            column=arguments.column,
            whole=arguments.whole,
            progress=bars.show,
        )
    print(f"{summary.rows:,} rows, {summary.scored:,} scored in {summary.seconds:.1f} s: {out}")
    print(", ".join(f"{count:,} {name}" for name, count in summary.leanings.items()))
    for row in summary.bad_rows[:LISTED]:
        print(f"not scored: {summary.unit} {row.line}, {row.problem}")
    if summary.bad > LISTED:
        print(f"and {summary.bad - LISTED:,} more; the column “problem” names each")
    return 0
