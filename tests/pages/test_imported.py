"""Imported models of other architectures on every page: shown, or refused with a sentence."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from lstm_core.activations import build_index, built_in_texts, indexed_layers
from lstm_core.analysis.captions import model_reading_line
from lstm_core.attribution.model_diagnosis import UNAVAILABLE, diagnose_model
from lstm_core.model.recurrent_model import RecurrentModel
from lstm_core.model.sentiment_model import SentimentModel
from pages.parts.common.diagnosis import other_class, second_class
from pages.parts.common.escape import escape_markdown
from tests.pages.charts import charts
from tests.pages.helpers import html, open_page, words
from tests.support import classifiers as made
from tests.support.tasks import end_all_tasks, run_until_ended

NAMES = ("negative", "neutral", "positive")
MODELS = {
    "gru": (made.STACKED_GRU, made.TOKENIZER, {}),
    "rnn": (made.POOLED_RNN, made.LEAVING_OUT, {"mask_zero": True}),
    "three": (made.THREE_CLASSES, made.VECTORIZATION, {"classes": NAMES}),
}
TEXTS = {"empty": "", "long": "a very good film, it was not bad " * 4}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three imported models, with the activations of all their layers on the built-in texts."""
    folder = tmp_path_factory.mktemp("imported")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LSTM_LENS_HOME", str(folder))
        for name, (layers, rules, options) in MODELS.items():
            path = folder / "runs" / name / "bundle"
            made.write_classifier_bundle(path, layers, rules, **options)
            model = SentimentModel.load(path)
            for layer in indexed_layers(model):
                build_index(model, built_in_texts(), lambda _: None, layer=layer)
    return folder


@pytest.fixture(autouse=True)
def imported(home: Path, monkeypatch: pytest.MonkeyPatch, fresh_caches: None) -> None:
    monkeypatch.setenv("LSTM_LENS_HOME", str(home))
    monkeypatch.setenv("LSTM_LENS_DATA", "")


def opened(page: str, model: str, text: str = "long", **link: str) -> AppTest:
    app = open_page(page, model=model, text=TEXTS[text], **link)
    assert not app.exception
    assert not app.error
    return app


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("page", ["live", "explanations", "units", "evaluation", "batch", "lesson"])
def test_every_page_shows_or_refuses_an_imported_model(page: str, model: str, text: str) -> None:
    app = opened(page, model, text)
    assert ("diagnose" in [button.key for button in app.button]) is (page == "live")


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("view", ["layers", "unit", "gradient"])
def test_the_states_show_every_layer_of_an_imported_model(
    view: str, model: str, home: Path
) -> None:
    app = opened("states", model, view=view)
    if view == "gradient":
        assert "Gradient" not in words(app) or "steps" in words(app)
        return
    loaded = SentimentModel.load(home / "runs" / model / "bundle")
    assert isinstance(loaded, RecurrentModel)
    layers = loaded.model_trace(TEXTS["long"]).layers
    assert list(app.selectbox(key="layer").options) == [layer.name for layer in layers]
    app.selectbox(key="layer").set_value("0").run()
    assert not app.exception


@pytest.mark.parametrize("model", MODELS)
def test_the_units_of_every_layer_have_profiles(model: str, home: Path) -> None:
    app = opened("units", model)
    for layer in indexed_layers(SentimentModel.load(home / "runs" / model / "bundle")):
        app.selectbox(key="layer").set_value(str(layer.number)).run()
        app.number_input(key="unit").set_value(layer.units - 1).run()
        assert not app.exception and not app.error
        assert app.header[0].value.startswith(f"Unit {layer.units - 1}: ")
        assert len(charts(app)) == (2 if layer.gates else 1)
        assert html(app).count("<li>") == 10
        table = app.dataframe[0].value
        assert len(table) == layer.units and len(table.columns) == 5 + 2 * len(layer.gates)


@pytest.mark.parametrize("model", MODELS)
def test_saturation_has_a_square_for_each_gate(model: str, home: Path) -> None:
    gates = indexed_layers(SentimentModel.load(home / "runs" / model / "bundle"))[0].gates
    app = opened("units", model, view="saturation", layer="0")
    assert len(charts(app)) == len(gates)
    assert gates or "no gate" in app.info[0].value
    app = opened("units", model, view="saturation", layer="0", positions="padding")
    assert len(charts(app)) == len(gates)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("active", ["new", "throughout"])
def test_similar_activations_of_every_layer(model: str, active: str, home: Path) -> None:
    for layer in indexed_layers(SentimentModel.load(home / "runs" / model / "bundle")):
        link = {"layer": str(layer.number), "phrase": "3-3", "threshold": "0.05"}
        app = opened("units", model, view="similar", active=active, **link)
        found = re.search(r"Found in (\d+) of \d+ reviews(?:; the (\d+) closest)?", words(app))
        assert found is None or html(app).count("<li>") == int(found[2] or found[1]) <= 12
        assert found or app.info or "Nowhere else" in words(app)


def test_the_built_in_texts_are_read_in_the_background(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LSTM_LENS_HOME", str(tmp_path))
    layers, rules, options = MODELS["gru"]
    made.write_classifier_bundle(tmp_path / "runs" / "gru" / "bundle", layers, rules, **options)
    app = opened("units", "gru", layer="1")
    run_until_ended(app, "Stop")
    assert charts(app) and not app.exception
    end_all_tasks()


def test_a_public_server_reads_the_built_in_texts_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LSTM_LENS_PUBLIC", "1")
    assert charts(opened("units", "gru"))
    assert "Uploading is switched off" in words(opened("units", "gru", dataset="file"))


@pytest.mark.parametrize("model", MODELS)
def test_a_wrong_prediction_of_an_imported_model_is_diagnosed(model: str, home: Path) -> None:
    app = opened("live", model)
    app.button(key="diagnose").click().run()
    assert not app.exception and UNAVAILABLE in [one.value for one in app.caption]
    found = SentimentModel.load(home / "runs" / model / "bundle")
    assert isinstance(found, RecurrentModel)
    said = int(found.predict_classes([TEXTS["long"]])[0].argmax())
    assert app.session_state["diagnosis_class"] != said
    labels = app.segmented_control(key="diagnosis_class").options
    assert labels == list(found.class_names)
    right = found.for_class(app.session_state["diagnosis_class"])
    lines = diagnose_model(right, right.model_trace(TEXTS["long"]))
    keys = [str(one.key) for one in app.button if str(one.key).startswith("diagnosis_")]
    assert keys == [f"diagnosis_{line.cause}" for line in lines if line.first is not None]
    app.segmented_control(key="diagnosis_class").set_value(said).run()
    below = found.predict_classes([TEXTS["long"]])[0][said] < 0.5
    assert ("below one half" in app.info[0].value) is bool(below) is (model == "three")
    assert not [one for one in app.button if str(one.key).startswith("diagnosis_")]


def test_a_negative_label_is_the_most_probable_other_class(home: Path) -> None:
    found = SentimentModel.load(home / "runs" / "three" / "bundle")
    assert isinstance(found, RecurrentModel)
    trace = found.model_trace(TEXTS["long"])
    for classes, other in (((0.1, 0.3, 0.6), 1), ((0.5, 0.2, 0.3), 0), ((0.3, 0.4, 0.3), 1)):
        told = replace(trace, classes=np.array(classes, np.float32))
        assert other_class(told, 2) == other
    tie = replace(trace, classes=np.array((0.5, 0.5), np.float32))
    assert second_class(tie) != int(tie.classes.argmax())


def error_page(folder: str, text: str, positive: bool) -> None:
    """One error of a model on Evaluation."""
    from lstm_core.evaluation.misclassified import Misclassified
    from lstm_core.model.sentiment_model import SentimentModel
    from pages.parts.evaluation.errors import _draw_one

    model = SentimentModel.load(folder)
    _draw_one(model, (Misclassified(0, 0.1 if positive else 0.9, positive, 0, 20),), (text,))


@pytest.mark.parametrize("positive", [True, False])
def test_an_error_is_diagnosed_with_the_class_that_would_be_right(
    positive: bool, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, int]] = []
    monkeypatch.setattr(
        "pages.parts.evaluation.errors.draw_model_lines",
        lambda _, text, right: asked.append((text, right)),
    )
    folder = home / "runs" / "three" / "bundle"
    model = SentimentModel.load(folder)
    assert isinstance(model, RecurrentModel)
    page = AppTest.from_function(error_page, args=(str(folder), TEXTS["long"], positive)).run()
    assert not asked and model_reading_line(model, model.model_trace(TEXTS["long"])) in words(page)
    page.button(key="diagnose").click().run()
    assert not page.exception
    other = other_class(model.model_trace(TEXTS["long"]), model.chosen)
    assert asked == [(TEXTS["long"].strip(), model.chosen if positive else other)]


def test_a_class_name_is_shown_as_it_is(home: Path) -> None:
    names = ("*bad*", "so_so_ [link](http://x)", "`good` $x$ :red[y]")
    path = home / "runs" / "named" / "bundle"
    made.write_classifier_bundle(path, made.THREE_CLASSES, made.VECTORIZATION, classes=names)
    app = opened("live", "named")
    app.button(key="diagnose").click().run()
    assert not app.exception
    labels = app.segmented_control(key="diagnosis_class").options
    assert labels == [escape_markdown(name) for name in names] != list(names)
    assert all(name in words(app) for name in names)
    for number in range(len(names)):
        app.segmented_control(key="diagnosis_class").set_value(number).run()
        assert not app.exception
        said = [one.value for kind in ("markdown", "info", "caption") for one in app.get(kind)]
        assert not [one for one in said if any(name in one for name in names)]


def test_the_class_of_a_softmax_model_is_chosen(home: Path) -> None:
    app = opened("live", "three")
    app.selectbox(key="class").set_value("0").run()
    assert not app.exception
    assert "towards “negative”" in words(app)
    assert all(name in words(app) for name in NAMES)


def test_the_methods_that_are_not_defined_are_named_with_the_reason() -> None:
    said = words(opened("explanations", "gru"))
    assert "Layer-wise relevance" in said and "article's architecture only" in said


@pytest.mark.parametrize("view", ["minimal_pairs", "word_order", "model_card"])
def test_the_evaluation_of_an_imported_model(view: str) -> None:
    app = opened("evaluation", "three", view=view)
    assert "last words are meant" not in words(app)
    assert "last words are meant" in words(opened("evaluation", "gru", view=view))
