"""One piece of a large scoring: a span of one file in, one Parquet part out.

Doing a piece twice writes the same part twice: it is made under a name of its own and renamed, so
that a part is there whole or not at all, whoever wrote it.
"""

import hashlib
import json
import uuid
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

from threadpoolctl import threadpool_limits

from lstm_core.datasets.table import open_table
from lstm_core.datasets.table_format import DetectedFormat, RowRange
from lstm_core.errors import BundleError, DataError
from lstm_core.files import sha256_of, shown
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.scoring.batch import Reading, score_batch
from lstm_core.scoring.writers import open_writer

ROWS_AT_A_TIME = 1_024  # few enough for the caches, many enough for BLAS
NOTE = b"lstm_lens"  # key of what a part says about itself


@dataclass(frozen=True, slots=True)
class Piece:
    """The task of one worker."""

    input: str  # the file
    format: DetectedFormat  # how it is read
    span: RowRange  # its rows
    reading: Reading  # how much of a review is read
    model: str  # folder of the bundle
    fingerprint: str  # what the bundle must be
    part: str  # the file to write

    @property
    def identity(self) -> str:
        """Equal for pieces that give the same part, whatever names their files have."""
        values = (asdict(self.span), asdict(self.format), self.reading, self.fingerprint)
        return hashlib.sha256(json.dumps(values).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class PartNote:
    """The entry of one part in the manifest."""

    file: str  # its name in the output folder
    input: str  # the file its rows come from
    first_row: int  # number of its first row there, from 0
    rows: int  # how many rows
    line: int  # line (in a Parquet file: row) of the first one, from 1
    source_sha256: str  # of the bytes they were read from, see `RowRange`
    bad: int  # rows that were not scored
    size: int  # bytes of the part
    sha256: str  # fingerprint of the part
    identity: str  # see `Piece.identity`


def score_piece(piece: Piece) -> PartNote:
    """Score a span of a file and write it as a part.

    Raises:
        DataError: When this worker does not see the file, or it has other rows now.
        BundleError: When this worker does not see the bundle, or has another one.
        OSError: When the part cannot be written.
    """
    model = _model(piece.model, piece.fingerprint)
    table = open_table(Path(piece.input), detected=piece.format)
    part = Path(piece.part)
    made = part.with_name(f".{part.name}-{uuid.uuid4().hex}")
    rows = bad = 0
    try:
        with threadpool_limits(1, user_api="blas"):  # there is a worker for every core
            notes = {NOTE.decode(): piece.identity}
            writer = open_writer(made, ".parquet", table, piece.reading, notes=notes)
            try:
                for batch in table.batches(ROWS_AT_A_TIME, piece.span):
                    scored = score_batch(model, batch, piece.reading)
                    writer.write(scored)
                    rows, bad = rows + len(batch), bad + int((~scored.good).sum())
            finally:
                writer.close()
        if rows != piece.span.rows:
            raise DataError(
                f"{shown(piece.input, 200)} gave {rows:,} rows where {piece.span.rows:,} were "
                "expected: it was changed, or this worker sees another file. Every worker must see "
                "the same files under the same names."
            )
        made.replace(part)
    finally:
        made.unlink(missing_ok=True)
    return note_of(piece, bad)


def note_of(piece: Piece, bad: int) -> PartNote:
    """The note of a part that was written."""
    part, span = Path(piece.part), piece.span
    return PartNote(
        part.name,
        piece.input,
        span.first_row,
        span.rows,
        span.line,
        span.sha256,
        bad,
        part.stat().st_size,
        sha256_of(part),
        piece.identity,
    )


def found_part(piece: Piece) -> PartNote | None:
    """The note of a part that was finished and never noted; None when there is none."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(piece.part) as file:
            said = (file.schema_arrow.metadata or {}).get(NOTE, b"").decode()
            if said != piece.identity or file.metadata.num_rows != piece.span.rows:
                return None
            bad = pc.sum(pc.is_valid(file.read(["problem"])["problem"])).as_py()
    except (OSError, pa.ArrowException, KeyError, ValueError):
        return None
    return note_of(piece, int(bad or 0))


@lru_cache(maxsize=2)
def _model(folder: str, fingerprint: str) -> SentimentModel:
    model = SentimentModel.load(Path(folder))
    if model.bundle.fingerprint != fingerprint:
        raise BundleError(
            f"The bundle at {folder} is another one for this worker than for the command. Every "
            "worker must see the same files under the same names."
        )
    return model
