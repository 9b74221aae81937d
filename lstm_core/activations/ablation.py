"""Unit ablation: the drop in accuracy when a unit's output is zeroed.

A unit is ablated by its output gate held at 0 (`lstm_core.analysis.interventions`), so that it
reaches neither the other units nor the output layer (`LstmForward.without_unit` does it for many
reviews at once).

Symbols: M reviews, D units.
"""

import numpy as np

from lstm_core.activations.schema import NO_LABEL, AblationResult, Doubles
from lstm_core.progress import Progress, ProgressCallback
from lstm_core.recurrent.lstm import Floats, Ids, LstmForward

Z = 1.959963984540054  # of a two-sided 95 % interval


def measure_ablation(
    forward: LstmForward,
    ids: Ids,
    labels: np.ndarray,
    logits: Floats,
    progress: ProgressCallback,
) -> AblationResult:
    """Read reviews once for every unit with that unit ablated.

    Args:
        ids: Encodings, ``(M, T)``.
        labels: 1, 0, or -1 for unknown, ``(M,)``; those alone count for the accuracy.
        logits: What the whole model says to them, ``(M,)``.
        progress: Told after each unit.
    """
    units = forward.units
    lost, turned, moved = np.full((3, units), np.nan), np.zeros(units), np.zeros(units)
    for unit in range(units):
        progress(Progress("ablating one unit after the other", unit, units))
        silent = forward.ablate_unit(unit)
        said = silent.logits(silent.final_states(ids))  # (M,)
        lost[:, unit] = accuracy_drop(labels, logits >= 0, said >= 0)
        turned[unit] = np.mean((said >= 0) != (logits >= 0)) if len(said) else 0.0
        moved[unit] = np.abs(said - logits).mean() if len(said) else 0.0
    progress(Progress("ablating one unit after the other", units, units))
    return AblationResult(lost, turned, moved)


def accuracy_drop(labels: np.ndarray, before: np.ndarray, after: np.ndarray) -> Doubles:
    """Accuracy before minus after on the same reviews, with a normal 95 % interval of the pairs.

    Args:
        labels: 1, 0, or -1 for unknown, ``(M,)``.
        before: Predicted positive, ``(M,)``.
        after: Predicted positive with the unit ablated, ``(M,)``.

    Returns:
        Value, low end, high end; nan without a label.
    """
    known = labels != NO_LABEL
    count = int(known.sum())
    if not count:
        return np.full(3, np.nan)
    truth = labels[known] == 1
    pairs = (before[known] == truth).astype(np.float64) - (after[known] == truth)  # -1, 0 or 1
    half = Z * pairs.std() / np.sqrt(count)
    return np.array([pairs.mean(), pairs.mean() - half, pairs.mean() + half])
