"""What Keras itself computes for a recurrent layer: its outputs, and its cell stepped by hand.

Imports TensorFlow.
"""

from typing import Any

import keras
import numpy as np

from lstm_core.recurrent.layer_trace import AnyTrace, BidirectionalTrace, LayerTrace

Array = np.ndarray[Any, Any]


def stepped(
    layer: Any, x: Array, initial: list[Array] | None, mask: Array | None
) -> dict[str, Array]:
    """The quantities of a Keras layer by its cell, step by step, in the order of reading.

    The states come from calling the cell, the gates from its own weights and activation functions.
    """
    cell, units = layer.cell, layer.cell.units
    count = 2 if hasattr(cell, "unit_forget_bias") else 1
    states = initial or [np.zeros((len(x), units), np.float32) for _ in range(count)]
    order = range(x.shape[1])[:: -1 if layer.go_backwards else 1]
    found: dict[str, list[Array]] = {}
    for t in order:
        for name, value in gates(cell, x[:, t], states[0]).items():
            found.setdefault(name, []).append(value)
        _, after = cell(x[:, t], [keras.ops.convert_to_tensor(s) for s in states])
        after = [np.asarray(s) for s in (after if isinstance(after, list | tuple) else [after])]
        if mask is not None:
            after = [np.where(mask[:, t, None], a, s) for a, s in zip(after, states, strict=True)]
        states = after
        found.setdefault("hidden_state", []).append(states[0])
        if count == 2:
            found.setdefault("cell_state", []).append(states[1])
    return {name: np.stack(values, axis=1) for name, values in found.items()}


def gates(cell: Any, x: Array, h: Array) -> dict[str, Array]:
    """Gates and candidate of one step, from the cell's weights and functions."""
    w, u = np.asarray(cell.kernel), np.asarray(cell.recurrent_kernel)
    b = np.asarray(cell.bias) if cell.use_bias else None
    function = lambda z: np.asarray(cell.activation(keras.ops.convert_to_tensor(z)))  # noqa: E731
    if not hasattr(cell, "recurrent_activation"):
        return {}
    gate = lambda z: np.asarray(  # noqa: E731
        cell.recurrent_activation(keras.ops.convert_to_tensor(z))
    )
    if not hasattr(cell, "reset_after"):
        z = x @ w + h @ u + (0 if b is None else b)
        i, f, g, o = np.split(z, 4, axis=1)
        return {
            "input_gate": gate(i),
            "forget_gate": gate(f),
            "candidate": function(g),
            "output_gate": gate(o),
        }
    d, given = cell.units, (b[0] if cell.reset_after else b) if b is not None else 0
    fed = x @ w + given
    inner = h @ u + (b[1] if b is not None and cell.reset_after else 0)
    z, r = (gate(fed[:, k : k + d] + inner[:, k : k + d]) for k in (0, d))
    last = r * inner[:, 2 * d :] if cell.reset_after else (r * h) @ u[:, 2 * d :]
    return {"update_gate": z, "reset_gate": r, "candidate": function(fed[:, 2 * d :] + last)}


def difference(
    trace: AnyTrace, layer: Any, x: Array, mask: Array | None = None, **options: Any
) -> float:
    """The largest difference between a trace and the stepped cells of a layer, x its input."""
    if isinstance(trace, BidirectionalTrace):
        initial = options.get("initial")
        half = len(initial) // 2 if initial else 0
        first = difference(
            trace.forward, layer.forward_layer, x, mask, initial=initial and initial[:half]
        )
        backward = stepped(layer.backward_layer, x, initial and initial[half:], mask)
        turned = {name: array[:, ::-1] for name, array in backward.items()}
        return max(first, _largest(trace.backward, turned))
    return _largest(trace, stepped(layer, x, options.get("initial"), mask))


def _largest(trace: LayerTrace, wanted: dict[str, Array]) -> float:
    found = trace.arrays()
    assert set(found) == set(wanted)
    assert all(array.dtype == np.float32 for array in found.values())
    return max(
        float(np.abs(found[n] - wanted[n]).max() / max(1.0, np.abs(wanted[n]).max())) for n in found
    )
