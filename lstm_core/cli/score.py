"""``score``: read a file of reviews, write the same rows with probability and verdict.

Two files (``score in.csv out.csv``) are read and written here. With ``--output`` any number of
tables is cut into parts, scored on all cores or on a Dask cluster, and written as Parquet parts
with a manifest; a scoring that was stopped is resumed.

Read are CSV, TSV, text with one review per line, JSON Lines, Parquet and Excel, also in .gz and
.zip. Written are .csv, .tsv, .jsonl and .parquet. The exit code is 1 when no row was scored.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from lstm_core.cli.inputs import add_model, model_of
from lstm_core.cli.table_options import SEPARATORS, add_table_options, format_line, table_options
from lstm_core.errors import DataError, InputError

if TYPE_CHECKING:
    from lstm_core.datasets.table_format import TableOptions
    from lstm_core.scoring import Reading, Summary

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
    reading = parser.add_mutually_exclusive_group()
    reading.add_argument(
        "--whole", action="store_true", help="read whole reviews in windows, not their beginning"
    )
    reading.add_argument("--both", action="store_true", help="write both readings")
    add_model(parser)
    add_table_options(parser)
    parser.add_argument("--column", dest="text_column", help=argparse.SUPPRESS)  # an older name
    parser.add_argument(
        "--excel",
        action="store_true",
        help="CSV for Excel: with a byte order mark, cells that look like formulas neutralised",
    )
    parser.add_argument(
        "--output-separator", metavar="C", help="of a CSV result (default: comma; of TSV a tab)"
    )
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="write Parquet parts and a manifest there"
    )
    parser.add_argument("--rows", type=int, metavar="N", help="rows of a part (default: 20,000)")
    add_executor_options(parser)
    parser.set_defaults(run=run)


def add_executor_options(parser: argparse.ArgumentParser, default: str = "one per core") -> None:
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
    for name in ("scheduler", "rows"):
        if getattr(arguments, name) is not None:
            raise InputError(f"--{name} goes with --output DIR, which writes parts. Add it.")
    return _score_one(arguments)


def _reading(arguments: argparse.Namespace) -> "Reading":
    from lstm_core.scoring import Reading

    if arguments.both:
        return Reading.BOTH
    return Reading.WHOLE if arguments.whole else Reading.FIRST


def _score_one(arguments: argparse.Namespace) -> int:
    from lstm_core.analysis.captions import plural
    from lstm_core.cli.progress import ProgressBars
    from lstm_core.scoring import Output, score_file

    if len(arguments.files) != 2:
        count = len(arguments.files)
        raise InputError(
            f"{count} {'file' if count == 1 else 'files'} came in; give two, the file of reviews "
            "and the file for the result (score in.csv out.csv), or give --output DIR."
        )
    path, out = arguments.files
    separator = arguments.output_separator
    if separator is not None:
        separator = SEPARATORS.get(separator.casefold(), separator)
    model = model_of(arguments)
    with ProgressBars() as bars:
        summary = score_file(
            model,
            path,
            out,
            options=table_options(arguments),
            reading=_reading(arguments),
            output=Output(arguments.excel, separator),
            workers=arguments.workers,
            progress=bars.show,
        )
    print(format_line(summary.format))
    rows = plural(summary.rows, "row")
    print(f"{rows}, {summary.scored:,} scored in {summary.seconds:.1f} s: {out}")
    print(", ".join(f"{count:,} {name}" for name, count in summary.leanings.items()))
    if summary.format.label_column is not None:
        print(_label_line(summary, table_options(arguments)))
    for row in summary.bad_rows[:LISTED]:
        print(f"not scored: {path.name}, {summary.unit} {row.line}, {row.problem}")
    if summary.bad > LISTED:
        print(f"and {summary.bad - LISTED:,} more; the column “problem” names each")
    return 0 if summary.scored else 1


def _label_line(summary: "Summary", options: "TableOptions") -> str:
    """How the predictions agree with the labels, or why that is not known."""
    from lstm_core.analysis.captions import plural
    from lstm_core.analysis.formatting import fixed_percent
    from lstm_core.scoring.labels import confusion_of

    try:
        found, rule = confusion_of(summary, options)
    except DataError as error:
        return f"not compared with labels: {error}"
    share = (found.true_positive + found.true_negative) / max(found.count, 1)
    return (
        f"accuracy {fixed_percent(share)} on {plural(found.count, 'labelled row')} ({rule}); "
        f"{plural(found.false_positive, 'false positive')}, "
        f"{plural(found.false_negative, 'false negative')}"
    )


def _score_many(arguments: argparse.Namespace) -> int:
    from lstm_core.analysis.captions import plural
    from lstm_core.cli.progress import ProgressBars
    from lstm_core.scoring.distributed import PART_ROWS, score_files
    from lstm_core.tasks.executors import make_executor

    if arguments.drop_neutral or arguments.star_threshold is not None:
        raise InputError(
            "--drop-neutral and --star-threshold came in; with --output nothing is compared with "
            "labels. Leave them out."
        )
    model = model_of(arguments)
    with make_executor(arguments.scheduler, arguments.workers) as executor, ProgressBars() as bars:
        result = score_files(
            model,
            arguments.files,
            arguments.output,
            executor,
            options=table_options(arguments),
            reading=_reading(arguments),
            rows=PART_ROWS if arguments.rows is None else arguments.rows,
            progress=bars.show,
        )
    print(
        f"{plural(result.rows, 'row')} in {plural(result.parts, 'part')}, "
        f"{result.rows - result.bad:,} scored, in {result.seconds:.1f} s: {arguments.output}"
    )
    if result.kept:
        print(f"kept {plural(result.kept, 'part')} that had been scored before")
    if result.bad:
        print(f"not scored: {plural(result.bad, 'row')}; the column “problem” says why")
    return 0 if result.rows > result.bad else 1
