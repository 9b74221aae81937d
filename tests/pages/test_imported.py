"""Imported models of other architectures on every page: shown, or refused with a sentence."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lstm_core.model.recurrent_model import RecurrentModel
from lstm_core.model.sentiment_model import SentimentModel
from tests.pages.opened import open_page, words
from tests.support import classifiers as made

NAMES = ("negative", "neutral", "positive")
MODELS = {
    "gru": (made.STACKED_GRU, made.TOKENIZER, {}),
    "rnn": (made.POOLED_RNN, made.LEAVING_OUT, {"mask_zero": True}),
    "three": (made.THREE_CLASSES, made.VECTORIZATION, {"classes": NAMES}),
}
TEXTS = {"empty": "", "long": "a very good film, it was not bad " * 4}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("imported")
    for name, (layers, rules, options) in MODELS.items():
        made.write_classifier_bundle(folder / "runs" / name / "bundle", layers, rules, **options)
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
    assert bool(app.info) or page not in ("units",)
    assert "diagnose" not in [button.key for button in app.button]


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
