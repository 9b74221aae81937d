"""One step of one unit down to the single multiplication, in numbers that hold as printed.

Every number is a decimal of `DIGITS` places. A printed product is the product of the two printed
factors, rounded; a printed sum is the exact sum of the printed parts; a printed sigmoid or tanh is
that of the printed argument, rounded. So a person with a calculator gets what is shown. The trace
itself is computed in 32-bit floats: `Arithmetic.gap` says how far the printed result is from it.

Symbols: T steps, D units, E embedding; z = x W + h U + b as in `lstm_core.recurrent.lstm`.
"""

from dataclasses import dataclass
from decimal import Decimal
from math import exp, tanh

import numpy as np

from lstm_core.errors import InputError
from lstm_core.recurrent.lstm import Floats, LstmWeights
from lstm_core.recurrent.trace import Trace

DIGITS = 6
_SMALLEST = Decimal(1).scaleb(-DIGITS)


@dataclass(frozen=True, slots=True)
class Product:
    """One multiplication: ``result`` is ``left * right`` to the printed digits."""

    left: Decimal
    right: Decimal
    result: Decimal


@dataclass(frozen=True, slots=True)
class GateLine:
    """One of i, f, g, o of the unit: ``z = from_word + from_state + bias``, ``value = squash(z)``.

    Attributes:
        symbol: "i", "f", "g" or "o".
        from_word: The sum of `word_products`.
        from_state: The sum of `state_products`.
        bias: b of this gate and unit.
        z: The sum of the three.
        value: sigmoid(z), for g tanh(z).
        word_products: ``x_e W_e`` for every number of the word's vector, E of them.
        state_products: ``h_d U_d`` for every unit's hidden state before, D of them.
    """

    symbol: str
    from_word: Decimal
    from_state: Decimal
    bias: Decimal
    z: Decimal
    value: Decimal
    word_products: tuple[Product, ...]
    state_products: tuple[Product, ...]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """One step of one unit.

    Attributes:
        place: The step, from 0.
        unit: The unit.
        gates: The lines of i, f, g, o.
        cell_before: c of the step before.
        keep: ``f * c`` of the step before.
        write: ``i * g``.
        cell: ``keep + write``.
        squashed: tanh(cell).
        hidden: ``o * squashed``.
        gap: The largest difference between a printed value and the trace's own.
    """

    place: int
    unit: int
    gates: tuple[GateLine, ...]
    cell_before: Decimal
    keep: Product
    write: Product
    cell: Decimal
    squashed: Decimal
    hidden: Product
    gap: float


def step_arithmetic(weights: LstmWeights, trace: Trace, place: int, unit: int) -> Arithmetic:
    """The arithmetic of one step of one unit.

    Args:
        weights: The model's weights.
        trace: The true trace of a review.
        place: The step, 0 .. T - 1.
        unit: The unit, 0 .. D - 1.

    Raises:
        InputError: When there is no such place or unit.
    """
    maxlen, units = trace.hidden_state.shape
    if not (0 <= place < maxlen and 0 <= unit < units):
        raise InputError(
            f"Place {place} of unit {unit} came in; places go from 0 to {maxlen - 1} and units "
            f"from 0 to {units - 1}."
        )
    x = weights.embedding[trace.encoding.ids[place]]  # (E,)
    nothing = np.zeros(units, np.float32)
    h_tm1 = trace.hidden_state[place - 1] if place else nothing  # (D,)
    c_tm1 = trace.cell_state[place - 1] if place else nothing  # (D,)
    gates = tuple(
        _gate_line(symbol, x, h_tm1, weights, block * units + unit)
        for block, symbol in enumerate("ifgo")
    )
    i, f, g, o = (line.value for line in gates)
    before = rounded(c_tm1[unit])
    keep, write = product(f, before), product(i, g)
    cell = keep.result + write.result
    squashed = rounded(tanh(cell))
    hidden = product(o, squashed)
    shown = (i, f, g, o, cell, hidden.result)
    true = (
        trace.input_gate,
        trace.forget_gate,
        trace.candidate,
        trace.output_gate,
        trace.cell_state,
        trace.hidden_state,
    )
    gap = max(abs(float(s) - float(t[place, unit])) for s, t in zip(shown, true, strict=True))
    return Arithmetic(place, unit, gates, before, keep, write, cell, squashed, hidden, gap)


def rounded(value: float | np.floating | Decimal) -> Decimal:
    """A number to the printed digits."""
    number = value if isinstance(value, Decimal) else Decimal(float(value))
    return number.quantize(_SMALLEST) + 0  # + 0 turns -0 into 0


def product(left: Decimal, right: Decimal) -> Product:
    """The product of two printed numbers, to the printed digits."""
    return Product(left, right, rounded(left * right))


def logistic(value: float) -> float:
    """1 / (1 + exp(-value)) without overflow."""
    return 1 / (1 + exp(-value)) if value >= 0 else exp(value) / (1 + exp(value))


def printed(value: Decimal) -> str:
    """A number as it is shown, with a proper minus sign."""
    return f"{value:.{DIGITS}f}".replace("-", "−")


def _gate_line(
    symbol: str, x: Floats, h_tm1: Floats, weights: LstmWeights, column: int
) -> GateLine:
    words = _products(x, weights.kernel[:, column])
    states = _products(h_tm1, weights.recurrent[:, column])
    from_word = sum((p.result for p in words), Decimal(0)) + rounded(Decimal(0))
    from_state = sum((p.result for p in states), Decimal(0)) + rounded(Decimal(0))
    bias = rounded(weights.bias[column])
    z = from_word + from_state + bias
    value = rounded(tanh(z) if symbol == "g" else logistic(float(z)))
    return GateLine(symbol, from_word, from_state, bias, z, value, words, states)


def _products(left: Floats, right: Floats) -> tuple[Product, ...]:
    return tuple(product(rounded(a), rounded(b)) for a, b in zip(left, right, strict=True))
