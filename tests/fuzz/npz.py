"""Fuzz target: Keras' ``imdb.npz`` and its word index: zip, NumPy headers, pickles."""

import io
import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from lstm_core.datasets import load_corpus
from tests.fuzz.target import Target, damaged

INDEX = {word: rank for rank, word in enumerate("the film was not good but bad".split(), start=1)}


def packed(**arrays: Any) -> bytes:
    """Arrays as an ``.npz``."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def lists(*rows: list[int]) -> Any:
    """An object array of lists."""
    array = np.empty(len(rows), dtype=object)
    array[:] = list(rows)
    return array


ROWS = lists([1, 4, 5, 6], [1, 7, 5], [1, 6, 6], [1, 7, 4])
LABELS = np.array([1, 0, 1, 0])
GOOD = packed(x_train=ROWS, y_train=LABELS, x_test=ROWS, y_test=LABELS)


class Touch:
    """A pickle that would call a function."""

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return (print, ("a pickle was run",))


def with_pickle(value: Any) -> bytes:
    """A good file whose training lists are another pickle."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "|O", "fortran_order": False, "shape": (4,)}
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(GOOD)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            data = header.getvalue() + value if name == "x_train.npy" else old.read(name)
            new.writestr(name, data)
    return buffer.getvalue()


PLAIN = st.recursive(
    st.none() | st.integers() | st.floats() | st.text(max_size=5) | st.just(Touch()),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner, max_size=2)
    ),
    max_leaves=6,
)
PICKLES = st.one_of(
    st.builds(lambda value, p: pickle.dumps(value, p), PLAIN, st.integers(0, 5)),
    damaged(pickle.dumps(ROWS, 2), pickle.dumps(Touch(), 0)),
    st.binary(max_size=60),
).map(with_pickle)
INDEXES = st.one_of(
    st.just(json.dumps(INDEX).encode()),
    damaged(json.dumps(INDEX).encode()),
    st.dictionaries(st.text(max_size=4), st.none() | st.integers() | st.text(), max_size=4).map(
        lambda value: json.dumps(value).encode()
    ),
    st.just(b"[" * 100_000),
)


def run_one(value: tuple[bytes, bytes], folder: Path) -> None:
    """Read the two files as a data set."""
    (folder / "imdb.npz").write_bytes(value[0])
    (folder / "imdb_word_index.json").write_bytes(value[1])
    corpus = load_corpus(folder / "imdb.npz", download=False)
    assert len(corpus.train) and set(corpus.train.labels) <= {0, 1}


TARGET = Target(
    "Keras' imdb.npz and word index",
    "no pickle is ever run; damage is named",
    st.tuples(st.one_of(damaged(GOOD), PICKLES, st.just(GOOD)), INDEXES),
    run_one,
    share=40,
)
