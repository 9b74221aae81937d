"""Reading a block of reviews with everything kept: bytes for the index, exact sums beside them.

Symbols: B reviews of a block, P words in them, T places, D units.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lstm_core.activations.schema import (
    GATE_STEP,
    GATES,
    HIGH,
    KEPT,
    LOW,
    STATE_STEP,
    Aggregates,
    Counts,
    Doubles,
)
from lstm_core.recurrent.batch import StepState
from lstm_core.recurrent.lstm import Floats, Ids, LstmForward
from lstm_core.text import PAD, START

Bytes = npt.NDArray[np.uint8] | npt.NDArray[np.int8]
Mask = npt.NDArray[np.bool_]

BLOCK = 500  # reviews: their arrays stay near the processor


class WordChanges(NamedTuple):
    """``h_t - h_{t-1}`` summed over the places of each word of a block."""

    words: Ids  # the ids that occur, ``(U,)``
    counts: Counts  # how often, ``(U,)``
    sums: Doubles  # sum, ``(U, D)``
    squares: Doubles  # sum of squares, ``(U, D)``


@dataclass(frozen=True, eq=False)
class ActivationBatch:
    """What was kept of a block of reviews.

    Attributes:
        ids: The words read, review after review, int32 ``(P,)``.
        lengths: Words of each review, ``(B,)``.
        kept: Bytes by quantity, ``(D, P)`` each, see `record.KEPT`.
        final: Last hidden states, ``(B, D)``.
        changes: How far each word moved the hidden state.
        low: Gates under 0.1 at words, ``(3, D)``, or a row for each gate that the cell has.
        high: Gates over 0.9 at words.
        zero_low: Gates under 0.1 at padding; 0 where padding is counted by `add_padding`.
        zero_high: Gates over 0.9 at padding; the same.
        zeros: Places of padding counted there.
    """

    ids: Ids
    lengths: Counts
    kept: dict[str, Bytes]
    final: Floats
    changes: WordChanges
    low: Counts
    high: Counts
    zero_low: Counts | int = 0
    zero_high: Counts | int = 0
    zeros: int = 0


def collect_block(forward: LstmForward, ids: Ids) -> ActivationBatch:
    """Read reviews side by side and keep every quantity at every word.

    Args:
        ids: Encodings, ``(B, T)``; zeros, start, words.
    """
    size, places, d = len(ids), forward.maxlen, forward.units
    words = (ids != PAD) & (ids != START)  # (B, T)
    room = {
        name: np.zeros((places, size, d), kind)  # (T, B, D)
        for name, kind in KEPT.items()
    }
    change = np.zeros((places, size, d), np.float32)  # (T, B, D), h_t - h_{t-1}
    low, high = np.zeros((3, d), np.int64), np.zeros((3, d), np.int64)
    hidden = np.zeros((size, d), np.float32)
    for moment in forward.moments(ids):
        at, here = moment.step, words[:, moment.step]  # (B,)
        _keep(moment, {name: array[at] for name, array in room.items()})
        np.subtract(moment.hidden, hidden, out=change[at])
        hidden[:] = moment.hidden
        few, many = count_saturated(moment.gates, here)
        low += few
        high += many
    flat = words.T  # (T, B)
    return ActivationBatch(
        ids=ids[words],
        lengths=words.sum(axis=1),
        kept={name: array.transpose(2, 1, 0)[:, words] for name, array in room.items()},
        final=hidden,
        changes=changes_by_word(ids.T[flat], change[flat]),
        low=low,
        high=high,
    )


def accumulate(sums: Aggregates, block: ActivationBatch, word_ids: Ids | None = None) -> None:
    """Add a block's sums to those of the corpus.

    Args:
        sums: Are added to.
        word_ids: The id of each row of the sums over words, ascending; None for all ids.
    """
    words, counts, moved, squares = block.changes
    rows = words if word_ids is None else np.searchsorted(word_ids, words)
    sums.word_count[rows] += counts
    sums.word_sum[rows] += moved
    sums.word_square[rows] += squares
    sums.low += block.low
    sums.high += block.high
    sums.zero_low += block.zero_low
    sums.zero_high += block.zero_high


def add_padding(sums: Aggregates, forward: LstmForward, lengths: Counts) -> int:
    """Add the gates at the zeros in front: the same in every review, so they are run once.

    Args:
        sums: Are added to.
        lengths: Words of each review, ``(N,)``; before them stand the start and the zeros.

    Returns:
        The number of zeros in all reviews.
    """
    zeros = np.maximum(forward.maxlen - 1 - lengths, 0)  # (N,)
    steps = forward.steps(np.zeros(forward.maxlen, np.int32))
    having = (zeros[:, None] > np.arange(forward.maxlen)).sum(axis=0)  # (T,), reviews with so many
    for row, name in enumerate(GATES):
        gate = getattr(steps, name)  # (T, D)
        sums.zero_low[row] += having @ (gate < LOW)
        sums.zero_high[row] += having @ (gate > HIGH)
    return int(zeros.sum())


def _keep(moment: StepState, room: dict[str, Bytes]) -> None:
    """Round one step into its bytes, ``(B, D)`` each."""
    for name, gate in zip(GATES, moment.gates, strict=True):
        room[name][:] = gate * np.float32(GATE_STEP) + np.float32(0.5)
    states = ("candidate", moment.candidate), ("memory", moment.memory)
    for name, state in (*states, ("hidden_state", moment.hidden)):
        room[name][:] = np.rint(state * np.float32(STATE_STEP))


def count_saturated(gates: Floats, here: Mask) -> tuple[Counts, Counts]:
    """How often each gate ``(G, ..., D)`` is under 0.1 and over 0.9 at some places: ``(G, D)``."""
    values = gates[:, here]  # (G, places, D)
    return np.count_nonzero(values < LOW, axis=1), np.count_nonzero(values > HIGH, axis=1)


def changes_by_word(ids: Ids, change: Floats) -> WordChanges:
    """The changes ``(P, D)`` at words ``(P,)``, by word."""
    if not len(ids):
        empty = np.empty((0, change.shape[1]))
        return WordChanges(np.empty(0, np.int32), np.empty(0, np.int64), empty, empty)
    order = np.argsort(ids, kind="stable")
    ranked, exact = ids[order], change[order].astype(np.float64)  # (P,), (P, D)
    starts = np.flatnonzero(np.diff(ranked, prepend=ranked[0] - 1))  # (U,)
    counts = np.diff(starts, append=len(ranked))
    moved = np.add.reduceat(exact, starts, axis=0)
    squares = np.add.reduceat(exact * exact, starts, axis=0)
    return WordChanges(ranked[starts], counts, moved, squares)
