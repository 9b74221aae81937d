"""A network of the family of recurrent text classifiers as a `Classifier`; others are refused.

The network comes from a file of anybody's. Only known settings of known layers and the numbers of
their weights are taken over; nothing else of the file reaches a bundle.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from lstm_core.errors import BundleError, InputError, reason
from lstm_core.model.keras_weights import open_model_file
from lstm_core.model.limits import STEPS, check_classifier
from lstm_core.recurrent.classifier import Classifier, fixed
from lstm_core.recurrent.functions import UnsupportedError, activation
from lstm_core.recurrent.network import LayerSpec, Network, Ref, is_chain
from lstm_core.recurrent.recurrent_layers import BLOCKS, cells_of, directions, make_cell
from lstm_core.recurrent.weights import Floats

CELLS = tuple(BLOCKS)
MASKED = (*CELLS, "Bidirectional", "GlobalAveragePooling1D")  # use a mask
POOLINGS = ("GlobalMaxPooling1D", "GlobalAveragePooling1D")
ONLY_IN_TRAINING = (
    "ActivityRegularization", "AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise",
    "SpatialDropout1D",
)  # fmt: skip
MOST_RECURRENT, MOST_DENSE, MOST_CLASSES = 3, 3, 50
FAMILY = (
    "Embedding; one to three of LSTM, GRU, SimpleRNN, each optionally Bidirectional; optionally "
    "GlobalMaxPooling1D or GlobalAveragePooling1D; up to two Dense layers; and an output Dense of "
    "one sigmoid neuron or several softmax neurons"
)
# Settings that are taken over; the values of others must be those in `FIXED`.
KEPT: dict[str, dict[str, type]] = {
    "Embedding": {"input_dim": int, "output_dim": int, "mask_zero": bool},
    "Dense": {"units": int, "activation": str, "use_bias": bool},
    **{
        kind: {
            "units": int,
            "activation": str,
            "use_bias": bool,
            "return_sequences": bool,
            "go_backwards": bool,
            **({} if kind == "SimpleRNN" else {"recurrent_activation": str}),
            **({"reset_after": bool} if kind == "GRU" else {}),
        }
        for kind in CELLS
    },
}
# hard_sigmoid of Keras 2 is clip(x / 5 + 1/2), that of Keras 3 clip(x / 6 + 1/2): with the weights
# of its pre-activation times 6/5 the function of Keras 3 has the same values.
OLD_SLOPE = np.float32(6 / 5)
GATE_BLOCKS = {"LSTM": (0, 1, 3), "GRU": (0, 1)}  # of the packed weights: i, f, g, o and z, r, h
DEFAULTS = {
    "mask_zero": False,
    "use_bias": True,
    "return_sequences": False,
    "go_backwards": False,
    "reset_after": False,
}
VECTORIZATION = {
    "standardize": "lower_and_strip_punctuation",
    "split": "whitespace",
    "ngrams": None,
    "output_mode": "int",
}
FIXED = {"stateful": False, "return_state": False, "time_major": False, "keepdims": False}


def read_classifier(path: Path, *, maxlen: int | None = None) -> tuple[Classifier, int]:
    """The classifier in a ``.keras`` or ``.h5`` file and the number of steps it reads.

    Args:
        maxlen: The steps, for a model with an input of any length; it must agree with a fixed one.

    Raises:
        BundleError: When it is no Keras model file, damaged, too large, or of another family.
    """
    try:
        with open_model_file(path, trusted=False) as network:
            return classifier_of(network, maxlen)
    except (InputError, BundleError) as error:
        said = str(error)
        named = said if said.startswith(path.name) else f"{path.name}: {said}"
        raise BundleError(named) from error


def classifier_of(network: Network, maxlen: int | None) -> tuple[Classifier, int]:
    """The classifier that a network is, with the steps it reads.

    Raises:
        BundleError: When it is of another family, too large, or its weights do not fit.
    """
    try:
        chain, text = _chain(network)
        places = _places(network, text or chain[0], maxlen)
        config = [(spec, _settings(spec)) for spec in chain]
        check_classifier([(spec.kind, settings) for spec, settings in config], places)
        specs = [_with_weights(spec, settings) for spec, settings in config]
    except UnsupportedError as error:
        raise BundleError(f"This model is not opened: {error}. LSTM Lens opens {FAMILY}.") from None
    except (KeyError, TypeError, IndexError, AttributeError, ValueError) as error:
        raise BundleError(
            f"The architecture cannot be read ({type(error).__name__}: {reason(error)})."
        ) from error
    return _assembled(specs), places


def _chain(network: Network) -> tuple[list[LayerSpec], LayerSpec | None]:
    """The layers that compute something, in their order, and the TextVectorization before them."""
    named = {spec.name: spec for spec in network.layers.values()}
    network = _with_implicit_mask(network)
    if not is_chain(network):
        raise UnsupportedError("its layers are not a chain in which each reads the one before it")
    chain = [named[call.layer] for call in network.calls]
    chain = [s for s in chain if s.kind not in (*ONLY_IN_TRAINING, "InputLayer")]
    for spec in chain:
        if not spec.own:
            raise UnsupportedError(f"{spec.kind[:80]!r} is a class of the user's own")
    if chain and chain[0].kind == "TextVectorization":
        _expect_settings(chain[0], VECTORIZATION)
        return chain[1:], chain[0]
    return chain, None


def _with_implicit_mask(network: Network) -> Network:
    """The network without the mask of `mask_zero`, which Keras 3 writes as an operation.

    In a functional model it is ``ids != 0``, given as `mask` to every layer that uses one; these
    layers have the same mask here by `mask_zero`. Any other operation or mask is left as it is.
    """
    first = next((c for c in network.calls if network.layers[c.layer].kind == "Embedding"), None)
    if first is None or not network.layers[first.layer].config.get("mask_zero"):
        return network
    masks = [
        call
        for call in network.calls
        if network.layers[call.layer].kind == "NotEqual"
        and call.arguments == (*first.arguments[:1], 0)
        and not call.options
    ]
    calls = [call for call in network.calls if call not in masks]
    users = [c for c in calls if network.layers[c.layer].kind in MASKED]
    refs = [Ref(call.layer, call.number, 0) for call in masks]
    if not masks or any(call.options.get("mask") not in refs for call in users):
        return network
    return replace(
        network, calls=[replace(c, options=_without(c.options, "mask", refs)) for c in calls]
    )


def _without(options: Mapping[str, Any], key: str, values: Sequence[Any]) -> Mapping[str, Any]:
    return {k: v for k, v in options.items() if k != key or v not in values}


def _assembled(specs: Sequence[LayerSpec]) -> Classifier:
    kinds = [spec.kind for spec in specs]
    recurrent = [s for s in specs if s.kind in (*CELLS, "Bidirectional")]
    pooling = [s for s in specs if s.kind in POOLINGS]
    dense = [s for s in specs if s.kind == "Dense"]
    wanted = ["Embedding", *(s.kind for s in (*recurrent, *pooling, *dense))]
    fits = 1 <= len(recurrent) <= MOST_RECURRENT and 1 <= len(dense) <= MOST_DENSE
    if kinds != wanted or not fits or len(pooling) > 1:
        raise BundleError(
            f"This model is not opened: its layers are {', '.join(kinds)[:300]}. LSTM Lens opens "
            f"{FAMILY}."
        )
    for number, spec in enumerate(recurrent, start=1):
        side = directions(spec.config)[0][1] if spec.kind == "Bidirectional" else spec.config
        needed = number < len(recurrent) or bool(pooling)
        if bool(side["return_sequences"]) != needed:
            raise BundleError(
                f"This model is not opened: '{spec.name}' has return_sequences="
                f"{side['return_sequences']}, and the layer after it reads "
                f"{'sequences' if needed else 'the last state'}."
            )
    output = dense[-1]
    neurons, function = output.config["units"], output.config["activation"]
    allowed = ("sigmoid", "linear") if neurons == 1 else ("softmax", "linear")
    if function not in allowed or neurons > MOST_CLASSES:
        raise BundleError(
            f"This model is not opened: its output has {neurons} neurons with {function!r}; one "
            f"sigmoid neuron or 2 to {MOST_CLASSES} softmax neurons are opened."
        )
    output = fixed(output, output.weights(), {**output.config, "activation": "linear"})
    return Classifier(
        specs[0], tuple(recurrent), pooling[0] if pooling else None, (*dense[:-1], output)
    )


def _settings(spec: LayerSpec) -> dict[str, Any]:
    """The settings of a layer that matter, checked."""
    if spec.kind == "Bidirectional":
        return _both_directions(spec)
    if spec.kind in POOLINGS:
        _expect_fixed(spec.name, spec.config)
        if spec.config.get("data_format") not in (None, "channels_last"):
            raise UnsupportedError("only channels_last is computed")
        return {}
    if spec.kind not in KEPT:
        raise UnsupportedError(f"a layer of the class {spec.kind[:80]!r} is not of the family")
    return _kept(spec.kind, spec.name, spec.config, spec.keras_2)


def _kept(kind: str, name: str, config: Mapping[str, Any], keras_2: bool) -> dict[str, Any]:
    _expect_fixed(name, config)
    found: dict[str, Any] = {}
    for key, wanted in KEPT[kind].items():
        value = config.get(key, DEFAULTS.get(key))
        if wanted is str:
            value = _function_name(value, kind, key, keras_2)
        if type(value) is not wanted:
            raise UnsupportedError(f"'{name[:80]}' has {key}={str(value)[:80]!r}")
        found[key] = value
    return found


def _function_name(value: Any, kind: str, key: str, keras_2: bool) -> str:
    if isinstance(value, Mapping):  # Keras 3 writes some functions as objects
        value = value.get("config") if isinstance(value.get("config"), str) else value
    if value is None:
        value = {"activation": "linear", "recurrent_activation": "sigmoid"}[key]
        value = "tanh" if key == "activation" and kind in CELLS else value
    if not isinstance(value, str):
        raise UnsupportedError(f"its {key} is {str(value)[:80]!r}")
    if value == "hard_sigmoid" and keras_2 and kind in CELLS and key == "activation":
        raise UnsupportedError(
            "the activation of its candidate is hard_sigmoid of Keras 2, which has another slope "
            "than that of Keras 3; `trace-model` reads such files"
        )
    activation(value, keras_2=keras_2)  # UnsupportedError for an unknown one
    return value


def _expect_fixed(name: str, config: Mapping[str, Any]) -> None:
    for key, needed in FIXED.items():
        if config.get(key, needed) != needed:
            raise UnsupportedError(f"'{name[:80]}' has {key}={str(config[key])[:80]}")


def _expect_settings(spec: LayerSpec, wanted: Mapping[str, Any]) -> None:
    for key, needed in wanted.items():
        if spec.config.get(key, needed) != needed:
            raise UnsupportedError(
                f"its {spec.kind} has {key}={str(spec.config[key])[:80]!r}; {needed!r} is read here"
            )


def _both_directions(spec: LayerSpec) -> dict[str, Any]:
    mode = spec.config.get("merge_mode", "concat")
    if mode not in ("concat", "sum", "ave", "mul"):
        raise UnsupportedError(f"'{spec.name}' has merge_mode={str(mode)[:80]!r}")
    sides = []
    for kind, config in directions(spec.config):
        if kind not in CELLS:
            raise UnsupportedError(f"Bidirectional around {str(kind)[:80]!r} is not opened")
        settings = _kept(kind, spec.name, config, spec.keras_2)
        sides.append((kind, settings))
    (_, one), (_, other) = sides
    if one["return_sequences"] != other["return_sequences"] or one["units"] != other["units"]:
        raise UnsupportedError(f"the directions of '{spec.name}' differ")
    layer, backward = ({"class_name": kind, "config": settings} for kind, settings in sides)
    return {"merge_mode": mode, "layer": layer, "backward_layer": backward}


def _with_weights(spec: LayerSpec, config: dict[str, Any]) -> LayerSpec:
    """The layer with its weights read, every one of the declared shape and finite."""
    weights = [] if spec.kind in POOLINGS else list(spec.weights())
    if any(not np.isfinite(array).all() for array in weights):
        raise UnsupportedError(f"the weights of '{spec.name}' hold values that are not finite")
    if spec.kind == "Embedding":
        _expect_shapes(spec, weights, [(config["input_dim"], config["output_dim"])])
    elif spec.kind == "Dense":
        size = weights[0].shape[0]
        shapes: list[tuple[int, ...]] = [(size, config["units"]), (config["units"],)]
        _expect_shapes(spec, weights, shapes[: 1 + config["use_bias"]])
    elif spec.kind not in POOLINGS:
        for kind, settings, arrays in cells_of(spec.kind, config, weights):
            make_cell(kind, settings, arrays, keras_2=False)  # checks the shapes
    if spec.keras_2:
        weights = _with_new_slope(spec.kind, config, weights)
    return fixed(spec, weights, {"name": spec.name, **config})


def _with_new_slope(
    kind: str, config: Mapping[str, Any], weights: Sequence[Floats]
) -> list[Floats]:
    """Weights with which hard_sigmoid of Keras 3 has the values of Keras 2; see `OLD_SLOPE`."""
    if kind == "Dense" and config["activation"] == "hard_sigmoid":
        return [OLD_SLOPE * array for array in weights]
    if kind not in (*CELLS, "Bidirectional"):
        return list(weights)
    found = []
    for cell, settings, arrays in cells_of(kind, config, weights):
        steep = np.ones(BLOCKS[cell], np.float32)
        if settings.get("recurrent_activation") == "hard_sigmoid":
            steep[list(GATE_BLOCKS[cell])] = OLD_SLOPE
        found += [array * np.repeat(steep, settings["units"]) for array in arrays]
    return found


def _expect_shapes(
    spec: LayerSpec, weights: Sequence[Floats], shapes: Sequence[tuple[int, ...]]
) -> None:
    found = [array.shape for array in weights]
    if found != list(shapes):
        raise UnsupportedError(f"the weights of '{spec.name}' have the shapes {found}")


def _places(network: Network, first: LayerSpec, wanted: int | None) -> int:
    """The number of steps: the model's own, or what was asked for when it takes any number."""
    spec = network.layers.get(network.inputs[0].layer, first)
    config = spec.config
    shape: Any = config.get("batch_shape") or config.get("batch_input_shape")
    if first.kind == "TextVectorization":
        shape = (None, first.config.get("output_sequence_length"))
    if not shape:
        shape = first.config.get("batch_input_shape") or (None, first.config.get("input_length"))
    if len(shape) != 2:
        raise UnsupportedError(
            f"its input has the shape {tuple(shape)}, where word ids have (None, time steps); "
            "`trace-model` reads such files"
        )
    if shape[1] is None and wanted is None:
        raise BundleError(
            "The model's input has no fixed length; say how many time steps it reads (the maxlen "
            "of its training)."
        )
    if None not in (shape[1], wanted) and shape[1] != wanted:
        raise BundleError(f"The model reads {shape[1]} time steps, not {wanted}.")
    places = wanted if shape[1] is None else shape[1]
    if type(places) is not int or not 2 <= places <= STEPS:
        raise BundleError(f"The model reads {places!r} time steps; 2 to {STEPS:,} are allowed.")
    return places
