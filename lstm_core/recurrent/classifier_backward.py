"""Gradients of a classifier's logit: by every hidden state and by every word vector.

Back-propagation through time (Werbos 1990) of the cells in `lstm_core.recurrent.cells`, for one
sequence. A gradient by h_t counts every path from h_t to the logit: through the later steps, the
layers above, pooling and dense layers.

Symbols: T steps in the order in which a direction reads them, F numbers per step, D units.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lstm_core.recurrent.cells import Cell, GruCell, LstmCell
from lstm_core.recurrent.classifier import Classifier
from lstm_core.recurrent.functions import UnsupportedError
from lstm_core.recurrent.layer_trace import AnyTrace, BidirectionalTrace, LayerTrace
from lstm_core.recurrent.layers import Mask
from lstm_core.recurrent.lstm import Ids
from lstm_core.recurrent.network import LayerSpec, Tensor
from lstm_core.recurrent.recurrent_layers import cells_of, make_cell, run_recurrent
from lstm_core.recurrent.weights import Floats

Slope = Callable[[Floats], Floats]

# Derivatives of activations, by what the activation returned.
SLOPES: Mapping[str, Slope] = {
    "linear": np.ones_like,
    "relu": lambda y: (y > 0).astype(np.float32),
    "sigmoid": lambda y: y * (1 - y),
    "tanh": lambda y: 1 - y * y,
}


@dataclass(frozen=True, eq=False)
class Gradients:
    """Gradients of one logit, in the order of the input.

    Attributes:
        by_hidden: By the hidden states of every direction of every recurrent layer, ``(T, D)``
            each, in the order of `lstm_core.recurrent.running.ModelTrace.layers`.
        by_vectors: By the word vectors, ``(T, E)``.
        vectors: The word vectors, ``(T, E)``.
    """

    by_hidden: tuple[Floats, ...]
    by_vectors: Floats
    vectors: Floats


def missing_slope(classifier: Classifier) -> str:
    """Why gradients of a classifier are not computed; empty when they are."""
    for spec in (*classifier.layers, *classifier.dense):
        for _, config, _ in cells_of(spec.kind, spec.config, ()):
            for key in ("activation", "recurrent_activation"):
                if config.get(key, "linear") not in SLOPES:
                    return f"the derivative of the activation {config[key]} is not implemented"
    return ""


def gradients(classifier: Classifier, ids: Ids, by_output: Callable[[Floats], Floats]) -> Gradients:
    """The gradients of a logit for one sequence.

    Args:
        ids: Word ids, ``(T,)``.
        by_output: The gradient of the logit by the output's pre-activations, from these.

    Raises:
        UnsupportedError: For an activation without a derivative here (`missing_slope`).
    """
    if why := missing_slope(classifier):
        raise UnsupportedError(why)
    x = classifier.embed(ids[None])
    inputs, traces = [], []
    for spec in classifier.layers:
        inputs.append(x)
        result = run_recurrent(spec, x, None, x.mask)
        traces.append(result.trace)
        x = result.outputs[0]
    gradient = _through_head(classifier, x, by_output)
    by_hidden: list[Floats] = []
    for spec, trace, before in zip(
        reversed(classifier.layers), reversed(traces), reversed(inputs), strict=True
    ):
        gradient, hidden = _through_layer(spec, trace, before, gradient)
        by_hidden = [*hidden, *by_hidden]
    return Gradients(tuple(by_hidden), gradient, np.asarray(inputs[0].values[0], np.float32))


def _through_head(
    classifier: Classifier, x: Tensor, by_output: Callable[[Floats], Floats]
) -> Floats:
    """The gradient by what the last recurrent layer returned, ``(T, D)`` or ``(D,)``."""
    states = np.asarray(x.values, np.float32)[0]  # (T, D) or (D,)
    maximum = classifier.pooling is not None and classifier.pooling.kind.startswith("GlobalMax")
    steps = np.ones(len(states), np.float32) if x.mask is None else x.mask[0].astype(np.float32)
    value = states
    if classifier.pooling is not None:
        mean = (states * steps[:, None]).sum(axis=0) / max(float(steps.sum()), 1.0)
        value = states.max(axis=0) if maximum else mean
    values = [value]
    for spec in classifier.dense[:-1]:
        values.append(_dense(spec, values[-1]))
    kernel = classifier.dense[-1].weights()[0]
    gradient = kernel @ by_output(classifier.outputs(values[-1]))  # (F,)
    for spec, after in zip(reversed(classifier.dense[:-1]), reversed(values[1:]), strict=True):
        slope = SLOPES[str(spec.config["activation"])](after)
        gradient = spec.weights()[0] @ (gradient * slope)
    if classifier.pooling is None:
        return gradient
    if maximum:
        spread = np.zeros_like(states)
        spread[states.argmax(axis=0), np.arange(states.shape[1])] = gradient
        return spread
    return np.outer(steps / max(float(steps.sum()), 1.0), gradient).astype(np.float32)


def _dense(spec: LayerSpec, x: Floats) -> Floats:
    from lstm_core.recurrent.feed_forward import COMPUTED

    return np.asarray(COMPUTED["Dense"](spec, [Tensor(x[None])]).values[0], np.float32)


def _through_layer(
    spec: LayerSpec, trace: AnyTrace, before: Tensor, gradient: Floats
) -> tuple[Floats, list[Floats]]:
    """The gradient by a layer's input ``(T, F)`` and by its hidden states, in input order."""
    x = np.asarray(before.values, np.float32)[0]  # (T, F)
    mask = None if before.mask is None else before.mask[0]
    if not isinstance(trace, BidirectionalTrace):
        assert isinstance(trace, LayerTrace)
        by_input, by_hidden = _through_direction(
            spec.kind, spec.config, spec.weights(), trace, x, mask, gradient
        )
        return by_input, [by_hidden]
    sides = cells_of(spec.kind, spec.config, spec.weights())
    total, found = np.zeros_like(x), []
    shares = _shares(spec.config.get("merge_mode", "concat"), trace, gradient)
    traces = (trace.forward, trace.backward)
    for (kind, config, arrays), one, share in zip(sides, traces, shares, strict=True):
        by_input, by_hidden = _through_direction(kind, config, arrays, one, x, mask, share)
        total += by_input
        found.append(by_hidden)
    return total, found


def _shares(mode: Any, trace: BidirectionalTrace, gradient: Floats) -> tuple[Floats, Floats]:
    """The gradients by the outputs of both directions."""
    if mode == "concat":
        half = gradient.shape[-1] // 2
        return gradient[..., :half], gradient[..., half:]
    if mode == "mul":
        return gradient * trace.backward.output[0], gradient * trace.forward.output[0]
    part = gradient / np.float32(2) if mode == "ave" else gradient
    return part, part


def _through_direction(
    kind: str,
    config: Mapping[str, Any],
    weights: Sequence[Floats],
    trace: LayerTrace,
    x: Floats,
    mask: Mask | None,
    gradient: Floats,
) -> tuple[Floats, Floats]:
    """One direction of a layer; rows of results are in the order of the input.

    The rows of `gradient` lie in the order of the trace's rows.
    """
    read = np.argsort(trace.steps)  # row of each step of the input
    backwards = bool(config.get("go_backwards"))
    order = np.arange(len(x))[::-1] if backwards else np.arange(len(x))  # steps as they are read
    rows = read[order]
    cell = make_cell(kind, config, weights, keras_2=False)
    values = {name: array[0][rows] for name, array in trace.arrays().items()}
    flags = np.ones(len(x), bool) if mask is None else mask[order]
    external = np.zeros((len(x), cell.units), np.float32)  # by the output of every step
    if config.get("return_sequences"):
        external[:] = gradient[rows]
        begun = flags if config.get("zero_output_for_mask") else np.logical_or.accumulate(flags)
        external[~begun] = 0
    elif flags.any():
        external[-1] = gradient
    by_input, by_hidden = _unrolled(cell, config, values, x[order], flags, external)
    back = np.argsort(order)
    return by_input[back], by_hidden[back]


def _unrolled(
    cell: Cell,
    config: Mapping[str, Any],
    values: Mapping[str, Floats],
    x: Floats,
    flags: Mask,
    external: Floats,
) -> tuple[Floats, Floats]:
    """Gradients by the input ``(T, F)`` and the hidden states ``(T, D)``, in reading order."""
    h = values["hidden_state"]
    before = np.concatenate([np.zeros_like(h[:1]), h[:-1]])  # h_{t-1}
    step = {LstmCell: _lstm_step, GruCell: _gru_step}.get(type(cell), _rnn_step)
    by_input, by_hidden = np.zeros_like(x), np.zeros_like(h)
    dh, dc = np.zeros_like(h[0]), np.zeros_like(h[0])
    for t in range(len(x) - 1, -1, -1):
        dh = dh + external[t]
        by_hidden[t] = dh
        if flags[t]:  # at a masked step the states keep their values
            by_input[t], dh, dc = step(cell, config, values, before[t], t, dh, dc)
    return by_input, by_hidden


Step = tuple[Floats, Floats, Floats]  # gradients by x_t, h_{t-1}, c_{t-1}


def _lstm_step(
    cell: Any, config: Mapping[str, Any], v: Mapping[str, Floats], h: Floats, t: int,
    dh: Floats, dc: Floats,
) -> Step:  # fmt: skip
    slope, gate = SLOPES[config["activation"]], SLOPES[config["recurrent_activation"]]
    i, f, g, o, c = (v[name][t] for name in cell.quantities[:5])
    shown = cell.activation(c)
    c_before = v["cell_state"][t - 1] if t else np.zeros_like(c)
    dc = dc + dh * o * slope(shown)
    dz = np.concatenate(
        [dc * g * gate(i), dc * c_before * gate(f), dc * i * slope(g), dh * shown * gate(o)]
    )  # (4D,)
    return cell.kernel @ dz, cell.recurrent @ dz, dc * f


def _gru_step(
    cell: Any, config: Mapping[str, Any], v: Mapping[str, Floats], h: Floats, t: int,
    dh: Floats, dc: Floats,
) -> Step:  # fmt: skip
    slope, gate = SLOPES[config["activation"]], SLOPES[config["recurrent_activation"]]
    z, r, g = (v[name][t] for name in ("update_gate", "reset_gate", "candidate"))
    d = cell.units
    dz, dg = dh * (h - g) * gate(z), dh * (1 - z) * slope(g)
    if cell.reset_after:
        inner = h @ cell.recurrent[:, 2 * d :]
        if cell.bias is not None:
            inner = inner + cell.bias[1][2 * d :]
        dr = dg * inner * gate(r)
        back = cell.recurrent @ np.concatenate([dz, dr, dg * r])
    else:
        reset = cell.recurrent[:, 2 * d :] @ dg
        dr = reset * h * gate(r)
        back = cell.recurrent[:, : 2 * d] @ np.concatenate([dz, dr]) + reset * r
    return cell.kernel @ np.concatenate([dz, dr, dg]), dh * z + back, dc


def _rnn_step(
    cell: Any, config: Mapping[str, Any], v: Mapping[str, Floats], h: Floats, t: int,
    dh: Floats, dc: Floats,
) -> Step:  # fmt: skip
    dz = dh * SLOPES[config["activation"]](v["hidden_state"][t])
    return cell.kernel @ dz, cell.recurrent @ dz, dc
