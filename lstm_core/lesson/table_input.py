"""Numbers that a person typed into a table, checked and made into arrays."""

from collections.abc import Sequence
from math import isfinite

import numpy as np

from lstm_core.errors import InputError
from lstm_core.lesson.layer import LayerWeights
from lstm_core.recurrent.lstm import Floats

MOST_SEQUENCES = 20
MOST_STEPS = 10
MOST_UNITS = 4
LARGEST_NUMBER = 1_000.0
GATE_LETTERS = ("i", "f", "c̃", "o")


def read_sequences(rows: Sequence[Sequence[object]]) -> Floats:
    """Typed sequences, one per row, as float32 ``(N, T, 1)``.

    Raises:
        InputError: For no rows, too many, an empty cell, or what is no usable number.
    """
    if not 1 <= len(rows) <= MOST_SEQUENCES:
        raise InputError(
            f"{len(rows)} sequences are in the table; 1 to {MOST_SEQUENCES} are allowed. Add a row "
            "at the foot of the table or delete some."
        )
    checked = [
        [_number(cell, f"sequence {row + 1}, step {step + 1}") for step, cell in enumerate(cells)]
        for row, cells in enumerate(rows)
    ]
    return np.array(checked, np.float32)[:, :, None]


def read_weights(rows: Sequence[Sequence[object]], units: int) -> LayerWeights:
    """Typed weights as the table of `weight_rows` has them: kernel, recurrent, bias.

    Raises:
        InputError: For a table of another shape, an empty cell, or what is no usable number.
    """
    columns = weight_columns(units)
    if len(rows) != units + 2 or any(len(cells) != len(columns) for cells in rows):
        raise InputError(
            f"The weights of {units} units stand in {units + 2} rows and {len(columns)} columns; "
            "another table came in. Choose the number of units again."
        )
    names = weight_row_names(units)
    checked = [
        [_number(cell, f"weights, row {name}, column {columns[at]}") for at, cell in enumerate(row)]
        for name, row in zip(names, rows, strict=True)
    ]
    table = np.array(checked, np.float32)  # (D + 2, 4D)
    return LayerWeights(table[:1], table[1:-1], table[-1])


def weight_rows(weights: LayerWeights) -> Floats:
    """The weights of a layer on one number per step as one table, float32 ``(D + 2, 4D)``."""
    return np.vstack([weights.kernel, weights.recurrent, weights.bias[None]])


def weight_columns(units: int) -> list[str]:
    """Headings of the table of weights: the gate, and the unit where there are several."""
    numbers = [""] if units == 1 else [f" {unit + 1}" for unit in range(units)]
    return [letter + number for letter in GATE_LETTERS for number in numbers]


def weight_row_names(units: int) -> list[str]:
    """What each row of the table of weights is multiplied with."""
    numbers = [""] if units == 1 else [f" {unit + 1}" for unit in range(units)]
    return ["x", *(f"h{number}" for number in numbers), "bias"]


def _number(cell: object, where: str) -> float:
    """One cell as a number. An empty cell of a table comes as None or as not-a-number."""
    if cell is None or (isinstance(cell, float) and cell != cell):
        raise InputError(f"The cell at {where} is empty. Type a number, 0 for nothing.")
    try:
        value = float(cell)  # type: ignore[arg-type]  # whatever the table holds
    except (TypeError, ValueError) as error:
        raise InputError(f"{str(cell)[:40]!r} at {where} is no number. Type one.") from error
    if not isfinite(value) or abs(value) > LARGEST_NUMBER:
        raise InputError(
            f"{value:g} at {where} is out of range; numbers from -{LARGEST_NUMBER:g} to "
            f"{LARGEST_NUMBER:g} are allowed."
        )
    return value
