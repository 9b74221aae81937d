"""Keras' two files: read without running anything in them, ids equal to Keras'."""

import io
import json
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lstm_core.datasets import Corpus, SourceKind, load_corpus, load_imdb, npz
from lstm_core.datasets.keras_imdb import INDEX_NAME, NPZ_NAME, _encodable, read_keras
from lstm_core.errors import DataError
from lstm_core.progress import Progress
from lstm_core.text import START, UNKNOWN, split_words

WORDS = ["the", "a", "film", "isn't", "good", "bad", "joy\xa0ful", "\x96", "café", "'", "joy'ful"]
INDEX = {word: rank for rank, word in enumerate(WORDS, start=1)}
X_TRAIN = [[1, 3, 5], [2, 3, 4, 6], [7, 8, 9, 10, 11], []]
X_TEST = [[5] * 100, [6, 6], [11, 1]]


def objects(rows: list[Any]) -> np.ndarray:
    array = np.empty(len(rows), dtype=object)
    array[:] = rows
    return array


def arrays() -> dict[str, np.ndarray]:
    return {
        "x_train": objects(X_TRAIN),
        "y_train": np.array([1, 0, 1, 0]),
        "x_test": objects(X_TEST),
        "y_test": np.array([1, 0, 1]),
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, arrays())
    return tmp_path


def write(folder: Path, values: dict[str, np.ndarray], index: object = INDEX) -> None:
    np.savez(folder / NPZ_NAME, **values)  # type: ignore[arg-type]
    (folder / INDEX_NAME).write_text(json.dumps(index))


def write_member(folder: Path, name: str, data: bytes) -> None:
    """Replace one array by raw bytes."""
    with zipfile.ZipFile(folder / NPZ_NAME) as old:
        members = {member: old.read(member) for member in old.namelist()}
    members[f"{name}.npy"] = data
    with zipfile.ZipFile(folder / NPZ_NAME, "w") as new:
        for member, content in members.items():
            new.writestr(member, content)


def object_member(pickled: bytes, rows: int = 4) -> bytes:
    """A ``.npy`` file of an object array with any pickle as its body."""
    raw = io.BytesIO()
    header = {"descr": "|O", "fortran_order": False, "shape": (rows,)}
    np.lib.format.write_array_header_1_0(raw, header)
    return raw.getvalue() + pickled


def keras_ids(rows: list[list[int]], num_words: int) -> list[list[int]]:
    """What ``load_data`` makes of ranks: start, ranks + 3, 2 from `num_words` up."""
    ids = [[START] + [rank + 3 for rank in row] for row in rows]
    return [[id_ if id_ < num_words else UNKNOWN for id_ in row] for row in ids]


@pytest.mark.parametrize("num_words", [8, 10, 100])
def test_ids_are_those_of_keras(folder: Path, num_words: int) -> None:
    got = load_imdb(folder, num_words=num_words, maxlen=20)
    order = np.arange(4)
    random = np.random.RandomState(113)
    random.shuffle(order)
    expected = [row[:20] for row in keras_ids(X_TRAIN, num_words)]
    assert [trimmed(row) for row in got.x_train] == [expected[at] for at in order]
    assert got.y_train.tolist() == [[1, 0, 1, 0][at] for at in order]
    order = np.arange(3)
    random.shuffle(order)
    expected = [row[:20] for row in keras_ids(X_TEST, num_words)]
    assert [trimmed(row) for row in got.x_test] == [expected[at] for at in order]
    assert got.y_test.dtype == np.float32
    assert len(got.vocabulary) == min(len(WORDS), num_words - 4)


def trimmed(row: np.ndarray) -> list[int]:
    return [int(id_) for id_ in row if id_ != 0]


@pytest.mark.keras
def test_ids_are_those_of_keras_itself(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from keras.datasets import imdb
    from keras.src.datasets import imdb as module

    monkeypatch.setattr(module, "get_file", lambda **kwargs: str(folder / NPZ_NAME))
    (x_train, y_train), (x_test, y_test) = imdb.load_data(num_words=9)
    got = load_imdb(folder, num_words=9, maxlen=101)
    assert [trimmed(row) for row in got.x_train] == [list(row) for row in x_train]
    assert [trimmed(row) for row in got.x_test] == [list(row) for row in x_test]
    assert got.y_train.tolist() == y_train.tolist()
    assert got.y_test.tolist() == y_test.tolist()


def test_words_with_quotes_at_their_edges_keep_an_id_of_their_own() -> None:
    ranked = ["the", "'the", "the'", "'", "''", "a\xa0b", "don't", "'the'", "it’s", "it's"]
    spelled = _encodable(ranked)
    assert len(set(spelled)) == len(ranked)
    assert all(split_words(word) == [word] for word in spelled)
    assert [spelled[0], spelled[6], spelled[9]] == ["the", "don't", "it's"]


def test_the_source_and_the_progress_are_told(folder: Path) -> None:
    seen: list[Progress] = []
    corpus = load_corpus(folder, progress=seen.append)
    assert corpus.source.kind is SourceKind.KERAS_NPZ
    assert corpus.train.ratings.tolist() == [0] * 4
    assert {report.stage for report in seen} == {"reading imdb.npz", "turning ranks into words"}
    assert seen[-1] == Progress("turning ranks into words", 7, 7)


@pytest.mark.parametrize("name", [NPZ_NAME, INDEX_NAME])
def test_either_file_may_be_named(folder: Path, name: str) -> None:
    assert len(load_corpus(folder / name).train) == 4


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_pickle_protocol_is_read(folder: Path, protocol: int) -> None:
    before = load_corpus(folder)
    write_member(folder, "x_train", object_member(pickle.dumps(objects(X_TRAIN), protocol)))
    assert load_corpus(folder).train.texts == before.train.texts


def test_python_2_headers_are_read_without_a_warning(folder: Path) -> None:
    before = load_corpus(folder)
    member = object_member(pickle.dumps(objects(X_TRAIN), 2)).replace(b"(4,)", b"(4L,)", 1)
    write_member(folder, "x_train", member.replace(b"}  ", b"} ", 1))
    assert load_corpus(folder).train.texts == before.train.texts


class Runs:
    """A pickle that would run a command, were it let."""

    def __init__(self, call: Any, *args: Any) -> None:
        self.reduced = (call, args)

    def __reduce__(self) -> Any:
        return self.reduced


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("inside", [False, True])
def test_a_malicious_pickle_runs_nothing(folder: Path, protocol: int, inside: bool) -> None:
    mark = folder / "was_here"
    evil: Any = Runs(os.system, f"touch {mark}")
    body = pickle.dumps(objects([evil] * 4) if inside else evil, protocol)
    write_member(folder, "x_train", object_member(body))
    with pytest.raises(DataError, match=r"asks for '(posix|nt).system'.*Nothing of it was run"):
        load_corpus(folder)
    assert not mark.exists()


@pytest.mark.parametrize(
    "body",
    [
        pickle.dumps(Runs(eval, "1"), 2),
        pickle.dumps(np.dtype("O").newbyteorder, 2),
        b"cnumpy\nndarray.__class__\n.",
        b"\x80\x04\x8c\x05numpy\x8c\x0fndarray.__init__\x93.",
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I1000000000000\ntc_codecs\n",
        b"cnumpy\nndarray\n.",
        b"(lp0\n.",
        b"",
        b"\x80\x04N.",
        b"\x80\x04\x82\x01.",
        b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f",
    ],
)
def test_other_pickles_are_refused(folder: Path, body: bytes) -> None:
    write_member(folder, "x_train", object_member(body))
    with pytest.raises(DataError, match="x_train"):
        load_corpus(folder)


def test_a_pickle_can_allocate_nothing_through_numpy(folder: Path) -> None:
    body = (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n"
        b"\x8a\x06\x00\x00\x00\x00\x00\x10\x85U\x01b\x87R."
    )
    write_member(folder, "x_train", object_member(body))
    with pytest.raises(DataError, match="another object"):
        load_corpus(folder)


@pytest.mark.parametrize(
    "change, said",
    [
        ({"x_train": None}, "has no array x_train; found: 'y_train'"),
        ({"y_test": None}, "has no array y_test"),
        ({"y_train": np.array([1, 0, 1])}, "4 reviews in x_train but 3 labels"),
        ({"y_train": np.array([1, 1, 1, 1])}, r"labels y_train are \[1\]; accepted are 0 and 1"),
        ({"y_train": np.array([1, 0, 2, 1])}, r"\[0, 1, 2\]"),
        ({"y_train": np.array([0.0, 1.0, 1.0, 0.0])}, "values of type <f8, accepted is whole"),
        ({"y_train": np.array([[1, 0, 1, 0]])}, r"accepted is one row of values, shape \(N,\)"),
        ({"x_train": np.zeros((4, 80), dtype=int)}, "accepted is one row"),
        ({"x_train": np.zeros(4, dtype=int)}, "accepted is lists of word ranks"),
        ({"x_train": objects([[1], [2], "text", [3]])}, "row 2, accepted is a list"),
        ({"x_train": objects([[1], [2], [2.5], [3]])}, "row 2, accepted"),
        ({"x_train": objects([[1], [True], [2], [3]])}, "row 1, accepted"),
        ({"x_train": objects([[1], [2], [[3]], [3]])}, "row 2, accepted"),
        ({"x_train": objects([[1], [0], [2], [3]])}, "review 1 has ranks from 0 to 0"),
        ({"x_train": objects([[1], [2], [2], [12]])}, "ranks from 12 to 12.* 1 to 11"),
        ({"x_train": objects([[1], [2], [2], [-1, 3]])}, "ranks from -1 to 3"),
    ],
)
def test_wrong_arrays(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    values = {name: value for name, value in (arrays() | change).items() if value is not None}
    write(tmp_path, values)
    with pytest.raises(DataError, match=said):
        load_corpus(tmp_path)


@pytest.mark.parametrize(
    "index, said",
    [
        ("{", "cannot be read"),
        ("\xff", "cannot be read"),
        ("[" * 100_000, "cannot be read"),
        ("[1, 2]", "is not a table of words"),
        ("{}", "is not a table of words"),
        ('{"a": "1"}', "is not a table of words"),
        ('{"a": 1, "b": 1}', "does not give the ranks"),
        ('{"a": 1, "b": 3}', "does not give the ranks"),
        ('{"\\ud800": 1}', "cannot be read"),
        (json.dumps({"a" * 2000: 1}), "word of over 1,000"),
    ],
)
def test_wrong_index(folder: Path, index: str, said: str) -> None:
    (folder / INDEX_NAME).write_bytes(index.encode("latin-1"))
    with pytest.raises(DataError, match=said):
        load_corpus(folder)


def test_missing_index(folder: Path) -> None:
    (folder / INDEX_NAME).unlink()
    with pytest.raises(DataError, match=f"{INDEX_NAME} is missing beside"):
        load_corpus(folder / NPZ_NAME)


def test_missing_npz_beside_the_index(folder: Path) -> None:
    (folder / NPZ_NAME).unlink()
    with pytest.raises(DataError, match="imdb.npz' cannot be read: No such file"):
        load_corpus(folder / INDEX_NAME)


def test_too_much_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for limit, value, said in (
        ("MAX_ARRAY_BYTES", 100, "over 100 bytes"),
        ("MAX_NUMBERS", 10, "over 10 numbers"),
        ("MAX_MEMBERS", 3, "at most 3"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(npz, limit, value)
            with pytest.raises(DataError, match=said):
                load_corpus(folder)


def test_the_bytes_of_a_damaged_zip_do_not_fill_the_sentence(folder: Path) -> None:
    data = bytearray((folder / NPZ_NAME).read_bytes())
    data[27] = 3  # the first name is said to have 768 characters more
    (folder / NPZ_NAME).write_bytes(data)
    with pytest.raises(DataError, match="is damaged") as refused:
        load_corpus(folder)
    assert len(str(refused.value)) < 500 and str(refused.value).isprintable()


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.floats(0, 1, exclude_max=True), value=st.integers(0, 255), cut=st.booleans())
def test_damaged_bytes_give_a_corpus_or_a_data_error(
    folder: Path, where: float, value: int, cut: bool
) -> None:
    write(folder, arrays())
    path = folder / NPZ_NAME
    data = bytearray(path.read_bytes())
    at = int(where * len(data))
    data[at] = value
    path.write_bytes(data[:at] if cut else data)
    try:
        assert isinstance(read_keras(path), Corpus)
    except DataError as error:
        assert len(str(error)) > 40


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.floats(0, 1, exclude_max=True), value=st.integers(0, 255))
def test_damaged_pickles_give_a_corpus_or_a_data_error(
    folder: Path, where: float, value: int
) -> None:
    write(folder, arrays())
    body = bytearray(pickle.dumps(objects(X_TRAIN), 2))
    body[int(where * len(body))] = value
    write_member(folder, "x_train", object_member(bytes(body)))
    try:
        assert isinstance(load_corpus(folder), Corpus)
    except DataError as error:
        assert len(str(error)) > 40
