"""Excel workbooks: one sheet, by way of a copy as CSV."""

import csv
import datetime
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from lstm_core.datasets.columns import column_of
from lstm_core.datasets.delimited import DelimitedTable, open_delimited
from lstm_core.datasets.encodings import Utf8Text
from lstm_core.datasets.lines_above import MOST_ABOVE, named_row, rows_above
from lstm_core.datasets.table_format import (
    DetectedFormat,
    RowBatch,
    RowRange,
    TableKind,
    TableOptions,
)
from lstm_core.datasets.unpack import TemporaryCopy
from lstm_core.errors import DataError, InputError, LstmLensError, reason
from lstm_core.files import listed, shown

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

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
    sheet, sheets = _sheet(path, name, options.sheet)
    above = rows_above(_head(sheet))
    copy = TemporaryCopy(_as_csv(islice(_rows(sheet), above, None)), name, limit)
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
        sheet=sheet.name,
        sheets=sheets,
    )
    table = ExcelTable(text, name, format_)
    table.first_row = 1 + above
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


def _sheet(path: Path, name: str, wanted: str | None) -> tuple["CalamineSheet", tuple[str, ...]]:
    """The sheet that is read, and the names of all.

    It is the one that is wanted, else the first with the usual name of a text column, else the
    first with rows.
    """
    from python_calamine import CalamineWorkbook, SheetTypeEnum

    try:
        with path.open("rb") as file:
            book = CalamineWorkbook.from_filelike(file)
        sheets = [one for one in book.sheets_metadata if one.typ is SheetTypeEnum.WorkSheet]
        names = tuple(one.name for one in sheets)
        with_rows: list[CalamineSheet] = []
        for sheet_name in names if wanted is None else [_wanted(names, wanted, name)]:
            sheet = book.get_sheet_by_name(sheet_name)
            if sheet.start is not None and sheet.height:
                with_rows.append(sheet)
                if named_row(_head(sheet)) is not None:
                    return sheet, names
    except LstmLensError:
        raise
    except BaseException as error:  # the reader's own panic is no Exception
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise _damaged(name, error) from error
        raise
    if not with_rows:
        raise DataError(f"{shown(name)} has no rows. Give a sheet with one review per row.")
    return with_rows[0], names


def _wanted(names: Sequence[str], wanted: str, file: str) -> str:
    found = column_of(names, [wanted])
    if found is None:
        raise InputError(
            f"There is no sheet {shown(wanted)}: {shown(file)} has {listed(names)}. Name one of "
            "them with --sheet."
        )
    return names[found]


def _head(sheet: "CalamineSheet") -> list[list[str]]:
    """The first rows of a sheet as text."""
    rows = islice(sheet.iter_rows(), MOST_ABOVE + 1)
    return [[_cell(one).strip() for one in row] for row in rows]


def _rows(sheet: "CalamineSheet") -> Iterator[Sequence[object]]:
    """The rows of a sheet; a value merged over several rows is in each of them."""
    left = (sheet.start or (0, 0))[1]  # columns count from the first used one, rows from the top
    ends = {start: end[0] for start, end in sheet.merged_cell_ranges or () if end[0] > start[0]}
    held: dict[int, tuple[object, int]] = {}  # column: value and its last row
    for at, cells in enumerate(sheet.iter_rows()):
        row: list[object] = list(cells)
        for column in range(len(row)) if ends else ():
            if last := ends.get((at, left + column)):
                held[column] = row[column], last
            value, last = held.get(column, ("", -1))
            row[column] = value if at <= last else row[column]
        yield row


def _damaged(name: str, error: BaseException) -> DataError:
    return DataError(
        f"{shown(name)} cannot be read as an Excel workbook: {reason(error)}. It may be damaged or "
        "protected by a password; save it again as .xlsx or CSV."
    )


def _as_csv(rows: Iterator[Sequence[object]]) -> Iterator[bytes]:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\n")
    for row in rows:
        writer.writerow(map(_cell, row))
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
