"""Write a stock ``.keras`` file without Keras: the family's architecture around given weights.

Used where weights came from outside: what is saved then holds nothing but their numbers, and Keras
opens it like a file of its own (a test compares the two).
"""

import io
import json
import zipfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from lstm_core.model.keras_reader import LSTM_SETTINGS, WEIGHT_PATHS
from lstm_core.model.keras_weights import CONFIG, METADATA, WEIGHTS
from lstm_core.recurrent.lstm import LstmWeights

Json = dict[str, Any]
# Keras looks for these groups though they hold nothing.
EMPTY_GROUPS = ("vars", "layers/input_layer/vars", "layers/lstm/vars")
_TIME = (1980, 1, 1, 0, 0, 0)  # the zip's oldest: the same weights give the same file


def write_keras_file(path: Path, weights: LstmWeights, maxlen: int) -> None:
    """Save weights as the stock model that reads `maxlen` places.

    Args:
        path: The ``.keras`` file to write.
        weights: V word ids, E embedding, D units.
        maxlen: T, the places.
    """
    write_members(path, _config(weights, maxlen), _stored(weights))


def write_members(path: Path, config: Json, stored: bytes) -> None:
    """Write a ``.keras`` file: its configuration, and the HDF5 file of its weights."""
    members = {
        METADATA: json.dumps({"keras_version": _keras_version(), "date_saved": ""}).encode(),
        CONFIG: json.dumps(config).encode(),
        WEIGHTS: stored,
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, _TIME), content)


def _keras_version() -> str:
    try:
        return version("keras")
    except PackageNotFoundError:
        return "3.0.0"


def _stored(weights: LstmWeights) -> bytes:
    arrays, buffer = weights.arrays(), io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for group in EMPTY_GROUPS:
            file.create_group(group)
        for name, where in WEIGHT_PATHS.items():
            file.create_dataset(where, data=np.asarray(arrays[name], np.float32))
    return buffer.getvalue()


def _config(weights: LstmWeights, maxlen: int) -> Json:
    dim, units = weights.embedding_dim, weights.lstm_dim
    embedding = {"input_dim": weights.num_words, "output_dim": dim, "mask_zero": False}
    lstm = {"units": units, **LSTM_SETTINGS}
    dense = {"units": 1, "activation": "sigmoid", "use_bias": True}
    places: Json = {"batch_shape": [None, maxlen], "dtype": "int32", "name": "main_input"}
    layers = [
        _layer("InputLayer", "main_input", places, [], None),
        _layer("Embedding", "embedding", embedding, [None, maxlen], ("main_input", "int32")),
        _layer("LSTM", "lstm", lstm, [None, maxlen, dim], ("embedding", "float32")),
        _layer("Dense", "output", dense, [None, units], ("lstm", "float32")),
    ]
    return {
        "module": "keras.src.models.functional",
        "class_name": "Functional",
        "config": {
            "name": "lstm_lens",
            "trainable": True,
            "layers": layers,
            "input_layers": ["main_input", 0, 0],
            "output_layers": ["output", 0, 0],
        },
        "registered_name": "Functional",
        "build_config": {"input_shape": None},
        "compile_config": {},
    }


def keras_layer(kind: str, name: str, settings: Json) -> Json:
    """One layer of Keras' own as a configuration."""
    return {
        "module": "keras.layers",
        "class_name": kind,
        "config": {"name": name, **settings},
        "registered_name": None,
    }


def _layer(
    kind: str, name: str, settings: Json, shape: list[int | None], after: tuple[str, str] | None
) -> Json:
    """One layer; `shape` is that of its input, `after` the layer before it and its dtype."""
    layer: Json = {**keras_layer(kind, name, settings), "name": name, "inbound_nodes": []}
    if after is not None:
        history = {"shape": shape, "dtype": after[1], "keras_history": [after[0], 0, 0]}
        tensor = {"class_name": "__keras_tensor__", "config": history}
        layer["build_config"] = {"input_shape": shape}
        layer["inbound_nodes"] = [{"args": [tensor], "kwargs": {}}]
    return layer
