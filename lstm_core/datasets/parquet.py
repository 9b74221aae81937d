"""Parquet files.

A file may declare anything and a small one may unpack large: repeated values stay in their
dictionary, each of them is decoded once, and batches are cut by the bytes that their rows have.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lstm_core.datasets.table import Table
from lstm_core.datasets.table_format import (
    BATCH_BYTES,
    LONGEST_CELL,
    ROWS,
    DetectedFormat,
    RowBatch,
    RowRange,
    TableKind,
    Values,
    problem_of,
)
from lstm_core.errors import DataError, reason
from lstm_core.files import sha256_of, shown

BUFFER = 1 << 20  # bytes read at a time
FEW_ROWS = 16  # of a batch whose values may repeat any part of the one before
NOT_UTF8 = "not UTF-8 text"


class ParquetTable(Table):
    """A Parquet file; `RowBatch.lines` counts its rows from 1."""

    def __init__(self, path: Path, name: str, limit: int) -> None:
        with _opened(path, name) as file:
            _check_columns(file.metadata, name, limit)
            schema = file.schema_arrow
            size = int(file.metadata.num_rows)
        super().__init__(name, DetectedFormat(TableKind.PARQUET, names=tuple(schema.names)), size)
        self._path = path
        self._types: list[Any] = [_plain(field.type) for field in schema]
        texts = [
            column for column, kind in zip(self.names, self._types, strict=True) if _is_text(kind)
        ]
        self._coded = [one for one in texts if self._has_dictionary(one)]
        self._few = len(self._coded) < len(texts)
        self._check_values(texts, limit)

    def _has_dictionary(self, column: str) -> bool:
        """Whether Arrow gives the different values of a column; of some encodings it does not.

        It is tried: asking for a column's metadata ends the process where that is damaged.
        """
        for coded in ([column], None):
            try:
                with _opened(self._path, self.name, coded) as file:
                    next(file.iter_batches(1, columns=[column]), None)
                return coded is not None
            except (pa.ArrowException, OSError, ValueError) as error:
                if coded is None:
                    raise _damaged(self.name, error) from error
        return False

    def _check_values(self, columns: list[str], limit: int) -> None:
        """Refuse repeated values that unpack large, from their lengths and indices alone."""
        total = 0
        with _opened(self._path, self.name, self._coded) as file:
            batches = file.iter_batches(self._at_a_time(file, ROWS), columns=columns)
            try:
                for batch in batches if columns else ():
                    total += sum(_bytes_of(array) for array in batch.columns)
                    if total > limit:
                        raise _too_large(self.name, limit)
            except (pa.ArrowException, OSError, ValueError) as error:
                raise _damaged(self.name, error) from error

    def _at_a_time(self, file: Any, rows: int) -> int:
        """Rows of a batch, fewer than wanted where they are large or may be."""
        groups = [file.metadata.row_group(number) for number in range(file.num_row_groups)]
        largest = max((g.total_byte_size / max(g.num_rows, 1) for g in groups), default=1.0)
        return max(min(FEW_ROWS if self._few else rows, int(BATCH_BYTES / max(largest, 1.0))), 1)

    @property
    def rows(self) -> int:
        """See `Table.rows`."""
        return self.size

    @property
    def unit(self) -> str:
        """See `Table.unit`."""
        return "row"

    @property
    def text_columns(self) -> tuple[int, ...]:
        """Those of strings, and of bytes that may be strings."""
        return tuple(at for at, kind in enumerate(self._types) if _is_text(kind))

    def types(self) -> list[Any]:
        """See `Table.types`; what is neither a text nor a plain value is written as a text."""
        return [kind if _is_simple(kind) else pa.string() for kind in self._types]

    def batches(self, rows: int = ROWS, span: RowRange | None = None) -> Iterator[RowBatch]:
        """See `Table.batches`."""
        line = span.line if span else 1
        groups = range(span.start, span.end) if span else None
        with _opened(self._path, self.name, self._coded) as file:
            try:
                for found in file.iter_batches(self._at_a_time(file, rows), row_groups=groups):
                    for batch in self._cut(found, line):
                        line += len(batch)
                        self.done = line - 1
                        yield batch
            except (pa.ArrowException, OSError, ValueError) as error:
                raise _damaged(self.name, error) from error

    def spans(self, rows: int) -> Iterator[RowRange]:
        """See `Table.spans`: whole row groups, as many as make up the rows wanted."""
        sha256 = sha256_of(self._path)
        with _opened(self._path, self.name) as file:
            sizes = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
        start, first, held = 0, 0, 0
        for group, size in enumerate(sizes, start=1):
            held += size
            if held and (held >= rows or group == len(sizes)):
                yield RowRange(held, first, start, group, first + 1, sha256)
                start, first, held = group, first + held, 0

    def _cut(self, batch: Any, line: int) -> Iterator[RowBatch]:
        """Batches of a bounded number of bytes; equal values of a column are one object."""
        columns = [
            _Column(array, kind) for array, kind in zip(batch.columns, self._types, strict=True)
        ]
        sizes: Any = np.sum([column.sizes for column in columns], axis=0, dtype=np.int64)  # (N,)
        start = 0
        while start < batch.num_rows:
            ends = np.cumsum(sizes[start:]) > BATCH_BYTES
            end = start + max(int(ends.argmax()) if ends.any() else len(ends), 1)
            yield self._batch(columns, line, start, end)
            start = end

    def _batch(self, columns: "list[_Column]", line: int, start: int, end: int) -> RowBatch:
        reviews = columns[self.format.text]
        problems = reviews.problems(start, end)
        values = reviews.values(start, end)
        texts = ["" if problem else str(v) for v, problem in zip(values, problems, strict=True)]
        held = [column.values(start, end) for column in columns]
        return RowBatch(list(range(line + start, line + end)), texts, problems, held)


class _Column:
    """The values of one column of a batch, each different text decoded once.

    Attributes:
        sizes: Bytes of every row's value, int64 ``(N,)``.
    """

    def __init__(self, array: Any, kind: Any) -> None:
        self._problems: list[str] | None = None
        self._at: Any = None
        if not _is_text(kind):
            found: Values = array.to_pylist()
            kept = found if _is_simple(kind) else [None if v is None else str(v) for v in found]
            self._values = kept
            self.sizes = np.array([8 if _is_simple(kind) else len(v or "") for v in kept], np.int64)
            return
        if not pa.types.is_dictionary(array.type):
            array = array.cast(pa.large_binary()).dictionary_encode()
        words: list[bytes | None] = [*array.dictionary.cast(pa.large_binary()).to_pylist(), None]
        none = len(words) - 1
        self._at = array.indices.fill_null(none).to_numpy(zero_copy_only=False)  # (N,)
        self._values = [_shown_value(word) for word in words]
        self._problems = [_problem(word) for word in words]
        self.sizes = np.array([len(word or b"") for word in words], np.int64)[self._at]

    def values(self, start: int, end: int) -> Values:
        """The values of rows."""
        if self._at is None:
            return self._values[start:end]
        return [self._values[at] for at in self._at[start:end]]

    def problems(self, start: int, end: int) -> list[str]:
        """Why rows hold no review; empty for those that do."""
        assert self._problems is not None  # reviews are in a column of texts
        return [self._problems[at] for at in self._at[start:end]]


def _opened(path: Path, name: str, coded: list[str] | None = None) -> Any:
    try:
        return pq.ParquetFile(path, read_dictionary=coded, buffer_size=BUFFER, pre_buffer=False)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _damaged(name, error) from error


def _check_columns(metadata: Any, name: str, limit: int) -> None:
    """Refuse a file that says itself that it unpacks large."""
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    if sum(group.total_byte_size for group in groups) > limit:
        raise _too_large(name, limit)


def _bytes_of(array: Any) -> int:
    """Bytes of the values of a column of texts."""
    if not pa.types.is_dictionary(array.type):
        return int(pc.sum(pc.binary_length(array)).as_py() or 0)
    lengths = pc.binary_length(array.dictionary).to_numpy(zero_copy_only=False)
    found: Any = lengths[array.indices.drop_null().to_numpy(zero_copy_only=False)]
    return int(found.sum())


def _too_large(name: str, limit: int) -> DataError:
    return DataError(
        f"{shown(name)} unpacks to over {limit:,} bytes, which is the most that is read here. Give "
        "a part of it."
    )


def _damaged(name: str, error: Exception) -> DataError:
    return DataError(
        f"{shown(name)} cannot be read as a Parquet file: {reason(error, 200).rstrip('.')}. It may "
        "be cut or damaged; write it again."
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


def _problem(value: bytes | None) -> str:
    if value is None:
        return problem_of("")
    if len(value) > LONGEST_CELL:
        return f"too long: {len(value):,} bytes, at most {LONGEST_CELL:,} are read"
    try:
        return problem_of(value.decode())
    except UnicodeDecodeError:
        return NOT_UTF8


def _shown_value(value: bytes | None) -> str | None:
    """A value as text, cut to the length of the longest cell."""
    return None if value is None else value[:LONGEST_CELL].decode("utf-8", "replace")
