"""Importing models: vocabulary files, open questions, PyTorch, equality with Keras."""

import json
import pickle
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lstm_core.errors import BundleError, EncodingQuestionError, InputError
from lstm_core.model.classifier_reader import classifier_of, read_classifier
from lstm_core.model.classifier_writer import write_classifier
from lstm_core.model.import_check import import_checked
from lstm_core.model.import_model import ModelFiles, import_model, resolve
from lstm_core.model.keras_parity import compare_with_keras
from lstm_core.model.model_trace import _traces
from lstm_core.model.recurrent_model import RecurrentModel
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.model.torch_reader import read_torch
from lstm_core.model.vocabulary_files import read_vocabulary_file
from lstm_core.recurrent.network import Call, LayerSpec, Network, Ref, Tensor
from lstm_core.recurrent.running import directions_of
from lstm_core.recurrent.walk import Walk
from lstm_core.text import ARTICLE_RULES, Side, Splitting
from tests.support import classifiers as made
from tests.unit.helpers import WORDS

SIDES = ("padding", "truncating")
BOTH = {"padding": "post", "truncating": "pre"}


def tokenizer(words: list[str], **options: Any) -> str:
    index = json.dumps({word: rank for rank, word in enumerate(words, 1)})
    config = {"word_index": index, "num_words": None, "oov_token": None, **options}
    return json.dumps({"class_name": "Tokenizer", "config": config})


# content, embedding ids, (first word, pad, start, unknown), first words, what is open
VOCABULARIES = {
    "Tokenizer": (tokenizer(["the", "film"]), 9, (1, 0, None, None), ["the", "film"], SIDES),
    "Tokenizer, unknown token": (
        tokenizer(["<OOV>", "the", "film"], oov_token="<OOV>", num_words=3),
        9, (2, 0, None, 1), ["the"], SIDES,
    ),
    "TextVectorization lines": ("\n[UNK]\nthe\nfilm\n", 9, (2, 0, None, 1), ["the", "film"], ()),
    "TextVectorization list": ('["", "[UNK]", "the"]', 9, (2, 0, None, 1), ["the"], ()),
    "special words": ("<pad>\n<unk>\nthe\n", 9, (2, 0, None, 1), ["the"], SIDES),
    "padding second": ("<unk>\n<pad>\nthe\n", 9, (2, 1, None, 0), ["the"], SIDES),
    "index with special words": (
        '{"<PAD>": 0, "<START>": 1, "<UNK>": 2, "<UNUSED>": 3, "the": 4, "film": 5}',
        9, (4, 0, 1, 2), ["the", "film"], SIDES,
    ),
    "index with an unknown token": ('{"<OOV>": 1, "the": 2}', 9, (2, 0, None, 1), ["the"], SIDES),
    "plain lines, article's size": ("the\nfilm", 6, (4, 0, 1, 2), ["the", "film"], SIDES),
    "plain index, Tokenizer's size": ('{"the": 1, "film": 2}', 3, (1, 0, None, None),
                                      ["the", "film"], SIDES),
    "plain lines": ("the\nfilm", 50, (4, 0, 1, 2), ["the", "film"], ("ids", *SIDES)),
    "plain index": ('{"the": 1, "film": 2}', 50, (4, 0, 1, 2), ["the", "film"], ("ids", *SIDES)),
}  # fmt: skip


@pytest.mark.parametrize("name", VOCABULARIES)
def test_a_vocabulary_file_says_which_ids_words_have(name: str, tmp_path: Path) -> None:
    content, num_words, ids, words, open_ = VOCABULARIES[name]
    (tmp_path / "words").write_text(content, encoding="utf-8")
    guess = read_vocabulary_file(tmp_path / "words", num_words)
    rules = guess.rules
    assert (rules.first_word, rules.pad, rules.start, rules.unknown) == ids
    assert list(guess.words) == words
    assert guess.open == open_
    if name.startswith("TextVectorization"):
        assert (rules.padding, rules.truncating) == (Side.POST, Side.POST)
        assert rules.splitting is Splitting.TEXT_VECTORIZATION


def test_the_index_of_keras_imdb_is_recognised(tmp_path: Path) -> None:
    top = "the and a of to is br in it i".split()
    words = top + [f"w{n}" for n in range(88_584 - len(top))]
    (tmp_path / "words").write_text(json.dumps({w: n for n, w in enumerate(words, 1)}))
    guess = read_vocabulary_file(tmp_path / "words", 10_000)
    assert guess.rules == ARTICLE_RULES and guess.open == SIDES
    assert resolve(guess, 10_000, 80, BOTH).id_of("the") == 4


def test_what_is_open_is_asked_with_the_ids_of_each_answer(tmp_path: Path) -> None:
    (tmp_path / "words").write_text("the\nfilm\nnot\ngood")
    guess = read_vocabulary_file(tmp_path / "words", 50)
    with pytest.raises(EncodingQuestionError, match="(?s)imdb: .*1 2 2 6 .*padding as pre or post"):
        resolve(guess, 50, 20, {})
    with pytest.raises(EncodingQuestionError, match="truncating as pre"):
        resolve(guess, 50, 20, {"ids": "imdb", "padding": "pre"})
    answers = {"ids": "tokenizer", **BOTH}
    assert resolve(guess, 50, 20, answers).rules.first_word == 1
    other = resolve(guess, 50, 20, {**BOTH, "first_word": "3", "start": "1", "unknown": "none"})
    assert (other.rules.first_word, other.rules.start, other.rules.unknown) == (3, 1, None)
    for wrong in ({"ids": "x"}, {"padding": "left"}, {"start": "one"}, {"unknown": "0"}, {"a": 1}):
        with pytest.raises(InputError):
            resolve(guess, 50, 20, {**answers, **wrong})


OLD = {"recurrent_activation": "hard_sigmoid"}


@pytest.mark.parametrize(
    "layer",
    [
        ("LSTM", OLD),
        ("GRU", {**OLD, "reset_after": False}),
        ("GRU", {**OLD, "reset_after": True}),
        ("Bidirectional LSTM", {**OLD, "use_bias": True}),
        ("SimpleRNN", {}),
    ],
)
def test_hard_sigmoid_of_keras_2_is_imported_with_its_slope(layer: made.Layer) -> None:
    layers = [layer, ("Dense", {"units": 3, "activation": "hard_sigmoid"}),
              ("Dense", {"units": 1, "activation": "sigmoid"})]  # fmt: skip
    network = made.make_network(layers, keras_2=True)
    ids = np.random.default_rng(0).integers(0, made.NUM_WORDS, (6, 9))
    walk = Walk(network, None)
    walk.run([Tensor(ids)])
    (wanted,) = walk.traces.values()
    classifier = classifier_of(network, None)[0]
    (found,) = classifier.traces(ids)
    assert np.abs(found.output - wanted.output).max() < 1e-6
    for one, other in zip(directions_of(found), directions_of(wanted), strict=True):
        for name, array in one.arrays().items():
            assert np.abs(array - other.arrays()[name]).max() < 1e-6, name
    kernel, bias = network.layers["Dense_1"].weights()
    hidden = np.clip((wanted.output @ kernel + bias) / 5 + 0.5, 0, 1)
    assert np.abs(classifier.features(ids) - hidden).max() < 1e-6
    with pytest.raises(BundleError, match="another slope"):
        classifier_of(made.make_network([(layer[0], {"activation": "hard_sigmoid"}), *layers[1:]],
                                        keras_2=True), None)  # fmt: skip


def test_a_text_vectorization_in_front_is_left_out() -> None:
    text = {"standardize": "lower_and_strip_punctuation", "split": "whitespace", "ngrams": None,
            "output_mode": "int", "output_sequence_length": 7, "vocabulary": None}  # fmt: skip
    layers = made.THREE_CLASSES
    network = made.make_network(layers, text=text)
    classifier, places = classifier_of(network, None)
    assert places == 7 and classifier.classes == 3
    ids = np.random.default_rng(0).integers(0, made.NUM_WORDS, (6, 7))
    (trace,) = classifier.traces(ids)
    assert np.array_equal(_traces(network, ids, None)["LSTM_0"].output, trace.output)
    endless = made.make_network(layers, text={**text, "output_sequence_length": None})
    with pytest.raises(BundleError, match="no fixed length"):
        classifier_of(endless, None)
    assert classifier_of(endless, 5)[1] == 5
    for other in ({"split": "character"}, {"ngrams": 2}, {"output_mode": "tf_idf"}):
        with pytest.raises(BundleError, match="TextVectorization has"):
            classifier_of(made.make_network(layers, text={**text, **other}), None)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_pickled_tokenizer_is_refused_with_what_to_do(protocol: int, tmp_path: Path) -> None:
    (tmp_path / "tokenizer.pkl").write_bytes(pickle.dumps({"the": 1}, protocol))
    with pytest.raises(BundleError, match=r"is a pickle.*to_json"):
        read_vocabulary_file(tmp_path / "tokenizer.pkl", 9)


@pytest.mark.parametrize("name", ["old.pt", "new.pt"])
def test_a_pickled_model_is_refused_with_what_to_do(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if name == "old.pt":
        path.write_bytes(pickle.dumps({"weight": [1.0]}))
    else:  # as PyTorch writes it since 1.6
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("archive/data.pkl", pickle.dumps({"weight": [1.0]}))
    with pytest.raises(BundleError, match=r"is a pickle.*safetensors.*model\.save"):
        read_classifier(path)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\x1c\0\0\0TFL3" + bytes(20), "TensorFlow Lite"),
        (b"\x08\x08\x12\x07pytorch", "ONNX"),
        (b"\x93NUMPY\x01", "NumPy array"),
        (b'{"format": "layers-model"}', "JSON"),
        (b"hello", "neither"),
        ("model/saved_model.pb", "SavedModel"),
        ("w.npy", "NumPy arrays"),
    ],
)
def test_models_of_other_formats_are_named(tmp_path: Path, content: bytes | str, what: str) -> None:
    path = tmp_path / "model"
    if isinstance(content, str):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(content, "x")
    else:
        path.write_bytes(content)
    with pytest.raises(BundleError, match=what):
        read_classifier(path)


def test_a_mask_of_another_kind_is_not_taken_for_that_of_the_padding() -> None:
    network = made.make_network(made.POOLED_RNN, mask_zero=True)
    ids = network.calls[0].arguments[0]

    def masked(number: int, users: tuple[str, ...]) -> Network:
        kind = LayerSpec("not_equal", "NotEqual", {"operation": True}, list)
        mask = {"mask": Ref("not_equal", 0, 0)}
        calls = [
            replace(call, options=mask) if network.layers[call.layer].kind in users else call
            for call in network.calls
        ]
        calls.insert(1, Call("not_equal", 0, (ids, number), {}))
        return replace(network, layers={**network.layers, "not_equal": kind}, calls=calls)

    users = ("SimpleRNN", "GlobalAveragePooling1D")
    assert classifier_of(masked(0, users), None)[0].embedding.config["mask_zero"]
    for other in (masked(1, users), masked(0, users[:1])):
        with pytest.raises(BundleError, match="not a chain"):
            classifier_of(other, None)


def test_an_input_of_numbers_is_refused_with_the_command_that_reads_it() -> None:
    network = made.make_network(made.THREE_CLASSES)
    network.layers["ids"].config["batch_shape"].append(3)  # type: ignore[index]
    with pytest.raises(BundleError, match=r"\(None, 9, 3\).*trace-model"):
        classifier_of(network, None)


def save_safetensors(path: Path, arrays: dict[str, np.ndarray]) -> None:
    header, data = {}, b""
    for name, array in arrays.items():
        content = array.astype("<f4").tobytes()
        where = [len(data), len(data) + len(content)]
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": where}
        data += content
    said = json.dumps(header).encode()
    path.write_bytes(len(said).to_bytes(8, "little") + said + data)


def torch_model(cell: str, *, both: bool, layers: int, seed: int = 0) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    gates, units, size = {"lstm": 4, "gru": 3, "rnn": 1}[cell], 3, 5
    found = {"embedding.weight": random.normal(0, 1, (12, size))}
    for layer in range(layers):
        for side in ("", "_reverse")[: 1 + both]:
            for name, shape in (
                ("weight_ih", (gates * units, size)), ("weight_hh", (gates * units, units)),
                ("bias_ih", (gates * units,)), ("bias_hh", (gates * units,)),
            ):  # fmt: skip
                found[f"rnn.{name}_l{layer}{side}"] = random.normal(0, 0.6, shape)
        size = units * (1 + both)
    found["fc1.weight"], found["fc1.bias"] = random.normal(0, 1, (4, size)), random.normal(0, 1, 4)
    found["fc2.weight"], found["fc2.bias"] = random.normal(0, 1, (1, 4)), random.normal(0, 1, 1)
    return found


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def torch_logit(found: dict[str, np.ndarray], cell: str, ids: list[int], *, both: bool) -> float:
    """PyTorch's equations as its documentation writes them, the last hidden states read."""
    x = found["embedding.weight"][ids]
    layer = 0
    while f"rnn.weight_ih_l{layer}" in found:
        outputs, last = [], []
        for side in ("", "_reverse")[: 1 + both]:
            w, u, b, d = (
                found[f"rnn.{n}_l{layer}{side}"]
                for n in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            )
            h = c = np.zeros(3)
            states = []
            for step in x[::-1] if side else x:
                if cell == "gru":
                    (ir, iz, i_n), (hr, hz, hn) = np.split(w @ step + b, 3), np.split(u @ h + d, 3)
                    r, z = sigmoid(ir + hr), sigmoid(iz + hz)
                    n = np.tanh(i_n + r * hn)
                    h = (1 - z) * n + z * h
                elif cell == "lstm":
                    i, f, g, o = np.split(w @ step + b + u @ h + d, 4)
                    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
                    h = sigmoid(o) * np.tanh(c)
                else:
                    h = np.tanh(w @ step + b + u @ h + d)
                states.append(h)
            outputs.append(np.array(states[::-1] if side else states))
            last.append(h)
        x, layer = np.concatenate(outputs, axis=1), layer + 1
    hidden = np.maximum(found["fc1.weight"] @ np.concatenate(last) + found["fc1.bias"], 0)
    return float((found["fc2.weight"] @ hidden + found["fc2.bias"])[0])


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("both", [False, True])
def test_weights_of_pytorch_give_what_its_equations_give(
    cell: str, both: bool, tmp_path: Path
) -> None:
    arrays = torch_model(cell, both=both, layers=2)
    save_safetensors(tmp_path / "model.safetensors", arrays)
    sizes = {"cell": cell, "maxlen": 6, "pooling": "last", "activations": ["relu"]}
    (tmp_path / "sizes.json").write_text(json.dumps(sizes))
    found, maxlen = read_torch(tmp_path / "model.safetensors", tmp_path / "sizes.json")
    ids = [[0, 0, 3, 4, 11, 5], [7, 1, 2, 9, 9, 3]]
    ours = found.outputs(found.features(np.array(ids)))[:, 0]
    theirs = [torch_logit(arrays, cell, row, both=both) for row in ids]
    assert maxlen == 6 and np.abs(ours - theirs).max() < 1e-5


@pytest.mark.parametrize(
    ("sizes", "reason"),
    [
        ({"maxlen": 6}, "no JSON of sizes"),
        ({"cell": "transformer", "maxlen": 6}, "cells are lstm"),
        ({"cell": "lstm", "maxlen": 6}, "do not belong together|do not fit"),
        ({"cell": "gru"}, "no fixed length"),
        ({"cell": "gru", "maxlen": 6, "dense": ["fc3"]}, "no array 'fc3.weight'"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(
    sizes: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    save_safetensors(tmp_path / "m", torch_model("gru", both=False, layers=1))
    (tmp_path / "sizes.json").write_text(json.dumps(sizes))
    with pytest.raises(BundleError, match=reason):
        read_torch(tmp_path / "m", tmp_path / "sizes.json")


REFUSED = {
    "a layer of another class": (
        [("LSTM", {}), ("Flatten", {}), made.THREE_CLASSES[-1]],
        "Flatten",
    ),
    "no sequences for pooling": ([("GRU", {}), *made.THREE_CLASSES[1:]], "return_sequences"),
    "four layers": ([("GRU", {"return_sequences": True})] * 3 + list(made.THREE_CLASSES), "layers"),
    "stateful": ([("GRU", {"stateful": True}), made.THREE_CLASSES[-1]], "stateful"),
    "another output": ([("GRU", {}), ("Dense", {"units": 1, "activation": "tanh"})], "tanh"),
    "an unknown activation": ([("GRU", {"activation": "x"}), made.THREE_CLASSES[-1]], "'x'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_another_family_is_refused_with_the_reason(name: str) -> None:
    layers, reason = REFUSED[name]
    with pytest.raises(BundleError, match=reason):
        made.make_classifier(layers)


def test_an_article_model_with_its_encoding_has_every_view(tmp_path: Path) -> None:
    layers = [("LSTM", {}), ("Dense", {"units": 1, "activation": "sigmoid"})]
    write_classifier(tmp_path / "m.keras", made.make_classifier(layers), 9)
    (tmp_path / "words").write_text("\n".join(WORDS))
    files = ModelFiles(tmp_path / "m.keras", tmp_path / "words")
    article = {"ids": "imdb", "padding": "pre", "truncating": "post"}
    import_model(files, tmp_path / "a", name="a", answers=article)
    import_model(files, tmp_path / "b", name="b", answers={**article, "truncating": "pre"})
    one, other = (SentimentModel.load(tmp_path / name) for name in "ab")
    assert not isinstance(one, RecurrentModel) and isinstance(other, RecurrentModel)
    assert np.abs(one.predict(["a good film"]) - other.predict(["a good film"])).max() < 1e-6


def keras_models() -> dict[str, Any]:
    import keras

    layer = keras.layers
    both = layer.Bidirectional

    def model(*layers: Any) -> Any:
        return keras.Sequential([keras.Input((9,)), layer.Embedding(12, 5), *layers])

    def functional(*layers: Any) -> Any:
        x = ids = keras.Input((9,))
        for one in layers:
            x = one(x)
        return keras.Model(ids, x)

    sigmoid_output = layer.Dense(1, activation="sigmoid")
    return {
        "stacked bidirectional GRU": model(
            both(layer.GRU(4, return_sequences=True)), both(layer.GRU(3)), sigmoid_output
        ),
        "SimpleRNN, mean of unmasked steps": keras.Sequential(
            [
                keras.Input((9,)),
                layer.Embedding(12, 5, mask_zero=True),
                layer.SimpleRNN(4, return_sequences=True, activation="relu"),
                layer.GlobalAveragePooling1D(),
                layer.Dense(3, activation="relu"),
                layer.Dense(1, activation="sigmoid"),
            ]
        ),
        "LSTM and GRU, maximum, 3 classes": model(
            layer.LSTM(4, return_sequences=True),
            layer.Dropout(0.2),
            layer.GRU(3, reset_after=False, use_bias=False, return_sequences=True),
            layer.GlobalMaxPooling1D(),
            layer.Dense(4, activation="tanh"),
            layer.Dense(4, activation="elu"),
            layer.Dense(3, activation="softmax"),
        ),
        "merged directions, logit output": model(
            both(layer.LSTM(4, return_sequences=True), merge_mode="mul"),
            both(layer.LSTM(3, recurrent_activation="hard_sigmoid"), merge_mode="ave"),
            layer.Dense(1),
        ),
        "functional, masked": functional(
            layer.Embedding(12, 5, mask_zero=True),
            layer.LSTM(4, return_sequences=True),
            layer.Dropout(0.2),
            both(layer.GRU(3, return_sequences=True)),
            layer.GlobalAveragePooling1D(),
            sigmoid_output,
        ),
        "backwards, 2 classes": model(
            layer.LSTM(4, go_backwards=True), layer.Dense(2, activation="softmax")
        ),
    }


@pytest.mark.keras
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_predictions_equal_keras_before_and_after_writing(tmp_path: Path) -> None:
    import keras

    random = np.random.default_rng(0)
    ids = random.integers(1, 12, (12, 9))
    for row in range(8):
        ids[row, : row % 7] = 0
    for number, (name, model) in enumerate(keras_models().items()):
        model.set_weights([random.normal(0, 0.5, w.shape) for w in model.get_weights()])
        path = tmp_path / f"{number}.{'h5' if number % 2 else 'keras'}"
        model.save(path)
        found, maxlen = read_classifier(path)
        theirs = np.asarray(model(ids))
        if name.endswith("logit output"):
            theirs = sigmoid(theirs)
        theirs = np.concatenate([1 - theirs, theirs], 1) if theirs.shape[1] == 1 else theirs
        assert np.abs(found.probabilities(found.outputs(found.features(ids))) - theirs).max() < 1e-6
        write_classifier(tmp_path / "again.keras", found, maxlen)
        again = keras.saving.load_model(tmp_path / "again.keras", safe_mode=True)
        said = np.asarray(again(ids))
        assert np.abs(said[:, -1] - theirs[:, -1]).max() < 1e-6, name
        (tmp_path / "words").write_text("<pad>\n<unk>\n" + "\n".join(WORDS))
        files = ModelFiles(path, tmp_path / "words")
        folder = import_model(files, tmp_path / f"made{number}", name="m", answers=BOTH).folder
        compared = compare_with_keras(folder, ["a good film", "", "not bad " * 9], path)
        assert compared.equal and f"probability of {path.name}" in compared.by_quantity
        assert sum(key.startswith("output of") for key in compared.by_quantity) == len(found.layers)


@pytest.mark.keras
def test_an_import_is_verified_with_keras_in_another_process(tmp_path: Path) -> None:
    save_safetensors(tmp_path / "m.safetensors", torch_model("gru", both=True, layers=1))
    (tmp_path / "sizes.json").write_text('{"cell": "gru", "maxlen": 9}')
    (tmp_path / "words").write_text("<pad>\n<unk>\n" + "\n".join(WORDS))
    files = ModelFiles(tmp_path / "m.safetensors", tmp_path / "words", tmp_path / "sizes.json")
    bundle, check = import_checked(files, tmp_path / "made", name="m", answers=BOTH)
    assert check.largest < 1e-5 and check.texts == 10 and "PyTorch" in check.rebuilt
    assert bundle.card.notes[-1] == check.line
    assert SentimentModel.load(tmp_path / "made").predict(["a good film"]).shape == (1,)
