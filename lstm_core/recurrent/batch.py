"""Many sequences side by side: the LSTM's steps on arrays of a whole batch, in NumPy.

Such a batch is bound by arithmetic and memory, not by the calls: each of i, f, o and g is
contiguous, and all are 1 / (1 + exp(-z)); tanh(z) = 2 sigmoid(2z) - 1 is faster than NumPy's tanh.

Symbols: B sequences, S steps, V word ids, D units.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lstm_core.recurrent.functions import logistic_in_place
from lstm_core.recurrent.weights import Floats

Ids = npt.NDArray[np.int32]
States = tuple[Floats, Floats]  # a cell and a hidden state, (D,) each

ORDER = (0, 1, 3, 2)  # Keras packs i, f, g, o; here they are i, f, o, g
LARGEST = np.float32(40)  # of -2z: tanh(20) is 1 in single precision


class StepState(NamedTuple):
    """One step of many sequences: arrays that the next step overwrites, so copy what you keep.

    Attributes:
        step: The step, from 0.
        gates: i, f and o, ``(3, B, D)``.
        candidate: g, ``(B, D)``.
        cells: Cell states, ``(B, D)``.
        memory: ``tanh(c)``, ``(B, D)``.
        hidden: Hidden states, ``(B, D)``.
    """

    step: int
    gates: Floats
    candidate: Floats
    cells: Floats
    memory: Floats
    hidden: Floats


def split(halved: Floats) -> Floats:
    """Columns of i, f, g and o, ``(R, 4D)``, as -z of i, f and o and -2z of g, ``(4, R, D)``.

    Args:
        halved: Columns of z / 2 of the three gates and of z of g.
    """
    parts = np.split(halved, 4, axis=1)
    return np.stack([parts[k] for k in ORDER]) * np.float32(-2)


def run_batch(
    ids: Ids, table: Floats, recurrent: Floats, before: States, first: int = 0
) -> Iterator[StepState]:
    """Every quantity of every step.

    Args:
        ids: Word ids of the steps, ``(B, S)``.
        table: What each word adds before activation, from `split`, ``(4, V, D)``.
        recurrent: Recurrent weights, from `split`, ``(4, D, D)``.
        before: The states that all sequences have before.
        first: Number of the first step.
    """
    c, h = (np.repeat(state[None], len(ids), axis=0) for state in before)  # (B, D)
    work, memory = np.empty_like(h), np.empty_like(h)
    for step, z in enumerate(_before_activation(ids, table, recurrent, h), start=first):
        i, f, o, g = z
        logistic_in_place(z)
        _tanh_of_logistic(g)
        np.multiply(c, f, out=c)
        np.multiply(i, g, out=work)
        np.add(c, work, out=c)
        np.multiply(c, np.float32(-2), out=memory)
        logistic_in_place(memory)
        _tanh_of_logistic(memory)
        np.multiply(o, memory, out=h)
        yield StepState(step, z[:3], g, c, memory, h)


def last_hidden(ids: Ids, table: Floats, recurrent: Floats, before: States) -> Floats:
    """Last hidden states ``(B, D)``, in fewer passes over memory; arguments as for `run_batch`.

    With a = exp(-z_i) and b = exp(-2 z_g), i * g is (1 - b) / ((1 + a) (1 + b)), which is no number
    only where b is infinite; o * tanh(c) likewise.
    """
    c, h = (np.repeat(state[None], len(ids), axis=0) for state in before)  # (B, D)
    one, part = np.float32(1), np.empty_like(h)
    with np.errstate(over="ignore"):
        for z in _before_activation(ids, table, recurrent, h):
            a, f, o, b = z
            np.minimum(b, LARGEST, out=b)
            np.exp(z, out=z)
            np.subtract(one, b, out=part)
            np.add(z, one, out=z)
            np.multiply(a, b, out=a)
            np.divide(part, a, out=part)  # i * g
            np.divide(c, f, out=c)
            np.add(c, part, out=c)
            np.multiply(c, np.float32(-2), out=part)
            np.minimum(part, LARGEST, out=part)
            np.exp(part, out=part)
            np.add(part, one, out=b)
            np.subtract(one, part, out=part)
            np.multiply(o, b, out=o)
            np.divide(part, o, out=h)
    return h


def _before_activation(ids: Ids, table: Floats, recurrent: Floats, h: Floats) -> Iterator[Floats]:
    """For every step -z of i, f and o and -2z of g, ``(4, B, D)``: one array, refilled.

    Args:
        h: Hidden states before the step, ``(B, D)``; the caller brings them up to date.
    """
    x = np.empty((4, *h.shape), np.float32)  # (4, B, D)
    z = np.empty_like(x)
    rows = table.reshape(-1, h.shape[1])  # (4V, D)
    first = np.arange(4)[:, None] * table.shape[1]  # (4, 1): where each block's rows begin
    for step_ids in np.ascontiguousarray(ids.T):
        np.take(rows, first + step_ids, axis=0, out=x, mode="clip")
        np.matmul(h, recurrent, out=z)
        np.add(z, x, out=z)
        yield z


def _tanh_of_logistic(values: Floats) -> None:
    """tanh(z) of an array that holds sigmoid(2z), in place."""
    np.multiply(values, np.float32(2), out=values)
    np.subtract(values, np.float32(1), out=values)
