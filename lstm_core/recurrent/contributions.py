"""What each place of a review added to the final logit. Every method's parts sum to it exactly.

Symbols: T steps, D units, v the output weights, h_t and c_t the states, f, i, g, o the gates.
"""

import numpy as np

from lstm_core.recurrent.lstm import Floats, Steps


def running_difference(steps: Steps, output_weights: Floats) -> Floats:
    """How far each step moved the running logit, ``v . (h_t - h_{t-1})``: float32 ``(T,)``.

    The sum is ``v . h_T``.

    Args:
        steps: The six quantities, ``(T, D)`` each.
        output_weights: v, ``(D,)``.
    """
    logits = steps.hidden_state.astype(np.float64) @ output_weights  # (T,)
    return np.diff(logits, prepend=0.0).astype(np.float32)


def survival(steps: Steps) -> Floats:
    """Share of what each step wrote that all later forget gates let through: ``prod_{s>t} f_s``.

    Returns:
        Float32 ``(T, D)``, the last row ones.
    """
    later = np.ones_like(steps.forget_gate)
    later[:-1] = np.cumprod(steps.forget_gate[:0:-1], axis=0)[::-1]
    return later


def memory_ledger(steps: Steps) -> Floats:
    """What each step wrote and is still there at the end: ``i_t g_t prod_{s>t} f_s``.

    Returns:
        Float32 ``(T, D)``; the sum over the steps is the final cell state ``c_T``.
    """
    return steps.input_gate * steps.candidate * survival(steps)


def ledger_contributions(steps: Steps, output_weights: Floats) -> Floats:
    """The final logit shared out by the memory ledger.

    The last step turns the memory c_T of a unit into ``v o_T tanh(c_T)``. Each step gets the part
    of it that its surviving write has in c_T: ``tanh(c_T) = (tanh(c_T) / c_T) * sum of writes``.

    Returns:
        Float32 ``(T,)``; the sum is ``v . h_T``.
    """
    memory = steps.cell_state[-1].astype(np.float64)  # (D,)
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = np.where(np.abs(memory) > 1e-6, np.tanh(memory) / memory, 1.0)  # (D,)
    price = output_weights * steps.output_gate[-1] * slope  # (D,)
    return (memory_ledger(steps).astype(np.float64) @ price).astype(np.float32)
