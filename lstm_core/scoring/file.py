"""One file in, one file out: the same rows in the same order, with probability and verdict."""

import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from lstm_core.datasets.table import open_table
from lstm_core.datasets.table_format import TableOptions
from lstm_core.errors import InputError
from lstm_core.evaluation.reliability import reliability_of
from lstm_core.files import MAX_UNPACKED_BYTES, Meter, shown
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.progress import ProgressCallback
from lstm_core.scoring.batch import Reading
from lstm_core.scoring.parallel import default_workers, scored_batches
from lstm_core.scoring.rows import RowsWriter
from lstm_core.scoring.summary import Summary, Tally
from lstm_core.scoring.writers import Output, check_output, open_writer
from lstm_core.tasks.atomic import replacing_file

STAGE = "scoring the rows"


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a file that was sent by a visitor.

    Attributes:
        rows: Most rows; None for any number.
        written: Most bytes of the result; None for any number.
        unpacked: Most bytes of the unpacked file and of the reviews in it together.
    """

    rows: int | None = None
    written: int | None = None
    unpacked: int = MAX_UNPACKED_BYTES


def score_file(
    model: SentimentModel,
    path: Path,
    out: Path,
    *,
    options: TableOptions = TableOptions(),  # noqa: B008 - frozen
    reading: Reading = Reading.FIRST,
    output: Output = Output(),  # noqa: B008 - frozen
    limits: Limits = Limits(),  # noqa: B008 - frozen
    workers: int | None = None,
    name: str | None = None,
    rows: Path | None = None,
    progress: ProgressCallback | None = None,
) -> Summary:
    """Score every row of a file.

    The result has all columns that came in and behind them probability, verdict, problem and the
    line (or row) of each. It is written beside its place and renamed at the end, so that it is
    there whole or not at all. Memory does not grow with the file.

    Args:
        path: A table; see `lstm_core.datasets.table` for the formats.
        out: The CSV, TSV, Parquet or JSON Lines file to write; one that is there is replaced.
        options: What the user says about the table.
        output: The form of a CSV result.
        limits: How large file and result may be.
        workers: Processes that score; None for one per core, 1 to score in this process.
        name: What the user calls the file; None for its name in the path.
        rows: A folder to keep the rows in for looking through, see `lstm_core.scoring.rows`.
        progress: Told how much of the file is done.

    Raises:
        DataError: When the file cannot be read at all.
        InputError: When the options do not fit, the result cannot be written or a limit is met.
    """
    started = time.monotonic()
    check_output(out, output)
    table = open_table(path, options, name=name, limit=limits.unpacked)
    _check_rows(table.rows or 0, limits)
    if out.exists() and out.samefile(path):
        raise InputError("The result would replace the file itself. Give it another name.")
    try:
        with (
            replacing_file(out) as made,
            nullcontext() if rows is None else RowsWriter(rows, model, table, reading) as kept,
        ):
            tally = Tally(table.unit, table.format, reliability_of(model.bundle).fewest_known)
            meter = Meter(STAGE, table.size, progress)
            writer = open_writer(made, out.suffix.lower(), table, reading, output)
            count = default_workers(path.stat().st_size) if workers is None else workers
            try:
                for scored in scored_batches(model, table, reading, count):
                    writer.write(scored)
                    labelled = table.format.label is not None
                    tally.add(scored, table.labels(scored.batch) if labelled else ())
                    if kept is not None:
                        kept.add(scored)
                    _check(tally, made, limits)
                    meter.at(table.done)
            finally:
                writer.close()
            _check(tally, made, limits)  # what was still in buffers has been written
            meter.finish(table.done)
    except OSError as error:
        raise _unwritable(out, error) from error
    return tally.summary(time.monotonic() - started)


def _check_rows(rows: int, limits: Limits) -> None:
    if limits.rows is not None and rows > limits.rows:
        raise InputError(
            f"The file has over {limits.rows:,} rows, which is the most that is scored here. Cut "
            "it, or use python -m lstm_core score, which has no limit."
        )


def _check(tally: Tally, made: Path, limits: Limits) -> None:
    _check_rows(tally.rows, limits)
    if tally.characters > limits.unpacked:
        raise InputError(
            f"The reviews unpack to over {limits.unpacked:,} characters, which is the most that is "
            "scored here. Cut the file."
        )
    if limits.written is not None and made.stat().st_size > limits.written:
        raise InputError(
            f"The result would have over {limits.written >> 20:,} MiB, which is the most that is "
            "written here. Cut the file, or use python -m lstm_core score, which has no limit."
        )


def _unwritable(out: Path, error: OSError) -> InputError:
    return InputError(
        f"{shown(str(out), 200)} cannot be written: {error.strerror or error}. "
        "Give a place that can be written to and has room."
    )
