"""``trace_model``: every gate and state of the recurrent layers of any Keras model, in NumPy.

The model is one in memory, a ``.keras`` file (Keras 2.13 to 3) or a legacy ``.h5`` file. Neither
Keras nor TensorFlow is imported, and no code of a model is run.
"""

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lstm_core.errors import BundleError, InputError, reason
from lstm_core.model.keras_network import MODELS, Part, read_network
from lstm_core.model.keras_network import Path as LayerPath
from lstm_core.model.keras_weights import is_keras_2, open_model_file
from lstm_core.recurrent.functions import UnsupportedError
from lstm_core.recurrent.layer_trace import Traces, listed
from lstm_core.recurrent.lstm import limit_blas_threads
from lstm_core.recurrent.network import Array, Network, Tensor
from lstm_core.recurrent.recurrent_layers import RECURRENT
from lstm_core.recurrent.walk import TEXT_LAYERS, Walk, check_sizes, check_types
from lstm_core.recurrent.weights import Floats


def trace_model(model: Any, x: Any, layers: str | Iterable[str] | None = None) -> Traces:
    """Trace the recurrent layers of a Keras model.

    Args:
        model: A Sequential or functional Keras model in memory, or the path of a ``.keras`` or
            whole-model ``.h5`` file.
        x: Word ids ``(N, T)`` or numbers ``(N, T, F)``; for several inputs a list in their order
            or a dictionary by their names.
        layers: Names of the recurrent layers to trace; all when left out.

    Returns:
        `Traces`: ``{layer name: trace}``, every quantity float32 ``(N, T, D)``, equal to Keras
        within rounding. ``traces.unsupported`` says which layers were not computed, and why.
        Inside a model that is used as a layer, names are ``"inner/lstm"``.

    Raises:
        InputError: When the input does not fit the model, or there is no such layer.
        BundleError: When the file is no Keras model or damaged.
    """
    if isinstance(model, str | os.PathLike):
        path = Path(model)
        if path.is_dir():
            raise BundleError(
                f"{path.name} is a folder (a SavedModel?). Give a .keras or .h5 file: "
                "model.save('model.keras')."
            )
        with open_model_file(path) as network:
            return _traces(network, x, layers)
    return _traces(network_in_memory(model), x, layers)


def _traces(network: Network, x: Any, layers: str | Iterable[str] | None) -> Traces:
    inputs = _inputs(network, x)
    wanted = None if layers is None else _checked(network, layers)
    walk = Walk(network, wanted)
    limit_blas_threads()
    walk.run(inputs)
    return Traces(walk.traces, walk.unsupported)


def recurrent_names(network: Network, prefix: str = "") -> dict[str, str]:
    """Names of the recurrent layers with their classes, those of inner models too."""
    found: dict[str, str] = {}
    for spec in network.layers.values():
        if spec.inner is not None:
            found.update(recurrent_names(spec.inner, f"{prefix}{spec.name}/"))
        elif spec.kind in RECURRENT and spec.own:
            found[prefix + spec.name] = spec.kind
    return found


def _checked(network: Network, layers: str | Iterable[str]) -> list[str]:
    names = [layers] if isinstance(layers, str) else list(layers)
    there = recurrent_names(network)
    for name in names:
        if name in there:
            continue
        if name in network.layers:
            kind = network.layers[name].kind[:80]
            raise InputError(
                f"The layer '{name}' is of the class {kind}; recurrent layers have a trace. Here "
                f"these are {listed(there)}."
            )
        raise InputError(
            f"There is no layer {str(name)[:80]!r} in this model. Its recurrent layers are "
            f"{listed(there)}."
        )
    return names


def _inputs(network: Network, x: Any) -> list[Tensor]:
    """The arrays of the model's inputs, in their order."""
    names = [ref.layer for ref in network.inputs]
    if isinstance(x, Mapping):
        if set(x) != set(names):
            raise InputError(
                f"Arrays for {listed(list(map(str, x)))} came in; this model's inputs are "
                f"{listed(names)}."
            )
        arrays = [x[name] for name in names]
    elif len(names) > 1:
        if not isinstance(x, list | tuple) or len(x) != len(names):
            count = len(x) if isinstance(x, list | tuple) else 1
            raise InputError(
                f"{count} arrays came in; this model has {len(names)} inputs, {listed(names)}. "
                "Give a list of arrays in this order, or a dictionary."
            )
        arrays = list(x)
    else:
        arrays = [x[0] if isinstance(x, list | tuple) and len(x) == 1 and _is_array(x[0]) else x]
    arrays = [_array(array) for array in arrays]
    check_types(arrays)
    tensors = [Tensor(_fitted(network, n, a)) for n, a in zip(names, arrays, strict=True)]
    check_sizes(tensors)
    if len({len(tensor.values) for tensor in tensors}) > 1:
        raise InputError("The arrays of the inputs have different numbers of sequences.")
    return tensors


def _is_array(value: Any) -> bool:
    return np.ndim(value) >= 2


def _array(value: Any) -> Array:
    try:
        array = np.asarray(value)
    except (ValueError, TypeError) as error:
        raise InputError(
            "Sequences of different lengths came in; pad them to one length first "
            f"({reason(error, 100)})."
        ) from error
    if array.dtype.kind == "f":
        return array.astype(np.float32)
    return array


def _fitted(network: Network, name: str, array: Array) -> Array:
    """The array in the rank that the input asks for, its sizes checked."""
    first = network.layers[network.calls[0].layer].kind if network.calls else ""
    if first in TEXT_LAYERS and array.dtype.kind in "iu" and array.ndim == 2:
        return array  # the ids that the layer would make
    spec = network.layers.get(name)
    config = {} if spec is None else spec.config
    shape = config.get("batch_shape") or config.get("batch_input_shape")
    if shape is None and network.calls:
        shape = network.layers[network.calls[0].layer].config.get("batch_input_shape")
    if not isinstance(shape, list | tuple):
        return array
    if array.ndim == len(shape) - 1 and shape[-1] == 1:  # as Keras does
        array = array[..., None]
    elif array.ndim == len(shape) + 1 and array.shape[-1] == 1:
        array = array[..., 0]
    sizes = list(zip(shape[1:], array.shape[1:], strict=False))
    if array.ndim != len(shape) or any(s is not None and s != a for s, a in sizes):
        wanted = ", ".join(["N", *("any" if s is None else str(s) for s in shape[1:])])
        raise InputError(
            f"An array of the shape {array.shape} came in for the input '{name}', which reads "
            f"({wanted})."
        )
    return array


def network_in_memory(model: Any) -> Network:
    """The network of a Keras model in memory, or of a single recurrent layer.

    Raises:
        InputError: When it is no such model.
    """
    kind = type(model).__name__
    if not callable(getattr(model, "get_config", None)) or not hasattr(model, "get_weights"):
        raise InputError(
            f"A {kind} came in; a Keras model, or the path of a .keras or .h5 file, is traced."
        )
    try:
        config = model.get_config()
    except Exception as error:  # a class of the user's own may raise anything
        raise InputError(
            f"The configuration of this model cannot be had ({reason(error)}). Give its layers a "
            "get_config method, or save the model and give the file."
        ) from error
    if not hasattr(model, "layers"):
        config = {"layers": [_layer_entry(model, config)]}
    package = type(model).__module__.partition(".")[0]
    root = sys.modules.get("tf_keras" if package == "tf_keras" else "keras")
    version = getattr(root, "__version__", "3")
    source = _Memory(model)
    described = {"class_name": kind if kind in MODELS else "Functional", "config": config}
    return read_network(
        described, source.weights, keras_2=is_keras_2(version), states=source.states
    )


def _layer_entry(layer: Any, config: Mapping[str, Any]) -> dict[str, Any]:
    module = type(layer).__module__
    return {"class_name": type(layer).__name__, "module": module, "config": config}


class _Memory:
    """Weights and states of a model in memory."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def weights(self, path: LayerPath, parts: Sequence[Part]) -> Sequence[Floats]:
        """The weights of a layer."""
        layer = self._layer(path)
        found = [np.asarray(array, np.float32) for array in layer.get_weights()]
        wanted = sum(part.arrays for part in parts)
        if len(found) != wanted:
            raise UnsupportedError(
                f"it has {len(found)} arrays of weights, not {wanted}; build the model first"
            )
        return found

    def states(self, path: LayerPath) -> Sequence[Floats] | None:
        """The states that a stateful layer holds now."""
        layer = self._layer(path)
        held: list[Any] = []
        for one in (getattr(layer, "forward_layer", layer), getattr(layer, "backward_layer", None)):
            held += list(getattr(one, "states", None) or ())
        if not held or any(state is None for state in held):
            return None
        return [np.asarray(state, np.float32) for state in held]

    def _layer(self, path: LayerPath) -> Any:
        layer = self.model
        for address in path:
            if hasattr(layer, "layers"):
                layer = next(one for one in layer.layers if one.name == address.name)
        return layer
