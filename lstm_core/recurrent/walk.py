"""Run a network: every call after those that it needs, and keep the traces of recurrent layers.

What cannot be computed is noted with the reason, and so is what depends on it.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from lstm_core.errors import InputError
from lstm_core.recurrent.feed_forward import COMPUTED
from lstm_core.recurrent.functions import UnsupportedError
from lstm_core.recurrent.layer_trace import AnyTrace
from lstm_core.recurrent.layers import Mask
from lstm_core.recurrent.network import Array, Call, LayerSpec, Network, Ref, Tensor, refs_of
from lstm_core.recurrent.operations import OPERATIONS, compute
from lstm_core.recurrent.recurrent_layers import CELLS, RECURRENT, run_recurrent

TEXT_LAYERS = ("TextVectorization", "StringLookup")  # left out where word ids are given
REASONS = {
    "Lambda": "Lambda layers hold code, and code from a model is never run",
    "TextVectorization": "it reads text; give the word ids that it makes",
    "StringLookup": "it reads text; give the word ids that it makes",
}
SETTINGS_ERRORS = (
    KeyError, TypeError, AttributeError, IndexError, ValueError, ArithmeticError, MemoryError,
)  # fmt: skip


class Walk:
    """One run of a network.

    Args:
        wanted: Names of the recurrent layers to trace; None for all.
        prefix: Goes before every name, for a model inside another.
    """

    def __init__(
        self, network: Network, wanted: Collection[str] | None = None, prefix: str = ""
    ) -> None:
        self.network = network
        self.prefix = prefix
        self.wanted = wanted
        self.traces: dict[str, AnyTrace] = {}
        self.unsupported: dict[str, str] = {}
        self._blocked: dict[Ref, str] = {}  # call -> the layer that blocks it
        self._values: dict[Ref, list[Tensor]] = {}

    def run(self, inputs: Sequence[Tensor]) -> None:
        """Run all that the wanted layers need, on the model's inputs."""
        for ref, tensor in zip(self.network.inputs, inputs, strict=True):
            self._values[_call_of(ref)] = [tensor]
        needed = self._needed()
        for call in self.network.calls:
            key = Ref(call.layer, call.number, 0)
            if key in self._values:
                continue
            spec = self.network.layers[call.layer]
            try:
                self._refuse(spec)
                self._refuse_blocked(call)
                if key in needed:
                    with np.errstate(all="ignore"):  # as in Keras: what overflows is infinite
                        self._values[key] = self._outputs(spec, call)
            except UnsupportedError as error:
                self.unsupported.setdefault(self.prefix + call.layer, str(error))
                self._blocked[key] = call.layer
            except SETTINGS_ERRORS as error:
                # Settings of a damaged file, or of a version of Keras that is not known here.
                why = f"its settings cannot be used ({type(error).__name__}: {str(error)[:120]})"
                self.unsupported.setdefault(self.prefix + call.layer, why)
                self._blocked[key] = call.layer

    def outputs(self) -> list[Tensor]:
        """The model's outputs."""
        return [self._tensor(ref) for ref in self.network.outputs]

    def _needed(self) -> set[Ref]:
        """The calls on the way to a wanted layer."""
        needed: set[Ref] = set()
        for call in reversed(self.network.calls):
            spec, key = self.network.layers[call.layer], Ref(call.layer, call.number, 0)
            if self._traced(spec) or key in needed:
                needed.add(key)
                needed.update(_call_of(ref) for ref in refs_of([call.arguments, call.options]))
        if self.prefix:
            needed.update(map(_call_of, self.network.outputs))
            for call in reversed(self.network.calls):
                if Ref(call.layer, call.number, 0) in needed:
                    refs = refs_of([call.arguments, call.options])
                    needed.update(map(_call_of, refs))
        return needed

    def _traced(self, spec: LayerSpec) -> bool:
        if spec.inner is not None:
            return True
        name = self.prefix + spec.name
        return spec.kind in RECURRENT and (self.wanted is None or name in self.wanted)

    def _refuse(self, spec: LayerSpec) -> None:
        """Raise UnsupportedError for a layer of a class that is not computed."""
        kind = spec.kind[:80]
        if spec.kind in REASONS and spec.kind == "Lambda":
            raise UnsupportedError(REASONS[kind])
        if not spec.own:
            raise UnsupportedError(f"{kind!r} is a class of the user's own, and no code is run")
        known = spec.kind in COMPUTED or spec.kind in RECURRENT or spec.kind in REASONS
        if known or spec.inner is not None or spec.kind in ("InputLayer", "TimeDistributed"):
            return
        if spec.config.get("operation") and spec.kind in OPERATIONS:
            return
        raise UnsupportedError(f"layers of the class {kind!r} are not computed")

    def _refuse_blocked(self, call: Call) -> None:
        for ref in refs_of([call.arguments, call.options]):
            if _call_of(ref) in self._blocked:
                source = self.prefix + self._blocked[_call_of(ref)]
                raise UnsupportedError(f"its input comes from '{source}', which is unsupported")

    def _tensor(self, ref: Ref) -> Tensor:
        outputs = self._values.get(_call_of(ref))
        if outputs is None or not 0 <= ref.output < len(outputs):
            raise UnsupportedError(f"there is no output {ref.output} of '{ref.layer}'")
        return outputs[ref.output]

    def _outputs(self, spec: LayerSpec, call: Call) -> list[Tensor]:
        if spec.config.get("operation"):
            arguments = self._arrays(call.arguments)
            return [compute(spec.kind, spec.config, arguments, self._arrays(call.options))]
        inputs = [self._tensor(ref) for ref in refs_of(call.arguments)]
        if not inputs:
            raise UnsupportedError("it has no input")
        if explicit := refs_of(call.options.get("mask")):
            mask = self._tensor(explicit[0]).values.astype(bool)
            inputs[0] = Tensor(inputs[0].values, mask)
        if spec.inner is not None:
            return self._inside(spec, call, inputs)
        if spec.kind in RECURRENT:
            return self._recurrent(spec, call, inputs)
        if spec.kind in TEXT_LAYERS:
            if inputs[0].values.dtype.kind not in "iu":
                raise UnsupportedError(REASONS[spec.kind])
            return inputs[:1]
        return [_feed_forward(spec, inputs)]

    def _arrays(self, value: Any) -> Any:
        """Arguments with the arrays in place of the refs."""
        if isinstance(value, Ref):
            return self._tensor(value).values
        if isinstance(value, tuple | list):
            return type(value)(self._arrays(item) for item in value)
        if isinstance(value, Mapping) and refs_of(value):
            return {name: self._arrays(item) for name, item in value.items()}
        return dict(value) if isinstance(value, Mapping) else value

    def _recurrent(self, spec: LayerSpec, call: Call, inputs: list[Tensor]) -> list[Tensor]:
        given = inputs[1:] + [
            self._tensor(ref) for ref in refs_of(call.options.get("initial_state"))
        ]
        initial = [np.asarray(state.values, np.float32) for state in given] or None
        mask: Mask | None = inputs[0].mask
        if initial and not spec.keras_2 and not call.options.get("mask"):
            mask = None  # Keras 3 passes no mask to a layer that is given its initial states
        result = run_recurrent(spec, inputs[0], initial, mask)
        name = self.prefix + spec.name + (f":{call.number}" if call.number else "")
        if self.wanted is None or self.prefix + spec.name in self.wanted:
            self.traces[name] = result.trace
        return result.outputs

    def _inside(self, spec: LayerSpec, call: Call, inputs: list[Tensor]) -> list[Tensor]:
        """A model used as a layer: its layers' names get the model's in front."""
        network = spec.inner
        assert network is not None
        again = f":{call.number}" if call.number else ""
        walk = Walk(network, self.wanted, f"{self.prefix}{spec.name}{again}/")
        if len(network.inputs) != len(inputs):
            raise UnsupportedError(f"it has {len(network.inputs)} inputs, {len(inputs)} came in")
        walk.run(inputs)
        self.traces.update(walk.traces)
        self.unsupported.update(walk.unsupported)
        return walk.outputs()


def _call_of(ref: Ref) -> Ref:
    return Ref(ref.layer, ref.call, 0)


def _feed_forward(spec: LayerSpec, inputs: list[Tensor]) -> Tensor:
    if spec.kind == "TimeDistributed":
        return _time_distributed(spec, inputs[0])
    result = COMPUTED[spec.kind](spec, inputs)
    return Tensor(_single(result.values), result.mask)


def _single(values: Array) -> Array:
    return values if values.dtype.kind in "iub" else np.asarray(values, np.float32)


def _time_distributed(spec: LayerSpec, x: Tensor) -> Tensor:
    """A feed-forward layer at every step: ``(N, T, ...)`` as ``(N T, ...)``."""
    inner = spec.config["layer"]
    kind = inner["class_name"]
    if kind not in COMPUTED or kind in CELLS:
        raise UnsupportedError(f"TimeDistributed around {str(kind)[:80]!r} is not computed")
    part = LayerSpec(spec.name, kind, inner["config"], spec.weights, keras_2=spec.keras_2)
    size, steps = x.values.shape[:2]
    flat = _feed_forward(part, [Tensor(x.values.reshape(size * steps, *x.values.shape[2:]))])
    return Tensor(flat.values.reshape(size, steps, *flat.values.shape[1:]), x.mask)


def check_types(arrays: Sequence[Array]) -> None:
    """Refuse arrays that are no numbers.

    Raises:
        InputError: With what came in.
    """
    for array in arrays:
        if array.dtype.kind not in "iufb":
            raise InputError(
                f"An array of the type {array.dtype} came in; word ids or numbers are read. Encode "
                "texts first."
            )


def check_sizes(tensors: Sequence[Tensor]) -> None:
    """Refuse arrays that hold no sequence.

    Raises:
        InputError: With what came in.
    """
    for tensor in tensors:
        if tensor.values.ndim < 2 or not tensor.values.size:
            raise InputError(
                f"An array of the shape {tensor.values.shape} came in; word ids (N, T) or numbers "
                "(N, T, F) of at least one sequence are read."
            )
