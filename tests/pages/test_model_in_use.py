"""The model of a run as the one that the pages use: by link and by choice, for any sizes."""

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lstm_core.model.bundle import write_bundle
from lstm_core.model.import_model import NetworkFile
from lstm_core.text import Vocabulary
from tests.pages.helpers import open_page
from tests.unit.helpers import WORDS, card_of, random_weights

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("live", "states", "explanations", "units", "evaluation", "batch", "train", "lesson")
TEXTS = ("", "a very good film, not bad " * 9)


@pytest.fixture(autouse=True)
def run(home: Path, monkeypatch: pytest.MonkeyPatch, fresh_caches: None) -> Path:
    """A run "small" with a model of 30 places and 8 units, in a home of its own."""
    monkeypatch.setenv("LSTM_LENS_DATA", "")
    weights = random_weights(lstm_dim=8)
    folder = home / "runs" / "small"
    vocabulary = Vocabulary(WORDS, weights.num_words)
    write_bundle(folder / "bundle", NetworkFile(weights, 30), vocabulary, card_of(weights, 30))
    return folder


def captions(app: AppTest) -> str:
    return " ".join(caption.value for caption in app.caption)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("text", TEXTS, ids=["empty", "long"])
def test_every_page_shows_a_model_of_other_sizes(page: str, text: str) -> None:
    app = open_page(page, model="small", text=text, section="All")
    assert not app.exception
    assert not app.error


@pytest.mark.parametrize("view", ["step", "interventions", "padding"])
def test_the_states_show_a_model_of_other_sizes(view: str) -> None:
    app = open_page("states", model="small", text=TEXTS[1], view=view)
    assert not app.exception
    assert not app.error


def test_above_the_page_stands_which_model_it_is_and_the_way_back() -> None:
    app = open_page("app", model="small")
    assert "Model in use: the run **small** (30 time steps, 8 units, 12 word ids)" in captions(app)
    app.button(key="model_shipped").click().run()
    assert "the run" not in captions(app)
    assert "model" not in app.query_params
    assert "model_shipped" not in {button.key for button in open_page("app").button}


def test_a_run_that_is_gone_is_told_and_the_shipped_model_shown(run: Path) -> None:
    shutil.rmtree(run)
    app = open_page("app", model="small")
    assert not app.exception
    assert "“small” is not here (any more)" in app.warning[0].value
    assert "You see the shipped model." in app.warning[0].value


@pytest.mark.parametrize("name", ["assets/model", "", "<b>x</b>"])
def test_only_names_of_runs_are_taken_from_a_link(name: str) -> None:
    app = open_page("app", model=name)
    assert not app.exception
    assert bool(app.warning) is bool(name)


def test_a_damaged_model_is_told_and_the_shipped_model_shown(run: Path) -> None:
    (run / "bundle" / "vocabulary.txt").write_text("other\n", encoding="utf-8")
    app = open_page("app", model="small")
    assert not app.exception
    assert "damaged" in app.warning[0].value


def test_the_quality_page_says_that_nothing_was_measured_for_a_run() -> None:
    app = open_page("evaluation", model="small")
    assert "No evaluation is stored" in app.info[0].value
    assert "--model small" in app.info[0].value
