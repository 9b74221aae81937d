"""Keras' recurrent layers from their settings: LSTM, GRU, SimpleRNN, RNN, Bidirectional.

Symbols: N sequences, T steps, F numbers per step, D units.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from lstm_core.errors import InputError
from lstm_core.recurrent.cells import Cell, GruCell, LstmCell, SimpleRnnCell
from lstm_core.recurrent.functions import UnsupportedError, activation
from lstm_core.recurrent.layer_trace import (
    TRACES,
    AnyTrace,
    BidirectionalTrace,
    LayerTrace,
    StackedTrace,
)
from lstm_core.recurrent.layers import LayerRun, Mask, run_layer
from lstm_core.recurrent.network import LARGEST, LayerSpec, Tensor
from lstm_core.recurrent.weights import Floats

CELLS = {
    **dict.fromkeys(("LSTM", "LSTMCell"), "LSTM"),
    **dict.fromkeys(("GRU", "GRUCell"), "GRU"),
    **dict.fromkeys(("SimpleRNN", "SimpleRNNCell"), "SimpleRNN"),
}
DEFAULTS = {  # of settings that files of old versions leave out
    "LSTM": {"recurrent_activation": "sigmoid", "reset_after": False},
    "GRU": {"recurrent_activation": "sigmoid", "reset_after": False},
    "SimpleRNN": {},
}
BLOCKS = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1}  # gates and candidates, by the class of the layer
RECURRENT = ("LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional")


class Result(NamedTuple):
    """What a call of a recurrent layer gives: its outputs in Keras' order, and the trace."""

    outputs: list[Tensor]
    trace: AnyTrace


def make_cell(
    kind: str, config: Mapping[str, Any], weights: Sequence[Floats], *, keras_2: bool
) -> Cell:
    """The cell of a layer or cell class of Keras.

    Raises:
        UnsupportedError: For another class, setting or shape of the weights.
    """
    if kind not in CELLS:
        raise UnsupportedError(f"the cell {kind!r} is not LSTM, GRU or SimpleRNN of Keras")
    family = CELLS[kind]
    config = {**DEFAULTS[family], **config}
    function = activation(config.get("activation", "tanh"), keras_2=keras_2)
    units, bias = int(config["units"]), weights[2] if len(weights) > 2 else None
    blocks = BLOCKS[family]
    shapes = [w.shape for w in weights[:2]]
    if len(shapes) < 2 or len(shapes[0]) != 2 or shapes[1] != (units, blocks * units):
        raise UnsupportedError(f"its weights have the shapes {shapes}, which do not fit {units}")
    after = family == "GRU" and bool(config["reset_after"])
    fits = (2, blocks * units) if after else (blocks * units,)
    if shapes[0][1] != blocks * units or (bias is not None and bias.shape != fits):
        raise UnsupportedError("its weights do not belong together")
    if family == "SimpleRNN":
        return SimpleRnnCell(weights[0], weights[1], bias, function)
    gate = activation(config["recurrent_activation"], keras_2=keras_2)
    if family == "GRU":
        return GruCell(weights[0], weights[1], bias, function, gate, after)
    return LstmCell(weights[0], weights[1], bias, function, gate)


def weight_count(config: Mapping[str, Any]) -> int:
    """How many arrays a cell of these settings has."""
    return 2 + bool(config.get("use_bias", True))


def run_recurrent(
    spec: LayerSpec, x: Tensor, initial: Sequence[Floats] | None, mask: Mask | None
) -> Result:
    """Run one call of a recurrent layer.

    Args:
        x: Its input, ``(N, T, F)``, with the mask that it passes on.
        initial: Initial states that the call is given, or None.
        mask: The mask that it uses, or None.

    Raises:
        UnsupportedError: With the reason.
        InputError: When the input has another shape than the weights ask for.
    """
    if initial is None and spec.config.get("stateful"):
        initial = _stored(spec, len(x.values))
    if spec.kind == "Bidirectional":
        return _bidirectional(spec, x, initial, mask)
    if spec.kind == "RNN":
        return _cells(spec, x, initial, mask)
    cell = make_cell(spec.kind, spec.config, spec.weights(), keras_2=spec.keras_2)
    trace, states = _one(spec.name, spec.kind, spec.config, cell, x, initial, mask)
    return Result(_outputs(spec.config, trace.output, states, x.mask), trace)


def _stored(spec: LayerSpec, size: int) -> Sequence[Floats] | None:
    """The states that a stateful layer holds; zeros when none are known."""
    states = spec.initial()
    if states and any(len(state) != size for state in states):
        raise InputError(
            f"{size} sequences came in; the stateful layer '{spec.name}' holds the states of "
            f"{len(states[0])}. Give as many sequences."
        )
    return states or None


def _one(
    name: str,
    kind: str,
    config: Mapping[str, Any],
    cell: Cell,
    x: Tensor,
    initial: Sequence[Floats] | None,
    mask: Mask | None,
    *,
    input_order: bool = False,
) -> tuple[LayerTrace, tuple[Floats, ...]]:
    """Run one direction; `input_order` turns the rows of a backward layer to the input's order."""
    values = np.asarray(x.values, np.float32)
    rows = int(np.prod(values.shape[:2])) * cell.units * len(cell.quantities)
    if rows > LARGEST:
        raise InputError(
            f"The trace of '{name}' would hold {rows:,} numbers; at most {LARGEST:,} are kept. "
            "Trace fewer sequences at a time."
        )
    backwards = bool(config.get("go_backwards"))
    run = run_layer(
        cell,
        values,
        initial=initial,
        mask=mask,
        go_backwards=backwards,
        zero_output_for_mask=bool(config.get("zero_output_for_mask")),
    )
    last = run.output[:, -1]
    turned = slice(None, None, -1) if input_order else slice(None)
    read = slice(None, None, -1) if backwards else slice(None)
    trace = TRACES[len(cell.quantities)](
        name=name,
        kind=kind,
        output=run.output[:, turned] if config.get("return_sequences") else last,
        final_states=run.states,
        steps=np.arange(values.shape[1])[read][turned],
        mask=None if mask is None else mask[:, read][:, turned],
        **{key: array[:, turned] for key, array in run.quantities.items()},
    )
    return trace, run.states


def _outputs(
    config: Mapping[str, Any], output: Floats, states: Sequence[Floats], mask: Mask | None
) -> list[Tensor]:
    first = Tensor(output, mask if config.get("return_sequences") else None)
    return [first, *map(Tensor, states)] if config.get("return_state") else [first]


def _cells(
    spec: LayerSpec, x: Tensor, initial: Sequence[Floats] | None, mask: Mask | None
) -> Result:
    """``RNN`` around one cell or ``StackedRNNCells``."""
    inner = spec.config["cell"]
    stacked = inner["class_name"] == "StackedRNNCells"
    parts = inner["config"]["cells"] if stacked else [inner]
    if stacked and (initial is not None or spec.config.get("return_state")):
        raise UnsupportedError("stacked cells with initial or returned states are not computed")
    passed, rest = x.mask, list(spec.weights())
    traces: list[LayerTrace] = []
    states: tuple[Floats, ...] = ()
    for number, part in enumerate(parts):
        count = weight_count(part["config"])
        cell = make_cell(part["class_name"], part["config"], rest[:count], keras_2=spec.keras_2)
        name = spec.name if not stacked else f"{spec.name}[{number}]"
        # Only the first cell of a stack turns the sequence round.
        config = (
            {**spec.config, "return_sequences": True} if number + 1 < len(parts) else spec.config
        )
        if number:
            config = {**config, "go_backwards": False}
        trace, states = _one(name, part["class_name"], config, cell, x, initial, mask)
        trace = replace(trace, steps=traces[0].steps) if traces else trace
        traces.append(trace)
        x, rest, mask = Tensor(trace.arrays()["hidden_state"]), rest[count:], trace.mask
    output = traces[-1].output
    trace_of_all: AnyTrace = (
        StackedTrace(spec.name, tuple(traces), output, mask) if stacked else traces[0]
    )
    return Result(_outputs(spec.config, output, states, passed), trace_of_all)


def _bidirectional(
    spec: LayerSpec, x: Tensor, initial: Sequence[Floats] | None, mask: Mask | None
) -> Result:
    """Both directions of ``Bidirectional`` and how it merges them."""
    sides = cells_of(spec.kind, spec.config, spec.weights())
    traces: list[LayerTrace] = []
    states: list[Floats] = []
    for number, (kind, config, weights) in enumerate(sides):
        cell = make_cell(kind, config, weights, keras_2=spec.keras_2)
        half = None if initial is None else len(initial) // 2
        start = None if initial is None else initial[:half] if number == 0 else initial[half:]
        # Keras turns the second direction's sequence round, whichever reads backwards.
        trace, last = _one(
            f"{spec.name}/{config.get('name', number)}", kind, config, cell, x, start, mask,
            input_order=number == 1,
        )  # fmt: skip
        traces.append(trace)
        states += last
    forward, backward = traces
    mode = spec.config.get("merge_mode", "concat")
    config = sides[0][1]
    if mode is None:
        both = forward.output, backward.output
        sequence_mask = x.mask if config.get("return_sequences") else None
        outputs = [Tensor(output, sequence_mask) for output in both]
        outputs += map(Tensor, states if config.get("return_state") else ())
        return Result(outputs, BidirectionalTrace(spec.name, forward, backward, both, mask))
    output = _merged(mode, forward.output, backward.output)
    merged = BidirectionalTrace(spec.name, forward, backward, output, mask)
    return Result(_outputs(config, output, states, x.mask), merged)


def directions(config: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Class and settings of both directions of a ``Bidirectional`` layer."""
    forward = config["layer"]
    kind, settings = forward["class_name"], dict(forward["config"])
    # Keras sets this, whatever the wrapped layer was made with.
    settings["zero_output_for_mask"] = settings.get("return_sequences")
    backward = config.get("backward_layer")
    if backward is None:
        turned = {**settings, "go_backwards": not settings.get("go_backwards"), "name": "backward"}
        return [(kind, settings), (kind, turned)]
    other = dict(backward["config"])
    other["zero_output_for_mask"] = other.get("return_sequences")
    return [(kind, settings), (backward["class_name"], other)]


def cells_of(
    kind: str, config: Mapping[str, Any], weights: Sequence[Floats]
) -> list[tuple[str, Mapping[str, Any], Sequence[Floats]]]:
    """Class, settings and weights of a layer's cell, or of both directions of ``Bidirectional``."""
    if kind != "Bidirectional":
        return [(kind, config, weights)]
    (first, one), (second, other) = directions(config)
    count = weight_count(one)
    return [(first, one, weights[:count]), (second, other, weights[count:])]


def _merged(mode: Any, forward: Floats, backward: Floats) -> Floats:
    if mode == "concat":
        return np.concatenate([forward, backward], axis=-1)
    if mode == "mul":
        return forward * backward
    if mode in ("sum", "ave"):
        return forward + backward if mode == "sum" else (forward + backward) / np.float32(2)
    raise UnsupportedError(f"the merge mode {mode!r} is not one of Keras")


__all__ = ["CELLS", "RECURRENT", "LayerRun", "Result", "directions", "run_recurrent"]
