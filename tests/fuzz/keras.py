"""Fuzz target: a ``.keras`` file from anywhere, with its vocabulary."""

import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from hypothesis import strategies as st

from lstm_core.model.import_model import ModelFiles, import_model
from lstm_core.model.keras_reader import WEIGHT_PATHS
from lstm_core.model.keras_weights import CONFIG, WEIGHTS
from lstm_core.model.keras_writer import write_keras_file
from lstm_core.model.recurrent_model import RecurrentModel
from lstm_core.model.sentiment_model import SentimentModel
from tests.fuzz.target import Target, damaged
from tests.unit.helpers import WORDS, random_weights


@cache
def good() -> bytes:
    """A good file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        write_keras_file(path, random_weights(), 7)
        return path.read_bytes()


def with_member(name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The good file with one member changed, its checksum right."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good())) as old, zipfile.ZipFile(buffer, "w") as new:
        for member in old.namelist():
            data = old.read(member)
            new.writestr(member, change(data) if member == name else data)
    return buffer.getvalue()


def with_array(name: str, change: Callable[[h5py.File, str], None]) -> bytes:
    """The good file with one array changed inside its HDF5 file."""

    def apply(stored: bytes) -> bytes:
        buffer = io.BytesIO(stored)
        with h5py.File(buffer, "r+") as file:
            change(file, WEIGHT_PATHS[name])
        return buffer.getvalue()

    return with_member(WEIGHTS, apply)


def nothing_right(file: h5py.File, where: str, kind: str) -> None:
    """Put something else in the place of an array."""
    shape = file[where].shape
    del file[where]
    if kind == "soft":
        file[where] = h5py.SoftLink("/layers")
    elif kind == "external":
        file[where] = h5py.ExternalLink("/etc/passwd", "/x")
    elif kind == "huge":
        file.create_dataset(where, shape=(2**40,), dtype="f4", chunks=(2**10,))
    elif kind == "flat":
        file[where] = np.zeros(3, np.float32)
    elif kind == "text":
        file[where] = "words"
    elif kind == "group":
        file.create_group(where)
    elif kind == "empty":
        file[where] = h5py.Empty("f4")
    else:
        file[where] = np.full(shape, float(kind), np.float32)


def _with_setting(path: list[Any], value: Any) -> bytes:
    def apply(stored: bytes) -> bytes:
        config = json.loads(stored)
        layers = config["config"]["layers"]
        layer = layers[path[0] % len(layers)]
        names = sorted(layer["config"])
        layer["config"][names[path[1] % len(names)]] = value
        return json.dumps(config).encode()

    return with_member(CONFIG, apply)


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 2**70), st.text(max_size=9), st.lists(st.integers()),
    st.sampled_from([[None, 7], [None, None], [None, 10**9], "../../x", {"class_name": "Lambda"}]),
)  # fmt: skip
KINDS = ("soft", "external", "huge", "flat", "text", "group", "empty", "nan", "inf", "3e38", "0")
FILES = st.one_of(
    st.deferred(lambda: damaged(good())),
    st.builds(
        lambda name, kind: with_array(name, lambda f, w: nothing_right(f, w, kind)),
        st.sampled_from(sorted(WEIGHT_PATHS)),
        st.sampled_from(KINDS),
    ),
    st.builds(_with_setting, st.tuples(st.integers(0, 99), st.integers(0, 99)), VALUES),
    st.builds(
        with_member,
        st.sampled_from([CONFIG, WEIGHTS]),
        st.binary(max_size=90).map(lambda data: lambda _: data),
    ),
)
VOCABULARIES = st.one_of(
    st.just("\n".join(WORDS).encode()),
    st.just(json.dumps({word: rank for rank, word in enumerate(WORDS, 1)}).encode()),
    damaged("\n".join(WORDS).encode(), b'{"the": 1, "film": 2}'),
    st.just(b'{"a":' * 50_000),
)


def run_one(value: tuple[bytes, bytes, int | None], folder: Path) -> None:
    """Bring a model and read with it."""
    content, words, maxlen = value
    (folder / "own.keras").write_bytes(content)
    (folder / "words.txt").write_bytes(words)
    made = folder / "made"
    try:
        import_model(
            ModelFiles(folder / "own.keras", folder / "words.txt"),
            made,
            name="own",
            maxlen=maxlen,
            answers={"ids": "imdb", "padding": "pre", "truncating": "post"},
        )
        model = SentimentModel.load(made)
        traced = isinstance(model, RecurrentModel)
        probability = (model.model_trace if traced else model.trace)("the film is good").probability
        assert np.isfinite(probability).all()
        assert (0 <= probability).all() and (probability <= 1).all()
    finally:
        shutil.rmtree(made, ignore_errors=True)
        left = {item.name for item in folder.iterdir()}
        assert left == {"own.keras", "words.txt"}, f"left behind: {left}"


TARGET = Target(
    ".keras file and vocabulary",
    "finite weights of the known family, or refused; nothing is run or left behind",
    st.tuples(FILES, VOCABULARIES, st.sampled_from([None, 7, 0, -1, 10**9])),
    run_one,
    share=20,
)
