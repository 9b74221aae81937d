"""Lines above a table (a title, comments, blank rows), and names that fit its rows."""

import csv
import re
from collections import Counter
from collections.abc import Sequence

from lstm_core.datasets.columns import LABEL_COLUMNS, STAR_COLUMNS, TEXT_COLUMNS, usual_column
from lstm_core.datasets.table_format import SEPARATORS, fields_of

MOST_ABOVE = 30  # rows above the names of the columns that are looked through
_LONGEST_NAME = 60  # characters of a usual name
_COMMENT = re.compile(r"(?:#+|//+|%+|--+)(?:\s|$)")
_NAME_WORDS = 3  # most words of a column's name that is not usual
_REVIEW_WORDS = 4  # fewest words that make a text of a cell
_FEWEST_ROWS = 3  # of a table below a title
_MOST = 0.8  # share of rows whose number of fields is that of the table


def lines_above(sample: bytes, separator: str | None, *, names_only: bool) -> int:
    """Number of lines above a delimited text's first row, which names its columns or is a review.

    Args:
        sample: The first bytes of the text, UTF-8.
        separator: Between its fields; None where it is not known.
        names_only: Only lines above a row with usual names are no reviews.
    """
    lines = sample.split(b"\n", MOST_ABOVE + 1)[: MOST_ABOVE + 1]
    tried = SEPARATORS if separator is None else [separator]
    tables = [[_split(line.decode("utf-8", "replace"), one) for line in lines] for one in tried]
    named = [at for rows in tables if (at := named_row(rows)) is not None]
    if named or names_only:
        return min(named, default=0)
    return max((_unnamed_rows(rows) for rows in tables), default=0)


def rows_above(rows: Sequence[Sequence[str]]) -> int:
    """Number of rows of a sheet above the row that names its columns or is its first review."""
    blank = next((at for at, row in enumerate(rows) if _filled(row)), 0)
    named = named_row(rows)
    return max(blank, _unnamed_rows(rows)) if named is None else named


def fitting_names(names: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Names for rows that have one field more than names, an index, or that lack the last ones.

    Args:
        names: The names in the header.
        rows: The fields of the first rows below it.
    """
    width, count = Counter(map(len, rows)).most_common(1)[0] if rows else (len(names), 0)
    if count < _MOST * len(rows):
        return tuple(names)
    if width == len(names) + 1 and all(row[0].strip().isdecimal() for row in rows if row):
        return ("", *names)
    return tuple(names[:width]) if 1 < width < max(map(len, [names, *rows])) else tuple(names)


def named_row(rows: Sequence[Sequence[str]]) -> int | None:
    """Index of the row with the usual name of a text column, where no review stands above it.

    What stands above is blank, a comment, or has fewer filled cells; with the name of a label
    column beside it, anything.
    """
    alone: int | None = None
    for at, row in enumerate(rows):
        short = max(map(len, row), default=0) <= _LONGEST_NAME
        if short and usual_column(row, TEXT_COLUMNS) is not None:
            if usual_column(row, (*LABEL_COLUMNS, *STAR_COLUMNS)) is not None:
                return at
            fewer = all(_filled(one) < _filled(row) or _is_comment(one) for one in rows[:at])
            if _filled(row) > 1 or alone is not None:
                return at if fewer and alone is None else alone
            alone = at if fewer else None
    return alone


def _unnamed_rows(rows: Sequence[Sequence[str]]) -> int:
    """Number of rows above a table without usual names: comments, blank rows, a title."""
    above = 0
    for at, row in enumerate(rows):
        if _is_comment(row) or (not _filled(row) and (len(row) > 1 or above == at > 0)):
            above = at + 1
        elif _filled(row) > 1 or len(row) < 2:
            break
    title = next((at for at, row in enumerate(rows) if _filled(row) > 1), 0)
    return max(above, title) if title and _is_table(rows[title:]) else above


def _is_table(rows: Sequence[Sequence[str]]) -> bool:
    """Whether rows are names of columns above rows of as many fields, with a text among them."""
    names, rest = rows[0], [row for row in rows[1:-1] if _filled(row)]  # the last may be cut
    return (
        all(cell and len(cell.split()) <= _NAME_WORDS and cell[-1] not in ".!?" for cell in names)
        and len(rest) >= _FEWEST_ROWS
        and all(len(row) == len(names) for row in rest)
        and any(len(cell.split()) >= _REVIEW_WORDS for row in rest for cell in row)
    )


def _is_comment(row: Sequence[str]) -> bool:
    return bool(row) and _COMMENT.match(row[0]) is not None


def _filled(row: Sequence[str]) -> int:
    return sum(map(bool, row))


def _split(line: str, separator: str) -> list[str]:
    line = line.rstrip("\r")
    try:
        fields = next(fields_of([line], separator, spaced=True, strict=False), [])
    except csv.Error:
        fields = line.split(separator)
    return [cell.strip().strip("\"'").strip() for cell in fields]
