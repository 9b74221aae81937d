"""Small tables of the lesson as HTML: numbers and words of ours, a visitor's words escaped."""

from collections.abc import Iterable, Sequence
from html import escape

import numpy as np
import numpy.typing as npt

from lstm_core.analysis.formatting import MINUS, general
from lstm_core.analysis.formatting import number as decimal
from lstm_core.lesson.article import DECIMALS, equal_digits
from lstm_core.lesson.layer import Returned, equal_to_last
from lstm_core.lesson.sizes import LayerLine
from lstm_core.recurrent.lstm import Floats


def returned_html(
    arrays: Sequence[Returned],
    last: Floats | None,
    sequences: Floats,
    printed: Sequence[Floats] | None = None,
    *,
    given: str = "data",
) -> str:
    """What a layer returned, a row per sequence: the inputs in front, then every array.

    Args:
        arrays: As `lstm_core.lesson.layer.returned` gives them.
        last: A last state ``(N, D)``; what equals it is marked. None marks nothing.
        sequences: What was read, ``(N, T, F)``.
        printed: The article's arrays in the same order, shown under ours.
        given: What the sequences are called.
    """
    names = _columns(sequences)
    top = f'<th colspan="{len(names)}">{given} {_shape(sequences)}</th>'
    second = _joined(f"<th>{name}</th>" for name in names)
    for array in arrays:
        columns = _columns(array.values)
        top += f'<th class="edge" colspan="{len(columns)}">{array.name} {_shape(array.values)}</th>'
        second += _joined(f"<th{_edge(at)}>{name}</th>" for at, name in enumerate(columns))
    rows = []
    for row in range(len(sequences)):
        cells = _joined(f"<td>{general(value)}</td>" for value in sequences[row].ravel())
        for number, array in enumerate(arrays):
            theirs = None if printed is None else printed[number][row].ravel()
            marks = _marks(array, last)[row].ravel()
            cells += _cells(array.values[row].ravel(), marks, theirs)
        rows.append(f"<tr>{cells}</tr>")
    return (
        f'<div class="lens-lesson-scroll"><table class="lens-lesson-table"><thead><tr>{top}</tr>'
        f"<tr>{second}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def layers_html(lines: Sequence[LayerLine], total: int) -> str:
    """The model's layers with shapes and counts, the sum at the foot."""
    rows = _joined(
        f"<tr><td>{line.name}</td><td>{line.shape}</td><td>{escape(line.count)}</td>"
        f"<td>{line.parameters:,}</td></tr>"
        for line in lines
    )
    return (
        '<div class="lens-lesson-scroll"><table class="lens-lesson-table words"><thead><tr>'
        "<th>layer</th><th>comes out, for one review</th><th>count</th><th>parameters</th></tr>"
        f'</thead><tbody>{rows}</tbody><tfoot><tr><td>all</td><td></td><td></td><td id="total">'
        f"{total:,}</td></tr></tfoot></table></div>"
    )


def _cells(values: Floats, marks: npt.NDArray[np.bool_], printed: Floats | None) -> str:
    cells = []
    same = None if printed is None else equal_digits(values, printed)
    for at, value in enumerate(values):
        names = ["edge"] * (at == 0) + ["same"] * bool(marks[at])
        under = ""
        if printed is not None and same is not None:
            off = "" if same[at] else ' class="off"'
            under = f"<small{off}>{decimal(printed[at], DECIMALS)}</small>"
        title, shown = str(float(value)).replace("-", MINUS), decimal(value, DECIMALS)
        cells.append(f'<td class="{" ".join(names)}" title="{title}">{shown}{under}</td>')
    return "".join(cells)


def _marks(array: Returned, last: Floats | None) -> npt.NDArray[np.bool_]:
    return np.zeros(array.values.shape, bool) if last is None else equal_to_last(array, last)


def _columns(values: Floats) -> list[str]:
    """Headings of an array's columns: step and unit where there are several."""
    units = values.shape[-1]
    unit_names = [""] if units == 1 else [f"unit {unit + 1}" for unit in range(units)]
    if values.ndim == 2:
        return unit_names
    return [
        f"step {step + 1} {unit}".strip() for step in range(values.shape[1]) for unit in unit_names
    ]


def _shape(values: Floats) -> str:
    return str(tuple(int(size) for size in values.shape))


def _edge(at: int) -> str:
    return ' class="edge"' if at == 0 else ""


def _joined(parts: Iterable[str]) -> str:
    return "".join(parts)
