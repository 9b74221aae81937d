"""The background tasks on an uploaded file: reading its first rows, and scoring it.

They run in a process of their own (see `lstm_core.tasks`), so that a long or hostile file takes
neither the server's time nor its memory.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lstm_core.errors import DataError
from lstm_core.json_codec import decode, to_json
from lstm_core.scoring.readers import look
from lstm_core.tasks.atomic import write_file
from lstm_core.tasks.worker import Task

SUMMARY_FILE = "summary.json"
MOST_ROWS = 1_000_000
MOST_WRITTEN = 512 << 20  # bytes of a result: five times the largest file that is taken

TOO_LARGE = (
    "This file unpacks to more than this server has room for. Give a smaller one, or one with "
    "smaller row groups."
)


@dataclass(frozen=True, slots=True)
class Order:
    """How a file is scored.

    Attributes:
        result: Name of the file to write into the task's folder.
        column: The column with the reviews.
        whole: Read whole reviews in windows.
        model: Folder of the bundle.
    """

    result: str
    column: str
    whole: bool
    model: str


def preview(task: Task) -> dict[str, Any]:
    """Read the first rows of the file ``path``; the answer is a `Look` as plain values."""
    with _bounded():
        return dict(asdict(look(Path(str(task.arguments["path"])))))


def score(task: Task) -> None:
    """Score the file ``path`` as its ``order`` says, into the task's folder."""
    from lstm_core.model.sentiment_model import SentimentModel
    from lstm_core.scoring.file import Limits, score_file

    order = decode(Order, task.arguments["order"])
    with _bounded():
        summary = score_file(
            SentimentModel.load(Path(order.model)),
            Path(str(task.arguments["path"])),
            task.path / order.result,
            column=order.column,
            whole=order.whole,
            limits=Limits(MOST_ROWS, MOST_WRITTEN),
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
