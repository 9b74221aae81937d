"""Read a stock ``.keras`` file without Keras: which layers it has and their weights.

A ``.keras`` file is a zip with ``config.json`` (the architecture) and ``model.weights.h5``. Only
the family Embedding -> LSTM -> Dense(1, sigmoid) is read; another is refused with the reason.
"""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from lstm_core.errors import BundleError, InputError
from lstm_core.lstm import Floats, LstmWeights

CONFIG, WEIGHTS = "config.json", "model.weights.h5"
LARGEST_MEMBER = 512 * 2**20  # bytes; the article's model has 5 MiB
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
FAMILY = "Embedding, LSTM (tanh, sigmoid, with bias), Dense(1, sigmoid)"


def read_keras_file(path: Path) -> tuple[LstmWeights, int]:
    """Weights of a ``.keras`` file and the number of places it reads.

    Raises:
        BundleError: When it is not a ``.keras`` file, damaged, or of another architecture.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            config = json.loads(_member(archive, CONFIG, path))
            stored = _member(archive, WEIGHTS, path)
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError) as error:
        raise BundleError(
            f"{path.name} cannot be read as a .keras file ({error}). Save the model with "
            "model.save('model.keras') in Keras 3."
        ) from error
    maxlen = _check_architecture(config, path)
    arrays = _read_arrays(stored, path)
    try:
        weights = LstmWeights(
            embedding=arrays["embedding"],
            kernel=arrays["kernel"],
            recurrent=arrays["recurrent"],
            bias=arrays["bias"],
            dense_kernel=arrays["dense_kernel"][:, 0],
            dense_bias=float(arrays["dense_bias"][0]),
        )
    except InputError as error:
        raise BundleError(f"{path.name}: {error}") from error
    return weights, maxlen


def _member(archive: zipfile.ZipFile, name: str, path: Path) -> bytes:
    try:
        size = archive.getinfo(name).file_size
    except KeyError:
        raise BundleError(
            f"{path.name} has no member {name}, so it is not a Keras 3 file. Save the model with "
            "model.save('model.keras')."
        ) from None
    if size > LARGEST_MEMBER:
        raise BundleError(
            f"{path.name}: {name} would take {size:,} bytes; at most {LARGEST_MEMBER:,} are read."
        )
    return archive.read(name)


def _read_arrays(stored: bytes, path: Path) -> dict[str, Floats]:
    arrays: dict[str, Floats] = {}
    ranks = {"bias": 1, "dense_bias": 1}
    try:
        with h5py.File(io.BytesIO(stored), "r") as file:
            for name, where in WEIGHT_PATHS.items():
                arrays[name] = np.asarray(file[where], dtype=np.float32)
                if arrays[name].ndim != ranks.get(name, 2):
                    raise ValueError(f"{where} has the shape {arrays[name].shape}")
        if arrays["dense_kernel"].shape[1] != 1 or arrays["dense_bias"].shape != (1,):
            raise ValueError("the output layer has more than one neuron")
    except (OSError, KeyError, ValueError, TypeError, RuntimeError) as error:
        raise BundleError(
            f"The weights in {path.name} cannot be read ({error}). They must be those of {FAMILY}."
        ) from error
    return arrays


def _check_architecture(config: Any, path: Path) -> int:
    """Return the number of places read; raise BundleError with the reason for another family."""
    try:
        layers = {layer["class_name"]: layer["config"] for layer in config["config"]["layers"]}
        order = [layer["class_name"] for layer in config["config"]["layers"]]
        _expect(order == ["InputLayer", "Embedding", "LSTM", "Dense"], f"its layers are {order}")
        lstm, dense = layers["LSTM"], layers["Dense"]
        for name, wanted in LSTM_SETTINGS.items():
            _expect(lstm[name] == wanted, f"its LSTM has {name}={lstm[name]!r}")
        _expect(not layers["Embedding"]["mask_zero"], "its Embedding masks zeros")
        _expect(dense["activation"] == "sigmoid", f"its output is {dense['activation']!r}")
        _expect(dense["units"] == 1, f"its output has {dense['units']} neurons")
        _expect(bool(dense["use_bias"]), "its output has no bias")
        maxlen = layers["InputLayer"]["batch_shape"][1]
        _expect(isinstance(maxlen, int) and maxlen >= 2, f"it reads {maxlen!r} places")
    except _OtherArchitectureError as error:
        raise BundleError(
            f"{path.name} is another model: {error}. LSTM Lens opens {FAMILY} with a fixed input."
        ) from None
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise BundleError(
            f"The architecture in {path.name} cannot be read ({type(error).__name__}: {error})."
        ) from error
    return int(maxlen)


class _OtherArchitectureError(Exception):
    """The model is readable and of another family."""


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise _OtherArchitectureError(otherwise)
