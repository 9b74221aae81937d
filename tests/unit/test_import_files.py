"""Models brought from outside: rebuilt from their numbers, or refused with the reason."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from lstm_core.errors import BundleError, RunError
from lstm_core.model import registry
from lstm_core.model.bundle import Bundle
from lstm_core.model.import_model import ModelFiles, import_model
from lstm_core.model.keras_reader import read_keras_file
from lstm_core.model.keras_weights import CONFIG, WEIGHTS
from lstm_core.model.keras_writer import write_keras_file
from lstm_core.model.registry import (
    bundle_folder,
    can_restore,
    delete_model,
    empty_trash,
    find_model,
    free_name,
    list_models,
    load_model,
    rename_model,
    restore_deleted,
)
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.lstm import LstmForward
from tests.unit.helpers import WORDS, random_weights

ARTICLE = {"ids": "imdb", "padding": "pre", "truncating": "post"}


def import_own(model: Path, words: Path, folder: Path, **options: Any) -> Bundle:
    answers = options.pop("answers", ARTICLE)
    return import_model(ModelFiles(model, words), folder, answers=answers, **options)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    model, words = tmp_path / "model.keras", tmp_path / "words.txt"
    write_keras_file(model, random_weights(), 7)
    words.write_text("\n".join(WORDS), encoding="utf-8")
    return model, words


@pytest.mark.keras
def test_keras_opens_what_was_written_and_says_the_same(files: tuple[Path, Path]) -> None:
    import keras

    ids = np.random.default_rng(0).integers(0, 12, (20, 7), np.int32)
    theirs = np.asarray(keras.saving.load_model(files[0], safe_mode=True)(ids))[:, 0]
    weights, maxlen = read_keras_file(files[0])
    forward = LstmForward(weights, maxlen)
    ours = 1 / (1 + np.exp(-forward.logits(forward.final_states(ids))))
    assert np.abs(ours - theirs).max() < 1e-6


@pytest.mark.keras
@pytest.mark.parametrize("fixed", [True, False], ids=["fixed length", "any length"])
def test_a_sequential_model_with_dropout_that_was_trained_is_taken(
    tmp_path: Path, files: tuple[Path, Path], fixed: bool
) -> None:
    import keras

    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((9 if fixed else None,)),
            layers.Embedding(12, 4),
            layers.SpatialDropout1D(0.2),
            layers.LSTM(3, dropout=0.1, name="reader"),
            layers.Dropout(0.2),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("adam", "binary_crossentropy")
    ids = np.random.default_rng(0).integers(0, 12, (8, 9), np.int32)
    model.fit(ids, np.arange(8) % 2, verbose=0)
    model.save(tmp_path / "own.keras")
    bundle = import_own(tmp_path / "own.keras", files[1], tmp_path / "own", name="own", maxlen=9)
    ours = SentimentModel(bundle).predict_ids(ids)
    assert np.abs(ours - np.asarray(model(ids))[:, 0]).max() < 1e-6
    assert bundle.card.recipe == "imported"
    if not fixed:
        with pytest.raises(BundleError, match="no fixed length"):
            import_own(tmp_path / "own.keras", files[1], tmp_path / "b", name="own")
    else:
        with pytest.raises(BundleError, match="reads 9 time steps, not 8"):
            import_own(tmp_path / "own.keras", files[1], tmp_path / "b", name="own", maxlen=8)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xff\xfe", "UTF-8"),
        (b"good\nbad\ngood", "stands twice"),
        (b"\n".join(b"w%d" % n for n in range(9)), "do not fit"),
        (b'{"good": 1, "bad": 3}', "without gaps"),
        (b'{"good": "1"}', "whole numbers"),
        (b"{" * 100_000, "does not fit"),
        (b"[UNK]\ngood", "names no padding"),
    ],
)
def test_a_vocabulary_that_does_not_fit_is_refused_with_the_reason(
    files: tuple[Path, Path], tmp_path: Path, content: bytes, reason: str
) -> None:
    files[1].write_bytes(content)
    with pytest.raises(BundleError, match=reason):
        import_own(*files, tmp_path / "a", name="a")
    assert not (tmp_path / "a").exists()


def test_a_word_index_of_keras_is_a_vocabulary_and_strange_words_are_told(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    files[1].write_text('{"the": 1, "Film!": 2, "good": 3}', encoding="utf-8")
    bundle = import_own(*files, tmp_path / "a", name="a")
    assert bundle.vocabulary.words == ("the", "Film!", "good")
    assert bundle.card.notes[1].startswith("1 of its 3 words can never be read")


@pytest.mark.parametrize("layout", ["Keras 2.15 .keras", "Keras 2.15 .h5"])
def test_a_model_saved_by_keras_2_is_taken(
    files: tuple[Path, Path], tmp_path: Path, layout: str
) -> None:
    weights, _ = read_keras_file(files[0])
    path = saved_by_keras_2(files[0], tmp_path / f"old{layout[-6:].strip()}")
    old, maxlen = read_keras_file(path)
    assert maxlen == 7
    for name in ("embedding", "kernel", "recurrent", "bias", "dense_kernel", "dense_bias"):
        assert np.array_equal(getattr(old, name), getattr(weights, name))
    assert import_own(path, files[1], tmp_path / "old", name="old").maxlen == 7


def saved_by_keras_2(path: Path, target: Path) -> Path:
    """The model as Keras 2.15 saves it: ``batch_input_shape``, calls as lists."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members[CONFIG])
    layers = config["config"]["layers"]
    names = [layer["config"]["name"] for layer in layers]
    for layer, before in zip(layers, [None, *names], strict=False):
        if shape := layer["config"].pop("batch_shape", None):
            layer["config"]["batch_input_shape"] = shape
        layer["inbound_nodes"] = [[[before, 0, 0, {}]]] if before else []
    config["config"]["input_layers"] = [[names[0], 0, 0]]
    config["config"]["output_layers"] = [[names[-1], 0, 0]]
    if target.suffix == ".keras":
        members[CONFIG] = json.dumps(config).encode()
        members["metadata.json"] = b'{"keras_version": "2.15.0"}'
        with zipfile.ZipFile(target, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        return target
    paths = {"embedding": ["embedding/vars/0"], "dense": ["dense/vars/0", "dense/vars/1"]}
    paths["lstm"] = [f"lstm/cell/vars/{number}" for number in range(3)]
    with h5py.File(io.BytesIO(members[WEIGHTS])) as old, h5py.File(target, "w") as new:
        new.attrs["model_config"] = json.dumps(config)
        new.attrs["keras_version"] = "2.15.0"
        for layer in layers[1:]:
            name, kind = layer["config"]["name"], layer["class_name"].lower()
            group = new.create_group(f"model_weights/{name}")
            group.attrs["weight_names"] = [f"{name}/w{n}:0" for n in range(len(paths[kind]))]
            for number, where in enumerate(paths[kind]):
                group[f"{name}/w{number}:0"] = old[f"layers/{where}"][()]
    return target


def changed_weights(path: Path, change: Any) -> None:
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    stored = io.BytesIO(members[WEIGHTS])
    with h5py.File(stored, "r+") as file:
        change(file)
    members[WEIGHTS] = stored.getvalue()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def replace_by(**options: Any) -> Any:
    def change(file: h5py.File) -> None:
        del file["layers/embedding/vars/0"]
        file["layers/embedding/vars"].create_dataset("0", **options)

    return change


def link_elsewhere(file: h5py.File) -> None:
    del file["layers/embedding/vars/0"]
    file["layers/embedding/vars/0"] = h5py.ExternalLink("/etc/other.h5", "/x")


def not_a_number(file: h5py.File) -> None:
    file["layers/embedding/vars/0"][3, 2] = np.nan


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (not_a_number, "not finite"),
        (link_elsewhere, "not stored in this file"),
        (
            replace_by(shape=(12, 6), dtype="f4", external=[("/etc/passwd", 0, 288)]),
            "from another file",
        ),
        (replace_by(shape=(2**20, 2**20), dtype="f4", chunks=(64, 64)), "too large"),
        (replace_by(data=np.zeros((12, 6), "S4")), "floating-point"),
        (replace_by(data=np.zeros((12, 6), np.int32)), "floating-point"),
        (replace_by(data=np.zeros(12, np.float32)), "have the shapes"),
    ],
)
def test_weights_that_are_not_plain_numbers_of_this_file_are_refused(
    files: tuple[Path, Path], tmp_path: Path, change: Any, reason: str
) -> None:
    changed_weights(files[0], change)
    with pytest.raises(BundleError, match=reason):
        import_own(*files, tmp_path / "a", name="a")


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        ([None, 7, 3], "input has the shape"),
        ([None, 1], "reads 1 time steps"),
        ([None, "7"], "'7'"),
    ],
)
def test_an_input_of_another_shape_is_refused(
    files: tuple[Path, Path], shape: list[Any], reason: str
) -> None:
    with zipfile.ZipFile(files[0]) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members[CONFIG])
    config["config"]["layers"][0]["config"]["batch_shape"] = shape
    members[CONFIG] = json.dumps(config).encode()
    with zipfile.ZipFile(files[0], "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(BundleError, match=reason):
        read_keras_file(files[0])


def test_models_of_runs_are_found_by_name_alone(files: tuple[Path, Path], home: Path) -> None:
    assert list_models() == []
    assert free_name("my model (2).keras") == "my-model-2-keras"
    import_own(*files, home / "runs" / "mine" / "bundle", name="mine")
    assert [model.name for model in list_models()] == ["mine"]
    assert free_name("mine") == "mine-2"
    assert free_name("article", first=1) == "article-1"
    (home / "runs" / "article-1").mkdir()
    assert free_name("article", first=1) == "article-2"
    (home / "runs" / "article-1").rmdir()
    assert load_model("mine").maxlen == 7
    for name in ("other", "../mine", str(home / "runs" / "mine"), "", "mine\0"):
        assert find_model(name) is None
        with pytest.raises(BundleError, match="no model of a run named"):
            load_model(name)
    for name in ("", "a b", "../x", "-x", "ü", "a" * 81, "mine"):
        with pytest.raises(RunError, match="cannot name a run|named mine already"):
            rename_model("mine", name)
    rename_model("mine", "yours_2-b")
    assert load_model("yours_2-b").maxlen == 7
    with pytest.raises(BundleError, match="no model of a run named"):
        rename_model("mine", "theirs")
    delete_model("yours_2-b")
    assert list_models() == []
    assert list_models() == []


def test_a_deleted_model_can_be_restored_for_a_while(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = bundle_folder("mine") / "card.json"
    card.parent.mkdir(parents=True)
    card.write_text("{}")
    delete_model("mine")
    assert not list_models() and can_restore("mine")
    restore_deleted("mine")
    assert [one.name for one in list_models()] == ["mine"] and not can_restore("mine")
    delete_model("mine")
    card.parent.mkdir(parents=True)
    card.write_text("{}")
    with pytest.raises(RunError, match="another run or model"):
        restore_deleted("mine")
    monkeypatch.setattr(registry, "TRASH_SECONDS", -1)
    assert not can_restore("mine")
    with pytest.raises(RunError, match="not in the trash"):
        restore_deleted("mine")
    empty_trash()
    assert not list((home / "runs" / ".trash").iterdir())
