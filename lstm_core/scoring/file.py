"""One file in, one file out: the same rows in the same order, with probability and verdict."""

import time
from dataclasses import dataclass
from pathlib import Path

from lstm_core.errors import InputError
from lstm_core.evaluation.reliability import reliability_of
from lstm_core.files import Meter, shown
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.progress import ProgressCallback
from lstm_core.scoring.batch import score_part
from lstm_core.scoring.readers import Source, open_source
from lstm_core.scoring.summary import Summary, Tally
from lstm_core.scoring.writers import check_ending, open_sink
from lstm_core.tasks.atomic import replacing_file

STAGE = "scoring the rows"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a file from a stranger may ask for; None where nothing limits it.

    Attributes:
        rows: Most rows.
        written: Most bytes of the result.
    """

    rows: int | None = None
    written: int | None = None


def score_file(
    model: SentimentModel,
    path: Path,
    out: Path,
    *,
    column: str | None = None,
    whole: bool = False,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    progress: ProgressCallback | None = None,
) -> Summary:
    """Score every row of a file.

    The result has all columns that came in and behind them probability, verdict, problem and the
    line (or row) of each. It is written beside its place and renamed at the end, so that it is
    there whole or not at all. Memory does not grow with the file.

    Args:
        model: The model.
        path: A CSV, TSV, TXT or Parquet file.
        out: The CSV, TSV or Parquet file to write; one that is there is replaced.
        column: The column with the reviews; None for a usual name or the only one.
        whole: Read whole reviews in windows; otherwise their first places.
        limits: How large file and result may be.
        progress: Told how much of the file is done.

    Raises:
        DataError: When the file cannot be read at all.
        InputError: When the column is not there, the result cannot be written or a limit is met.
    """
    started = time.monotonic()
    check_ending(out)
    source = open_source(path)
    source.choose(column)
    if out.exists() and out.samefile(path):
        raise InputError("The result would replace the file itself. Give it another name.")
    try:
        with replacing_file(out) as made:
            tally = _write(model, source, made, out.suffix.lower(), whole, limits, progress)
    except OSError as error:
        raise _unwritable(out, error) from error
    return tally.summary(time.monotonic() - started)


def _write(
    model: SentimentModel,
    source: Source,
    made: Path,
    kind: str,
    whole: bool,
    limits: Limits,
    progress: ProgressCallback | None,
) -> Tally:
    tally = Tally(source.unit, reliability_of(model.bundle).fewest_known)
    meter = Meter(STAGE, source.size, progress)
    sink = open_sink(made, kind, source)
    try:
        for part in source.parts():
            scored = score_part(model, part, whole=whole)
            sink.write(scored)
            tally.add(scored)
            _check(tally, made, limits)
            meter.at(source.done)
    finally:
        sink.close()
    _check(tally, made, limits)  # what was still in buffers has been written
    meter.finish(source.done)
    return tally


def _check(tally: Tally, made: Path, limits: Limits) -> None:
    if limits.rows is not None and tally.rows > limits.rows:
        raise InputError(
            f"The file has over {limits.rows:,} rows, which is the most that is scored here. Cut "
            "it, or use python -m lstm_core score, which has no limit."
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
