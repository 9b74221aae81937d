"""The state index against traces of the same reviews, its files, and what happens to bad ones."""

import json
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lstm_core.activations.build as build
from lstm_core.activations import (
    build_index,
    built_in_texts,
    find_index,
    layer_named,
    open_index,
    upload_texts,
)
from lstm_core.activations.ablation import accuracy_drop
from lstm_core.activations.collect import collect_block
from lstm_core.activations.schema import GATES, KEPT, NO_LABEL, Texts
from lstm_core.activations.store import MANIFEST, StateIndex, index_root, make_room
from lstm_core.analysis.interventions import Clamps, clamped_trace
from lstm_core.datasets.table_format import TableOptions
from lstm_core.errors import DataError
from lstm_core.metrics import accuracy
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.progress import Progress
from lstm_core.text import encode_many
from tests.unit.helpers import WORDS, plain_model

pytestmark = pytest.mark.usefixtures("home")

TEXTS = (
    "good",
    "the film the film a very very very good film not bad at all",
    "",
    "not a good film",
    "unheard words only here",
    "a bad bad film",
)
LABELS = np.array([1, 1, NO_LABEL, 0, 0, 0], np.int8)
TOLERANCE = 1e-6


def texts_of(*texts: str, labels: np.ndarray | None = None) -> Texts:
    known = np.full(len(texts), NO_LABEL, np.int8) if labels is None else labels
    return Texts("tests", "ab" * 32, texts, known, "a file 12 34")


@pytest.fixture
def model() -> SentimentModel:
    return plain_model()


@pytest.fixture
def index(model: SentimentModel) -> StateIndex:
    return build_index(model, texts_of(*TEXTS, labels=LABELS), lambda _: None)


def test_every_step_of_many_reviews_equals_their_traces(model: SentimentModel) -> None:
    ids = encode_many(TEXTS, model.vocabulary, model.maxlen)
    traces = [model.trace(text) for text in TEXTS]
    d, steps = model.lstm_dim, []
    for moment in model.forward.moments(ids):
        steps.append(moment.step)
        i, f, o = moment.gates
        found = (i, f, moment.candidate, o, moment.cells, moment.hidden)
        for row, trace in enumerate(traces):
            names = ("input_gate", "forget_gate", "candidate", "output_gate")
            for name, values in zip((*names, "cell_state", "hidden_state"), found, strict=True):
                np.testing.assert_allclose(
                    values[row], getattr(trace, name)[moment.step], atol=TOLERANCE
                )
        np.testing.assert_allclose(moment.memory, np.tanh(moment.cells), atol=TOLERANCE)
    assert steps == list(range(steps[0], model.maxlen)) and d == 5


def test_the_index_holds_the_rounded_traces(model: SentimentModel, index: StateIndex) -> None:
    for row, text in enumerate(TEXTS):
        trace = model.trace(text)
        words = slice(int(index.starts[row]), int(index.starts[row + 1]))
        first = trace.encoding.first_word
        assert list(index.ids[words]) == list(trace.encoding.ids[first:])
        for name in KEPT:
            step = 255 if name in GATES else 127
            exact = np.tanh(trace.cell_state) if name == "memory" else getattr(trace, name)
            off = index.kept(name)[:, words].T / step - exact[first:]
            assert np.abs(off).max(initial=0) <= 0.5 / step + TOLERANCE
        np.testing.assert_allclose(index.final[row], trace.hidden_state[-1], atol=TOLERANCE)
        np.testing.assert_allclose(index.logits[row], trace.logits[-1], atol=1e-5)
        assert index.text(row) == text


def test_the_sums_are_those_of_the_exact_values(model: SentimentModel, index: StateIndex) -> None:
    sums, traces = index.sums, [model.trace(text) for text in TEXTS]
    wanted = np.zeros((model.forward.weights.num_words, model.lstm_dim))
    squares, low, zero_high = wanted.copy(), 0, 0
    for trace in traces:
        first, zeros = trace.encoding.first_word, trace.encoding.pad_count
        moved = np.diff(trace.hidden_state, axis=0, prepend=0)[first:]
        np.add.at(wanted, trace.encoding.ids[first:], moved)
        np.add.at(squares, trace.encoding.ids[first:], moved**2)
        low += (trace.forget_gate[first:] < 0.1).sum(axis=0)
        zero_high += (trace.output_gate[:zeros] > 0.9).sum(axis=0)
    np.testing.assert_allclose(sums.word_sum, wanted, atol=1e-5)
    np.testing.assert_allclose(sums.word_square, squares, atol=1e-5)
    assert list(sums.low[1]) == list(low) and list(sums.zero_high[2]) == list(zero_high)
    assert index.note.zeros == sum(trace.encoding.pad_count for trace in traces)
    assert sums.word_count.sum() == index.note.words == sum(t.encoding.read_count for t in traces)


def test_silencing_is_that_of_the_clamp_lab(model: SentimentModel, index: StateIndex) -> None:
    known = LABELS != NO_LABEL
    for unit in range(model.lstm_dim):
        said = np.array(
            [
                clamped_trace(model.forward, model.encode(text), Clamps(silenced=(unit,))).logits[
                    -1
                ]
                for text in TEXTS
            ]
        )
        np.testing.assert_allclose(
            np.abs(said - index.logits).mean(), index.silenced.moved[unit], atol=1e-5
        )
        labels = LABELS[known]
        lost = accuracy(labels, 0.5 + 0.4 * np.sign(index.logits[known])) - accuracy(
            labels, 0.5 + 0.4 * np.sign(said[known])
        )
        assert index.silenced.lost[0, unit] == pytest.approx(lost)


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_the_interval_of_the_loss_holds_its_value(rows: list[tuple[bool, bool, bool]]) -> None:
    labels, before, after = (np.array(column) for column in zip(*rows, strict=True))
    value, low, high = accuracy_drop(labels.astype(np.int8), before, after)
    assert -1 <= value <= 1 and low <= value <= high
    assert value == pytest.approx((before == labels).mean() - (after == labels).mean())


def test_the_interval_of_the_loss_is_the_bootstraps() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 5_000).astype(np.int8)
    before = rng.random(5_000) < np.where(labels, 0.85, 0.15)
    after = np.where(rng.random(5_000) < 0.1, rng.random(5_000) < 0.5, before)
    _, low, high = accuracy_drop(labels, before, after)
    pairs = (before == labels).astype(float) - (after == labels)
    means = [rng.choice(pairs, len(pairs)).mean() for _ in range(2_000)]
    np.testing.assert_allclose((low, high), np.quantile(means, (0.025, 0.975)), atol=0.0015)


def test_an_index_is_found_by_its_texts_or_their_file(index: StateIndex) -> None:
    print_, sha = index.note.fingerprint, index.note.sha256
    assert find_index(print_, sha256=sha) == index.folder
    assert find_index(print_, stamp="a file 12 34") == index.folder
    assert find_index(print_, stamp="another") is None and find_index(print_) is None
    assert find_index("0" * 64, sha256=sha) is None, "another bundle needs an index of its own"
    assert not list(index_root().glob(".made-*"))


@pytest.mark.parametrize("name", ["hidden_state.npy", "word_sum.npy", "texts.bin", MANIFEST])
def test_a_damaged_index_is_not_opened(index: StateIndex, name: str) -> None:
    path = index.folder / name
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(DataError, match="again"):
        open_index(index.folder)


def test_changed_contents_are_found_when_one_looks_thoroughly(index: StateIndex) -> None:
    path = index.folder / "hidden_state.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    open_index(index.folder)
    with pytest.raises(DataError, match="damaged"):
        open_index(index.folder, thorough=True)


def test_a_manifest_of_another_kind_is_no_index(index: StateIndex) -> None:
    path = index.folder / MANIFEST
    note = json.loads(path.read_text())
    for key, value in (("format", 99), ("words", 3), ("lstm_dim", -1), ("files", {})):
        path.write_text(json.dumps({**note, key: value}))
        with pytest.raises(DataError):
            open_index(index.folder)


def test_a_build_that_is_stopped_leaves_nothing(model: SentimentModel) -> None:
    class Stopped(Exception):
        pass

    def stop(progress: Progress) -> None:
        if progress.stage.startswith("ablating"):
            raise Stopped

    with pytest.raises(Stopped):
        build_index(model, texts_of(*TEXTS), stop)
    assert list(index_root().iterdir()) == []


def test_disk_space_is_bounded(
    model: SentimentModel, monkeypatch: pytest.MonkeyPatch, index: StateIndex
) -> None:
    monkeypatch.setattr(build, "LARGEST_INDEX", layer_named(model, None).size_of(4))
    small = build_index(plain_model(seed=1), texts_of(*TEXTS), lambda _: None)
    assert (small.note.reviews, small.note.left_out) == (4, 2)
    monkeypatch.setattr("lstm_core.activations.store.LARGEST_TOGETHER", small.note.size)
    make_room(small.folder)
    assert not index.folder.exists() and small.folder.exists()
    monkeypatch.setattr(build, "SPARE", 2**62)
    with pytest.raises(DataError, match="MiB free"):
        build_index(model, texts_of("good"), lambda _: None)


def test_texts_without_a_word_are_read_too(model: SentimentModel) -> None:
    index = build_index(model, texts_of("", "!"), lambda _: None)
    assert index.note.words == 0 and np.isnan(index.silenced.lost).all()
    with pytest.raises(DataError, match="at least one"):
        build_index(model, texts_of(), lambda _: None)


def test_the_built_in_texts_need_no_data() -> None:
    texts = built_in_texts()
    assert len(texts) > 500 and set(np.unique(texts.labels)) == {-1, 0, 1}
    assert built_in_texts().sha256 == texts.sha256


def test_a_file_is_read_with_and_without_labels() -> None:
    table = b"\xef\xbb\xbftext;label\nA fine film;pos\nDull;0\n;1\nOdd;perhaps\n"
    found = upload_texts(table, "mine.csv", TableOptions())
    assert found.texts == ("A fine film", "Dull", "Odd") and list(found.labels) == [1, 0, -1]
    lines = upload_texts(b"One review\n\n  Another one \n", "mine.txt", TableOptions())
    assert lines.texts == ("One review", "  Another one ") and set(lines.labels) == {-1}
    assert lines.sha256 != found.sha256


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"", "a.txt", "is empty"),
        (b"\n", "a.txt", "empty"),
        (b"a,b\n1,2\n", "a.csv", "No column of 'a.csv' plainly holds"),
        (b'text\n"never closed\n', "a.csv", "line 2: a quote is opened"),
        (b"text\n", "a.csv", "0 reviews"),
    ],
)
def test_an_unusable_file_says_why(content: bytes, name: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        upload_texts(content, name, TableOptions())


@given(
    content=st.one_of(
        st.binary(max_size=200),
        st.text(max_size=200).map(lambda text: f"text,label\n{text}".encode()),
    ),
    name=st.sampled_from(["a.csv", "a.tsv", "a.txt", "\u202e<b>.csv"]),
)
def test_any_file_is_read_or_refused_with_a_sentence(content: bytes, name: str) -> None:
    try:
        found = upload_texts(content, name, TableOptions())
    except DataError as error:
        assert str(error).endswith(".")
        return
    assert len(found.texts) == len(found.labels) > 0
    assert set(found.labels.tolist()) <= {-1, 0, 1}


def test_a_block_without_a_word_is_kept(model: SentimentModel) -> None:
    block = collect_block(model.forward, encode_many(["", ""], model.vocabulary, model.maxlen))
    assert block.kept["hidden_state"].shape == (model.lstm_dim, 0)
    assert len(block.changes.words) == 0
    assert len(WORDS) == 7


def test_an_open_index_holds_few_handles_and_is_read_where_nothing_can_be_written(
    model: SentimentModel,
) -> None:
    folder = build_index(model, built_in_texts(), lambda _: None).folder
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    handles = len(os.listdir("/dev/fd"))
    index = open_index(folder)
    assert len(os.listdir("/dev/fd")) - handles <= len(KEPT)
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    assert not any(array.flags.writeable for array in index.arrays.values())
