"""`trace_model` without Keras: file layouts, refusals, untrusted files, errors of the input."""

import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from lstm_core import trace_model
from lstm_core.errors import BundleError, InputError
from lstm_core.model.keras_network import read_network
from lstm_core.model.model_trace import recurrent_names
from lstm_core.recurrent.functions import hard_sigmoid, hard_sigmoid_of_keras_2
from lstm_core.recurrent.layer_trace import BidirectionalTrace, LstmTrace
from lstm_core.recurrent.lstm import LstmForward
from tests.unit.helpers import plain_model
from tests.unit.keras_layouts import IDS, LAYOUTS, entries, keras_3, weights

NAMES = ["both", "gate", "last"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    keras_3(tmp_path / "m.keras")
    return tmp_path / "m.keras"


def by_hand() -> np.ndarray:
    """The last layer's output, by plain loops over steps and sequences, masks as in Keras."""
    w = weights()
    sigmoid = lambda z: 1 / (1 + np.exp(-z))  # noqa: E731

    def lstm(x: np.ndarray, arrays: list, mask: np.ndarray) -> np.ndarray:
        h = c = np.zeros(2)
        found = []
        for row, read in zip(x, mask, strict=True):
            i, f, g, o = np.split(row @ arrays[0] + h @ arrays[1] + arrays[2], 4)
            new = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            c, h = (new, sigmoid(o) * np.tanh(new)) if read else (c, h)
            found.append(h)
        return np.array(found)

    results = []
    for ids in IDS:
        mask, x = ids != 0, w["words"][0][ids]
        forward = lstm(x, w["both"][:3], mask) * mask[:, None]
        backward = (lstm(x[::-1], w["both"][3:], mask[::-1]) * mask[::-1, None])[::-1]
        y, h = [], np.zeros(3)
        for row, read in zip(np.concatenate([forward, backward], axis=1), mask, strict=True):
            fed, inner = row @ w["gate"][0] + w["gate"][2][0], h @ w["gate"][1] + w["gate"][2][1]
            z, r = (sigmoid(fed[k : k + 3] + inner[k : k + 3]) for k in (0, 3))
            g = np.tanh(fed[6:] + r * inner[6:])
            h = z * h + (1 - z) * g if read else h
            y.append(h)
        results.append(lstm(np.array(y), w["last"], mask)[-1])
    return np.array(results)


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_every_file_layout_gives_the_same_traces(layout: str, tmp_path: Path) -> None:
    name, write = LAYOUTS[layout]
    write(tmp_path / name)
    traces = trace_model(tmp_path / name, IDS)
    assert list(traces) == NAMES
    assert not traces.unsupported
    both, last = traces["both"], traces["last"]
    assert isinstance(both, BidirectionalTrace)
    assert isinstance(last, LstmTrace)
    assert both.output.shape == (3, 4, 4)
    assert both.forward.arrays()["cell_state"].shape == (3, 4, 2)
    assert last.forget_gate.dtype == np.float32
    assert np.abs(last.output - by_hand()).max() < 1e-6


def test_backward_rows_lie_in_the_order_of_the_input(file: Path) -> None:
    both = trace_model(file, IDS, "both")["both"]
    assert isinstance(both, BidirectionalTrace)
    assert list(both.backward.steps) == list(both.forward.steps) == [0, 1, 2, 3]
    read = both.mask[:, :, None]
    assert np.array_equal(both.output[:, :, 2:], both.backward.arrays()["hidden_state"] * read)


def test_the_shipped_model_gives_its_trace_by_both_ways() -> None:
    from lstm_core import SentimentModel

    model = SentimentModel.load()
    ours = model.trace("not a good film")
    traces = trace_model(model.bundle.keras_path, ours.encoding.ids[None])
    (layer,) = traces.values()
    assert isinstance(layer, LstmTrace)
    for name, array in layer.arrays().items():
        assert np.abs(array[0] - getattr(ours, name)).max() < 1e-5


def test_layers_are_chosen_by_name_and_unknown_ones_refused_with_the_list(file: Path) -> None:
    assert list(trace_model(file, IDS, "gate")) == ["gate"]
    assert list(trace_model(file, IDS, ["last", "both"])) == ["both", "last"]
    with pytest.raises(InputError, match="no layer 'lstm'.*'both', 'gate', 'last'"):
        trace_model(file, IDS, ["lstm"])
    with pytest.raises(InputError, match="'score' is of the class Dense"):
        trace_model(file, IDS, ["score"])
    traces = trace_model(file, IDS)
    with pytest.raises(InputError, match="'both', 'gate', 'last'"):
        traces["lstm"]
    assert "lstm" not in traces
    assert traces.get("lstm") is None


@pytest.mark.parametrize(
    ("x", "reason"),
    [
        (np.zeros((2, 5), int), r"\(2, 5\) came in.*\(N, 4\)"),
        (np.zeros(4, int), r"\(4,\) came in"),
        (np.zeros((0, 4), int), r"\(0, 4\)"),
        (np.full((1, 4), 6), "from 6 to 6 came in.*0 to 5"),
        (np.full((1, 4), -1), "from -1 to -1"),
        (np.full((1, 4), 0.5), "not whole"),
        (np.full((1, 4), np.nan), "not whole"),
        ([["a", "b", "c", "d"]], "Encode texts"),
        ("a review", "Encode texts"),
        ([[1, 2], [1, 2, 3]], "different lengths"),
        (None, "type object"),
        (np.array(3), "shape"),
        ({"other": np.zeros((1, 4))}, "'other' came in.*'ids'"),
    ],
)
def test_inputs_that_do_not_fit_are_refused_with_the_reason(
    file: Path, x: Any, reason: str
) -> None:
    with pytest.raises(InputError, match=reason):
        trace_model(file, x)


def test_one_sequence_has_the_trace_that_it_has_among_others(file: Path) -> None:
    among = trace_model(file, IDS)["last"].arrays()["cell_state"]
    alone = trace_model(file, IDS[1:2].tolist())["last"].arrays()["cell_state"]
    assert np.abs(among[1] - alone[0]).max() < 1e-6


def changed(path: Path, *, config: Any = None, store: Any = None) -> Path:
    """The file with its configuration or weights changed."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    if config is not None:
        loaded = json.loads(members["config.json"])
        config(loaded["config"]["layers"])
        members["config.json"] = json.dumps(loaded).encode()
    if store is not None:
        stored = BytesIO(members["model.weights.h5"])
        with h5py.File(stored, "r+") as file:
            store(file)
        members["model.weights.h5"] = stored.getvalue()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def replaced(where: str, **options: Any) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        del file[where]
        if "link" in options:
            file[where] = options["link"]
        else:
            file.create_dataset(where, **options)

    return change


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (replaced("layers/gru/cell/vars/0", link=h5py.ExternalLink("/etc/x.h5", "/x")), "stored"),
        (replaced("layers/gru/cell/vars/0", link=h5py.SoftLink("/layers")), "stored"),
        (replaced("layers/gru/cell/vars/0", shape=(2**40,), dtype="f4", chunks=(64,)), "large"),
        (
            replaced(
                "layers/gru/cell/vars/0",
                shape=(4, 9),
                dtype="f4",
                external=[("/etc/passwd", 0, 144)],
            ),
            "another file",
        ),
        (replaced("layers/gru/cell/vars/0", data=np.zeros((4, 9), "S4")), "floating-point"),
        (replaced("layers/gru/cell/vars/1", data=np.zeros((2, 9), "f4")), "shapes"),
        (replaced("layers/gru/cell/vars/2", data=np.zeros(9, "f4")), "belong together"),
    ],
)
def test_weights_that_are_not_plain_numbers_of_this_file_block_their_layer_only(
    file: Path, change: Any, reason: str
) -> None:
    traces = trace_model(changed(file, store=change), IDS)
    assert list(traces) == ["both"]
    assert re.search(reason, traces.unsupported["gate"])
    assert "'gate'" in traces.unsupported["last"]


def test_a_bomb_is_refused_before_it_is_unpacked(file: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["model.weights.h5"] += bytes(100 * 2**20)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    assert file.stat().st_size < 2**20
    with pytest.raises(BundleError, match="would take 104,"):
        trace_model(file, IDS)


def test_weights_for_another_input_are_refused_with_both_sizes(file: Path) -> None:
    change = replaced("layers/gru/cell/vars/0", data=np.zeros((5, 9), "f4"))
    with pytest.raises(InputError, match=r"\(3, 4, 4\) came in.*reads \(sequences, steps, 5\)"):
        trace_model(changed(file, store=change), IDS)


def set_layer(number: int, **settings: Any) -> Callable[[list[dict[str, Any]]], None]:
    def change(layers: list[dict[str, Any]]) -> None:
        for name, value in settings.items():
            if name in ("class_name", "module", "registered_name"):
                layers[number][name] = value
            else:
                layers[number]["config"][name] = value

    return change


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (set_layer(3, class_name="Lambda"), "never run"),
        (set_layer(3, class_name="Mine", registered_name="pkg>Mine", module="mine"), "own"),
        (set_layer(3, class_name="LSTM", module="mine", registered_name="pkg>LSTM"), "own"),
        (set_layer(3, class_name="Conv2D"), "'Conv2D' are not computed"),
        (set_layer(3, activation="mine>squash"), "not one of Keras' own"),
        (set_layer(3, activation={"class_name": "Lambda", "config": {}}), "not one of Keras' own"),
        (set_layer(3, units=10**9), "fit"),
        (set_layer(3, units=None), "settings"),
    ],
)
def test_layers_that_are_not_computed_are_reported_with_the_reason(
    file: Path, change: Any, reason: str
) -> None:
    traces = trace_model(changed(file, config=change), IDS)
    assert list(traces) == ["both"]
    assert re.search(reason, traces.unsupported["gate"])
    assert "'gate'" in traces.unsupported["last"]


def repeated(layers: list[dict[str, Any]]) -> None:
    layers[3] = {"class_name": "Flatten", "config": {"name": "flat"}}
    layers.insert(4, {"class_name": "RepeatVector", "config": {"name": "many", "n": 2**40}})


def test_a_setting_cannot_ask_for_more_memory_than_is_allowed(file: Path) -> None:
    with pytest.raises(InputError, match="at most"):
        trace_model(changed(file, config=repeated), IDS)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "neither"),
        (b"PK\x03\x04 damaged", "cannot be read"),
        (b"\x89HDF\r\n\x1a\n damaged", "cannot be read"),
        (b"\x80\x04pickle", "is a pickle"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
    ],
)
def test_files_that_are_no_models_are_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "m.h5").write_bytes(content)
    with pytest.raises(BundleError, match=reason):
        trace_model(tmp_path / "m.h5", IDS)


def test_folders_missing_files_and_files_of_weights_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="folder"):
        trace_model(tmp_path, IDS)
    with pytest.raises(BundleError, match="cannot be opened"):
        trace_model(str(tmp_path / "none.keras"), IDS)
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file.create_group("model_weights")
    with pytest.raises(BundleError, match="weights only"):
        trace_model(tmp_path / "w.h5", IDS)


@pytest.mark.parametrize("model", [None, 3, object(), [1], np.zeros(3)])
def test_what_is_no_model_is_refused(model: Any) -> None:
    with pytest.raises(InputError, match="a Keras model, or the path"):
        trace_model(model, IDS)


@pytest.mark.parametrize(
    "config",
    [{}, {"class_name": "Mine", "config": {}}, {"config": {"layers": [3]}}, [], None,
     {"class_name": "Sequential", "config": {"layers": [{"class_name": "LSTM", "config": {}}]}}],
)  # fmt: skip
def test_a_configuration_that_is_none_is_refused(config: Any) -> None:
    with pytest.raises(InputError):
        read_network(config, lambda path, parts: [], keras_2=False)


def test_hard_sigmoid_is_that_of_the_version_that_wrote_the_file(tmp_path: Path) -> None:
    def write(version: str) -> LstmTrace:
        keras_3(tmp_path / "m.keras")
        changed(tmp_path / "m.keras", config=set_layer(4, recurrent_activation="hard_sigmoid"))
        with zipfile.ZipFile(tmp_path / "m.keras") as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        members["metadata.json"] = json.dumps({"keras_version": version}).encode()
        with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        trace = trace_model(tmp_path / "m.keras", IDS[2:], "last")["last"]
        assert isinstance(trace, LstmTrace)
        return trace

    old, new = write("2.15.0"), write("3.5.0")
    kernel, _, bias = weights()["last"]
    gate = trace_model(tmp_path / "m.keras", IDS[2:])["gate"].arrays()["hidden_state"][0, 0]
    z = (gate @ kernel + bias)[:2]
    assert np.abs(old.input_gate[0, 0] - hard_sigmoid_of_keras_2(z)).max() < 1e-6
    assert np.abs(new.input_gate[0, 0] - hard_sigmoid(z)).max() < 1e-6


def test_names_of_recurrent_layers_and_the_text_of_traces(file: Path) -> None:
    config = {"class_name": "Sequential", "config": {"layers": entries(modules=True)}}
    network = read_network(config, lambda path, parts: [], keras_2=False)
    assert recurrent_names(network) == {"both": "Bidirectional", "gate": "GRU", "last": "LSTM"}
    text = repr(trace_model(file, IDS))
    assert "forget_gate (3, 4, 2)" in text
    assert "update_gate (3, 4, 3)" in text


def test_the_fast_forward_pass_and_the_cells_agree() -> None:
    from lstm_core.recurrent.cells import LstmCell
    from lstm_core.recurrent.layers import run_layer

    model = plain_model(maxlen=9)
    weights_ = model.bundle.weights
    ids = np.random.default_rng(0).integers(0, 12, 9, np.int32)
    steps = LstmForward(weights_, 9).steps(ids)
    cell = LstmCell(weights_.kernel, weights_.recurrent, weights_.bias)
    run = run_layer(cell, weights_.embedding[ids][None])
    for name, array in run.quantities.items():
        assert np.abs(array[0] - getattr(steps, name)).max() < 1e-6


def test_tracing_a_file_imports_neither_keras_nor_the_drawing(file: Path) -> None:
    code = (
        "import sys\nfrom lstm_core import trace_model\n"
        f"trace_model({str(file)!r}, [[1, 2, 3, 4]])\n"
        "heavy = {'plotly', 'pandas', 'tensorflow', 'keras', 'sklearn', 'scipy', 'streamlit'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)
