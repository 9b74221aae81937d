"""Fuzz target: any Keras model file, `.keras` or `.h5`, with an input for it."""

import io
import json
import tempfile
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from hypothesis import strategies as st

from lstm_core import trace_model
from tests.fuzz.keras import KINDS, VALUES, nothing_right
from tests.fuzz.target import Target, damaged
from tests.unit.keras_layouts import IDS, LAYOUTS

INPUTS: tuple[Any, ...] = (
    IDS,
    IDS.astype(np.float32),
    np.zeros((1, 4, 2), np.float32),
    np.full((2, 4), 10**9),
    np.full((1, 4), np.nan),
    [["a"]],
    [],
    None,
)


@cache
def good(layout: str) -> bytes:
    """A good file of a layout."""
    name, write = LAYOUTS[layout]
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / name)
        return (Path(folder) / name).read_bytes()


def with_setting(layout: str, path: tuple[int, int], value: Any) -> bytes:
    """The file with one setting of one layer changed; in a nested layer one of its own."""

    def apply(config: Any) -> Any:
        inner = config["config"]
        layers = inner if isinstance(inner, list) else inner["layers"]
        settings = layers[path[0] % len(layers)]["config"]
        if "layer" in settings and path[1] % 2:
            settings = settings["layer"]["config"]
        names = sorted(settings)
        settings[names[path[1] % len(names)]] = value
        return config

    return _changed(layout, apply)


def with_class(layout: str, place: int, name: str) -> bytes:
    """The file with another class for one layer."""

    def apply(config: Any) -> Any:
        inner = config["config"]
        layers = inner if isinstance(inner, list) else inner["layers"]
        layers[place % len(layers)]["class_name"] = name
        return config

    return _changed(layout, apply)


def _changed(layout: str, apply: Any) -> bytes:
    buffer = io.BytesIO(good(layout))
    if LAYOUTS[layout][0].endswith(".keras"):
        with zipfile.ZipFile(buffer) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        members["config.json"] = json.dumps(apply(json.loads(members["config.json"]))).encode()
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        return buffer.getvalue()
    with h5py.File(buffer, "r+") as file:
        file.attrs["model_config"] = json.dumps(apply(json.loads(file.attrs["model_config"])))
    return buffer.getvalue()


def with_array(number: int, kind: str) -> bytes:
    """The legacy file with one array changed."""
    buffer = io.BytesIO(good("Keras 3 .h5"))
    with h5py.File(buffer, "r+") as file:
        names: list[str] = []
        file.visititems(lambda name, item: names.append(name) if hasattr(item, "shape") else None)
        nothing_right(file, names[number % len(names)], kind)
    return buffer.getvalue()


NAMES = st.sampled_from(sorted(LAYOUTS))
CLASSES = st.sampled_from(
    ["Lambda", "Conv1D", "MaxPooling1D", "Reshape", "RepeatVector", "Flatten", "Permute", "GetItem",
     "BatchNormalization", "LayerNormalization", "Concatenate", "TimeDistributed", "RNN", "LSTM",
     "Bidirectional", "Sequential", "Functional", "Masking", "Softmax", "Dense", "a>LSTM", ""]
)  # fmt: skip
PLACES = st.integers(0, 99)
FILES = st.one_of(
    st.deferred(lambda: damaged(*map(good, LAYOUTS))),
    st.builds(with_setting, NAMES, st.tuples(PLACES, PLACES), VALUES),
    st.builds(with_class, NAMES, PLACES, CLASSES),
    st.builds(with_array, PLACES, st.sampled_from(KINDS)),
)


def run_one(value: tuple[bytes, int], folder: Path) -> None:
    """Trace the model."""
    content, chosen = value
    path = folder / "model.h5"
    path.write_bytes(content)
    traces = trace_model(path, INPUTS[chosen])
    for trace in traces.values():
        arrays = trace.arrays() if hasattr(trace, "arrays") else trace.forward.arrays()
        assert all(array.dtype == np.float32 and array.ndim == 3 for array in arrays.values())
    assert all(isinstance(why, str) and why for why in traces.unsupported.values())
    assert {item.name for item in folder.iterdir()} == {"model.h5"}


TARGET = Target(
    "model file to trace",
    "traces, layers that are reported with the reason, or refused; nothing is run",
    st.tuples(FILES, st.sampled_from([0, 0, 0, *range(1, len(INPUTS))])),
    run_one,
    share=20,
)
