"""The live page through Streamlit's AppTest, on the shipped model."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lstm_core import SentimentModel
from lstm_core.analysis.captions import strongest_title
from lstm_core.analysis.formatting import p_positive
from lstm_core.analysis.prediction_change import change_caption
from pages.parts.common.page import REVIEW, examples
from pages.parts.common.token_colors import token_scores
from pages.parts.components.source import source
from tests.pages.charts import component_data
from tests.pages.helpers import html, open_page

ROOT = Path(__file__).resolve().parents[2]


def open_live(text: str | None = None, **link: str) -> AppTest:
    return open_page("app", **({} if text is None else {"text": text}), **link)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("A wonderful, perfect film. I loved it.", "Positive"),
        ("Terrible. Boring, awful, a waste of time.", "Negative"),
        ("", "No known words"),
        ("qzqz xkxk", "No known words"),
    ],
)
def test_the_verdict_is_the_models_own(text: str, says: str) -> None:
    app = open_live(text)
    shown = html(app)
    assert f'<div class="word">{says}</div>' in shown
    probability = float(SentimentModel.load().predict([text])[0])
    assert f"left: {100 * probability:.1f}%" in shown
    assert p_positive(probability) in shown


def test_a_review_typed_on_a_phone_shows_what_the_typed_one_shows() -> None:
    plain = "I don't like it - it isn't \"good\"..."
    shown = []
    for text in (
        plain,
        "I don’t like it — it isn’t “good”…",
        "<p>I do n't like it: it isn&#39;t good",
    ):
        app = open_live(text)
        assert app.session_state[f"{REVIEW}_sheet"].typed.text == text
        shown.append((html(app), reading(app)["labels"], reading(app)["title"]))
    assert shown[0] == shown[1] == shown[2]


def reading(app: AppTest) -> dict[str, Any]:
    return component_data(app, "lstm_lens_reading")[0]


def test_the_pictures_show_the_trace() -> None:
    text = "A wonderful film with a dull end, a dull end."
    app = open_live(text)
    trace = SentimentModel.load().trace(text)
    picture = reading(app)
    assert len(picture["labels"]) == trace.encoding.read_count == 10
    assert picture["labels"][-3:] == ["a", "dull", "end"]
    assert len(picture["units"]) == trace.hidden_state.shape[1]
    scores = token_scores(SentimentModel.load(), trace).values
    assert picture["title"] == change_caption(trace, scores)
    assert picture["title"] in picture["says"]
    bars = component_data(app, "lstm_lens_bars")[0]
    assert bars["title"] == strongest_title(trace, scores)
    assert len(bars["words"]) == 10


def test_padding_is_shown_on_demand_and_kept_in_the_link() -> None:
    app = open_live("A wonderful film.", padding="true")
    assert len(reading(app)["labels"]) == 80
    assert reading(app)["labels"][0] == "·"
    assert app.toggle(key="padding").value is True


def test_a_unit_and_a_word_pinned_in_a_link_are_framed() -> None:
    picture = reading(open_live("A wonderful film.", word="2", unit="7", raw="true"))
    assert picture["column"] == 1 and picture["units"][picture["row"]] == 7 and picture["raw"]


@pytest.mark.parametrize(("raw", "says"), [("", "its effect"), ("true", "its hidden state")])
def test_the_caption_says_what_the_words_beside_a_row_raise(raw: str, says: str) -> None:
    """A word that raises the hidden state lowers the effect where the output weight is negative."""
    assert f") {says} most of those read" in reading(open_live("A film.", raw=raw))["caption"]


def test_the_first_example_changes_its_prediction_along_the_text() -> None:
    trace = SentimentModel.load().trace(examples()[0].text.strip())
    running = trace.probability[trace.encoding.first_word :]
    assert running.min() < 0.1 and running[-1] > 0.9


def test_a_link_to_the_plain_text_area_shows_it_at_once() -> None:
    app = open_live("A wonderful film.", plain="true")
    assert app.text_area(key=f"{REVIEW}_plain").value == "A wonderful film."
    app.toggle(key="plain").set_value(False).run()
    assert not app.text_area


@pytest.mark.parametrize("padding", ["", "yes please", "1; drop", "\x00"])
def test_nonsense_in_the_link_is_ignored(padding: str) -> None:
    open_live("fine", padding=padding, plain="???", example="none")


@pytest.mark.parametrize("number", range(len(examples())))
def test_every_example_is_one_click(number: int) -> None:
    example = examples()[number]
    app = open_live("")
    app.get("button_group")[0].select(example.name).run()
    assert not app.exception
    probability = float(SentimentModel.load().predict([example.text.strip()])[0])
    assert f"left: {100 * probability:.1f}%" in html(app)
    assert app.session_state[f"{REVIEW}_sheet"].typed.text.strip() == example.text.strip()


def test_a_very_long_text_is_cut_with_a_sentence() -> None:
    app = open_live("good film " * 20_000)
    assert "the last 100,000 were left out" in html(app)
    assert "Read 79 of 20,000 words" in component_data(app, "lstm_lens_review_read")[0]["line"]


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "**bold** $x^2$ [a](b)", "\u202eمرحبا", "a\x00b", "😀" * 50],
)
def test_any_text_is_data(text: str) -> None:
    app = open_live(text)
    assert text not in html(app)


def test_there_are_at_least_twelve_examples_of_all_kinds() -> None:
    kinds = {example.kind for example in examples()}
    assert len(examples()) >= 12
    assert {"clear", "mixed", "sarcastic", "negated", "very short", "long"} <= kinds


WITHOUT_HEAVY = """
import sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("app.py", default_timeout=60)
app.query_params["text"] = "A fine film."
app.run()
assert not app.exception
sys.exit(any(name in sys.modules for name in ("tensorflow", "keras", "pandas", "scipy")))
"""


def test_the_app_never_imports_tensorflow_nor_pandas_on_this_page() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_HEAVY], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_the_running_verdict_ends_at_the_verdict() -> None:
    text = "Slow at first, but what a wonderful end."
    last = reading(open_live(text))["probability"][-1]
    assert last == pytest.approx(float(SentimentModel.load().predict([text])[0]), abs=1e-6)


def test_a_long_review_offers_its_whole() -> None:
    text = "A wonderful film, " * 60 + "but a terrible, boring end. " * 20
    model = SentimentModel.load()
    first, whole = (float(model.predict([text], whole=one)[0]) for one in (False, True))
    app = open_live(text)
    assert "79 of 280 words" in html(app)
    assert p_positive(first) in html(app) and p_positive(whole) in html(app)
    app.segmented_control(key="reading").set_value("whole").run()
    assert f"left: {100 * whole:.1f}%" in html(app)
    assert "".join(app.query_params["reading"]) == "whole"


def test_the_scripts_sent_at_every_letter_have_no_comments() -> None:
    names = ("undo", "editor", "words", "bars", "reading", "reading_rows", "reading_tools")
    for name in names:
        sent = source(f"{name}.js")
        assert "/*" not in sent and "\n//" not in sent and "\n " not in sent
        assert sent.count("{") == sent.count("}")
    styles = [source(f"{name}.css") for name in ("editor", "words", "reading")]
    sent = "".join([source(*(f"{name}.js" for name in names)), *styles])
    assert len(sent.encode()) < 40_000


def test_a_short_review_has_no_switch() -> None:
    assert not open_live("A wonderful film.").segmented_control


def test_the_report_is_of_the_review_that_is_shown() -> None:
    app = open_live("A wonderful film.", word="2")
    shown = app.session_state["live_shown"]
    assert shown.trace.encoding.text == "A wonderful film."
    assert shown.step == 78


def test_the_tour_goes_through_eight_steps_and_is_kept_in_the_link() -> None:
    app = open_live("The film is not bad, but dull.")
    app.button(key="tour_start").click().run()
    for step in range(1, 9):
        assert "".join(app.query_params["tour"]) == str(step)
        app.button(key="tour_answer_button").click().run()
        app.button(key="tour_next").click().run()
        assert not app.exception
    assert "tour" not in app.query_params
    again = open_live("The film is not bad, but dull.", tour="5")
    again.button(key="tour_answer_button").click().run()
    assert reading(again)["names"][reading(again)["column"]] == "not"
    again.button(key="tour_exit").click().run()
    assert "tour" not in again.query_params


def test_why_was_it_wrong_links_every_line_to_its_evidence(home: Path) -> None:
    """In a home without an index of activations."""
    text = "There is nothing bad about this film and no scene is a waste of time."
    app = open_live(text)
    assert not [one for one in app.button if str(one.key).startswith("diagnosis_")]
    app.button(key="diagnose").click().run()
    assert not app.exception and app.session_state["diagnosis_label"] == "positive"
    keys = [one.key for one in app.button if str(one.key).startswith("diagnosis_")]
    assert keys == ["diagnosis_phrase", "diagnosis_units", "diagnosis_counterfactual"]
    app.segmented_control(key="diagnosis_label").set_value("negative").run()
    assert not app.exception
    assert not [one for one in app.button if str(one.key).startswith("diagnosis_")]


def test_truncation_is_shown_on_live_itself() -> None:
    app = open_live("Terrible, boring, awful. " * 30 + "Wonderful, perfect, superb. " * 60)
    app.button(key="diagnose").click().run()
    app.button(key="diagnosis_truncation").click().run()
    assert not app.exception and app.session_state["reading"] == "whole"
