"""One step of one unit down to the single multiplication, in numbers that hold as printed.

Every number is a decimal of a fixed number of places. A printed product is the product of the two
printed factors, rounded; a printed sum is the exact sum of the printed parts; a printed sigmoid or
tanh is that of the printed argument, rounded. So a person with a calculator gets what is shown. The
trace itself is computed in 32-bit floats: `Arithmetic.gap` is the difference from it.

Symbols: T steps, D units, E embedding; z = x W + h U + b as in `lstm_core.recurrent.lstm`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from math import tanh

import numpy as np

from lstm_core.errors import InputError
from lstm_core.recurrent.functions import logistic
from lstm_core.recurrent.lstm import QUANTITIES, Floats, LstmWeights
from lstm_core.recurrent.trace import Trace

DIGITS = 6  # decimals of a trained model's numbers
SYMBOLS = "ifgo"  # in Keras' packing order


@dataclass(frozen=True, slots=True)
class Product:
    """One multiplication: ``result`` is ``left * right`` to the printed digits."""

    left: Decimal
    right: Decimal
    result: Decimal


@dataclass(frozen=True, slots=True)
class GateSum:
    """The pre-activation of a gate: ``z = from_word + from_state + bias``.

    Attributes:
        from_word: The sum of `word_products`.
        from_state: The sum of `state_products`.
        bias: b of this gate and unit.
        z: The sum of the three.
        word_products: ``x_e W_e`` for every number of the input, E of them.
        state_products: ``h_d U_d`` for every unit's hidden state before, D of them.
    """

    from_word: Decimal
    from_state: Decimal
    bias: Decimal
    z: Decimal
    word_products: tuple[Product, ...]
    state_products: tuple[Product, ...]


@dataclass(frozen=True, slots=True)
class GateLine:
    """One of i, f, g, o of the unit: ``value = squash(z)``."""

    symbol: str  # "i", "f", "g" or "o"
    value: Decimal  # sigmoid(z), for g tanh(z)
    sum: GateSum | None = None  # z and what it is made of; None where the gate was set by hand


@dataclass(frozen=True, slots=True)
class CellStep:
    """The update of the cell state of one unit in one step."""

    gates: tuple[GateLine, ...]  # the lines of i, f, g, o
    cell_before: Decimal  # c of the step before
    keep: Product  # ``f * c`` of the step before
    write: Product  # ``i * g``
    cell: Decimal  # ``keep + write``
    squashed: Decimal  # tanh(cell)
    hidden: Product  # ``o * squashed``

    def gate(self, symbol: str) -> GateLine:
        """The line of "i", "f", "g" or "o"."""
        return self.gates[SYMBOLS.index(symbol)]


@dataclass(frozen=True, slots=True)
class Arithmetic(CellStep):
    """One step of one unit of a trace."""

    place: int  # the step, from 0
    unit: int
    gap: float  # the largest difference between a printed value and the trace's own


def cell_step(gates: Sequence[GateLine], cell_before: Decimal) -> CellStep:
    """The cell state and hidden state that four gates give, in the decimals of `cell_before`."""
    digits = -int(cell_before.as_tuple().exponent)
    i, f, g, o = (line.value for line in gates)
    keep, write = product(f, cell_before), product(i, g)
    cell = keep.result + write.result
    squashed = rounded(tanh(cell), digits)
    hidden = product(o, squashed)
    return CellStep(tuple(gates), cell_before, keep, write, cell, squashed, hidden)


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
        gate_line(
            symbol,
            x,
            h_tm1,
            (weights.kernel[:, column], weights.recurrent[:, column], weights.bias[column]),
        )
        for symbol, column in zip(SYMBOLS, range(unit, 4 * units, units), strict=True)
    )
    step = cell_step(gates, rounded(c_tm1[unit]))
    shown = (*(line.value for line in gates), step.cell, step.hidden.result)
    true = (getattr(trace, quantity)[place, unit] for quantity in QUANTITIES)
    gap = max(abs(float(s) - float(t)) for s, t in zip(shown, true, strict=True))
    values = {field.name: getattr(step, field.name) for field in fields(CellStep)}
    return Arithmetic(**values, place=place, unit=unit, gap=gap)


def gate_line(
    symbol: str,
    x: Floats,
    h_tm1: Floats,
    weights: tuple[Floats, Floats, np.floating | float],
    digits: int = DIGITS,
) -> GateLine:
    """A gate computed from its inputs.

    Args:
        symbol: "i", "f", "g" or "o".
        x: The input, ``(E,)``.
        h_tm1: The hidden state of the step before, ``(D,)``.
        weights: The unit's column of kernel ``(E,)``, of recurrent kernel ``(D,)``, and its bias.
        digits: Decimals of every number.
    """
    kernel, recurrent, b = weights
    words, states = _products(x, kernel, digits), _products(h_tm1, recurrent, digits)
    nothing = rounded(0.0, digits)
    from_word = sum((p.result for p in words), nothing)
    from_state = sum((p.result for p in states), nothing)
    bias = rounded(b, digits)
    z = from_word + from_state + bias
    value = rounded(tanh(z) if symbol == "g" else logistic(float(z)), digits)
    return GateLine(symbol, value, GateSum(from_word, from_state, bias, z, words, states))


def rounded(value: float | np.floating | Decimal, digits: int = DIGITS) -> Decimal:
    """A number to the printed digits."""
    number = value if isinstance(value, Decimal) else Decimal(float(value))
    return number.quantize(Decimal(1).scaleb(-digits)) + 0  # + 0 turns -0 into 0


def product(left: Decimal, right: Decimal) -> Product:
    """The product of two printed numbers, in the decimals of the first."""
    return Product(left, right, rounded(left * right, -int(left.as_tuple().exponent)))


def printed(value: Decimal) -> str:
    """A number with all its decimals and a proper minus sign."""
    return f"{value:f}".replace("-", "−")


def _products(left: Floats, right: Floats, digits: int) -> tuple[Product, ...]:
    return tuple(
        product(rounded(a, digits), rounded(b, digits)) for a, b in zip(left, right, strict=True)
    )
