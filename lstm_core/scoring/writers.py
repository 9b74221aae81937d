"""Writers of scored rows: all columns that came in, then probability, verdict, problem and line."""

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lstm_core.datasets.table import Table, distinct
from lstm_core.datasets.table_format import SEPARATORS
from lstm_core.errors import InputError
from lstm_core.files import shown
from lstm_core.scoring.batch import Prediction, Reading, Scored

ENDINGS = (".csv", ".tsv", ".parquet", ".jsonl")
PREDICTED = ("probability", "verdict")
_QUOTE, _TWICE = '"', '""'
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet runs a cell that begins with one


@dataclass(frozen=True, slots=True)
class Output:
    """The form of a result."""

    excel: bool = False  # CSV for Excel: with a byte order mark, and formulas neutralised
    separator: str | None = None  # between the fields of CSV; None for a comma, in TSV a tab


class Writer(ABC):
    """A file of scored rows that is being written."""

    @abstractmethod
    def write(self, scored: Scored) -> None:
        """Add rows."""

    @abstractmethod
    def close(self) -> None:
        """Finish the file."""


def check_output(path: Path, output: Output) -> None:
    """Raise InputError unless scored rows can be written to a file of that name in that form."""
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise InputError(
            f"{shown(path.name)} came in for the result; give a name that ends in "
            f"{', '.join(ENDINGS)}."
        )
    if output.excel and ending != ".csv":
        raise InputError(f"CSV for Excel is a .csv file; {shown(path.name)} came in.")
    if output.separator is not None:
        if ending not in (".csv", ".tsv"):
            raise InputError(f"A separator goes with .csv and .tsv; {shown(path.name)} came in.")
        if output.separator not in SEPARATORS:
            raise InputError(
                f"{shown(output.separator)} came in as the separator of the result; give one of "
                "',', ';', '|' or a tab."
            )


def open_writer(
    path: Path,
    kind: str,
    table: Table,
    reading: Reading,
    output: Output = Output(),  # noqa: B008 - frozen
    notes: dict[str, str] | None = None,
) -> Writer:
    """Begin a file of scored rows.

    Args:
        kind: One of `ENDINGS`.
        table: Where the rows come from, for the columns.
        output: The form of a CSV file.
        notes: Metadata of a Parquet file.
    """
    names = distinct([*table.names, *added_names(reading, table.unit)])
    if kind == ".parquet":
        import pyarrow as pa

        types = table.types() or [pa.string()] * len(table.names)
        return _ParquetWriter(path, names, types, 2 if reading is Reading.BOTH else 1, notes or {})
    if kind == ".jsonl":
        return _JsonWriter(path, names)
    return _CsvWriter(path, names, output, "\t" if kind == ".tsv" else ",")


def added_names(reading: Reading, unit: str) -> list[str]:
    """The columns that are added, before any is renamed so as not to collide."""
    second = [f"{name}_whole" for name in PREDICTED] if reading is Reading.BOTH else []
    return [*PREDICTED, *second, "problem", unit]


def as_text(value: object) -> str:
    """A value as it is written into CSV; texts are unchanged."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


class _CsvWriter(Writer):
    def __init__(self, path: Path, names: list[str], output: Output, separator: str) -> None:
        encoding = "utf-8-sig" if output.excel else "utf-8"
        self._file = path.open("w", encoding=encoding, newline="")
        self._end, self._mark = "\r\n" if output.excel else "\n", output.separator or separator
        self._quoted = re.compile(f'["\r\n{re.escape(self._mark)}]').search
        self._excel = output.excel
        head = [_neutralised(name) for name in names] if output.excel else names
        self._write_rows([[self._field(name)] for name in head])

    def write(self, scored: Scored) -> None:
        """See `Writer`."""
        batch = scored.batch
        convert: Callable[[Any], str] = _neutralised if self._excel else as_text
        kept = [[self._field(convert(value)) for value in values] for values in batch.columns]
        added = [values for one in scored.predictions for values in (_numbers(one), one.verdicts)]
        problems = [self._field(problem) for problem in batch.problems]
        self._write_rows([*kept, *added, problems, [str(line) for line in batch.lines]])

    def _field(self, text: str) -> str:
        """A value with quotes where it needs some; `csv` takes five times as long for a review."""
        return f'"{text.replace(_QUOTE, _TWICE)}"' if self._quoted(text) else text

    def _write_rows(self, columns: Sequence[Sequence[str]]) -> None:
        mark, end = self._mark, self._end
        rows = [mark.join(row) for row in zip(*columns, strict=True)]
        self._file.write(end.join([*rows, ""]))

    def close(self) -> None:
        """See `Writer`."""
        self._file.close()


class _JsonWriter(Writer):
    def __init__(self, path: Path, names: list[str]) -> None:
        self._file = path.open("w", encoding="utf-8", newline="\n")
        self._names = names

    def write(self, scored: Scored) -> None:
        """See `Writer`."""
        batch = scored.batch
        added: list[Sequence[Any]] = []
        for one in scored.predictions:
            numbers = [None if p != p else float(str(p)) for p in one.probabilities]
            added += [numbers, [verdict or None for verdict in one.verdicts]]
        problems = [problem or None for problem in batch.problems]
        for row in zip(*batch.columns, *added, problems, batch.lines, strict=True):
            values = dict(zip(self._names, row, strict=True))
            self._file.write(json.dumps(values, ensure_ascii=False, default=str) + "\n")

    def close(self) -> None:
        """See `Writer`."""
        self._file.close()


class _ParquetWriter(Writer):
    def __init__(
        self,
        path: Path,
        names: list[str],
        types: list[Any],
        predictions: int,
        notes: dict[str, str],
    ) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        kinds = [*types, *[pa.float32(), pa.string()] * predictions, pa.string(), pa.int64()]
        fields = list(zip(names, kinds, strict=True))
        self._schema = pa.schema(fields).with_metadata(notes)
        self._pa = pa
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")

    def write(self, scored: Scored) -> None:
        """See `Writer`."""
        batch, pa = scored.batch, self._pa
        kept: list[Any] = [
            [None if value is None else as_text(value) for value in values]
            if field.type == pa.string()
            else values
            for values, field in zip(batch.columns, self._schema, strict=False)
        ]
        for one in scored.predictions:
            kept.append(pa.array(one.probabilities, mask=np.isnan(one.probabilities)))
            kept.append([verdict or None for verdict in one.verdicts])
        kept += [[problem or None for problem in batch.problems], batch.lines]
        arrays = [
            pa.array(values, type=field.type)
            for values, field in zip(kept, self._schema, strict=True)
        ]
        self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))

    def close(self) -> None:
        """See `Writer`."""
        self._writer.close()


def _numbers(prediction: Prediction) -> list[str]:
    return ["" if p != p else str(p) for p in prediction.probabilities]


def _neutralised(value: object) -> str:
    """A value that no spreadsheet takes for a formula; plain numbers are none."""
    text = as_text(value)
    if not text.startswith(_FORMULA):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text
