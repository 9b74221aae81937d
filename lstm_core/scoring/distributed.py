"""Many or large files: scored in pieces by an executor, as Parquet parts with a manifest.

What is done is never done again: a part that is there and was made of the same rows by the same
model is kept, whenever the command is given again.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lstm_core.datasets.table import Table, open_table
from lstm_core.datasets.table_format import TableOptions
from lstm_core.errors import InputError
from lstm_core.files import listed, sha256_of
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.progress import Progress, ProgressCallback
from lstm_core.scoring.batch import Reading
from lstm_core.scoring.file import STAGE
from lstm_core.scoring.manifest import OutputFolder, Settings
from lstm_core.scoring.shards import Piece, found_part, score_piece
from lstm_core.tasks.executors import Executor

PART_ROWS = 20_000
FEWEST_ROWS, MOST_ROWS = 1, 10_000_000


@dataclass(frozen=True, slots=True)
class BulkResult:
    """Result of a large scoring."""

    rows: int  # rows in all parts
    bad: int  # rows among them that were not scored
    parts: int  # how many parts there are
    kept: int  # how many of them were there before
    seconds: float  # how long this command took


def score_files(
    model: SentimentModel,
    inputs: Sequence[Path],
    out: Path,
    executor: Executor,
    *,
    options: TableOptions = TableOptions(),  # noqa: B008 - frozen
    reading: Reading = Reading.FIRST,
    rows: int = PART_ROWS,
    progress: ProgressCallback | None = None,
) -> BulkResult:
    """Score files by parts, going on where an earlier command stopped.

    Args:
        model: The model; every worker must see its folder.
        inputs: Tables; every worker must see them.
        out: The folder for the parts and `manifest.json`.
        options: What the user says about the tables.
        rows: Rows of a part; a Parquet file is cut between its row groups only.
        progress: Told the rows done; nobody knows beforehand how many there are.

    Raises:
        InputError: For files given twice, unusable settings or an output folder of something else.
        DataError: When a file cannot be read.
        ExecutorError: When the workers cannot do it.
    """
    started = time.monotonic()
    if not FEWEST_ROWS <= rows <= MOST_ROWS:
        raise InputError(f"{rows:,} rows a part came in; give {FEWEST_ROWS} to {MOST_ROWS:,}.")
    tables = [open_table(path.resolve(), options) for path in inputs]
    names = [str(path.resolve()) for path in inputs]
    if len(set(names)) < len(names):
        raise InputError(f"A file came in twice: {listed(names)}. Give each once.")
    formats = tuple(table.format for table in tables)
    settings = Settings(tuple(names), formats, reading, model.bundle.fingerprint, rows)
    with OutputFolder(out.resolve(), settings) as folder:
        plan = _Plan(folder, tables, settings, model)
        done = 0
        for note in executor.run(score_piece, plan.missing()):
            folder.add(note)
            done += note.rows
            if progress is not None:
                progress(Progress(STAGE, plan.kept_rows + done, None))
        seconds = time.monotonic() - started
        found = folder.finish(plan.parts, model.card.name, seconds)
    return BulkResult(found["rows"], found["bad"], len(plan.parts), plan.kept, seconds)


class _Plan:
    """The pieces of all files, in order, and which of them are done."""

    def __init__(
        self,
        folder: OutputFolder,
        tables: Sequence[Table],
        settings: Settings,
        model: SentimentModel,
    ) -> None:
        self.parts: list[str] = []
        self.kept = 0
        self.kept_rows = 0
        self._folder = folder
        self._tables = tables
        self._settings = settings
        self._model = str(model.bundle.folder.resolve())

    def missing(self) -> Iterator[Piece]:
        """Pieces that are still to be scored."""
        for piece in self._pieces():
            name = Path(piece.part).name
            self.parts.append(name)
            if self._is_there(piece, name):
                self.kept += 1
                self.kept_rows += piece.span.rows
            else:
                yield piece

    def _pieces(self) -> Iterator[Piece]:
        settings, number = self._settings, 0
        for path, table in zip(settings.inputs, self._tables, strict=True):
            for span in table.spans(settings.rows):
                part = self._folder.path / f"part-{number:06d}.parquet"
                yield Piece(
                    path,
                    table.format,
                    span,
                    settings.reading,
                    self._model,
                    settings.fingerprint,
                    str(part),
                )
                number += 1

    def _is_there(self, piece: Piece, name: str) -> bool:
        path, note = Path(piece.part), self._folder.notes.get(name)
        if not path.is_file():
            return False
        if note is not None and note.identity == piece.identity:
            return path.stat().st_size == note.size and sha256_of(path) == note.sha256
        found = found_part(piece)
        if found is not None:
            self._folder.add(found)
        return found is not None
