"""The background tasks on an uploaded file: reading its first rows, and scoring it.

They run in a process of their own (see `lstm_core.tasks`), so that a long or hostile file takes
neither the server's time nor its memory.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lstm_core.datasets.table import preview as read_preview
from lstm_core.datasets.table_format import TableOptions
from lstm_core.errors import DataError
from lstm_core.json_codec import decode, to_json
from lstm_core.scoring.batch import Reading
from lstm_core.scoring.writers import Output
from lstm_core.tasks.atomic import write_file
from lstm_core.tasks.worker import TaskContext

SUMMARY_FILE = "summary.json"
MOST_ROWS = 1_000_000
MOST_WRITTEN = 512 << 20  # bytes
MOST_UNPACKED = 400 * 10**6  # bytes of an upload of at most 100 MB

TOO_LARGE = (
    "This file unpacks to more than this server has room for. Give a smaller one, or one with "
    "smaller row groups."
)


@dataclass(frozen=True, slots=True)
class ScoreOrder:
    """How a file is scored.

    Attributes:
        result: Name of the file to write into the task's folder.
        model: Folder of the bundle.
        options: What its owner says about the table.
        reading: How much of a review is read.
        output: The form of a CSV result.
    """

    result: str
    model: str
    options: TableOptions = field(default_factory=TableOptions)
    reading: Reading = Reading.FIRST
    output: Output = field(default_factory=Output)


def preview(task: TaskContext) -> dict[str, Any]:
    """Read the first rows of the file ``path``; the answer is a `Preview` as plain values."""
    given = task.arguments
    options = decode(TableOptions, given["options"])
    with _bounded():
        seen = read_preview(
            Path(str(given["path"])), options, name=str(given["name"]), limit=MOST_UNPACKED
        )
    return asdict(seen)


def score(task: TaskContext) -> None:
    """Score the file ``path`` as its ``order`` says, into the task's folder."""
    from lstm_core.model.sentiment_model import SentimentModel
    from lstm_core.scoring.file import Limits, score_file

    order = decode(ScoreOrder, task.arguments["order"])
    with _bounded():
        summary = score_file(
            SentimentModel.load(Path(order.model)),
            Path(str(task.arguments["path"])),
            task.path / order.result,
            options=order.options,
            reading=order.reading,
            output=order.output,
            limits=Limits(MOST_ROWS, MOST_WRITTEN, MOST_UNPACKED),
            workers=1,
            name=str(task.arguments["name"]),
            rows=task.path,
            progress=task.report,
        )
    write_file(task.path / SUMMARY_FILE, to_json(summary))


@contextmanager
def _bounded() -> Iterator[None]:
    """Turn the end of the process's memory into a sentence."""
    try:
        yield
    except MemoryError as error:  # Arrow's own is one of these too
        raise DataError(TOO_LARGE) from error
