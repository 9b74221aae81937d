"""Interventions: clamp gates to chosen values while the LSTM reads.

Ablating a unit is its output gate at 0: it reaches neither the other units nor the output.
Freezing the state after a place is the forget gate at 1, the input gate at 0 and the output gate
held at its value there: then ``c_t = 1 * c_{t-1} + 0 * g_t`` and ``h_t = o * tanh(c)`` repeat
themselves exactly.

Symbols: T steps, D units; gates lie in the order i, f, g, o.
"""

from dataclasses import dataclass

import numpy as np

from lstm_core.errors import InputError
from lstm_core.recurrent.lstm import Floats, GateChange, LstmForward
from lstm_core.recurrent.trace import Trace, as_trace
from lstm_core.text import Encoding

BLOCKS = {"input_gate": 0, "forget_gate": 1, "output_gate": 3}  # block of each gate in i, f, g, o


@dataclass(frozen=True, slots=True)
class Clamp:
    """One gate held at a value."""

    gate: str  # "input_gate", "forget_gate" or "output_gate"
    value: float  # from 0 (closed) to 1 (open)
    unit: int | None = None  # the unit, None for all
    first: int = 0  # first place it holds at
    last: int | None = None  # last place it holds at, None for the end


@dataclass(frozen=True, slots=True)
class Clamps:
    """All interventions of one forward pass.

    Attributes:
        gates: The clamped gates; of two that meet, the later one holds.
        silenced: Ablated units.
        freeze_after: Place after which cell and hidden state stay as they are, None for never.
    """

    gates: tuple[Clamp, ...] = ()
    silenced: tuple[int, ...] = ()
    freeze_after: int | None = None

    def __bool__(self) -> bool:
        return bool(self.gates or self.silenced) or self.freeze_after is not None


def clamped_trace(forward: LstmForward, encoding: Encoding, clamps: Clamps) -> Trace:
    """The trace of a review while gates are forced.

    Args:
        encoding: The review, T places.
        clamps: What to force; without any the trace is bit for bit the true one.

    Returns:
        A trace with the forced gates in it and everything that follows from them.

    Raises:
        InputError: For a gate, value, unit or place that does not exist.
    """
    change = gate_change(clamps, forward.maxlen, forward.units) if clamps else None
    return as_trace(forward, encoding, forward.steps(encoding.ids, change))


def gate_change(clamps: Clamps, maxlen: int, units: int) -> GateChange:
    """The function that `LstmForward.steps` calls at every place to force the gates."""
    values = np.full((maxlen, 4 * units), np.nan, np.float32)  # (T, 4D), nan: as computed
    for clamp in clamps.gates:
        first, last = _checked_places(clamp, maxlen)
        values[first : last + 1, _columns(clamp, units)] = clamp.value
    for unit in clamps.silenced:
        values[:, _columns(Clamp("output_gate", 0.0, unit), units)] = 0
    frozen = clamps.freeze_after
    if frozen is not None:
        if not 0 <= frozen < maxlen:
            raise InputError(f"Place {frozen} came in to freeze after; give 0 to {maxlen - 1}.")
        values[frozen + 1 :, :units] = 0
        values[frozen + 1 :, units : 2 * units] = 1
    forced = ~np.isnan(values)  # (T, 4D)
    held = np.empty(units, np.float32)  # (D,), the output gate where the state was frozen

    def change(place: int, gates: Floats) -> None:
        np.copyto(gates, values[place], where=forced[place])
        if place == frozen:
            held[:] = gates[3 * units :]
        elif frozen is not None and place > frozen:
            gates[3 * units :] = held

    return change


def _checked_places(clamp: Clamp, maxlen: int) -> tuple[int, int]:
    last = maxlen - 1 if clamp.last is None else clamp.last
    if not 0 <= clamp.first <= last < maxlen:
        raise InputError(
            f"A clamp from place {clamp.first} to {last} came in; places go from 0 to {maxlen - 1}."
        )
    return clamp.first, last


def _columns(clamp: Clamp, units: int) -> slice:
    """Columns of a clamp in the gates (4D,), after checking it."""
    if clamp.gate not in BLOCKS:
        raise InputError(f"There is no gate {clamp.gate!r}; choose one of {', '.join(BLOCKS)}.")
    if not 0 <= clamp.value <= 1:
        raise InputError(f"A gate lies between 0 and 1; {clamp.value} came in.")
    start = BLOCKS[clamp.gate] * units
    if clamp.unit is None:
        return slice(start, start + units)
    if not 0 <= clamp.unit < units:
        raise InputError(f"There is no unit {clamp.unit}; this model has 0 to {units - 1}.")
    return slice(start + clamp.unit, start + clamp.unit + 1)
