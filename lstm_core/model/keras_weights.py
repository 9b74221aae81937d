"""Weights of a Keras model: in memory, in a ``.keras`` file, in a legacy ``.h5`` file.

Files may come from anybody. They are read by h5py and JSON only; soft and external links, virtual
data sets, other types than floating-point numbers and too large arrays are refused.
"""

import json
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from math import prod
from pathlib import Path as FilePath
from typing import Any

import h5py
import numpy as np

from lstm_core.errors import BundleError, reason
from lstm_core.files import is_pickle
from lstm_core.model.keras_network import Part, Path, read_network
from lstm_core.model.limits import ARRAY_CHUNKS, FILE_BYTES, WEIGHT_BYTES
from lstm_core.recurrent.functions import UnsupportedError
from lstm_core.recurrent.network import Network
from lstm_core.recurrent.weights import Floats

CONFIG, WEIGHTS, METADATA = "config.json", "model.weights.h5", "metadata.json"
LFS = b"version https://git-lfs"
SAVE_IT = "Save the model with Keras: model.save('model.keras')."
FOREIGN = {  # by offset and first bytes
    (4, b"TFL3"): "a TensorFlow Lite model",
    (0, b"\x08"): "an ONNX model or a TensorFlow SavedModel",  # protocol buffers
    (0, b"\x93NUMPY"): "a NumPy array",
    (0, b"{"): "a JSON file, which holds no weights",
}
FOREIGN_MEMBERS = {
    "saved_model.pb": "a TensorFlow SavedModel",
    ".npy": "a file of NumPy arrays",
    "model.json": "a model of TensorFlow.js",
}
HDF5, ZIP = b"\x89HDF\r\n\x1a\n", b"PK"
OLD_GROUP = "_layer_checkpoint_dependencies"  # Keras 2.13 named the group of layers so
LARGEST_FILE = 2**31  # bytes of the weights in a ``.keras`` file, with those of the optimizer
LARGEST_RATIO = 20  # of unpacked to stored bytes above `WEIGHT_BYTES`; weights hardly compress
_UNREADABLE = (OSError, KeyError, ValueError, TypeError, RuntimeError, AttributeError)


@contextmanager
def open_model_file(path: FilePath, *, trusted: bool = True) -> Iterator[Network]:
    """The network in a ``.keras`` or ``.h5`` file; its weights can be read while it is open.

    Args:
        trusted: Whether weights may take more memory than those of a bundle (`limits`), when the
            file holds as many bytes; for a person's own files.

    Raises:
        BundleError: When it is neither, damaged, or holds weights only.
    """
    try:
        with path.open("rb") as file:
            start = file.read(len(LFS))
    except OSError as error:
        raise BundleError(f"{path} cannot be opened ({error.strerror}).") from error
    if start.startswith(ZIP):
        with _keras_file(path, trusted) as network:
            yield network
    elif start.startswith(HDF5):
        with _h5_file(path, trusted) as network:
            yield network
    elif start == LFS:
        raise BundleError(
            f"{path.name} is a pointer of Git LFS, not the model. Get the file with git lfs pull."
        )
    elif is_pickle(start):
        raise BundleError(_pickled(path))
    else:
        known = (what for (at, magic), what in FOREIGN.items() if start.startswith(magic, at))
        what = next(known, "neither a .keras file nor an HDF5 file")
        raise BundleError(f"{path.name} is {what}. {SAVE_IT}")


@contextmanager
def _keras_file(path: FilePath, trusted: bool) -> Iterator[Network]:
    try:
        with zipfile.ZipFile(path) as archive:
            if any(name.endswith("/data.pkl") for name in archive.namelist()):
                raise BundleError(_pickled(path))
            for ending, what in FOREIGN_MEMBERS.items():
                if any(name.endswith(ending) for name in archive.namelist()):
                    raise BundleError(f"{path.name} is {what}. {SAVE_IT}")
            config = json.loads(zip_member(archive, CONFIG, path))
            version = json.loads(zip_member(archive, METADATA, path)).get("keras_version")
            limits = {WEIGHTS: _weights_limit(archive)} if trusted else FILE_BYTES
            stored = zip_member(archive, WEIGHTS, path, limits)
        file = h5py.File(BytesIO(stored), "r")
    except (*_UNREADABLE, zipfile.BadZipFile, NotImplementedError, RecursionError) as error:
        raise BundleError(
            f"{path.name} cannot be read as a .keras file ({reason(error)}). Save the model with "
            "model.save('model.keras')."
        ) from error
    with file:
        yield read_network(config, GroupWeights(file, trusted), keras_2=is_keras_2(version))


def _pickled(path: FilePath) -> str:
    return (
        f"{path.name} is a pickle, and unpickling runs code of the file, so it is not opened here. "
        "Of PyTorch, save the state_dict: safetensors.torch.save_file(model.state_dict(), "
        "'weights.safetensors'); of Keras, model.save('model.keras')."
    )


def _weights_limit(archive: zipfile.ZipFile) -> int:
    """Bytes that the weights may take: more than a bundle's only when they are stored as such."""
    if WEIGHTS not in archive.namelist():
        return 0
    stored = archive.getinfo(WEIGHTS).compress_size
    return min(max(FILE_BYTES[WEIGHTS], LARGEST_RATIO * stored), LARGEST_FILE)


@contextmanager
def _h5_file(path: FilePath, trusted: bool) -> Iterator[Network]:
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise BundleError(f"{path.name} cannot be read as HDF5 ({reason(error)}).") from error
    with file:
        try:
            config = json.loads(_text(file.attrs["model_config"]))
            version = _text(file.attrs.get("keras_version", "1"))
        except KeyError as error:
            raise BundleError(
                f"{path.name} holds no model_config: it has weights only. Save the whole model "
                "with model.save('model.keras')."
            ) from error
        except (*_UNREADABLE, RecursionError) as error:
            raise BundleError(
                f"The configuration in {path.name} cannot be read ({reason(error)})."
            ) from error
        yield read_network(config, ListedWeights(file, trusted), keras_2=is_keras_2(version))


def is_keras_2(version: Any) -> bool:
    """Whether a version string is one of Keras 1 or 2."""
    found = re.match(r"\d+", str(version))
    return found is not None and int(found[0]) < 3


def _text(value: Any) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


def zip_member(
    archive: zipfile.ZipFile, name: str, path: FilePath, limits: Mapping[str, int] = FILE_BYTES
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


def _pieces(found: h5py.Dataset) -> int:
    """In how many chunks an array is stored."""
    if not found.chunks:
        return 1
    return prod(-(-size // chunk) for size, chunk in zip(found.shape, found.chunks, strict=True))


class _Reader:
    """Reads arrays of one HDF5 file, each once, up to a total size."""

    def __init__(self, file: h5py.File, trusted: bool) -> None:
        self.file = file
        self._ratio = LARGEST_RATIO if trusted else 0
        self._read: dict[str, Floats] = {}
        self._bytes = self._stored = 0

    def array(self, where: str) -> Floats:
        """The array at a path of the file."""
        if where not in self._read:
            found = stored_dataset(self.file, where)
            if found.size is None:
                raise ValueError(f"{where} is empty")
            self._bytes += found.size * max(4, found.dtype.itemsize)
            self._stored += found.id.get_storage_size()
            most = max(WEIGHT_BYTES, min(self._ratio * self._stored, LARGEST_FILE))
            if self._bytes > most:
                raise ValueError(f"the arrays would take {self._bytes:,} bytes, too large")
            if _pieces(found) > ARRAY_CHUNKS:
                raise ValueError(f"{where} is stored in more than {ARRAY_CHUNKS:,} pieces")
            self._read[where] = np.asarray(found, dtype=np.float32)
        return self._read[where]

    def __call__(self, path: Path, parts: Sequence[Part]) -> Sequence[Floats]:
        """The weights of a layer.

        Raises:
            UnsupportedError: When they are not in the file or not plain numbers.
        """
        try:
            return self.weights(path, parts)
        except _UNREADABLE as error:
            raise UnsupportedError(f"its weights cannot be read ({reason(error)})") from error

    def weights(self, path: Path, parts: Sequence[Part]) -> Sequence[Floats]:
        """The weights of a layer, with what HDF5 raises."""
        raise NotImplementedError


class GroupWeights(_Reader):
    """Weights by class and number of the layer, as ``.keras`` files hold them."""

    def __init__(self, file: h5py.File, trusted: bool) -> None:
        super().__init__(file, trusted)
        names: list[str] = []
        file.visit(names.append)  # follows no soft or external link
        # Keras 2.13 on Windows wrote backslashes into the names.
        self._names = {name.replace("\\", "/"): name for name in names}

    def weights(self, path: Path, parts: Sequence[Part]) -> Sequence[Floats]:
        """``layers/lstm_1/cell/vars/0`` and so on."""
        where = ""
        for address in path:
            where = self._group(where, address.group, address.number)
        names = ["/".join(filter(None, (where, part.path, "vars"))) for part in parts]
        return [
            self.array(self._names.get(f"{name}/{n}", f"{name}/{n}"))
            for name, part in zip(names, parts, strict=True)
            for n in range(part.arrays)
        ]

    def _group(self, inside: str, group: str, number: int) -> str:
        """The group of the layer that has so many of its class before it, among those in use."""
        start = f"{inside}/" if inside else ""
        tops = "|".join(("layers", OLD_GROUP))
        pattern = re.compile(
            rf"({re.escape(start)}(?:{tops})/{re.escape(group)}(?:_(\d+))?)/.*/\d+"
        )
        # Keras numbers all layers of a class; some versions skip numbers and leave groups empty.
        matches = (pattern.fullmatch(name.replace("/vars/", "//vars/")) for name in self._names)
        used = {int(match[2] or 0): match[1] for match in matches if match}
        if number >= len(used):
            raise ValueError(f"{group} number {number} is not stored in this file")
        return used[sorted(used)[number]]


class ListedWeights(_Reader):
    """Weights by layer name and a list of paths, as legacy ``.h5`` files hold them."""

    def weights(self, path: Path, parts: Sequence[Part]) -> Sequence[Floats]:
        """The arrays that ``weight_names`` lists for the layer."""
        top = "model_weights/" if "model_weights" in self.file else ""
        where = f"{top}{path[0].name}"
        names = [_text(name) for name in self._names(where)]
        for address in path[1:]:  # models inside: their layers are parts of the weights' names
            names = [name for name in names if address.name in name.split("/")]
        wanted = sum(part.arrays for part in parts)
        if len(names) != wanted:
            raise ValueError(f"{where} lists {len(names)} arrays, not {wanted}")
        return [self.array(f"{where}/{name}") for name in names]

    def _names(self, where: str) -> Sequence[Any]:
        attributes: Mapping[str, Any] = self.file[where].attrs
        if "weight_names" in attributes:
            return list(attributes["weight_names"])
        pieces: list[list[Any]] = []  # Keras splits lists of more than 64 KiB
        while f"weight_names{len(pieces)}" in attributes:
            pieces.append(list(attributes[f"weight_names{len(pieces)}"]))
        return [name for piece in pieces for name in piece]
