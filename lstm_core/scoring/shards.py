"""One piece of a large scoring: a stretch of one file in, one Parquet part out.

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

from lstm_core.errors import BundleError, DataError
from lstm_core.files import shown
from lstm_core.model.bundle import file_sha256
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.scoring.batch import score_part
from lstm_core.scoring.readers import Stretch, open_source
from lstm_core.scoring.writers import open_sink

ROWS_AT_A_TIME = 2_048  # one block of the forward pass, which then needs no threads of its own
NOTE = b"lstm_lens"  # key of what a part says about itself


@dataclass(frozen=True, slots=True)
class Piece:
    """What one worker is to do.

    Attributes:
        input: The file.
        column: The column with the reviews.
        stretch: Its rows.
        whole: Read whole reviews in windows.
        model: Folder of the bundle.
        fingerprint: What the bundle must be.
        part: The file to write.
    """

    input: str
    column: str
    stretch: Stretch
    whole: bool
    model: str
    fingerprint: str
    part: str

    @property
    def identity(self) -> str:
        """Equal for pieces that give the same part, whatever names their files have."""
        values = (asdict(self.stretch), self.column, self.whole, self.fingerprint)
        return hashlib.sha256(json.dumps(values).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class PartNote:
    """What the manifest says of one part.

    Attributes:
        file: Its name in the output folder.
        input: The file its rows come from.
        first_row: Number of its first row there, from 0.
        rows: How many rows.
        line: Line (in a Parquet file: row) of the first one, from 1.
        source_sha256: Of the bytes they were read from, see `Stretch`.
        bad: Rows that were not scored.
        size: Bytes of the part.
        sha256: Fingerprint of the part.
        identity: See `Piece.identity`.
    """

    file: str
    input: str
    first_row: int
    rows: int
    line: int
    source_sha256: str
    bad: int
    size: int
    sha256: str
    identity: str


def score_piece(piece: Piece) -> PartNote:
    """Score a stretch of a file and write it as a part.

    Raises:
        DataError: When this worker does not see the file, or it has other rows now.
        BundleError: When this worker does not see the bundle, or has another one.
        OSError: When the part cannot be written.
    """
    model = _model(piece.model, piece.fingerprint)
    source = open_source(Path(piece.input))
    source.choose(piece.column)
    part = Path(piece.part)
    made = part.with_name(f".{part.name}-{uuid.uuid4().hex}")
    rows = bad = 0
    try:
        with threadpool_limits(1, user_api="blas"):  # there is a worker for every core
            sink = open_sink(made, ".parquet", source, {NOTE.decode(): piece.identity})
            try:
                for read in source.parts(ROWS_AT_A_TIME, piece.stretch):
                    scored = score_part(model, read, whole=piece.whole)
                    sink.write(scored)
                    rows, bad = rows + len(read), bad + int((~scored.good).sum())
            finally:
                sink.close()
        if rows != piece.stretch.rows:
            raise DataError(
                f"{shown(piece.input, 200)} gave {rows:,} rows where {piece.stretch.rows:,} were "
                "expected: it was changed, or this worker sees another file. Every worker must see "
                "the same files under the same names."
            )
        made.replace(part)
    finally:
        made.unlink(missing_ok=True)
    return note_of(piece, bad)


def note_of(piece: Piece, bad: int) -> PartNote:
    """The note of a part that was written."""
    part, stretch = Path(piece.part), piece.stretch
    return PartNote(
        part.name,
        piece.input,
        stretch.first_row,
        stretch.rows,
        stretch.line,
        stretch.sha256,
        bad,
        part.stat().st_size,
        file_sha256(part),
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
            if said != piece.identity or file.metadata.num_rows != piece.stretch.rows:
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
