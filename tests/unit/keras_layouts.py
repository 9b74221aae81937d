"""One small model in every file layout that Keras has written, made by hand without Keras.

Embedding -> Bidirectional(LSTM) -> GRU -> LSTM -> Dense; the layouts differ in names, groups,
attributes and in how the configuration is written.
"""

import json
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import h5py
import numpy as np

Array = np.ndarray[Any, Any]
IDS = np.array([[0, 0, 3, 5], [1, 2, 4, 0], [5, 5, 5, 5]])


def weights() -> dict[str, list[Array]]:
    """The weights by layer name."""
    rng = np.random.default_rng(7)
    draw = lambda *shape: rng.normal(size=shape).astype(np.float32)  # noqa: E731
    side = lambda: [draw(3, 8), draw(2, 8), draw(8)]  # noqa: E731
    return {
        "words": [draw(6, 3)],
        "both": side() + side(),
        "gate": [draw(4, 9), draw(3, 9), draw(2, 9)],
        "last": [draw(3, 8), draw(2, 8), draw(8)],
        "score": [draw(2, 1), draw(1)],
    }


def entries(*, modules: bool, length: str = "batch_shape") -> list[dict[str, Any]]:
    """The layers' configurations."""
    cell = {
        "activation": "tanh", "recurrent_activation": "sigmoid", "use_bias": True,
        "return_state": False, "go_backwards": False, "stateful": False,
    }  # fmt: skip
    inner = {
        "class_name": "LSTM",
        "config": {"name": "lstm", "units": 2, "return_sequences": True, **cell},
    }
    layers = [
        ("InputLayer", {length: [None, 4], "dtype": "float32", "name": "ids"}),
        ("Embedding", {"name": "words", "input_dim": 6, "output_dim": 3, "mask_zero": True}),
        ("Bidirectional", {"name": "both", "merge_mode": "concat", "layer": inner}),
        (
            "GRU",
            {"name": "gate", "units": 3, "return_sequences": True, "reset_after": True, **cell},
        ),
        ("LSTM", {"name": "last", "units": 2, "return_sequences": False, **cell}),
        ("Dense", {"name": "score", "units": 1, "activation": "sigmoid", "use_bias": True}),
    ]
    extra = {"module": "keras.layers", "registered_name": None} if modules else {}
    return [{"class_name": kind, "config": config, **extra} for kind, config in layers]


GROUPS = {
    "words": [("embedding", 1)],
    "both": [("bidirectional/forward_layer/cell", 3), ("bidirectional/backward_layer/cell", 3)],
    "gate": [("gru/cell", 3)],
    "last": [("lstm/cell", 3)],
    "score": [("dense", 2)],
}


def zipped(
    path: Path, version: str, config: dict[str, Any], top: str = "layers", rename: Any = None
) -> None:
    """A ``.keras`` file."""
    stored = BytesIO()
    with h5py.File(stored, "w") as file:
        for name, arrays in weights().items():
            rest = list(arrays)
            for group, count in GROUPS[name]:
                group = (rename or {}).get(group, group)
                for number in range(count):
                    file[f"{top}/{group}/vars/{number}"] = rest.pop(0)
        file.create_group(f"{top}/input_layer/vars")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": version}))
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", stored.getvalue())


def keras_3(path: Path) -> None:
    """Keras 3, Sequential."""
    layers = entries(modules=True)
    zipped(path, "3.8.0", {"class_name": "Sequential", "config": {"name": "m", "layers": layers}})


def keras_3_functional(path: Path) -> None:
    """Keras 3, functional: tensors of calls are dictionaries."""
    layers = entries(modules=True)
    for before, entry in zip([None, *layers], layers, strict=False):
        name = entry["config"]["name"]
        tensor = before and {
            "class_name": "__keras_tensor__",
            "config": {"keras_history": [before["config"]["name"], 0, 0]},
        }
        entry.update(name=name, inbound_nodes=[{"args": [tensor], "kwargs": {}}] if tensor else [])
    config = {"layers": layers, "input_layers": ["ids", 0, 0], "output_layers": ["score", 0, 0]}
    zipped(path, "3.3.3", {"class_name": "Functional", "config": config})


def keras_2_13(path: Path) -> None:
    """Keras 2.13: its own name for the group of layers, in which numbers are skipped."""
    layers = entries(modules=True, length="batch_input_shape")
    zipped(
        path,
        "2.13.1",
        {"class_name": "Sequential", "config": {"name": "m", "layers": layers}},
        "_layer_checkpoint_dependencies",
        {"lstm/cell": "lstm_2/cell"},
    )


def keras_2_14(path: Path) -> None:
    """Keras 2.14, Sequential."""
    layers = entries(modules=True, length="batch_input_shape")
    zipped(path, "2.14.0", {"class_name": "Sequential", "config": {"name": "m", "layers": layers}})


def keras_2_15(path: Path) -> None:
    """Keras 2.15, functional: tensors of calls are lists."""
    layers = entries(modules=True, length="batch_input_shape")
    config = {"layers": _connected(layers), **_ends()}
    zipped(path, "2.15.0", {"class_name": "Functional", "config": config})


def _connected(layers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for before, entry in zip([None, *layers], layers, strict=False):
        nodes = [[[before["config"]["name"], 0, 0, {}]]] if before else []
        entry.update(name=entry["config"]["name"], inbound_nodes=nodes)
    return layers


def _ends() -> dict[str, Any]:
    return {"input_layers": [["ids", 0, 0]], "output_layers": [["score", 0, 0]]}


def legacy(path: Path, version: Any, config: Any, suffix: str = ":0", encode: Any = None) -> None:
    """A whole model in HDF5."""
    encode = encode or (lambda text: text)
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = encode(json.dumps(config))
        file.attrs["keras_version"] = version
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [encode(name) for name in ("ids", *weights())]
        for name, arrays in weights().items():
            kinds = ["kernel", "recurrent_kernel", "bias"] if len(arrays) > 1 else ["embeddings"]
            sides = ["forward_lstm/", "backward_lstm/"] if len(arrays) == 6 else [""]
            names = [f"{name}/{side}{kind}{suffix}" for side in sides for kind in kinds]
            if name == "score":
                names = [f"score/kernel{suffix}", f"score/bias{suffix}"]
            inner = group.create_group(name)
            inner.attrs["weight_names"] = [encode(where) for where in names]
            for where, array in zip(names, arrays, strict=True):
                inner[where] = array


def h5_keras_2(path: Path) -> None:
    """Keras 2.4 to 2.15, Sequential, attributes as bytes as h5py 2 read them back."""
    layers = entries(modules=False, length="batch_input_shape")
    config = {"class_name": "Sequential", "config": {"name": "m", "layers": layers}}
    legacy(path, b"2.4.0", config, encode=lambda text: text.encode())


def h5_keras_2_functional(path: Path) -> None:
    """tf.keras, functional."""
    layers = entries(modules=False, length="batch_input_shape")
    config = {"class_name": "Model", "config": {"layers": _connected(layers), **_ends()}}
    legacy(path, "2.2.4-tf", config)


def h5_keras_2_1(path: Path) -> None:
    """Keras 2.1: a Sequential model is the list of its layers, the length stands in the first."""
    layers = entries(modules=False)[1:]
    layers[0]["config"]["batch_input_shape"] = [None, 4]
    legacy(path, b"2.1.6", {"class_name": "Sequential", "config": layers}, encode=str.encode)


def h5_keras_3(path: Path) -> None:
    """Keras 3, Sequential, without ``:0``."""
    layers = entries(modules=False)
    config = {"class_name": "Sequential", "config": {"name": "m", "layers": layers}}
    legacy(path, "3.15.1", config, suffix="")


LAYOUTS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "Keras 3 .keras": ("m.keras", keras_3),
    "Keras 3 functional .keras": ("m.keras", keras_3_functional),
    "Keras 2.13 .keras": ("m.keras", keras_2_13),
    "Keras 2.14 .keras": ("m.keras", keras_2_14),
    "Keras 2.15 functional .keras": ("m.keras", keras_2_15),
    "Keras 2.4 .h5": ("m.h5", h5_keras_2),
    "tf.keras functional .h5": ("m.hdf5", h5_keras_2_functional),
    "Keras 2.1 .h5": ("m.h5", h5_keras_2_1),
    "Keras 3 .h5": ("m.h5", h5_keras_3),
}
