"""Detection of separator, quoting and header of a delimited text from its first rows."""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from lstm_core.datasets.columns import (
    LABEL_COLUMNS,
    STAR_COLUMNS,
    TEXT_COLUMNS,
    USUAL_NAMES,
    certainly_labels,
    usual_column,
)
from lstm_core.datasets.labels import NEGATIVE_WORDS, NEUTRAL_WORDS, POSITIVE_WORDS
from lstm_core.datasets.records import RecordReader
from lstm_core.datasets.table_format import LONGEST_ROW, Quoting, fields_of

SAMPLE_BYTES = 256 << 10
SAMPLE_ROWS = 300
CONSISTENT = 0.8  # share of rows with the first row's number of fields that makes a separator

_PLACEHOLDER = "\x1e"
_SEP_LINE = re.compile(rb'\s*"?sep=(.)"?\s*\r?\n?', re.IGNORECASE)
_ESCAPED = {quote: re.compile(rf"\\([{quote}\\])") for quote in "\"'"}
_SINGLE = re.compile(rb"(?:^|[,;\t|]) *'", re.MULTILINE)
_SINGLE_LINES = 0.5  # share of lines with such a field from which single quotes are quotes
_LABEL_IN_FRONT = re.compile(
    rb"(__label__[^\s,;|]+|[+-]?[0-4]|[+-]|positive|negative|pos|neg):?(?: |$)(?! *[,;|] *\d)",
    re.IGNORECASE,
)
_IN_FRONT = (
    *({b"0", b"1"}, {b"-1", b"1"}, {b"0", b"1", b"2", b"3", b"4"}),
    *({b"positive", b"negative"}, {b"pos", b"neg"}, {b"+", b"-"}),
)
_ODD_SEPARATOR = re.compile(r"""["']?\w+["']?([^\w\s"'])["']?\w+["']?(?:\1["']?\w+["']?)*""")
_LABELLED_LINES = 0.98  # share of lines with a label in front
_SORTED_LINES = 20  # fewest lines with the same label
_DIGIT = re.compile(r"\d")
_FEWEST_WORDS = 5  # of a first cell that is no column's name but a review
LONGEST_NAME = 200  # characters of a column's name
_LABEL_WORDS = frozenset((*POSITIVE_WORDS, *NEGATIVE_WORDS, *NEUTRAL_WORDS))

csv.field_size_limit(LONGEST_ROW)


@dataclass(frozen=True, slots=True)
class Layout:
    """How the rows of a delimited text are separated.

    Attributes:
        separator: Between fields, empty for one column.
        quoting: See `Quoting`.
        rows: The fields of the first rows, the header among them.
        share: Share of the rows that have as many fields as the first.
        even: The same among the rows that can be parsed.
        common: Share of the rows that have the most frequent number of fields.
    """

    separator: str
    quoting: Quoting
    rows: tuple[tuple[str, ...], ...]
    share: float
    even: float
    common: float

    @property
    def first(self) -> tuple[str, ...]:
        """The fields of the first row."""
        return self.rows[0] if self.rows else ()


def sep_line(line: bytes) -> str | None:
    """The separator that a first line such as ``sep=;`` names."""
    found = _SEP_LINE.fullmatch(line)
    return found[1].decode("ascii", "replace") if found else None


def split_fields(row: str, separator: str, quoting: Quoting) -> list[str]:
    """The fields of one row.

    Raises:
        csv.Error: When it is not readable.
    """
    if quoting is Quoting.NONE:
        row = row.rstrip("\n").removesuffix("\r")
        return row.split(separator, 1 if separator == " " else -1) if separator else [row]
    quote = "'" if quoting is Quoting.SINGLE else '"'
    if quoting in (Quoting.BACKSLASH, Quoting.SINGLE):
        row = _ESCAPED[quote].sub(lambda found: 2 * quote if found[1] == quote else found[1], row)
    body = row.rstrip("\r\n")
    alone = "\r" in body and _PLACEHOLDER not in body  # a CR that ends no line, which `csv` refuses
    row = body.replace("\r", _PLACEHOLDER) if alone else row
    spaced = quoting in (Quoting.SPACED, Quoting.SINGLE)
    fields = next(fields_of([row], separator, quote=quote, spaced=spaced), [])
    return [one.replace(_PLACEHOLDER, "\r") for one in fields] if alone else fields


def layout_of(
    sample: bytes,
    complete: bool,
    separators: Sequence[str],
    quoting: Quoting | None,
    *,
    tables_only: bool = False,
) -> Layout | None:
    """Find separator and quoting.

    Args:
        sample: The first bytes of the text, UTF-8.
        complete: The sample is the whole text, so its last row is whole.
        separators: Candidates; one alone is taken as it is.
        quoting: How quotes are escaped; None to detect it.
        tables_only: The text may be plain lines, which commas do not make a table.

    Returns:
        The best layout, or None where no candidate makes columns.
    """
    found = [_best_quoting(sample, complete, one, quoting) for one in separators]
    if len(found) == 1 and (separators[0] or not tables_only):
        return found[0]
    fitting = [one for one in found if _fits(one, tables_only)]
    return max(fitting, key=_rank, default=None)


def labels_in_front(sample: bytes, complete: bool) -> bool:
    """Whether lines begin with a label and a blank, as for fastText and in SST's files.

    One label alone is enough where many lines have it, as in a file sorted by labels.
    """
    lines = [line for line in sample.split(b"\n")[: None if complete else -1] if line.strip()]
    found = [one for line in lines if (one := _LABEL_IN_FRONT.match(line))]
    labels = {one[1].lower().replace(b"+1", b"1") for one in found}
    allowed = all(one.startswith(b"_") for one in labels) or any(
        labels <= known for known in _IN_FRONT
    )
    many = len(labels) > 1 or (len(found) >= _SORTED_LINES and not labels & {b"+", b"-"})
    return allowed and many and 2 * len(labels) <= len(found) >= _LABELLED_LINES * len(lines)


def odd_separator(layout: Layout) -> str | None:
    """A separator that is not usual, between usual names in the only cell of the first row."""
    if len(layout.first) != 1 or not (found := _ODD_SEPARATOR.fullmatch(layout.first[0].strip())):
        return None
    names = [name.strip("\"'") for name in found[0].split(found[1])]
    labels = usual_column(names, (*LABEL_COLUMNS, *STAR_COLUMNS))
    named = usual_column(names, TEXT_COLUMNS) is not None and labels is not None
    return found[1] if named and found[1].isascii() else None


def _fits(layout: Layout, tables_only: bool) -> bool:
    if len(layout.first) < 2:
        return False
    named = _usual(layout.first, TEXT_COLUMNS)
    if not tables_only:
        return named > 0 or layout.even >= CONSISTENT
    labelled = _usual(layout.first, (*LABEL_COLUMNS, *STAR_COLUMNS)) > 0
    return (named and labelled and layout.share >= CONSISTENT) or (
        layout.share > 0.95 and (layout.separator == "\t" or _has_labels(layout))
    )


def _has_labels(layout: Layout) -> bool:
    """Whether the last of two columns holds labels and nothing else, of both classes."""
    rows = [row for row in layout.rows if len(row) == 2]
    return len({row[1].strip() for row in rows}) > 1 and certainly_labels([row[1] for row in rows])


def _rank(layout: Layout) -> tuple[int, float, int]:
    return _usual(layout.first, USUAL_NAMES), layout.share, len(layout.first)


def _usual(names: Sequence[str], usual: Sequence[str] | frozenset[str]) -> int:
    return sum(name.strip().casefold() in usual for name in names)


def _best_quoting(sample: bytes, complete: bool, separator: str, quoting: Quoting | None) -> Layout:
    """The layout with the quoting that makes most rows alike; quotes are doubled by default."""
    if quoting is not None:
        return _layout(sample, complete, separator, quoting)
    single = len(_SINGLE.findall(sample)) >= max(1, _SINGLE_LINES * sample.count(b"\n"))
    tried = {
        Quoting.DOUBLED: True,
        Quoting.BACKSLASH: b'\\"' in sample,
        Quoting.SPACED: separator.encode() + b' "' in sample,
        Quoting.SINGLE: single,
    }
    found = [_layout(sample, complete, separator, one) for one, may in tried.items() if may]
    best = max(found, key=lambda one: (one.common, -_quoted(one)))
    if not separator or b'"' not in sample:
        return best
    plain = _layout(sample, complete, separator, Quoting.NONE)
    stray = separator in "\t|" and _unclosed(plain)
    if plain.share == 1 and len(plain.first) > 1 and (best.share < 1 or stray):
        return plain
    return max(best, plain, key=lambda one: one.common)


def _quoted(layout: Layout) -> int:
    """Number of fields that still stand in quotes."""
    cells = (cell.strip() for row in layout.rows for cell in row)
    return sum(len(one) > 1 and one[0] == one[-1] and one[0] in "\"'" for one in cells)


def _unclosed(layout: Layout) -> bool:
    """Whether a field begins with a quote and does not end with one."""
    return any(
        cell.startswith('"') and not (len(cell) > 1 and cell.endswith('"'))
        for row in layout.rows
        for cell in row
    )


def _layout(sample: bytes, complete: bool, separator: str, quoting: Quoting) -> Layout:
    rows: list[tuple[str, ...]] = []
    good = total = 0
    reader = RecordReader(io.BytesIO(sample), separator, quoting)
    for record in islice(reader, SAMPLE_ROWS):
        if not complete and total and reader.offset >= len(sample):
            break  # the last row of the sample is cut
        if not record.content.strip() and not record.problem:
            continue
        total += 1
        try:
            text = record.content.decode("utf-8", "replace")
            fields = split_fields(text, separator, quoting) if not record.problem else []
        except csv.Error:
            fields = []
        if not rows and not fields:
            fields = [""]
        if fields:
            rows.append(tuple(fields))
            good += len(fields) == len(rows[0])
    common = max(Counter(map(len, rows)).values(), default=0)
    return Layout(
        separator,
        quoting,
        tuple(rows),
        share=good / max(total, 1),
        even=good / max(len(rows), 1),
        common=common / max(total, 1),
    )


def has_header(rows: Sequence[Sequence[str]], *, usual_only: bool = False) -> bool:
    """Whether the first row names the columns.

    A usual name makes it a header. A label, a number or a review in it makes it a row like the
    others, unless all of it are numbers above columns of words, or it has no digits where all
    others have some.
    """
    if not rows or not any(cell.strip() for cell in rows[0]):
        return False
    first = [cell.strip() for cell in rows[0]]
    if usual_only or any(cell.casefold() in USUAL_NAMES for cell in first):
        return any(cell.casefold() in USUAL_NAMES for cell in first)
    rest = [row for row in rows[1:] if len(row) == len(first)]
    if all(_is_number(cell) for cell in first):
        return any(len(cell.split()) > 1 for row in rest for cell in row)
    if any(_is_number(cell) or cell.casefold() in _LABEL_WORDS for cell in first):
        return False
    reviews = [cell for cell in first if len(cell.split()) >= _FEWEST_WORDS and cell[-1] != "?"]
    if max(len(cell) for cell in first) > LONGEST_NAME:
        return False
    if len(first) > 1:
        return not (reviews and _is_data(first, rest))
    return not reviews and _is_name(first[0], [row[0] for row in rest])


def _is_data(first: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    """Whether a first row with a long cell is like the others.

    It has digits wherever all others have some, such as in dates and numbers; where there are no
    such columns, the long cell ends as a sentence does.
    """
    numbered = [
        bool(_DIGIT.search(cell))
        for at, cell in enumerate(first)
        if rest and all(_DIGIT.search(row[at]) for row in rest)
    ]
    sentence = any(len(c.split()) >= _FEWEST_WORDS and c[-1] in ".!…" for c in first)
    return all(numbered) if numbered else sentence


def _is_name(cell: str, rest: Sequence[str]) -> bool:
    """Whether the first cell of one column is its name: shorter than the others, no sentence."""
    others = sorted(len(other.split()) for other in rest)
    usual = others[len(others) // 2] if others else 0
    return cell[-1] not in ".!?…" and usual >= 3 * len(cell.split())


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
