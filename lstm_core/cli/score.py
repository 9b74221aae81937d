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
MOST_WORKERS = 1_024


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "score",
        help="score a file of reviews, or many",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="the file and the result's file; with --output any number of files",
    )
    parser.add_argument("--column", metavar="NAME", help="the column that holds the reviews")
    parser.add_argument(
        "--whole", action="store_true", help="read whole reviews in windows, not their beginning"
    )
    add_model(parser)
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="write Parquet parts and a manifest there"
    )
    parser.add_argument("--rows", type=int, metavar="N", help="rows of a part (default: 20,000)")
    add_executor_options(parser)
    parser.set_defaults(run=run)


def add_executor_options(parser: argparse.ArgumentParser, default: str = "one a core") -> None:
    """Add the options that say who does the work."""
    parser.add_argument(
        "--scheduler", metavar="ADDRESS", help="a Dask scheduler, for example tcp://10.0.0.1:8786"
    )
    parser.add_argument(
        "--workers", type=int, metavar="N", help=f"processes on this machine (default: {default})"
    )


def check_workers(arguments: argparse.Namespace) -> None:
    """Raise InputError unless the number of processes is one."""
    if arguments.workers is not None and not 1 <= arguments.workers <= MOST_WORKERS:
        raise InputError(f"{arguments.workers} workers came in; give 1 to {MOST_WORKERS}.")


def run(arguments: argparse.Namespace) -> int:
    """Score and say how it went."""
    check_workers(arguments)
    if arguments.output is not None:
        return _score_many(arguments)
    for name in ("scheduler", "workers", "rows"):
        if getattr(arguments, name) is not None:
            raise InputError(f"--{name} goes with --output DIR, which writes parts. Add it.")
    return _score_one(arguments)


def _score_one(arguments: argparse.Namespace) -> int:
    from lstm_core.cli.progress import ProgressBars
    from lstm_core.scoring import score_file

    if len(arguments.files) != 2:
        count = len(arguments.files)
        raise InputError(
            f"{count} {'file' if count == 1 else 'files'} came in; give two, the file of reviews "
            "and the file for the result (score in.csv out.csv), or give --output DIR."
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


def _score_many(arguments: argparse.Namespace) -> int:
    from lstm_core.cli.progress import ProgressBars
    from lstm_core.scoring.distributed import PART_ROWS, score_files
    from lstm_core.tasks.executors import make_executor

    model = model_of(arguments)
    with make_executor(arguments.scheduler, arguments.workers) as executor, ProgressBars() as bars:
        result = score_files(
            model,
            arguments.files,
            arguments.output,
            executor,
            column=arguments.column,
            whole=arguments.whole,
            rows=PART_ROWS if arguments.rows is None else arguments.rows,
            progress=bars.show,
        )
    print(
        f"{result.rows:,} rows in {result.parts:,} parts, {result.rows - result.bad:,} scored, in "
        f"{result.seconds:.1f} s: {arguments.output}"
    )
    if result.kept:
        print(f"{result.kept:,} parts were there and were kept")
    if result.bad:
        print(f"{result.bad:,} rows were not scored; the column “problem” says why")
    return 0
