"""Final states of many sequences that begin as one whose steps are known.

Symbols: N sequences, T steps, D units.
"""

import numpy as np

from lstm_core.recurrent.lstm import Floats, Ids, LstmForward, Steps, limit_blas_threads

GROUPS, FEWEST = 6, 256  # of sequences that begin alike, by how far; and sequences in a group


def final_states_beside(forward: LstmForward, ids: Ids, beside: Ids, steps: Steps) -> Floats:
    """`LstmForward.final_states` of sequences that begin as one does whose steps are known.

    What a sequence shares with that one is looked up instead of run: of small edits half.

    Args:
        ids: Word ids, ``(N, T)``.
        beside: Ids of the known sequence, ``(T,)``.
        steps: Its steps (of its quantities, `cell_state` and `hidden_state` are used).
    """
    ids = forward._checked(ids)
    differs = ids != beside  # (N, T)
    shared = np.where(differs.any(axis=1), differs.argmax(axis=1), forward.maxlen)  # (N,)
    final = np.empty((len(ids), forward.units), np.float32)  # (N, D)
    order = np.argsort(shared, kind="stable")
    limit_blas_threads()
    for rows in np.array_split(order, min(GROUPS, max(len(order) // FEWEST, 1))):
        if not len(rows):
            continue
        first = int(shared[rows[0]])
        before = None
        if first:
            before = (steps.cell_state[first - 1], steps.hidden_state[first - 1])
        final[rows] = forward._final_block(ids[rows], first, before)
    return final
