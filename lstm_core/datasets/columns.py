"""Column detection: which column holds the reviews and which the labels, by name and by content."""

import re
from collections.abc import Callable, Iterable, Sequence

from lstm_core.datasets.labels import is_label
from lstm_core.datasets.table_format import Values
from lstm_core.errors import DataError
from lstm_core.files import listed, shown

TEXT_COLUMNS = (
    *("review", "text", "review_text", "sentence", "comment", "content", "body"),
    *("reviews", "review_body", "review_content", "comment_text", "comments", "tweet", "phrase"),
    *("opinion", "feedback", "sentiment_text", "tweet_text"),
)
LABEL_COLUMNS = (
    *("sentiment", "label", "polarity", "class", "target", "labels"),
    *("sentiment_label", "is_positive", "recommended", "voted_up"),
)
STAR_COLUMNS = (
    *("stars", "rating", "star_rating", "score", "overall"),
    *("star", "ratings", "user_rating", "review_rating", "review_score", "rate"),
    *("overall_rating", "review_stars"),
)
PART_COLUMNS = ("part", "split")
USUAL_NAMES = frozenset((*TEXT_COLUMNS, *LABEL_COLUMNS, *STAR_COLUMNS, *PART_COLUMNS))

_CODES = ({"1", "2"}, {"1", "2", "3", "4", "5"}, {"0", "2", "4"})  # of public data sets
_WORD = re.compile(r"[^\W\d_]+")
_PART_OF_NAME = re.compile("[A-Z]*[a-z]+|[A-Z]+")
_CHARACTERS = 5_000  # of a cell that are looked at
_FEWEST_CELLS = 5  # of which one may be no label
_LABELLED = 0.9  # share of cells that must be labels in a column taken as labels


def column_of(names: Sequence[str], wanted: Iterable[str]) -> int | None:
    """Index of the first wanted name that there is; names are equal in any case."""
    folded = [name.strip().casefold() for name in names]
    for name in wanted:
        if (key := name.strip().casefold()) in folded:
            return folded.index(key)
    return None


def usual_column(names: Sequence[str], usual: Iterable[str]) -> int | None:
    """Index of the first usual name that there is, in whatever spelling.

    "reviewText", "Review Text" and "review.text" are review_text, "rating (1-5)" is rating.
    """
    return next(iter(usual_columns(names, usual)), None)


def usual_columns(names: Sequence[str], usual: Iterable[str]) -> list[int]:
    """Indices of the columns with usual names, in the order of those; exact names before others."""
    wanted = list(usual)
    exact = [name.strip().casefold() for name in names]
    spelled = ["_".join(_PART_OF_NAME.findall(name)).lower() for name in names]
    return [
        at
        for one in wanted
        for given in (exact, spelled)
        for at, name in enumerate(given)
        if name == one
    ]


def holds_stars(name: str | None) -> bool:
    """Whether the name of a column says that it holds stars."""
    return name is not None and usual_column([name], STAR_COLUMNS) is not None


def named_column(names: Sequence[str], wanted: str, what: str, option: str, file: str) -> int:
    """Index of a column that a user named, exactly or in any case.

    Raises:
        DataError: When there is none.
    """
    found = names.index(wanted) if wanted in names else column_of(names, [wanted])
    if found is None:
        raise DataError(
            f"There is no column {shown(wanted)} for the {what}: {shown(file)} has the columns "
            f"{listed(names)}. Name one of them with {option}."
        )
    return found


def text_column(
    names: Sequence[str], sample: Sequence[Values], allowed: Sequence[int], certain: bool
) -> int | None:
    """The column with the reviews: of a usual name that holds words, else with the most words.

    Args:
        names: Names of the columns.
        sample: Values of the first rows, column by column.
        allowed: Columns that may hold text.
        certain: A column of another name must hold several words per row, and few rows twice.

    Returns:
        Its index, or None when no column holds words.
    """
    words = {at: _words(sample[at]) for at in allowed}
    usual = [at for at in usual_columns(names, TEXT_COLUMNS) if at in words]
    for at in usual:
        if words[at] >= 1 or not any(_cells(sample[at])):
            return at
    other = [at for at in allowed if usual_column([names[at]], LABEL_COLUMNS) is None] or allowed
    best = max(other, key=lambda at: words[at], default=None)
    if best is not None and (
        len(names) == 1 or (words[best] > 0 and (not certain or _are_texts(sample[best])))
    ):
        return best
    return usual[0] if usual else None


def label_column(names: Sequence[str], sample: Sequence[Values], text: int) -> int | None:
    """The column with the labels: of a usual name, else the only one that holds nothing but labels.

    Args:
        names: Names of the columns.
        sample: Values of the first rows, column by column.
        text: The column with the reviews.
    """
    held = [at for at in range(len(names)) if at != text]
    for usual, holds in ((LABEL_COLUMNS, _any_labels), (STAR_COLUMNS, _are_labels)):
        found = [at for at in usual_columns(names, usual) if at in held]
        for holds_them in (_are_labels, holds):  # labels before other classes
            for at in found:
                if holds_them(sample[at]) or not _cells(sample[at]):
                    return at
    certain = [at for at in held if certainly_labels(sample[at])]
    return certain[0] if len(certain) == 1 else None


def _cells(values: Values) -> list[str]:
    return [
        text for value in values if (text := str(value)[:_CHARACTERS].strip()) and value is not None
    ]


def _words(values: Values) -> float:
    """Mean number of words of the cells that are not empty."""
    cells = _cells(values)
    return sum(len(_WORD.findall(cell)) for cell in cells) / max(len(cells), 1)


def _are_texts(values: Values) -> bool:
    """Whether cells are no single words without a sentence's end, and no categories."""
    cells = _cells(values)
    sentences = _words(values) > 1 or any(cell[-1] in ".!?…" for cell in cells)
    return sentences and (len(cells) < _FEWEST_CELLS or len(set(cells)) > len(cells) / 2)


def _share(values: Values, test: Callable[[str], bool]) -> float:
    cells = _cells(values)
    return sum(test(cell) for cell in cells) / max(len(cells), 1)


def _are_labels(values: Values) -> bool:
    """Whether a column holds labels, but for a tenth of it or one cell, such as a total."""
    count = len(_cells(values))
    share = _share(values, is_label)
    return share >= _LABELLED or (count >= _FEWEST_CELLS and share >= 1 - 1.5 / count)


def _any_labels(values: Values) -> bool:
    """Whether a column with a usual name holds labels, or classes of few different values."""
    return _are_labels(values) or len(set(_cells(values))) <= max(10, len(values) // 10)


def certainly_labels(values: Values) -> bool:
    """Whether a column without a usual name can only be labels: words, 0/1, -1/1, 0/4, 1/2, 1-5."""
    cells = _cells(values)
    found = {cell.casefold() for cell in cells}
    numbers = {"0", "1", "+1", "-1", "0.0", "1.0", "-1.0"}
    words = not any(cell.lstrip("+-")[:1].isdigit() for cell in found)
    again = len(cells) >= 2 * len(found)  # no numbers of rows
    certain = words or found <= numbers or found == {"0", "4"} or (found in _CODES and again)
    return bool(found) and certain and _share(values, is_label) == 1
