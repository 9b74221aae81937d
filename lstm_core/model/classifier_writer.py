"""Write the stock ``.keras`` file of a `Classifier` without Keras.

The file holds nothing of the file that a model came from but the numbers of its weights and the
settings that were checked; Keras opens it like one of its own (a test compares the outputs).
"""

import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from lstm_core.model.keras_network import snake_case
from lstm_core.model.keras_writer import keras_layer, write_members
from lstm_core.recurrent.classifier import Classifier
from lstm_core.recurrent.network import LayerSpec
from lstm_core.recurrent.recurrent_layers import weight_count
from lstm_core.recurrent.weights import Floats

Json = dict[str, Any]


def write_classifier(path: Path, classifier: Classifier, maxlen: int) -> None:
    """Save a classifier as a Sequential model that reads `maxlen` steps.

    Args:
        path: The ``.keras`` file to write.
        maxlen: T, the steps.
    """
    names = [f"{snake_case(spec.kind)}_{n}" for n, spec in enumerate(classifier.specs)]
    first: Json = {"batch_shape": [None, maxlen], "dtype": "int32", "name": "main_input"}
    layers = [keras_layer("InputLayer", "main_input", first)]
    last = len(names) - 1
    for number, (name, spec) in enumerate(zip(names, classifier.specs, strict=True)):
        settings = _settings(spec)
        if number == last:
            settings["activation"] = "sigmoid" if classifier.one_sigmoid else "softmax"
        layers.append(keras_layer(spec.kind, name, settings))
    config = {
        "module": "keras",
        "class_name": "Sequential",
        "config": {"name": "lstm_lens", "layers": layers, "build_input_shape": [None, maxlen]},
        "registered_name": None,
        "build_config": {"input_shape": [None, maxlen]},
    }
    write_members(path, config, _stored(classifier))


def _settings(spec: LayerSpec) -> Json:
    settings = {key: value for key, value in spec.config.items() if key != "name"}
    for side in ("layer", "backward_layer"):
        if side in settings:
            inner = dict(settings[side])
            plain = {
                k: v
                for k, v in inner["config"].items()
                if k not in ("name", "zero_output_for_mask")
            }
            settings[side] = keras_layer(inner["class_name"], side, plain)
    return settings


def _stored(classifier: Classifier) -> bytes:
    buffer = io.BytesIO()
    numbers: Counter[str] = Counter()
    with h5py.File(buffer, "w") as file:
        file.create_group("vars")
        for spec in classifier.specs:
            group = snake_case(spec.kind)
            number = f"_{numbers[group]}" if numbers[group] else ""
            numbers[group] += 1
            where = f"layers/{group}{number}"
            file.require_group(f"{where}/vars")
            for part, arrays in _parts(spec):
                inside = f"{where}/{part}/vars" if part else f"{where}/vars"
                if "/" in part:
                    file.require_group(f"{where}/{part.split('/')[0]}/vars")
                for n, array in enumerate(arrays):
                    file.create_dataset(f"{inside}/{n}", data=np.asarray(array, np.float32))
    return buffer.getvalue()


def _parts(spec: LayerSpec) -> Iterator[tuple[str, list[Floats]]]:
    """The weights of a layer by the part of it that Keras keeps them in."""
    weights = list(spec.weights())
    if spec.kind == "Bidirectional":
        first = weight_count(spec.config["layer"]["config"])
        yield "forward_layer/cell", weights[:first]
        yield "backward_layer/cell", weights[first:]
    elif spec.kind in ("LSTM", "GRU", "SimpleRNN"):
        yield "cell", weights
    else:
        yield "", weights
