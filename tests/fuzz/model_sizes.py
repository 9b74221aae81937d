"""Fuzz target: the sizes that a model's file declares."""

import io
import tempfile
import zipfile
from functools import cache
from pathlib import Path

import h5py
from hypothesis import strategies as st

from lstm_core.errors import BundleError
from lstm_core.model.keras_reader import WEIGHT_PATHS, read_keras_file
from lstm_core.model.keras_weights import CONFIG, METADATA, WEIGHTS
from lstm_core.model.limits import EMBEDDING, NUM_WORDS, STEPS, UNITS, check_sizes
from tests.fuzz.keras import good
from tests.fuzz.target import Target

Shapes = tuple[tuple[int, ...], ...]
SIZE = st.one_of(st.integers(-1, 40), st.integers(-1, 2**40), st.sampled_from([2**27, 2**31]))
SHAPES = st.one_of(
    st.tuples(SIZE, SIZE, SIZE).map(
        lambda s: ((s[0], s[1]), (s[1], 4 * s[2]), (s[2], 4 * s[2]), (4 * s[2],), (s[2], 1), (1,))
    ),
    st.tuples(*(st.lists(SIZE, max_size=3).map(tuple) for _ in WEIGHT_PATHS)),
)
TYPES = st.sampled_from(["f4", "f8", "f2"])


@cache
def members() -> dict[str, bytes]:
    """What is in a good file."""
    with zipfile.ZipFile(io.BytesIO(good())) as archive:
        return {name: archive.read(name) for name in (CONFIG, METADATA)}


def declared(shapes: Shapes, kind: str) -> bytes:
    """A file that declares arrays of these shapes and holds nothing of them."""
    weights = io.BytesIO()
    with h5py.File(weights, "w") as file:
        for where, shape in zip(WEIGHT_PATHS.values(), shapes, strict=True):
            space = h5py.h5s.create_simple(tuple(max(size, 0) for size in shape))
            plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            if shape and min(shape) > 0:
                plist.set_chunk(tuple(min(size, 64) for size in shape))
                plist.set_deflate(9)
            links = h5py.h5p.create(h5py.h5p.LINK_CREATE)
            links.set_create_intermediate_group(True)
            h5py.h5d.create(file.id, where.encode(), h5py.h5t.py_create(kind), space, plist, links)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in {**members(), WEIGHTS: weights.getvalue()}.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def run_one(value: tuple[Shapes, str, tuple[int, int, int, int]], folder: Path) -> None:
    """Read a file that declares sizes; check sizes."""
    del folder
    shapes, kind, sizes = value
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "own.keras"
        path.write_bytes(declared(shapes, kind))
        try:
            weights, maxlen = read_keras_file(path)
        except BundleError:
            pass
        else:
            assert weights.num_words <= NUM_WORDS and weights.lstm_dim <= UNITS
            assert weights.embedding_dim <= EMBEDDING and maxlen <= STEPS
    check_sizes(*sizes)  # or refuses them
    num_words, maxlen, embedding, units = sizes
    assert 4 * num_words * embedding <= 2**26 and maxlen * units**2 <= 25_000_000


TARGET = Target(
    "sizes that a model declares",
    "refused before memory is taken, or within every limit",
    st.tuples(SHAPES, TYPES, st.tuples(SIZE, SIZE, SIZE, SIZE)),
    run_one,
    share=20,
    memory=192 * 2**20,
)
