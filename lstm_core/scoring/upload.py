"""A visitor's file to score: kept, its first rows read, scored, all by background tasks.

A file is known by its ticket (see `lstm_core.tasks.uploads`). Its tasks are tied to it: they end,
and what they made is removed, with the file.
"""

from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from lstm_core.datasets.table import FORMATS, Preview
from lstm_core.datasets.table_format import TableOptions
from lstm_core.errors import DataError, InputError, TaskError, reason
from lstm_core.json_codec import decode, from_json
from lstm_core.permissions import Visitor
from lstm_core.scoring.rows import ScoredRows, read_rows
from lstm_core.scoring.summary import Summary
from lstm_core.scoring.worker import SUMMARY_FILE, ScoreOrder
from lstm_core.tasks import queue
from lstm_core.tasks.schedule import task_folder
from lstm_core.tasks.uploads import Upload, file_name, find_upload, keep_upload, remove_upload

PREVIEW, SCORING = "preview", "scoring"


class Stage(StrEnum):
    """Processing stage of a file."""

    READING = "reading"  # its first rows, waiting for it included
    SEEN = "seen"
    SCORING = "scoring"  # waiting for it included
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class FileState:
    """One visitor's file.

    Attributes:
        upload: The file.
        stage: How far it has come.
        look: Its first rows; None while they are not read, or when it cannot be read at all.
        order: How it is or was scored, once that was said.
        summary: What was found, when it is done.
        result: The file with every row, when it is done.
        error: A sentence when reading or scoring failed.
    """

    upload: Upload
    stage: Stage
    look: Preview | None = None
    order: ScoreOrder | None = None
    summary: Summary | None = None
    result: Path | None = None
    error: str = ""

    @property
    def name(self) -> str:
        """What the visitor calls it."""
        return self.upload.name


def take_file(
    name: str, content: bytes | memoryview, visitor: Visitor, *, ours: bool = False
) -> str:
    """Keep a file, begin to read its first rows, and return its ticket.

    Args:
        name: What the visitor calls it.
        content: All of it.
        ours: It is an example of ours, which needs no permission.

    Raises:
        NotAllowedError: The visitor may send no files.
        InputError: It is too large.
        DataError: Its ending is none that is read, or there is no room for it.
        TaskError: Too much is being done already.
    """
    shown = file_name(name)
    if Path(shown).suffix.lower() not in FORMATS:
        raise DataError(f"{shown[-60:]!r} came in; {', '.join(FORMATS)} are read.")
    upload = keep_upload(name, content, visitor, ours=ours)
    try:
        read_first_rows(upload, visitor)
    except TaskError:
        remove_upload(upload.ticket, visitor)
        raise
    return upload.ticket


def read_first_rows(
    upload: Upload,
    visitor: Visitor,
    options: TableOptions = TableOptions(),  # noqa: B008 - frozen
) -> bool:
    """Ask for the first rows of a file, unless they were read in this way.

    Returns:
        Whether they were asked for now.

    Raises:
        TaskError: Too much is being done already.
    """
    spec = task_folder(PREVIEW, upload.ticket).spec()
    if spec is not None:
        if spec.arguments.get("options") == asdict(options):
            return False
        queue.discard(PREVIEW, upload.ticket, visitor)
    arguments = {**_file_of(upload), "options": asdict(options)}
    queue.submit(PREVIEW, upload.ticket, arguments, visitor, tied_to=upload.folder.resolve())
    return True


def file_state(ticket: str, visitor: Visitor) -> FileState | None:
    """How a file stands; None when there is none under that ticket for this visitor."""
    upload = find_upload(ticket, visitor)
    if upload is None:
        return None
    first = queue.status(PREVIEW, ticket, visitor)
    if first.active:
        return FileState(upload, Stage.READING)
    look = decode(Preview, dict(first.result)) if first.done and first.result else None
    if look is None:
        return FileState(upload, Stage.FAILED, error=first.error or "It was not read. Try again.")
    scoring = queue.status(SCORING, ticket, visitor)
    order = _order(ticket)
    if scoring.active:
        return FileState(upload, Stage.SCORING, look, order)
    if scoring.done and order is not None:
        return _finished(upload, look, order)
    stage = Stage.FAILED if scoring.error else Stage.SEEN
    return FileState(upload, stage, look, order, error=scoring.error)


def start_scoring(ticket: str, order: ScoreOrder, visitor: Visitor) -> None:
    """Score a file as soon as there is room.

    Raises:
        InputError: It is not there or is being scored already.
        TaskError: Too much is being done already.
    """
    upload = find_upload(ticket, visitor)
    if upload is None:
        raise InputError("This file is not here any more. Upload it again.")
    found = queue.status(SCORING, ticket, visitor)
    if found.active and not found.stopping:
        raise InputError("This file is being scored already.")
    arguments = {**_file_of(upload), "order": asdict(order)}
    queue.submit(SCORING, ticket, arguments, visitor, tied_to=upload.folder.resolve())


def scored_rows(state: FileState) -> ScoredRows:
    """The rows of a file that is done.

    Raises:
        DataError: When they cannot be read.
    """
    assert state.result is not None
    try:
        return read_rows(state.result.parent)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DataError(
            f"The rows of the result cannot be read: {reason(error)}. Score the file again."
        ) from error


def leave_result(ticket: str, visitor: Visitor) -> None:
    """Remove the result of a file, so that it can be scored in another way."""
    if find_upload(ticket, visitor) is not None:
        queue.discard(SCORING, ticket, visitor)


def remove_file(ticket: str, visitor: Visitor) -> None:
    """Remove a file and everything made of it."""
    if find_upload(ticket, visitor) is not None:
        remove_upload(ticket, visitor)
        for kind in (PREVIEW, SCORING):
            queue.discard(kind, ticket, visitor)


def _file_of(upload: Upload) -> dict[str, Any]:
    return {"path": str(upload.path.resolve()), "name": upload.name}


def _order(ticket: str) -> ScoreOrder | None:
    spec = task_folder(SCORING, ticket).spec()
    try:
        return None if spec is None else decode(ScoreOrder, spec.arguments["order"])
    except (TypeError, ValueError, KeyError):
        return None


def _finished(upload: Upload, look: Preview, order: ScoreOrder) -> FileState:
    folder = task_folder(SCORING, upload.ticket).path
    try:
        summary = from_json(Summary, (folder / SUMMARY_FILE).read_bytes())
    except (OSError, ValueError, TypeError, KeyError) as error:
        said = f"The result cannot be read: {reason(error)}. Score the file again."
        return FileState(upload, Stage.FAILED, look, order, error=said)
    return FileState(upload, Stage.DONE, look, order, summary, folder / order.result)
