"""The page "How good is it": every part opens, follows its switches and link, never breaks."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import lstm_core.model.sentiment_model
from lstm_core.datasets import load_small_corpus
from lstm_core.datasets.load import SMALL_CORPUS
from lstm_core.evaluation import read_evaluation
from lstm_core.evaluation.challenge_set import challenge_files
from lstm_core.evaluation.evaluate import Plan, card_figures, measure
from lstm_core.evaluation.minimal_pairs import Expect, Pair, pairs_to_link
from lstm_core.evaluation.misclassified import Filter, misclassified_reviews
from lstm_core.evaluation.schema import OrderLoss, SeedFigure
from lstm_core.evaluation.store import write_evaluation
from lstm_core.metrics import Interval
from lstm_core.model.bundle import EVALUATION_FILE, copy_bundle, read_bundle, with_artifacts
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.paths import ASSETS, SHIPPED_MODEL
from lstm_core.progress import Progress
from pages.parts.common.html_table import UNFOLDED, table_html
from pages.parts.common.page import REVIEW
from pages.parts.components.editor import _slot
from pages.parts.evaluation.baselines import baselines_title
from pages.parts.evaluation.card import reliability_line
from pages.parts.evaluation.challenge_figures import overlap_line
from pages.parts.evaluation.challenge_set import is_imdb, limits
from pages.parts.evaluation.errors import FILTER
from pages.parts.evaluation.measures import chance_level, overview_title
from pages.parts.evaluation.word_order import order_title
from tests.pages.helpers import html, open_page, words
from tests.support.tasks import run_until_ended

VIEWS = (
    "overview", "threshold", "calibration", "slices", "baselines", "word_order", "minimal_pairs",
    "errors", "model_card",
)  # fmt: skip


def quiet(_: Progress) -> None:
    """Progress that is not shown."""


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of the shipped model, measured on the small corpus."""
    folder = tmp_path_factory.mktemp("bundles") / "model"
    shutil.copytree(SHIPPED_MODEL, folder)
    model = SentimentModel(read_bundle(folder))
    found = measure(model, load_small_corpus(), Plan(challenge=challenge_files()), quiet)
    seeds = tuple(SeedFigure(n, "first", 0.8 + n / 100, 0.4) for n in range(3))
    found = replace(found, seeds=seeds)
    write_evaluation(model.bundle, found, card_figures(found))
    return folder


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """The same model without any figures stored."""
    folder = tmp_path / "bare"
    shutil.copytree(SHIPPED_MODEL, folder)
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    card["files"].pop("evaluation.json", None)
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_caches: None) -> None:
    """No data set, a home of its own, no model kept from another test."""
    monkeypatch.delenv("LSTM_LENS_DATA", raising=False)
    monkeypatch.setenv("LSTM_LENS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.chdir(tmp_path)


def opened(folder: Path, monkeypatch: pytest.MonkeyPatch, **parameters: str) -> AppTest:
    """The page with a bundle and a link's parameters."""
    monkeypatch.setattr(lstm_core.model.sentiment_model, "SHIPPED_MODEL", folder)
    return open_page("evaluation", **parameters)


def everything(page: AppTest) -> str:
    return f"{words(page)} {html(page)}"


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("reading", ["first", "whole"])
def test_every_part_opens_by_its_link(
    measured: Path, monkeypatch: pytest.MonkeyPatch, view: str, reading: str
) -> None:
    page = opened(measured, monkeypatch, view=view, reading=reading)
    assert not page.exception
    assert page.session_state["evaluation_view"] == view
    assert page.session_state["reading"] == reading
    assert "of 120 test reviews" in everything(page)


@pytest.mark.parametrize("view", VIEWS)
def test_without_figures_every_part_opens_and_says_what_to_do(
    bare: Path, monkeypatch: pytest.MonkeyPatch, view: str
) -> None:
    page = opened(bare, monkeypatch, view=view)
    assert not page.exception
    assert "python -m lstm_core evaluate --write" in everything(page)


def test_without_an_evaluation_the_cards_figures_and_the_button_are_shown(
    bare: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    monkeypatch.setattr("pages.parts.evaluation.card.data_is_here", lambda _: True)
    card = read_bundle(bare).card
    for view in ("overview", "model_card"):
        page = opened(bare, monkeypatch, view=view)
        figure = card.figure("accuracy")
        assert figure is not None and f"{figure.value:.4f}" in html(page)
        assert page.button(key="start_evaluation") and not page.exception


def test_an_evaluation_of_an_older_version_says_to_measure_again(
    measured: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = copy_bundle(measured, tmp_path / "older")
    stored = json.loads((older.folder / EVALUATION_FILE).read_text(encoding="utf-8"))
    text = json.dumps({**stored, "format": 1})
    with_artifacts(older, older.card, {EVALUATION_FILE: text})
    page = opened(older.folder, monkeypatch)
    assert not page.exception and "older version" in everything(page)


def test_the_overview_states_the_overlap_and_the_challenge_sets(
    measured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = everything(opened(measured, monkeypatch, view="overview"))
    assert "No test review shares" in said
    evaluation = read_evaluation(read_bundle(measured))
    assert evaluation is not None and evaluation.challenge
    for one in evaluation.challenge:
        assert f"{one.right} of {one.count}" in said


def test_nonsense_in_the_link_is_put_right(measured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = opened(measured, monkeypatch, view="<b>", reading="half", threshold="900", pairs="@@")
    assert not page.exception
    assert page.session_state["evaluation_view"] == "overview"


def test_the_threshold_moves_the_measures(measured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = opened(measured, monkeypatch, view="threshold")
    before = page.header[0].value
    page.slider(key="threshold").set_value(90).run()
    assert not page.exception
    assert page.header[0].value != before and "Threshold 90" in page.header[0].value
    assert '<th scope="col">Threshold 90' in everything(
        page
    ) and '<th scope="col">Threshold 50' in everything(page)
    page.segmented_control(key="evaluation_view").set_value("slices").run()
    assert page.slider(key="threshold").value == 90 and not page.exception


def test_titles_follow_the_intervals() -> None:
    assert "50" in chance_level(np.array([0, 1], np.int8))
    assert chance_level(np.array([0, 1, 1, 1], np.int8)).endswith("75.0\N{NO-BREAK SPACE}%")
    assert overview_title(Interval(0.1, 0.09, 0.11)).endswith("10.0 points better")
    assert overview_title(Interval(-0.1, -0.11, -0.09)).endswith("10.0 points worse")
    assert overview_title(Interval(0.005, -0.001, 0.011)).startswith("No difference is shown")
    ahead, even, behind = (Interval(v, v - 0.01, v + 0.01) for v in (0.3, 0.0, -0.1))
    title = baselines_title([ahead, even, behind])
    assert "better than 1 of 3 baselines, level with 1, worse than 1" in title


def test_the_limits_of_other_data_claim_nothing_about_stanfords(
    measured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = SentimentModel(read_bundle(measured))
    assert is_imdb(model.card) and "2011" in limits(model)
    data = replace(model.card.data, description="Table mine.csv: 12 reviews.")
    other = SentimentModel(replace(model.bundle, card=replace(model.card, data=data)))
    assert not is_imdb(other.card)
    assert "2011" not in limits(other) and "film reviews" not in limits(other)


def test_thresholds_that_are_never_reached_are_said_so(measured: Path) -> None:
    evaluation = read_evaluation(read_bundle(measured))
    assert evaluation is not None
    never = replace(evaluation.reliability[0], fewest_known=1, most_unknown=1.0)
    said = reliability_line(never)
    assert "single known word" in said and "However many" in said
    said = reliability_line(replace(never, fewest_known=9, most_unknown=0.5))
    assert "under 9 known words" in said and "50\N{NO-BREAK SPACE}%" in said


def test_a_persons_pair_is_added_kept_in_the_link_and_removed(
    measured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened(measured, monkeypatch, view="minimal_pairs")
    page.text_input(key="new_first").input("A <b>fine</b> film")
    page.text_input(key="new_second").input("No fine film")
    page.button[0].click().run()
    assert not page.exception
    assert "A &lt;b&gt;fine&lt;/b&gt; film" in everything(page)
    assert "pairs" in page.query_params
    assert len(page.session_state["own_pairs"]) == 1
    page.selectbox(key="drop_pair").select(0).run()
    assert not page.exception
    assert page.session_state["own_pairs"] == () and "pairs" not in page.query_params


def test_failed_pairs_stand_first() -> None:
    shown = everything(open_page("evaluation", view="minimal_pairs"))
    results = re.findall(r"data-head='Result'>(?:<strong>)?(passed|failed)", shown)
    assert len(results) > 40 and set(results) == {"failed", "passed"}
    assert results == sorted(results)


def test_an_unusable_pair_is_refused_with_a_sentence(
    measured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened(measured, monkeypatch, view="minimal_pairs")
    page.text_input(key="new_first").input("same")
    page.text_input(key="new_second").input("same")
    page.button[0].click().run()
    assert "Both texts are the same" in page.warning[0].value
    assert page.session_state["own_pairs"] == ()


def test_pairs_come_by_link_and_a_damaged_link_says_so(
    measured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = pairs_to_link((Pair("own", "Fine, fine.", "Not so fine.", Expect.FALLS),))
    assert link
    page = opened(measured, monkeypatch, view="minimal_pairs", pairs=link)
    assert "Not so fine." in everything(page)
    page = opened(measured, monkeypatch, view="minimal_pairs", pairs=link[:-9])
    assert not page.exception and "cut or changed" in page.warning[0].value


def test_mistakes_say_what_to_do_without_data(
    measured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened(measured, monkeypatch, view="errors")
    assert any("aclImdb_v1.tar.gz" in one.value for one in page.info)


def test_mistakes_with_data_show_the_review_and_lead_to_the_states(
    measured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LSTM_LENS_DATA", str(SMALL_CORPUS))
    page = opened(measured, monkeypatch, view="errors")
    assert not page.exception
    assert page.number_input(key="error").value == 1
    shown: list[str] = []
    monkeypatch.setattr(st, "switch_page", shown.append)
    page.button(key="to_states").click().run()
    assert shown == ["pages/states.py"]
    text = page.session_state[_slot(REVIEW)].typed.text
    assert text in load_small_corpus().test.texts  # it has no line breaks to replace


def test_an_error_is_diagnosed_and_its_evidence_takes_the_review_along(
    measured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LSTM_LENS_DATA", str(SMALL_CORPUS))
    page = opened(measured, monkeypatch, view="errors")
    page.button(key="diagnose").click().run()
    assert not page.exception
    keys = [one.key for one in page.button if str(one.key).startswith("diagnosis_")]
    assert "diagnosis_units" in keys
    shown: list[tuple[str, dict[str, str]]] = []
    monkeypatch.setattr(
        st, "switch_page", lambda to, query_params: shown.append((to, query_params))
    )
    page.button(key="diagnosis_units").click().run()
    assert shown[0][0] == "pages/states.py" and shown[0][1]["view"] == "unit"
    assert page.session_state[_slot(REVIEW)].typed.text in load_small_corpus().test.texts


def test_a_filter_that_leaves_fewer_mistakes_keeps_the_page(
    measured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluation = read_evaluation(read_bundle(measured))
    assert evaluation is not None
    found = {
        way: misclassified_reviews(evaluation.outcomes, "first", Filter(way))
        for way in (None, True, False)
    }
    few = min((True, False), key=lambda way: len(found[way]))
    if not found[few]:
        pytest.skip("this model makes no such mistake on the small corpus")
    monkeypatch.setenv("LSTM_LENS_DATA", str(SMALL_CORPUS))
    page = opened(measured, monkeypatch, view="errors", error=str(len(found[None])))
    assert page.number_input(key="error").value == len(found[None])
    way = next(name for name in ("fp", "fn") if FILTER[name] is few)
    page.selectbox(key="error_type").set_value(way).run()
    assert not page.exception
    assert page.number_input(key="error").value == len(found[few])


def test_mistakes_of_other_data_are_refused(
    measured: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = tmp_path / "other.csv"
    other.write_text("text,label\n" + "good film,1\nbad film,0\nfine,1\nawful,0\n" * 5)
    monkeypatch.setenv("LSTM_LENS_DATA", str(other))
    page = opened(measured, monkeypatch, view="errors")
    assert not page.exception
    assert "another one" in page.warning[0].value


def test_the_card_says_data_recipe_limits_and_citation(
    measured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened(measured, monkeypatch, view="model_card")
    said = everything(page)
    assert "Sarcasm" in said and "English film reviews" in said and "Standard deviation" in said
    assert "Maas" in page.code[0].value and "2011" in page.code[0].value
    assert "aclImdb_v1.tar.gz" in said


def test_damaged_figures_are_said_and_the_rest_works(
    measured: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bundle = read_bundle(measured)
    found = read_evaluation(bundle)
    assert found is not None
    folder = tmp_path / "foreign"
    shutil.copytree(measured, folder)
    foreign = replace(found, stamp=replace(found.stamp, fingerprint="0" * 64))
    write_evaluation(read_bundle(folder), foreign)
    page = opened(folder, monkeypatch, view="word_order")
    assert not page.exception
    assert "another model" in page.info[0].value


def test_a_button_measures_anew_and_a_new_session_sees_the_result(
    measured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LSTM_LENS_DATA", str(SMALL_CORPUS))
    page = opened(measured, monkeypatch, view="model_card")
    button = next(one for one in page.button if one.label == "Re-run evaluation")
    button.click().run()
    assert not page.exception
    run_until_ended(page, "Stop")
    assert "Measured here" in everything(page)
    other = opened(measured, monkeypatch, view="model_card")
    assert "120 test reviews" in everything(other) and "Measured here" in everything(other)


def test_a_long_wide_table_can_be_unfolded_on_a_telephone_and_the_worst_rows_come_first() -> None:
    row = ("a", "b", "c", "d")
    assert "<summary>All 5 rows</summary>" in table_html(row, [row] * 5, "five")
    assert "<summary>" not in table_html(row, [row] * 4, "four rows")
    assert "<summary>" not in table_html(row[:3], [row[:3]] * 9, "narrow")
    style = (ASSETS / "style.css").read_text(encoding="utf-8")
    assert f"tr:nth-child(n + {UNFOLDED + 1})" in style
    tables = html(open_page("evaluation", view="word_order"))
    results = re.findall(r"data-head='Both right'>([^<]*)", tables)
    assert len(set(results)) > 1 and results[0] == "no" and results[-1] == "yes"
    assert results.index("yes") == len(results) - results.count("yes")


def test_a_model_of_the_small_corpus_is_measured_on_it(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LSTM_LENS_DATA", "")
    monkeypatch.setattr("lstm_core.datasets.find.DATA_FOLDER", str(bare))
    with_imdb = opened(bare, monkeypatch, view="model_card")
    assert "under “Model card”" not in words(with_imdb) and "--small" not in words(with_imdb)
    corpus = load_small_corpus().source.sha256
    known = SimpleNamespace(source=SimpleNamespace(sha256=read_bundle(bare).card.data.sha256))
    assert known.source.sha256 != corpus
    monkeypatch.setattr("pages.parts.evaluation.data.load_small_corpus", lambda: known)
    page = opened(bare, monkeypatch, view="model_card")
    assert "under “Model card”" in words(page) and "evaluate --write --small" in words(page)
    asked: list[object] = []
    start = lambda *_, **given: asked.append(given["data"])  # noqa: E731
    monkeypatch.setattr("pages.parts.evaluation.data.start_evaluation", start)
    page.button(key="start_evaluation").click().run()
    assert asked == [SMALL_CORPUS]


def test_sentences_about_films_and_order_fit_the_figures(measured: Path) -> None:
    found = read_evaluation(read_bundle(measured))
    assert found is not None and not found.outcomes.bootstrap.grouped
    (first, *_) = found.overlap
    clean = replace(found, overlap=(replace(first, of_films=0, same_text=0),))
    assert "film" not in overlap_line(clean)  # the data set does not name films
    one = replace(found, overlap=(replace(first, same_text=1),))
    assert overlap_line(one).startswith("1 test review is in the training part too;")
    loss = OrderLoss("first", 0.89, 0.92, -0.03, -0.07, -0.003, 0.05, 120, 3)
    assert order_title(loss).endswith("3.0 points higher")
    for sign in (1, -1):  # clear of zero, but rounded to it
        tiny = replace(loss, lost=sign * 4e-4, low=sign * 4e-4 - 3e-4, high=sign * 4e-4 + 3e-4)
        assert order_title(tiny).endswith("by less than 0.1 points")
