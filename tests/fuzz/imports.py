"""Fuzz target: imported classifiers: weights of PyTorch with sizes, any vocabulary, any answers."""

import json
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from lstm_core.model.import_model import ModelFiles, import_model
from lstm_core.model.recurrent_model import RecurrentModel
from lstm_core.model.sentiment_model import SentimentModel
from tests.fuzz.target import Target, damaged
from tests.unit.helpers import WORDS

SHAPES = {
    "e.weight": (12, 4), "r.weight_ih_l0": (9, 4), "r.weight_hh_l0": (9, 3),
    "r.bias_ih_l0": (9,), "r.bias_hh_l0": (9,), "f.weight": (1, 3), "f.bias": (1,),
}  # fmt: skip
SIZES = {"cell": "gru", "maxlen": 7, "pooling": "last"}


@cache
def good() -> bytes:
    """A good safetensors file."""
    header, data = {}, b""
    for name, shape in SHAPES.items():
        content = np.ones(shape, "<f4").tobytes()
        where = [len(data), len(data) + len(content)]
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": where}
        data += content
    said = json.dumps(header).encode()
    return len(said).to_bytes(8, "little") + said + data


def _with_entry(name: str, key: str, value: Any) -> bytes:
    content = good()
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end])
    header[name][key] = value
    said = json.dumps(header).encode()
    return len(said).to_bytes(8, "little") + said + content[end:]


NUMBERS = st.one_of(st.integers(-2, 40), st.sampled_from([2**31, 2**62, "7", None, 1.5]))
FILES = st.one_of(
    st.just(good()),
    damaged(good()),
    st.builds(
        _with_entry,
        st.sampled_from(sorted(SHAPES)),
        st.sampled_from(["shape", "data_offsets", "dtype"]),
        st.one_of(st.lists(NUMBERS, max_size=3), st.sampled_from(["F16", "BF16", "I8", {}])),
    ),
)
VALUES = st.one_of(
    NUMBERS, st.sampled_from(["lstm", "rnn", "max", "mean", "relu", "x", ["f"], ["x"], {}, True])
)
KEYS = st.sampled_from(
    ["cell", "maxlen", "pooling", "activations", "packed", "nonlinearity", "dense", "recurrent"]
)
JSONS = st.one_of(
    st.dictionaries(KEYS, VALUES, max_size=2).map(lambda d: json.dumps({**SIZES, **d}).encode()),
    st.sampled_from([b"[]", b"{", b'{"a":' * 50_000, b"\xff"]),
)
INDEX = {word: rank for rank, word in enumerate(WORDS, 1)}
TOKENIZER = {"class_name": "Tokenizer", "config": {"word_index": json.dumps(INDEX)}}
VOCABULARIES = st.one_of(
    st.just(b"\n[UNK]\nthe\nfilm"),
    damaged(json.dumps(TOKENIZER).encode(), b'["", "[UNK]", "the"]', b'{"<pad>": 0, "the": 1}'),
    st.sampled_from([b"[" * 100_000, b'"{}"', b"null", b'{"a": NaN}', b'{"a": 1e999}']),
)
ANSWERS = st.fixed_dictionaries(
    {"padding": st.sampled_from(["pre", "post"]), "truncating": st.sampled_from(["pre", "x"])},
    optional={
        "ids": st.sampled_from(["imdb", "tokenizer", "x"]),
        "start": st.sampled_from(["1", "none", "-1", "x"]),
        "unknown": st.sampled_from(["2", "none", "9999999999"]),
        "first_word": st.sampled_from(["0", "3", "12"]),
    },
)


def run_one(value: tuple[bytes, bytes, bytes, dict[str, str]], folder: Path) -> None:
    """Import a model and read with it."""
    content, sizes, words, answers = value
    for name, data in (("m.safetensors", content), ("sizes.json", sizes), ("words", words)):
        (folder / name).write_bytes(data)
    made = folder / "made"
    files = ModelFiles(folder / "m.safetensors", folder / "words", folder / "sizes.json")
    try:
        import_model(files, made, name="own", answers={"ids": "imdb", **answers})
        model = SentimentModel.load(made)
        traced = model.model_trace if isinstance(model, RecurrentModel) else model.trace
        probability = traced("the film is good").probability
        assert ((0 <= probability) & (probability <= 1)).all()
    finally:
        shutil.rmtree(made, ignore_errors=True)
        assert len(list(folder.iterdir())) == 3


TARGET = Target(
    "weights of PyTorch, their sizes, a vocabulary and answers",
    "a classifier of the known family, or refused; nothing is run or left behind",
    st.tuples(FILES, JSONS, VOCABULARIES, ANSWERS),
    run_one,
    share=20,
)
