"""The explanations page through Streamlit's AppTest: every view, every link, two sizes of model."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import lstm_core.model.sentiment_model
from lstm_core.attribution.attribute import score_words
from lstm_core.attribution.captions import faithfulness_caption, phrase_caption
from lstm_core.attribution.faithfulness import METRICS, FaithfulnessKey, measure_faithfulness
from lstm_core.attribution.faithfulness_store import read_faithfulness, write_faithfulness
from lstm_core.attribution.occlusion import MaskingStrategy
from lstm_core.attribution.phrases import split_phrase
from lstm_core.attribution.registry import NOTES, REFERENCE, Method
from lstm_core.model.bundle import (
    EXPLANATIONS_FILE,
    copy_bundle,
    read_bundle,
    with_artifacts,
)
from lstm_core.model.sentiment_model import SentimentModel, shipped_model
from lstm_core.paths import SHIPPED_MODEL
from pages.parts.common.html_table import number_interval
from pages.parts.common.page import REVIEW
from pages.parts.common.token_colors import tint_method
from pages.parts.explanations.choice import VIEWS
from pages.parts.explanations.phrases import PRESETS
from tests.pages import helpers
from tests.pages.charts import charts, component_data, figures
from tests.pages.helpers import html, words
from tests.support.tasks import run_until_ended
from tests.unit.helpers import tiny_bundle

pytestmark = pytest.mark.usefixtures("fresh_caches")
TEXT = "A wonderful film with a dull end, a dull end, but not a bad one."
TEXTS = ("Boring.", "zzyzx", "This was a good, long and very sad film. " * 40)


def open_explanations(text: str = TEXT, **link: str) -> AppTest:
    return helpers.open_page("explanations", text=text, **link)


def marked(app: AppTest) -> list[list[str]]:
    """The words that each strip marks."""
    strips = component_data(app, "lstm_lens_word_strip")
    return [[p["text"] for p in s["pieces"] if p.get("marked")] for s in strips]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("text", TEXTS, ids=["one word", "unknown word", "long"])
def test_every_view_opens_for_every_review(view: str, text: str) -> None:
    found = charts(open_explanations(text, view=view))
    assert found and all(len(chart["alt"]) > 20 for chart in found)


def test_an_empty_review_has_nothing_to_explain() -> None:
    for view in VIEWS:
        app = open_explanations("", view=view)
        assert charts(app) or "no word to explain" in words(app)


@pytest.mark.keras
def test_every_view_works_for_other_sizes_of_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = tiny_bundle(tmp_path / "bundle", maxlen=7)
    monkeypatch.setattr(lstm_core.model.sentiment_model, "SHIPPED_MODEL", bundle.folder)
    for view in VIEWS:
        assert charts(open_explanations("not a very good film the film the film", view=view))


@pytest.mark.parametrize("value", ["", "-1", "99999999999999999999", "x-²"])
def test_nonsense_in_the_link_is_ignored(value: str) -> None:
    for view in VIEWS:
        names = ("word", "phrase", "missing", "against", "put_in")
        open_explanations(view=view, **dict.fromkeys(names, value))
    open_explanations(view=value)


def test_the_scores_of_every_method_are_shown_once() -> None:
    app = open_explanations(word="2", reference="true")
    heat = figures(app)[0]["data"][0]
    model = shipped_model()
    best = tint_method(model)
    assert sorted([NOTES[best].name, *heat["y"]]) == sorted(NOTES[method].name for method in Method)
    assert marked(app) == [["wonderful"]]
    trace = model.trace(TEXT)
    scores = score_words(model.forward, trace, best).scores
    strips = component_data(app, "lstm_lens_word_strip")
    titles = {p["title"] for s in strips for p in s["pieces"] if p.get("text") == "wonderful"}
    value = scores[trace.encoding.words.index("wonderful")]
    assert any(f"{value:+.3f} by {NOTES[best].inner_name}" in title for title in titles)
    assert "rank correlation" in words(app) and "It does not claim" not in words(app)
    assert "It does not claim" in words(
        open_explanations(word="2", reference="true", unfold=f"method_{best}")
    )


@pytest.fixture(scope="module")
def benchmarked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped model with a benchmark on three sentences."""
    folder = tmp_path_factory.mktemp("bundles") / "model"
    shutil.copytree(SHIPPED_MODEL, folder)
    model = SentimentModel.load(folder)
    stamp = FaithfulnessKey(model.bundle.fingerprint, "own sentences", "", 0, 0, "", 0.0, "none")
    report = measure_faithfulness(model, [TEXT, *TEXTS[2:]], stamp, lambda _: None)
    write_faithfulness(model.bundle, report)
    return folder


@pytest.mark.parametrize("removal", MaskingStrategy)
def test_each_masking_strategy_has_its_own_ranking(
    benchmarked: Path, monkeypatch: pytest.MonkeyPatch, removal: MaskingStrategy
) -> None:
    monkeypatch.setattr(lstm_core.model.sentiment_model, "SHIPPED_MODEL", benchmarked)
    report = read_faithfulness(read_bundle(benchmarked))
    assert report is not None
    app = open_explanations(view="faithfulness", missing=removal, against="difference")
    assert app.header[0].value == faithfulness_caption(report, removal)
    assert f"{report.stamp.reviews:,} own sentences" in words(app)
    table = html(app)
    for metric in METRICS:
        for method in Method:
            assert number_interval(report.score(method, removal, metric).value) in table
    assert app.selectbox(key="against").value == Method.DIFFERENCE
    deletion = figures(app)[1]["data"]
    best = report.best(removal)
    curve = next(
        c
        for c in report.curves
        if (c.method, c.removal, c.direction) == (best, removal, "deletion")
    )
    assert any(np.allclose(d["y"], curve.mean) for d in deletion if len(d["y"]) == len(curve.mean))


def test_the_reference_is_computed_where_it_is_asked_for() -> None:
    app = open_explanations()
    shown = {NOTES[method].name for method in Method if method is not REFERENCE}
    best = tint_method(shipped_model())
    assert {*figures(app)[0]["data"][0]["y"], NOTES[best].name} == shown
    app.toggle(key="reference").set_value(True).run()
    rows = figures(app)[0]["data"][0]["y"]
    assert {*rows, NOTES[best].name} == {*shown, NOTES[REFERENCE].name} and not app.exception
    assert figures(open_explanations(reference="true"))[0]["data"][0]["y"] == rows


def test_a_benchmark_of_an_older_version_says_to_measure_again(
    benchmarked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copy_bundle(benchmarked, tmp_path / "older").folder
    report = json.loads((folder / EXPLANATIONS_FILE).read_text())
    bundle = with_artifacts(
        read_bundle(folder),
        read_bundle(folder).card,
        {EXPLANATIONS_FILE: json.dumps({**report, "format": 1})},
    )
    monkeypatch.setattr(lstm_core.model.sentiment_model, "SHIPPED_MODEL", bundle.folder)
    app = open_explanations(view="faithfulness")
    assert not app.exception and "older version" in words(app)
    assert app.button(key="measure_here")


def test_a_model_without_a_measurement_is_measured_on_the_examples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(SHIPPED_MODEL, folder)
    card = json.loads((folder / "card.json").read_text())
    if card["files"].pop(EXPLANATIONS_FILE, None):
        (folder / EXPLANATIONS_FILE).unlink()
    (folder / "card.json").write_text(json.dumps(card))
    monkeypatch.setattr(lstm_core.model.sentiment_model, "SHIPPED_MODEL", folder)
    monkeypatch.setattr("pages.parts.explanations.faithfulness.EXAMPLES", 3)
    monkeypatch.setenv("LSTM_LENS_HOME", str(tmp_path / "home"))
    app = open_explanations(view="faithfulness")
    assert "Nothing has been measured" in words(app)
    app.button(key="measure_here").click().run()
    run_until_ended(app, "Stop")
    assert "3 built-in reviews" in words(app)


def test_a_phrase_comes_from_the_link_the_presets_and_the_slider() -> None:
    model = shipped_model()
    app = open_explanations(view="phrases", phrase="12-14")
    trace = model.trace(TEXT)
    first = trace.encoding.first_word
    found = split_phrase(model.forward, trace, first + 11, first + 13)
    assert app.header[0].value == phrase_caption(trace, found)
    assert marked(app) == [["not", "a", "bad"]]
    app.slider(key="phrase_ends").set_value((12, 15)).run()
    assert marked(app) == [["not", "a", "bad", "one"]]
    assert "12-15" in app.query_params["phrase"]
    app.pills(key="negation").set_value("never boring").run()
    assert marked(app) == [["never", "boring"]] and not app.exception


@pytest.mark.parametrize(
    ("text", "opens"),
    [
        ("The start is dull and then it is wonderful.", ["is", "wonderful"]),
        ("Wonderful", ["wonderful"]),
        ("qzqz xkxk", ["qzqz", "xkxk"]),
    ],
)
def test_the_phrase_that_the_prediction_changes_at_is_open_first(
    text: str, opens: list[str]
) -> None:
    assert [word.lower() for word in marked(open_explanations(text, view="phrases"))[0]] == opens


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_marks_its_own_words(name: str) -> None:
    text, (low, high) = PRESETS[name]
    encoding = shipped_model().encode(text)
    first = encoding.first_word
    assert " ".join(encoding.words[first + low : first + high + 1]) == name


def test_an_edit_is_made_in_the_review_of_all_pages() -> None:
    app = open_explanations(view="counterfactuals", word="2", put_in="Dreadful!")
    assert marked(app) == [["wonderful"]]
    names = figures(app)[0]["layout"]["yaxis"]["ticktext"]
    assert "without “wonderful”" in names and "“wonderful” → “dreadful”" in names
    pills = app.pills(key="make_edit")
    pills.set_value("“wonderful” → “dreadful”").run()
    assert not app.exception
    typed = app.session_state[f"{REVIEW}_sheet"].typed.text
    assert typed == TEXT.replace("wonderful", "dreadful")


def test_two_words_to_put_in_are_refused_with_a_sentence() -> None:
    assert "Type one word" in words(open_explanations(view="counterfactuals", put_in="two words"))


def test_everything_can_be_taken_along() -> None:
    app = open_explanations(unfold="export")
    labels = [element.proto.label for element in app.get("download_button")]
    assert labels[0] == "Word scores (CSV)" and "HTML" in labels
