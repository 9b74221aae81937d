"""Parquet files as sources of reviews.

A file from outside may say anything of itself: values are taken out of their dictionaries one batch
at a time and cut to what a review may have, so that a small file cannot grow large in memory.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lstm_core.errors import DataError
from lstm_core.files import shown
from lstm_core.model.bundle import file_sha256
from lstm_core.scoring.batch import (
    LONGEST_TEXT,
    NOT_UTF8,
    PART_BYTES,
    ROWS,
    Part,
    Values,
    problem_of,
)
from lstm_core.scoring.readers import MOST_COLUMNS, Source, Stretch

BUFFER = 1 << 20  # bytes read at a time


class ParquetSource(Source):
    """A Parquet file; `Part.lines` counts its rows from 1."""

    unit = "row"

    def __init__(self, path: Path) -> None:
        with _opened(path) as file:
            schema = file.schema_arrow
            size = int(file.metadata.num_rows)
        if not 0 < len(schema.names) <= MOST_COLUMNS:
            raise DataError(
                f"{shown(path.name)} has {len(schema.names):,} columns; 1 to {MOST_COLUMNS:,} are "
                "read."
            )
        super().__init__(path, schema.names, size)
        self._types: list[Any] = [_plain(field.type) for field in schema]
        self._coded = [
            name for name, kind in zip(self.names, self._types, strict=True) if _is_text(kind)
        ]

    @property
    def text_columns(self) -> tuple[int, ...]:
        """Those of strings, and of bytes that may be strings."""
        return tuple(at for at, kind in enumerate(self._types) if _is_text(kind))

    def types(self) -> list[Any]:
        """See `Source.types`; what is neither a text nor a plain value is written as a text."""
        return [kind if _is_simple(kind) else pa.string() for kind in self._types]

    def parts(self, rows: int = ROWS, stretch: Stretch | None = None) -> Iterator[Part]:
        """See `Source.parts`."""
        line = stretch.line if stretch else 1
        groups = range(stretch.start, stretch.end) if stretch else None
        with _opened(self.path, self._coded) as file:
            try:
                for batch in file.iter_batches(_at_a_time(file, rows), row_groups=groups):
                    for piece in _pieces(batch):
                        yield self._part(piece, line)
                        line += piece.num_rows
                        self.done = line - 1
            except (pa.ArrowException, OSError, ValueError) as error:
                raise _damaged(self.path, error) from error

    def stretches(self, rows: int) -> Iterator[Stretch]:
        """See `Source.stretches`: whole row groups, as many as make up the rows wanted."""
        sha256 = file_sha256(self.path)
        with _opened(self.path) as file:
            sizes = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
        start, first, held = 0, 0, 0
        for group, size in enumerate(sizes, start=1):
            held += size
            if held and (held >= rows or group == len(sizes)):
                yield Stretch(held, first, start, group, first + 1, sha256)
                start, first, held = group, first + held, 0

    def _part(self, batch: Any, line: int) -> Part:
        columns = [
            _values(array, kind) for array, kind in zip(batch.columns, self._types, strict=True)
        ]
        texts: list[str] = []
        problems: list[str] = []
        for value in columns[self.column]:
            problem = _problem(value)
            problems.append(problem)
            texts.append("" if problem else value.decode())
        decoded = [
            [_shown_value(value) for value in values] if _is_text(kind) else values
            for values, kind in zip(columns, self._types, strict=True)
        ]
        return Part(list(range(line, line + batch.num_rows)), texts, problems, decoded)


def _opened(path: Path, coded: list[str] | None = None) -> Any:
    try:
        return pq.ParquetFile(path, read_dictionary=coded, buffer_size=BUFFER, pre_buffer=False)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _damaged(path, error) from error


def _at_a_time(file: Any, rows: int) -> int:
    """Rows of a batch, fewer than wanted where they are large."""
    groups = [file.metadata.row_group(number) for number in range(file.num_row_groups)]
    largest = max((g.total_byte_size / max(g.num_rows, 1) for g in groups), default=1.0)
    return max(min(rows, int(PART_BYTES / max(largest, 1.0))), 1)


def _pieces(batch: Any) -> Iterator[Any]:
    """A batch in pieces of bounded size by what its texts really unpack to.

    What the file says of its sizes may be anything, and a text in a dictionary counts once there.
    """
    sizes = np.zeros(batch.num_rows, np.int64)
    for array in batch.columns:
        coded = array.dictionary if pa.types.is_dictionary(array.type) else array
        if _is_text(coded.type):
            lengths = pc.fill_null(pc.binary_length(coded), 0)
            if coded is not array:
                lengths = pc.fill_null(pc.take(lengths, array.indices), 0)
            sizes += np.minimum(lengths.to_numpy(zero_copy_only=False), 4 * LONGEST_TEXT)
    start, ends = 0, sizes.cumsum()  # (rows,)
    while start < batch.num_rows:
        most = PART_BYTES + (ends[start - 1] if start else 0)
        end = max(int(np.searchsorted(ends, most, side="right")), start + 1)
        yield batch.slice(start, end - start)
        start = end


def _damaged(path: Path, error: Exception) -> DataError:
    said = " ".join(str(error).split())[:200]
    return DataError(
        f"{shown(path.name)} cannot be read as a Parquet file: {said}. It may be cut or damaged; "
        "write it again."
    )


def _plain(kind: Any) -> Any:
    """The type of a column's values, without their coding."""
    return kind.value_type if pa.types.is_dictionary(kind) else kind


_TEXT_TESTS: tuple[Callable[[Any], bool], ...] = (
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_string_view,
    pa.types.is_binary,
    pa.types.is_large_binary,
    pa.types.is_binary_view,
)


def _is_text(kind: Any) -> bool:
    return any(test(kind) for test in _TEXT_TESTS)


def _is_simple(kind: Any) -> bool:
    return pa.types.is_primitive(kind) or pa.types.is_decimal(kind) or pa.types.is_null(kind)


def _values(array: Any, kind: Any) -> Values:
    """The values of one column: bytes for texts, what Arrow makes of simple ones, else texts."""
    if not _is_text(kind):
        found: Values = array.to_pylist()
        return found if _is_simple(kind) else [None if v is None else str(v) for v in found]
    if not pa.types.is_dictionary(array.type):
        bytewise: Values = array.cast(pa.large_binary()).to_pylist()
        return bytewise
    words: Values = array.dictionary.cast(pa.large_binary()).to_pylist()
    return [None if at is None else words[at] for at in array.indices.to_pylist()]


def _problem(value: bytes | None) -> str:
    if value is None:
        return problem_of("")
    if len(value) > 4 * LONGEST_TEXT:  # whatever the letters: not worth reading
        return f"too long: {len(value):,} bytes, at most {LONGEST_TEXT:,} characters are read"
    try:
        return problem_of(value.decode())
    except UnicodeDecodeError:
        return NOT_UTF8


def _shown_value(value: bytes | None) -> str | None:
    """A kept value as text, cut to the length of the longest review."""
    if value is None:
        return None
    text = value[: 4 * LONGEST_TEXT].decode("utf-8", "replace")
    return text[:LONGEST_TEXT]
