"""Rows of one JSON object that holds a whole table, in the shapes that pandas and others write.

A list of objects under a key, one list per column, `DataFrame.to_json` in its orientations
"columns" (the default), "index", "split" and "table", and parts ("train", "test") of such lists.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from lstm_core.datasets.columns import (
    PART_COLUMNS,
    TEXT_COLUMNS,
    USUAL_NAMES,
    usual_column,
    usual_columns,
)
from lstm_core.errors import DataError
from lstm_core.files import listed, shown

_PARTS = frozenset(("train", "test", "validation", "val", "valid", "dev", "unsupervised"))
_DEEPEST = 4  # objects in objects of one row


def rows_of(value: dict[str, Any], name: str) -> Iterator[Any]:
    """The rows of a JSON object; the object itself where it is one row.

    Args:
        value: The object.
        name: What the owner of its file calls it.

    Raises:
        DataError: When it holds several lists of rows.
    """
    held = list(value.values())
    columns, data = value.get("columns"), value.get("data")
    if isinstance(columns, list) and isinstance(data, list) and _all(data, list):
        names = list(map(str, columns))
        return (dict(zip(names, row, strict=False)) for row in data)
    if len(value) > 1 and all(key.isdigit() for key in value):
        return iter(held)
    if (table := _column_lists(value)) is not None:
        return (dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True))
    if len(inner := _nested_lists(value)) == 1 and not any(_all(one, dict) for one in held):
        rows, path = inner[0]
        if not _is_of_rows(path):
            return iter(rows)
    if held and all(isinstance(one, dict) for one in held):
        return _of_objects(value)
    lists = {key: one for key, one in value.items() if _all(one, dict)}
    if len(lists) == 1:
        return iter(next(iter(lists.values())))
    if lists and all(key.casefold() in _PARTS for key in lists):
        return ({**row, PART_COLUMNS[1]: key} for key, rows in lists.items() for row in rows)
    if lists:
        raise DataError(
            f"{shown(name)} holds {len(lists)} lists of rows: {listed(lists)}. Give a file with "
            "one of them, as JSON Lines or a JSON array."
        )
    return iter([value])


def _column_lists(value: dict[str, Any]) -> dict[str, list[Any]] | None:
    """One list of values per column, perhaps beside objects that describe the table; else None."""
    found = {
        key: one for key, one in value.items() if isinstance(one, list) and not _all(one, dict)
    }
    others = [one for key, one in value.items() if key not in found]
    if len({len(one) for one in found.values()}) != 1:
        return None
    if others and usual_column(list(found), TEXT_COLUMNS) is None:
        return None
    return found if all(isinstance(one, dict) for one in others) else None


def _nested_lists(
    value: dict[str, Any], above: tuple[dict[str, Any], ...] = ()
) -> list[tuple[list[Any], tuple[dict[str, Any], ...]]]:
    """Lists of objects in the objects of an object, each with the objects that lead to it."""
    path = (*above, value)
    found: list[tuple[list[Any], tuple[dict[str, Any], ...]]] = []
    for one in value.values():
        if _all(one, dict):
            found.append((one, path))
        elif isinstance(one, dict) and len(path) < _DEEPEST:
            found += _nested_lists(one, path)
    return found


def _is_of_rows(path: tuple[dict[str, Any], ...]) -> bool:
    """Whether an object on the path to a list, or another row beside one, has a review."""
    siblings = [
        one
        for outer, inner in pairwise(path)
        for one in outer.values()
        if isinstance(one, dict) and one.keys() & inner.keys()
    ]
    return any(
        (held := list(one.values())[at]) and not _nested_lists({"": held})
        for one in (*path, *siblings)
        for at in usual_columns(list(one), TEXT_COLUMNS)
    )


def names_in(first: list[Any]) -> list[str] | None:
    """The names of columns in the first of several rows; None where it is a row like the others."""
    if not all(isinstance(one, str) for one in first):
        return None
    usual = any(one.strip().casefold() in USUAL_NAMES for one in first)
    return list(first) if usual else None


def numbered(row: list[Any]) -> list[str]:
    """Names for the values of a row without any."""
    return [f"column {number + 1}" for number in range(len(row))]


def flat(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row with the values of the objects in it, named ``outer.inner``."""
    if not any(isinstance(one, dict) and one for one in row.values()):
        return row
    return dict(_flattened(row, "", 1))


def _flattened(row: Mapping[str, Any], prefix: str, depth: int) -> Iterator[tuple[str, Any]]:
    for key, value in row.items():
        if isinstance(value, dict) and value and depth < _DEEPEST:
            yield from _flattened(value, f"{prefix}{key}.", depth + 1)
        else:
            yield f"{prefix}{key}", value


def _all(values: object, kind: type) -> bool:
    return (
        isinstance(values, list) and bool(values) and all(isinstance(one, kind) for one in values)
    )


def _of_objects(value: dict[str, dict[str, Any]]) -> Iterator[Any]:
    """Objects per column (from index to value) or per row (from name to value)."""
    inner = next(iter(value.values()))
    usual = list(USUAL_NAMES)
    if usual_column(list(value), usual) is None and usual_column(list(inner), usual) is not None:
        return iter(value.values())
    return ({name: values.get(key) for name, values in value.items()} for key in inner)
