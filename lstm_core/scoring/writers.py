"""Writing scored rows: every column that came in, then probability, verdict, problem and line."""

import csv
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lstm_core.errors import InputError
from lstm_core.files import shown
from lstm_core.scoring.batch import Scored
from lstm_core.scoring.readers import Source

ENDINGS = (".csv", ".tsv", ".parquet")
ADDED = ("probability", "verdict", "problem")  # and "line" or "row", its number


class Sink(ABC):
    """A file of scored rows that is being written."""

    @abstractmethod
    def write(self, scored: Scored) -> None:
        """Add rows."""

    @abstractmethod
    def close(self) -> None:
        """Finish the file."""


def check_ending(path: Path) -> None:
    """Raise InputError unless scored rows can be written to a file of that name."""
    if path.suffix.lower() not in ENDINGS:
        raise InputError(
            f"{shown(path.name)} came in for the result; give a name that ends in "
            f"{', '.join(ENDINGS)}."
        )


def open_sink(path: Path, kind: str, source: Source, notes: dict[str, str] | None = None) -> Sink:
    """Begin a file of scored rows.

    Args:
        path: The file.
        kind: ".csv", ".tsv" or ".parquet".
        source: Where the rows come from, for the columns.
        notes: What a Parquet file is to say about itself.
    """
    names = (*source.names, *ADDED, source.unit)
    if kind == ".parquet":
        return _ParquetSink(path, _distinct(names), source.types(), notes or {})
    return _TableSink(path, _distinct(names), "\t" if kind == ".tsv" else ",")


def _distinct(names: Sequence[str]) -> list[str]:
    """The names, with a number behind each that was there before."""
    found: list[str] = []
    for name in names:
        number, new = 2, name
        while new in found:
            number, new = number + 1, f"{name}_{number}"
        found.append(new)
    return found


class _TableSink(Sink):
    def __init__(self, path: Path, names: list[str], delimiter: str) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file, delimiter=delimiter, lineterminator="\n")
        self._writer.writerow(names)

    def write(self, scored: Scored) -> None:
        """See `Sink`."""
        part = scored.part
        numbers = ["" if p != p else str(p) for p in scored.probabilities]
        self._writer.writerows(
            zip(*part.columns, numbers, scored.verdicts, part.problems, part.lines, strict=True)
        )

    def close(self) -> None:
        """See `Sink`."""
        self._file.close()


class _ParquetSink(Sink):
    def __init__(
        self, path: Path, names: list[str], types: list[Any] | None, notes: dict[str, str]
    ) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        kept = types or [pa.string()] * (len(names) - 1 - len(ADDED))
        kinds = [*kept, pa.float32(), pa.string(), pa.string(), pa.int64()]
        fields = list(zip(names, kinds, strict=True))
        self._schema = pa.schema(fields).with_metadata(notes)
        self._pa = pa
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")

    def write(self, scored: Scored) -> None:
        """See `Sink`."""
        part = scored.part
        masked = np.isnan(scored.probabilities)
        columns = [
            *part.columns,
            self._pa.array(scored.probabilities, mask=masked),
            [verdict or None for verdict in scored.verdicts],
            [problem or None for problem in part.problems],
            part.lines,
        ]
        arrays = [
            self._pa.array(values, type=field.type)
            for values, field in zip(columns, self._schema, strict=True)
        ]
        self._writer.write_batch(self._pa.RecordBatch.from_arrays(arrays, schema=self._schema))

    def close(self) -> None:
        """See `Sink`."""
        self._writer.close()
