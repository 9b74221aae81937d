"""Read a stock ``.keras`` file without Keras: which layers it has and their weights.

A ``.keras`` file is a zip with ``config.json`` (the architecture) and ``model.weights.h5``. Only
the family Embedding -> LSTM -> Dense(1, sigmoid) is read; another is refused with the reason.
The file may come from anybody: nothing in it is run, sizes are bounded before memory is taken, and
weights that would be read from another file are refused.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from lstm_core.errors import BundleError, InputError, reason
from lstm_core.model.limits import FILE_BYTES, STEPS, WEIGHT_BYTES, check_sizes
from lstm_core.recurrent.lstm import Floats, LstmWeights

CONFIG, WEIGHTS, METADATA = "config.json", "model.weights.h5", "metadata.json"
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
    """Weights of a ``.keras`` file and the number of places it reads.

    Args:
        path: The file.
        maxlen: The places, for a model with an input of any length; it must agree with a fixed one.

    Raises:
        BundleError: When it is not a ``.keras`` file, damaged, or of another architecture.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            config = json.loads(zip_member(archive, CONFIG, path))
            stored = zip_member(archive, WEIGHTS, path)
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError) as error:
        raise BundleError(
            f"{path.name} cannot be read as a .keras file ({reason(error)}). Save the model with "
            "model.save('model.keras') in Keras 3."
        ) from error
    places = _check_architecture(config, path, maxlen)
    arrays = _read_arrays(stored, path, places)
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
    return weights, places


def zip_member(
    archive: zipfile.ZipFile, name: str, path: Path, limits: Mapping[str, int] = FILE_BYTES
) -> bytes:
    """A member of a ``.keras`` file, when it is there and no larger than allowed."""
    try:
        size = archive.getinfo(name).file_size
    except KeyError:
        raise BundleError(
            f"{path.name} has no member {name}, so it is not a Keras 3 file. Save the model with "
            "model.save('model.keras')."
        ) from None
    if size > (most := limits[name]):
        raise BundleError(
            f"{path.name}: {name} would take {size:,} bytes; at most {most:,} are read."
        )
    return archive.read(name)


def _read_arrays(stored: bytes, path: Path, places: int) -> dict[str, Floats]:
    try:
        with h5py.File(io.BytesIO(stored), "r") as file:
            found = {name: stored_dataset(file, where) for name, where in WEIGHT_PATHS.items()}
            _check_declared(found, places)
            return {name: np.asarray(array, dtype=np.float32) for name, array in found.items()}
    except (OSError, KeyError, ValueError, TypeError, RuntimeError, MemoryError) as error:
        raise BundleError(
            f"The weights in {path.name} cannot be read ({reason(error)}). They must be those of "
            f"{FAMILY}."
        ) from error


def _check_declared(found: dict[str, h5py.Dataset], places: int) -> None:
    """Refuse by the shapes that the file declares, before anything of the arrays is read.

    A few hundred bytes can declare any shape, and unpack to it.
    """
    for name, array in found.items():
        rank = 1 if name in ("bias", "dense_bias") else 2
        if array.shape is None or len(array.shape) != rank:
            raise ValueError(f"{WEIGHT_PATHS[name]} has the shape {array.shape}")
    (num_words, embedding_dim), units = found["embedding"].shape, found["recurrent"].shape[0]
    check_sizes(num_words, places, embedding_dim, units)
    wanted = {
        "kernel": (embedding_dim, 4 * units),
        "recurrent": (units, 4 * units),
        "bias": (4 * units,),
        "dense_kernel": (units, 1),
        "dense_bias": (1,),
    }
    for name, shape in wanted.items():
        if found[name].shape != shape:
            raise ValueError(f"{WEIGHT_PATHS[name]} has the shape {found[name].shape}, not {shape}")
    if sum(array.size * array.dtype.itemsize for array in found.values()) > WEIGHT_BYTES:
        raise ValueError(f"the arrays take more than {WEIGHT_BYTES:,} bytes")


def stored_dataset(file: h5py.File, where: str) -> h5py.Dataset:
    """The array at a path, when it lies in this very file and holds floating-point numbers."""
    parts = where.split("/")
    for end in range(1, len(parts) + 1):
        link = file.get("/".join(parts[:end]), getlink=True)
        if not isinstance(link, h5py.HardLink):
            raise ValueError(f"{where} is not stored in this file")
    found = file[where]
    if not isinstance(found, h5py.Dataset) or found.dtype.kind != "f":
        raise ValueError(f"{where} is no array of floating-point numbers")
    if found.external is not None or found.is_virtual:
        raise ValueError(f"{where} would be read from another file")
    return found


def _check_architecture(config: Any, path: Path, wanted: int | None) -> int:
    """Return the number of places read; raise BundleError with the reason for another family."""
    try:
        layers = {layer["class_name"]: layer["config"] for layer in config["config"]["layers"]}
        order = [layer["class_name"] for layer in config["config"]["layers"]]
        chain = [kind for kind in order if kind not in (*ONLY_IN_TRAINING, "InputLayer")]
        _expect(chain == CHAIN, f"its layers are {', '.join(map(str, order))}")
        lstm, dense = layers["LSTM"], layers["Dense"]
        for name, needed in LSTM_SETTINGS.items():
            _expect(lstm[name] == needed, f"its LSTM has {name}={lstm[name]!r}")
        _expect(not layers["Embedding"]["mask_zero"], "its Embedding masks zeros")
        _expect(dense["activation"] == "sigmoid", f"its output is {dense['activation']!r}")
        _expect(dense["units"] == 1, f"its output has {dense['units']} neurons")
        _expect(bool(dense["use_bias"]), "its output has no bias")
        maxlen = _places(layers, wanted)
    except _OtherArchitectureError as error:
        raise BundleError(
            f"{path.name} is another model: {reason(error)}. LSTM Lens opens {FAMILY}."
        ) from None
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise BundleError(
            f"The architecture in {path.name} cannot be read ({type(error).__name__}: "
            f"{reason(error)})."
        ) from error
    return maxlen


def _places(layers: dict[str, Any], wanted: int | None) -> int:
    """The number of places: the model's own, or what was asked for when it takes any number."""
    shape = layers["InputLayer"]["batch_shape"] if "InputLayer" in layers else (None, None)
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
