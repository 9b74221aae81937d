"""The LSTM's forward pass in NumPy: every quantity of every step, or only the last state, fast.

Hochreiter & Schmidhuber 1997 with the forget gate of Gers et al. 2000, as Keras computes it:

    z_t = x_t W + h_{t-1} U + b                       split into z_i, z_f, z_g, z_o
    i_t, f_t, o_t = sigmoid(z_i), sigmoid(z_f), sigmoid(z_o);   g_t = tanh(z_g)
    c_t = f_t * c_{t-1} + i_t * g_t;   h_t = o_t * tanh(c_t)
    logit = h_T v + d

Symbols: N reviews, T steps (maxlen), V word ids (num_words), E embedding size, D units.

Three savings keep it equal to Keras within rounding and make it faster: `embedding @ W + b` is one
table made once, (V, 4D); since sigmoid(z) = (1 + tanh(z / 2)) / 2, halving the three gates' columns
beforehand leaves a single tanh for all four; and the state after n zeros of padding is a constant
of the model, so padding is looked up instead of run.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from os import cpu_count
from threading import Lock

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from lstm_core.errors import InputError
from lstm_core.recurrent.batch import States, StepState, last_hidden, run_batch, split
from lstm_core.recurrent.functions import sigmoid as sigmoid
from lstm_core.recurrent.weights import Floats as Floats
from lstm_core.recurrent.weights import LstmWeights as LstmWeights
from lstm_core.text import PAD

Ids = npt.NDArray[np.int32]
GateChange = Callable[[int, Floats], None]  # place, its gates (4D,) to be changed in place

QUANTITIES = (
    "input_gate",
    "forget_gate",
    "candidate",
    "output_gate",
    "cell_state",
    "hidden_state",
)
# Reviews a block: large enough that Python's lock costs little, small for the cache.
FEWEST, MOST = 640, 2048


@dataclass(frozen=True)
class Steps:
    """All six quantities of one sequence, float32 ``(T, D)`` each, in Keras' packing order."""

    input_gate: Floats
    forget_gate: Floats
    candidate: Floats
    output_gate: Floats
    cell_state: Floats
    hidden_state: Floats


_blas_limits: list[object] = []
_limiting = Lock()


def limit_blas_threads() -> None:
    """Limit BLAS to one thread, once and for the whole process.

    Our blocks run in parallel already, and on a busy machine BLAS threads wait for each other at
    every step: 20 ms where the product itself takes 0.1. A limit around each call would be left
    over by interleaved calls.
    """
    with _limiting:
        if not _blas_limits:
            _blas_limits.append(threadpool_limits(limits=1, user_api="blas"))


class LstmForward:
    """The forward pass of one set of weights, with what can be computed beforehand.

    Args:
        maxlen: T, the number of steps of a sequence.
    """

    def __init__(self, weights: LstmWeights, maxlen: int) -> None:
        units = weights.lstm_dim
        self.weights = weights
        self.maxlen = maxlen
        self.units = units
        half = np.full(4 * units, 0.5, np.float32)  # (4D,)
        half[2 * units : 3 * units] = 1.0
        table = weights.embedding @ weights.kernel + weights.bias  # (V, 4D)
        self._table = np.ascontiguousarray(table * half)  # (V, 4D)
        self._recurrent = np.ascontiguousarray(weights.recurrent * half)  # (D, 4D)
        self._scale = half  # gate = tanh * 0.5 + 0.5, candidate = tanh * 1 + 0
        self._shift = 1 - half

    def steps(self, ids: Ids, change: GateChange | None = None) -> Steps:
        """The six quantities of every step of one sequence.

        Args:
            ids: Word ids, ``(T,)``.
            change: Called at every place, in order, with the place and its i, f, g, o ``(4D,)``
                before they are used; it may change them in place (see
                `lstm_core.analysis.interventions`).
        """
        ids = self._checked(ids[None])[0]
        pads = int(np.argmax(ids != PAD)) if ids.any() else self.maxlen
        gates = np.empty((self.maxlen, 4 * self.units), np.float32)  # (T, 4D)
        cells, hidden = self._empty_states()
        if change is not None:
            self._run(self._table[ids], gates, cells, hidden, change)
            return self._as_steps(gates, cells, hidden)
        if pads:
            known_gates, known_cells, known_hidden = self._padding
            gates[:pads], cells[: pads + 1] = known_gates[:pads], known_cells[: pads + 1]
            hidden[: pads + 1] = known_hidden[: pads + 1]
        self._run(self._table[ids[pads:]], gates[pads:], cells[pads:], hidden[pads:])
        return self._as_steps(gates, cells, hidden)

    def final_states(self, ids: Ids) -> Floats:
        """The last hidden state of each of many sequences, ``(N, D)``, on all cores.

        Their number decides on the blocks, and so on the last bits (below 1e-6).

        Args:
            ids: Word ids, ``(N, T)``.
        """
        ids = self._checked(ids)
        if not len(ids):
            return np.empty((0, self.units), np.float32)
        filled = ids != PAD  # (N, T)
        pads = np.where(filled.any(axis=1), filled.argmax(axis=1), self.maxlen)  # (N,)
        order = np.argsort(pads, kind="stable")
        final = np.empty((len(ids), self.units), np.float32)  # (N, D)

        def run_block(rows: npt.NDArray[np.intp]) -> None:
            final[rows] = self._final_block(ids[rows], int(pads[rows[0]]))

        cores, count = cpu_count() or 1, len(order)
        evenly = cores * -(-count // (cores * MOST))  # as many for each core
        blocks = np.array_split(order, max(1, min(evenly, count // FEWEST)))
        limit_blas_threads()
        if len(blocks) == 1:
            run_block(blocks[0])
        else:
            with ThreadPoolExecutor(cores) as pool:
                list(pool.map(run_block, blocks))
        return final

    def logits(self, hidden: Floats) -> Floats:
        """The logit each hidden state would give, ``(..., D)`` -> ``(...)``."""
        return hidden @ self.weights.dense_kernel + np.float32(self.weights.dense_bias)

    def ablate_unit(self, unit: int) -> "LstmForward":
        """The same model with one unit ablated: its output reaches no other unit and no output.

        As with an output gate held at 0 (`lstm_core.analysis.interventions`). The tables of words
        are shared.
        """
        recurrent, dense = self.weights.recurrent.copy(), self.weights.dense_kernel.copy()
        recurrent[unit], dense[unit] = 0, 0
        silent = copy(self)
        silent.__dict__.pop("_padding", None)
        silent.weights = replace(self.weights, recurrent=recurrent, dense_kernel=dense)
        silent._recurrent = self._recurrent.copy()
        silent._recurrent[unit] = 0
        return silent

    @cached_property
    def _split_table(self) -> Floats:
        """The table for many sequences at once, see `batch.split`, ``(4, V, D)``."""
        return split(self._table)

    @cached_property
    def _padding(self) -> tuple[Floats, Floats, Floats]:
        """Gates ``(T, 4D)`` and states ``(T + 1, D)`` of a sequence of zeros."""
        gates = np.empty((self.maxlen, 4 * self.units), np.float32)
        cells, hidden = self._empty_states()
        inputs = np.broadcast_to(self._table[PAD], gates.shape)  # (T, 4D)
        self._run(inputs, gates, cells, hidden)
        return gates, cells, hidden

    def _empty_states(self) -> tuple[Floats, Floats]:
        """Room for the states before and after every step, the first one zero."""
        shape = (self.maxlen + 1, self.units)
        cells, hidden = np.empty(shape, np.float32), np.empty(shape, np.float32)
        cells[0] = hidden[0] = 0
        return cells, hidden

    def _run(
        self,
        inputs: Floats,
        gates: Floats,
        cells: Floats,
        hidden: Floats,
        change: GateChange | None = None,
    ) -> None:
        """Fill gates ``(S, 4D)`` and states ``(S + 1, D)``, the first row of which is given."""
        d = self.units
        recurrent, scale, shift = self._recurrent, self._scale, self._shift
        dot, add, multiply, tanh = np.dot, np.add, np.multiply, np.tanh
        blocks = (gates[:, k * d : (k + 1) * d] for k in range(4))  # i, f, g, o: (S, D) each
        c_tm1, h_tm1, work = cells[0], hidden[0], np.empty(d, np.float32)
        for place, (x, z, i, f, g, o, c, h) in enumerate(
            zip(inputs, gates, *blocks, cells[1:], hidden[1:], strict=True)
        ):
            dot(h_tm1, recurrent, z)  # (4D,)
            add(z, x, z)
            tanh(z, z)
            multiply(z, scale, z)
            add(z, shift, z)
            if change is not None:
                change(place, z)
            multiply(i, g, work)
            multiply(f, c_tm1, c)
            add(c, work, c)
            tanh(c, work)
            multiply(o, work, h)
            c_tm1, h_tm1 = c, h

    def moments(self, ids: Ids) -> Iterator[StepState]:
        """Run many sequences side by side, step by step, and show every quantity of each step.

        Args:
            ids: Word ids, ``(B, T)``; a few thousand at most, they are all in work at once.

        Yields:
            Every step after the zeros that all of them have in front.
        """
        ids = self._checked(ids)
        filled = (ids != PAD).any(axis=0)  # (T,)
        pads = int(filled.argmax()) if filled.any() else self.maxlen
        yield from self._moments(ids, pads)

    def _final_block(self, ids: Ids, pads: int, before: States | None = None) -> Floats:
        """Last hidden states ``(B, D)``; arguments as for `_moments`."""
        return last_hidden(
            ids[:, pads:], self._split_table, self._split_recurrent, before or self._after(pads)
        )

    def _moments(self, ids: Ids, pads: int, before: States | None = None) -> Iterator[StepState]:
        """The steps after `pads` zeros that all sequences have in front.

        With `before`, the cell and hidden state ``(D,)`` that all have after `pads` steps of
        whatever words.
        """
        before = before or self._after(pads)
        yield from run_batch(ids[:, pads:], self._split_table, self._split_recurrent, before, pads)

    @property
    def _split_recurrent(self) -> Floats:
        """The recurrent weights likewise, ``(4, D, D)``."""
        return split(self._recurrent)

    def _after(self, pads: int) -> States:
        """Cell and hidden state ``(D,)`` after that many zeros."""
        _, cells, hidden = self._padding
        return cells[pads], hidden[pads]

    def _as_steps(self, gates: Floats, cells: Floats, hidden: Floats) -> Steps:
        i, f, g, o = (gates[:, k * self.units : (k + 1) * self.units] for k in range(4))
        return Steps(i, f, g, o, cells[1:], hidden[1:])

    def _checked(self, ids: Ids) -> Ids:
        if ids.ndim != 2 or ids.shape[1] != self.maxlen or ids.dtype.kind not in "iu":
            raise InputError(
                f"Word ids of shape {ids.shape} and type {ids.dtype} came in; integers of the "
                f"shape (reviews, {self.maxlen}) are read. Encode texts with the model's encoder."
            )
        if ids.size and (ids.min() < 0 or ids.max() >= self.weights.num_words):
            raise InputError(
                f"Word ids from {ids.min()} to {ids.max()} came in; this model knows 0 to "
                f"{self.weights.num_words - 1}. Encode texts with the model's own encoder."
            )
        return ids
