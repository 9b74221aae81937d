"""Read a model of the family Embedding -> LSTM -> Dense(1, sigmoid) without Keras.

The file is a ``.keras`` file (Keras 2.13 to 3) or a legacy ``.h5`` file; another architecture is
refused with the reason. It may come from anybody: nothing in it is run, sizes are bounded before
memory is taken, and weights that would be read from another file are refused.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lstm_core.errors import BundleError, InputError, reason
from lstm_core.model.keras_weights import open_model_file
from lstm_core.model.limits import STEPS, check_sizes
from lstm_core.recurrent.functions import UnsupportedError
from lstm_core.recurrent.lstm import Floats, LstmWeights
from lstm_core.recurrent.network import LayerSpec, Network, refs_of

# Keras names groups by the layer's class, numbered from the second of a kind on.
WEIGHT_PATHS = {
    "embedding": "layers/embedding/vars/0",
    "kernel": "layers/lstm/cell/vars/0",
    "recurrent": "layers/lstm/cell/vars/1",
    "bias": "layers/lstm/cell/vars/2",
    "dense_kernel": "layers/dense/vars/0",
    "dense_bias": "layers/dense/vars/1",
}
LSTM_SETTINGS = {
    "activation": "tanh",
    "recurrent_activation": "sigmoid",
    "use_bias": True,
    "return_sequences": False,
    "return_state": False,
    "go_backwards": False,
    "stateful": False,
}
CHAIN = ["Embedding", "LSTM", "Dense"]
ONLY_IN_TRAINING = ("Dropout", "SpatialDropout1D")  # they do nothing while a model reads
FAMILY = "Embedding, LSTM (tanh, sigmoid, with bias), Dense(1, sigmoid)"


def read_keras_file(path: Path, *, maxlen: int | None = None) -> tuple[LstmWeights, int]:
    """Weights of a model file and the number of steps it reads.

    Args:
        path: The file.
        maxlen: The steps, for a model with an input of any length; it must agree with a fixed one.

    Raises:
        BundleError: When it is no Keras model file, damaged, too large, or of another architecture.
    """
    try:
        with open_model_file(path, trusted=False) as network:
            layers, places = _check_architecture(network, path, maxlen)
            arrays = _arrays(layers, path)
        (embedding,), (kernel, recurrent, bias), (dense_kernel, dense_bias) = arrays
        weights = LstmWeights(
            embedding, kernel, recurrent, bias, dense_kernel[:, 0], float(dense_bias[0])
        )
    except InputError as error:
        raise BundleError(f"{path.name}: {error}") from error
    return weights, places


def _arrays(layers: Mapping[str, LayerSpec], path: Path) -> list[Sequence[Floats]]:
    """The weights of the three layers, in the shapes that their settings declare."""
    embedding, lstm, dense = (layers[kind] for kind in CHAIN)
    words, dim = embedding.config["input_dim"], embedding.config["output_dim"]
    units = lstm.config["units"]
    wanted = {
        "Embedding": [(words, dim)],
        "LSTM": [(dim, 4 * units), (units, 4 * units), (4 * units,)],
        "Dense": [(units, 1), (1,)],
    }
    try:
        found = [layers[kind].weights() for kind in CHAIN]
        for kind, arrays in zip(CHAIN, found, strict=True):
            for array, shape in zip(arrays, wanted[kind], strict=True):
                if array.shape != shape:
                    raise UnsupportedError(f"an array of {kind} has the shape {array.shape}")
    except UnsupportedError as error:
        raise BundleError(
            f"The weights in {path.name} cannot be read ({reason(error)}). They must be those of "
            f"{FAMILY}."
        ) from error
    return found


def _check_architecture(
    network: Network, path: Path, wanted: int | None
) -> tuple[dict[str, LayerSpec], int]:
    """The layers by class and the steps; BundleError with the reason for another family."""
    try:
        specs = list(network.layers.values())
        layers = {spec.kind: spec for spec in specs}
        chain = [spec.kind for spec in specs if spec.kind not in (*ONLY_IN_TRAINING, "InputLayer")]
        own = all(spec.own for spec in specs if spec.kind in CHAIN) and is_chain(network)
        _expect(own and chain == CHAIN, f"its layers are {', '.join(s.kind for s in specs)}")
        lstm, dense = layers["LSTM"].config, layers["Dense"].config
        for name, needed in LSTM_SETTINGS.items():
            _expect(lstm[name] == needed, f"its LSTM has {name}={lstm[name]!r}")
        embedding = layers["Embedding"].config
        _expect(not embedding["mask_zero"], "its Embedding masks zeros")
        _expect(dense["activation"] == "sigmoid", f"its output is {dense['activation']!r}")
        _expect(dense["units"] == 1, f"its output has {dense['units']} neurons")
        _expect(bool(dense["use_bias"]), "its output has no bias")
        maxlen = _places(layers, wanted)
        sizes = (embedding["input_dim"], maxlen, embedding["output_dim"], lstm["units"])
        _expect(all(type(size) is int for size in sizes), f"it has the sizes {sizes}")
        check_sizes(*sizes)
    except _OtherArchitectureError as error:
        raise BundleError(
            f"{path.name} is another model: {reason(error)}. LSTM Lens opens {FAMILY}."
        ) from None
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise BundleError(
            f"The architecture in {path.name} cannot be read ({type(error).__name__}: "
            f"{reason(error)})."
        ) from error
    return layers, maxlen


def is_chain(network: Network) -> bool:
    """Whether every layer reads the one before it and nothing else."""
    sources = [refs_of([call.arguments, call.options]) for call in network.calls]
    before = [*network.inputs[:1], *(call.layer for call in network.calls)]
    layers = [ref[0].layer if len(ref) == 1 else None for ref in sources]
    return len(network.inputs) == 1 and layers == [network.inputs[0].layer, *before[1:-1]]


def _places(layers: Mapping[str, LayerSpec], wanted: int | None) -> int:
    """The number of steps: the model's own, or what was asked for when it takes any number."""
    first = layers["InputLayer" if "InputLayer" in layers else "Embedding"].config
    shape: Any = first.get("batch_shape") or first.get("batch_input_shape") or (None, None)
    _expect(len(shape) == 2, f"its input has the shape {shape}")
    if shape[1] is None:
        _expect(
            wanted is not None,
            "its input has no fixed length; say how many places it reads (the maxlen of its "
            "training)",
        )
    elif wanted is not None:
        _expect(shape[1] == wanted, f"it reads {shape[1]} places, not {wanted}")
    places: Any = wanted if shape[1] is None else shape[1]
    _expect(type(places) is int and 2 <= places <= STEPS, f"it reads {places!r} places")
    return int(places)


class _OtherArchitectureError(Exception):
    """The model is readable and of another family."""


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise _OtherArchitectureError(otherwise)
