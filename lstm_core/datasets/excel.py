"""Excel workbooks: the first sheet with rows, by way of a copy as CSV."""

import csv
import datetime
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import dropwhile
from pathlib import Path

from lstm_core.datasets.delimited import DelimitedTable, open_delimited
from lstm_core.datasets.encodings import Utf8Text
from lstm_core.datasets.table_format import (
    DetectedFormat,
    RowBatch,
    RowRange,
    TableKind,
    TableOptions,
)
from lstm_core.datasets.unpack import TemporaryCopy
from lstm_core.errors import DataError, reason
from lstm_core.files import shown

MOST_UNPACKED = 400_000_000  # bytes of a workbook's parts together
MOST_MEMBERS = 10_000
_FLUSHED = 1 << 18  # characters


class ExcelTable(DelimitedTable):
    """Rows of a sheet; their numbers are those that Excel shows."""

    first_row = 1  # of the sheet

    @property
    def unit(self) -> str:
        """See `Table.unit`."""
        return "row"

    def batches(self, rows: int = 4_096, span: RowRange | None = None) -> Iterator[RowBatch]:
        """See `Table.batches`."""
        number = self.first_row + self.format.header + (span.first_row if span else 0)
        for batch in super().batches(rows, span):
            lines = list(range(number, number + len(batch)))
            number += len(batch)
            yield replace(batch, lines=lines)


def open_excel(path: Path, name: str, options: TableOptions, limit: int) -> ExcelTable:
    """Open a workbook.

    Raises:
        DataError: When it is damaged, too large or has no rows.
    """
    _check_size(path, name, min(limit, MOST_UNPACKED))
    rows, first_row = _rows(path, name)
    copy = TemporaryCopy(_as_csv(rows), name, limit)
    if copy.path.stat().st_size == 0:
        raise DataError(f"{shown(name)} has no rows. Give a sheet with one review per row.")
    text = Utf8Text(copy.path, "utf-8", "\n", 0, copy)
    plain = replace(options, separator=",", quoting="doubled", encoding=None)
    found = open_delimited(text, name, ".csv", plain, None)
    format_ = DetectedFormat(
        TableKind.EXCEL,
        separator=",",
        quoting=found.format.quoting,
        header=found.format.header,
        names=found.format.names,
    )
    table = ExcelTable(text, name, format_)
    table.first_row = first_row
    return table


def _check_size(path: Path, name: str, limit: int) -> None:
    """Refuse a workbook that unpacks large before any of it is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            size = sum(one.file_size for one in members)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise _damaged(name, error) from error
    if size > limit or len(members) > MOST_MEMBERS:
        raise DataError(
            f"{shown(name)} unpacks to {size:,} bytes; at most {limit:,} are read. Save the sheet "
            "as CSV."
        )


def _rows(path: Path, name: str) -> tuple[Iterator[Sequence[object]], int]:
    """The rows of the first sheet that has some, and the number of the first of them."""
    from python_calamine import CalamineError, CalamineWorkbook, WorksheetNotFound

    try:
        with path.open("rb") as file:
            book = CalamineWorkbook.from_filelike(file)
            for sheet_name in book.sheet_names:
                sheet = book.get_sheet_by_name(sheet_name)
                if sheet.start is not None and sheet.height:
                    return sheet.iter_rows(), sheet.start[0] + 1
    except (CalamineError, WorksheetNotFound, OSError, ValueError) as error:
        raise _damaged(name, error) from error
    except BaseException as error:  # the reader's own panic is no Exception
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise _damaged(name, error) from error
        raise
    raise DataError(f"{shown(name)} has no rows. Give a sheet with one review per row.")


def _damaged(name: str, error: BaseException) -> DataError:
    return DataError(
        f"{shown(name)} cannot be read as an Excel workbook: {reason(error)}. It may be damaged or "
        "protected by a password; save it again as .xlsx or CSV."
    )


def _as_csv(rows: Iterator[Sequence[object]]) -> Iterator[bytes]:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\n")
    cells = ([_cell(value) for value in row] for row in rows)
    for row in dropwhile(lambda row: not any(map(str.strip, row)), cells):  # blank rows in front
        writer.writerow(row)
        if buffer.tell() > _FLUSHED:
            yield buffer.getvalue().encode("utf-8", "replace")
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode("utf-8", "replace")


def _cell(value: object) -> str:
    """A cell as text, whole numbers without a decimal point."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    return str(value)
