"""A recurrent layer over whole sequences: direction, masks and initial states as in Keras.

At a masked step the states keep their values. The layer's output there repeats the output of the
step before (zeros before the first unmasked one), or is zero with ``zero_output_for_mask``.

Symbols: N sequences, T steps, F numbers per step, D units.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lstm_core.errors import InputError
from lstm_core.recurrent.cells import Cell
from lstm_core.recurrent.weights import Floats

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class LayerRun:
    """What a layer computed, in the order in which it read the steps."""

    quantities: dict[str, Floats]  # the cell's quantities, ``(N, T, D)`` each
    output: Floats  # the layer's output after every step, ``(N, T, D)``
    states: tuple[Floats, ...]  # the last states, ``(N, D)`` each


def run_layer(
    cell: Cell,
    x: Floats,
    *,
    initial: Sequence[Floats] | None = None,
    mask: Mask | None = None,
    go_backwards: bool = False,
    zero_output_for_mask: bool = False,
) -> LayerRun:
    """Run a cell over sequences and keep everything.

    Args:
        x: ``(N, T, F)``.
        initial: The states before the first step, ``(N, D)`` each; zeros when left out.
        mask: ``(N, T)``, False where a step is masked.
        go_backwards: Read the last step first.
        zero_output_for_mask: Zero output at masked steps.

    Raises:
        InputError: When sequences, states or mask do not fit the cell or each other.
    """
    states = _checked(cell, x, initial, mask)
    order = slice(None, None, -1) if go_backwards else slice(None)
    fed = np.ascontiguousarray(cell.feed(x[:, order]).swapaxes(0, 1), np.float32)  # (T, N, kD)
    flags = None if mask is None or mask.all() else mask[:, order].T[:, :, None]  # (T, N, 1)
    steps, size = fed.shape[:2]
    kept = np.empty((len(cell.quantities), steps, size, cell.units), np.float32)
    for t in range(steps):
        values = cell.step(fed[t], states)
        for name, value in enumerate(values):
            kept[name, t] = value
        if flags is None:
            states = tuple(values[k] for k in cell.states)
            continue
        states = tuple(
            np.where(flags[t], values[k], before)
            for k, before in zip(cell.states, states, strict=True)
        )
        for k, state in zip(cell.states, states, strict=True):
            kept[k, t] = state
    by_sequence = np.ascontiguousarray(kept.swapaxes(1, 2))  # (Q, N, T, D)
    hidden = by_sequence[cell.states[0]]
    output = hidden if flags is None else _masked(hidden, flags[..., 0].T, zero_output_for_mask)
    quantities = dict(zip(cell.quantities, by_sequence, strict=True))
    return LayerRun(quantities, output, tuple(np.asarray(s, np.float32) for s in states))


def _masked(hidden: Floats, mask: Mask, zero: bool) -> Floats:
    """The output of a layer with a mask: zero where masked, or the last unmasked one."""
    if zero:
        return np.where(mask[:, :, None], hidden, np.float32(0))
    begun = np.logical_or.accumulate(mask, axis=1)[:, :, None]  # (N, T, 1)
    return np.where(begun, hidden, np.float32(0))


def _checked(
    cell: Cell, x: Floats, initial: Sequence[Floats] | None, mask: Mask | None
) -> tuple[Floats, ...]:
    """The initial states, when everything fits."""
    if x.ndim != 3 or x.shape[2] != cell.inputs:
        raise InputError(
            f"An array of the shape {x.shape} came in; this layer reads (sequences, steps, "
            f"{cell.inputs}). Let the layer before return its sequences."
        )
    if x.shape[1] == 0:
        raise InputError("Sequences without a step came in; give at least one step.")
    if mask is not None and mask.shape != x.shape[:2]:
        raise InputError(f"A mask of {mask.shape} does not fit sequences of {x.shape}.")
    shape = (len(x), cell.units)
    if initial is None:
        return tuple(np.zeros(shape, np.float32) for _ in cell.states)
    if len(initial) != len(cell.states) or any(np.shape(s) != shape for s in initial):
        shapes = ", ".join(str(np.shape(s)) for s in initial)
        raise InputError(
            f"Initial states of {shapes} came in; this layer needs {len(cell.states)} of {shape}."
        )
    return tuple(np.asarray(s, np.float32) for s in initial)
