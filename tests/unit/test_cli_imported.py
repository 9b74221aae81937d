"""The commands that read a review, with imported models of every cell; without Keras."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from lstm_core.cli import main
from lstm_core.model.recurrent_model import RecurrentModel
from lstm_core.model.sentiment_model import SentimentModel
from tests.support import classifiers as made

TEXT = "a very good film, it was not bad"
KINDS = {
    "gru": (made.STACKED_GRU, made.TOKENIZER, {}),
    "rnn": (made.POOLED_RNN, made.LEAVING_OUT, {"mask_zero": True}),
    "three": (made.THREE_CLASSES, made.VECTORIZATION, {"classes": ("bad", "fair", "good")}),
}
LETTERS = {"gru": ["z", "r", "g", "|h|"], "rnn": ["|h|"], "three": "i f g o |c| |h|".split()}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def model(kind: str, tmp_path: Path) -> RecurrentModel:
    layers, rules, options = KINDS[kind]
    made.write_classifier_bundle(tmp_path / "made", layers, rules, **options)
    found = SentimentModel.load(tmp_path / "made")
    assert isinstance(found, RecurrentModel)
    return found


def said(capsys: pytest.CaptureFixture[str], model: RecurrentModel, *words: str) -> str:
    assert main([words[0], TEXT, "--model", str(model.bundle.folder), *words[1:]]) == 0
    return capsys.readouterr().out


def test_trace_gives_the_states_of_a_layer_in_every_format(
    capsys: pytest.CaptureFixture[str], model: RecurrentModel, kind: str, tmp_path: Path
) -> None:
    trace = model.model_trace(TEXT)
    places = trace.encoding.maxlen
    for number, layer in enumerate(trace.layers):
        found = json.loads(said(capsys, model, "trace", "--json", "--layer", layer.name))
        assert found["layer"] == layer.name and found["class"] == model.class_name
        for name, values in layer.quantities.items():
            np.testing.assert_array_equal(np.float32(found[name]), values)
        text = said(capsys, model, "trace", "--format", "csv", "--layer", str(number))
        rows = list(csv.DictReader(io.StringIO(text)))
        assert len(rows) == places * layer.units
        last = layer.quantities["hidden_state"][-1, -1]
        assert np.float32(rows[-1]["hidden_state"]) == last
    lines = said(capsys, model, "trace").splitlines()
    assert lines[0].split()[5:] == LETTERS[kind] and len(lines) == places + 1
    target = tmp_path / "trace.npz"
    assert said(capsys, model, "trace", "--format", "npz", "--output", str(target)) == ""
    with np.load(target) as stored:
        np.testing.assert_array_equal(stored["hidden_state"], trace.hidden_state)


def test_explain_gives_the_methods_that_are_defined(
    capsys: pytest.CaptureFixture[str], model: RecurrentModel
) -> None:
    found = json.loads(said(capsys, model, "explain", "--json"))
    assert list(found["scores"]) and not set(found["scores"]) & set(found["not_defined"])
    assert all(len(scores) == len(found["words"]) for scores in found["scores"].values())
    assert found["probability"] == pytest.approx(float(model.predict([TEXT])[0]), abs=1e-6)
    table = said(capsys, model, "explain")
    assert f"P({model.class_name})" in table
    assert table.count("not defined for this model") == len(found["not_defined"]) >= 4


def test_an_explanation_of_an_imported_model_draws_itself(model: RecurrentModel) -> None:
    found = model.explain(TEXT)
    assert len(found.words) == len(found.scores) == len(found.to_frame())
    assert f"P({model.class_name})" in found._repr_html_() and found.figure().data
    assert len(model.explain(TEXT, "all").by_method) > 2


def test_classify_names_the_classes_and_what_was_read(
    capsys: pytest.CaptureFixture[str], model: RecurrentModel, kind: str
) -> None:
    out = said(capsys, model, "classify").splitlines()
    if kind == "three":
        assert all(name in out[0] for name in model.class_names)
        assert "of padding behind" in out[1]
    else:
        assert "P(positive)" in out[0] and "of padding in front" in out[1]
    assert ("left out" in out[1]) == (kind == "rnn")
    found = json.loads(said(capsys, model, "classify", "--json"))
    assert list(found["classes"]) == list(model.class_names)
    assert sum(found["classes"].values()) == pytest.approx(1, abs=1e-6)
    assert found["left_out"] == list(model.encode(TEXT).left_out)


def test_what_is_not_defined_gets_one_sentence(
    capsys: pytest.CaptureFixture[str], model: RecurrentModel
) -> None:
    folder = str(model.bundle.folder)
    for words, says in (
        (["trace", TEXT, "--layer", "dense"], "this model has 0: "),
        (["explain", "--measure"], "article's architecture"),
    ):
        assert main([*words, "--model", folder]) == 2
        error = capsys.readouterr().err
        assert says in error and "Traceback" not in error
