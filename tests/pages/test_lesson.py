"""The lesson page through Streamlit's AppTest, on the shipped model."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from lstm_core.lesson.article import article_sequences, seed_weights
from lstm_core.lesson.content import question_texts, text_block
from lstm_core.lesson.keras_tasks import KIND, keras_key
from lstm_core.lesson.layer import run_layer
from lstm_core.lesson.links import tour_steps
from lstm_core.lesson.quiz import SECTION_QUESTIONS
from lstm_core.permissions import Visitor
from pages.parts.common.link import PAGES
from pages.parts.common.page import REVIEW
from pages.parts.common.permission_gate import visitor_id
from pages.parts.components.editor import put_review
from pages.parts.lesson.common import NAMES, RIGHT
from pages.parts.lesson.tour import FOR_CLASS
from pages.parts.lesson.truncation import words_html
from tests.pages.charts import component_data
from tests.pages.helpers import html, open_page, read
from tests.support.tasks import active_count, finished_task

ROOT = Path(__file__).resolve().parents[2]


def open_lesson(**link: str) -> AppTest:
    return open_page("lesson", **link)


def page_text(app: AppTest) -> str:
    return " ".join(element.value for element in [*app.markdown, *app.caption])


def radio(app: AppTest):  # noqa: ANN201 - AppTest's own class
    return next(one for one in app.radio if one.key.startswith("answer_"))


@pytest.mark.parametrize("section", NAMES)
def test_every_section_opens_from_a_link(section: str) -> None:
    app = open_lesson(section=NAMES[section])
    assert [one.value for one in app.header] == [text_block(section, "title")]


def test_all_sections_fit_on_one_page() -> None:
    app = open_lesson(section="All")
    assert [one.value for one in app.header] == [text_block(name, "title") for name in NAMES]


def test_a_teachers_link_offers_its_sections_only() -> None:
    app = open_lesson(sections="gates,returns", seed="7")
    assert app.number_input(key="seed").value == 7
    (choice,) = [one for one in app.segmented_control if one.key == "section"]
    assert choice.options == ["Gates", "Return values", "All"]
    assert "of 9 questions" in app.get("progress")[0].proto.text
    alone = open_lesson(sections="truncation")
    assert not [one for one in alone.segmented_control if one.key == "section"]
    assert [one.value for one in alone.header] == [text_block("truncation", "title")]


def test_a_link_that_asks_for_nonsense_says_so_and_works() -> None:
    app = open_lesson(sections="gates,<b>x</b>", seed="-3", f="9", c="x", section="Nowhere")
    assert any("do not exist" in one.value for one in app.warning)
    assert app.slider(key="f").value <= 1


def test_the_two_cases_are_one_click_each() -> None:
    app = open_lesson()
    app.button[0].click().run()
    assert (app.slider(key="f").value, app.slider(key="i").value) == (0.0, 1.0)
    assert "the candidate would be" in page_text(app)
    app.button[1].click().run()
    assert (app.slider(key="f").value, app.slider(key="i").value) == (1.0, 0.0)
    assert "1.0000 · 0.8000 = 0.8000" in component_data(app, "lstm_lens_cell")[0]["equations"]


def test_the_inputs_may_set_the_gates() -> None:
    app = open_lesson(gates="By x and h", seed="7")
    app.slider(key="x").set_value(-2.0).run()
    assert not app.exception
    (cell,) = component_data(app, "lstm_lens_cell")
    assert "set by hand" not in cell["equations"] + cell["svg"]
    app.segmented_control(key="part").set_value("i").run()
    (cell,) = component_data(app, "lstm_lens_cell")
    assert "−2.0000 · " in cell["detail"] and 'class="part chosen" data-part="i"' in cell["svg"]


def test_a_wrong_answer_is_explained_and_a_right_one_counted() -> None:
    app = open_lesson()
    radio(app).set_value("before").run()
    assert "**Incorrect.**" in page_text(app) and "**Answer:** −0.60" in page_text(app)
    assert RIGHT not in app.session_state
    radio(app).set_value("candidate").run()
    assert "**Correct.**" in page_text(app)
    assert app.session_state[RIGHT] == {"clear-and-write"}
    assert app.get("progress")[0].proto.text.startswith("1 of 17")


def test_moving_a_slider_asks_the_question_anew() -> None:
    app = open_lesson()
    radio(app).set_value("candidate").run()
    app.slider(key="g").set_value(0.33).run()
    assert radio(app).value is None
    assert "0.33" in radio(app).options


def test_every_question_can_be_answered_rightly_on_the_page() -> None:
    for section, names in SECTION_QUESTIONS.items():
        app = open_lesson(section=NAMES[section])
        for at in range(len(names)):
            app.segmented_control(key=f"question_{section}").set_value(str(at + 1)).run()
            for choice in question_texts()[asked(app)].choices:
                if RIGHT in app.session_state and asked(app) in app.session_state[RIGHT]:
                    break
                if has_choice(app, choice.key):
                    radio(app).set_value(choice.key).run()
            assert not app.exception
        assert app.session_state[RIGHT] == set(names)


def asked(app: AppTest) -> str:
    return radio(app).key.removeprefix("answer_").rsplit("_", 1)[0]


def has_choice(app: AppTest, key: str) -> bool:
    """Answers of equal wording are offered once."""
    try:
        radio(app).set_value(key).run()
    except ValueError:
        return False
    return not app.exception


def test_the_four_settings_show_their_arrays_beside_the_articles() -> None:
    app = open_lesson(section="returns")
    assert "output (6, 1)" in html(app)
    assert "**72 of 72**" in page_text(app)
    app.toggle(key="return_sequences").set_value(True).run()
    app.toggle(key="return_state").set_value(True).run()
    shown = html(app)
    assert all(
        name in shown for name in ("sequences (6, 3, 1)", "state_h (6, 1)", "state_c (6, 1)")
    )
    marked = re.findall(r'class="[^"]*same', shown)  # the last step and state_h of six sequences
    assert len(marked) == 12
    assert "0.02187706<small>0.02187706</small>" in shown
    app.segmented_control(key="tanh").set_value("Today").run()
    assert "**56 of 72**" in page_text(app) or "of 72** come out" in page_text(app)
    app.toggle(key="cells").set_value(True).run()
    assert "cell_state (6, 3, 1)" in html(app)


def test_another_seed_shows_its_own_numbers_and_no_article() -> None:
    app = open_lesson(section="returns", seed="7")
    run = run_layer(seed_weights(7), article_sequences())
    shown = html(app)
    assert f"{float(run.hidden_state[2, -1, 0]):.8f}" in shown
    assert "<small" not in shown
    assert "72" not in page_text(app)


def test_own_numbers_and_two_layers() -> None:
    app = open_lesson(section="own", units="2", seed="5")
    assert "sequences (6, 3, 2)" in html(app)
    assert "output (6, 2)" in html(app)
    app.number_input(key="second").set_value(3).run()
    assert "output (6, 3)" in html(app)
    app.toggle(key="stacked").set_value(False).run()
    assert any("expected ndim=3, found ndim=2" in one.value for one in app.code)
    app.number_input(key="steps").set_value(5).run()
    assert "data (6, 5, 1)" in html(app)
    assert not app.exception


def test_the_model_is_counted_and_a_review_walks_through() -> None:
    app = open_lesson(section="Model", text="A fine film.")
    assert "1,300,641" in html(app)
    assert ">fine<" in html(app)
    app.number_input(key="lstm_dim").set_value(64).run()
    assert f"{4 * 64 * (128 + 64 + 1):,}" in html(app)
    for stage in ("vectors", "states", "probability"):
        app.segmented_control(key="stage").set_value(stage).run()
        assert not app.exception
        assert len(app.get("bidi_component")) == 1


def test_cutting_shows_both_verdicts_on_a_long_review() -> None:
    app = open_lesson(section="truncation", text="A short film.")
    assert "both rules read the same" in page_text(app)
    put_review("good " * 60 + "terrible " * 60, key=REVIEW, state=app.session_state)
    app.run()
    shown = html(app)
    assert shown.count('<span class="article">') == 40 + 1  # one of them in the legend
    assert shown.count('<span class="default">') == 41 + 1
    assert "without the start mark" in page_text(app)
    put_review("", key=REVIEW, state=app.session_state)
    app.run()
    assert not app.exception


def test_typed_markup_stays_text() -> None:
    app = open_lesson(section="truncation", text="<img src=x onerror=alert(1)> **bold** $x$")
    assert "<img" not in html(app)
    app = open_lesson(section="Model", text="<script>alert(1)</script>")
    assert "<script>" not in html(app)


def test_a_very_long_review_is_drawn_in_part() -> None:
    from lstm_core.lesson.truncation import cut
    from pages.parts.common.page import model_in_use

    model = model_in_use()
    cuts = cut("word " * 20_000, model.vocabulary, model.maxlen)
    drawn = words_html(cuts)
    assert len(drawn) < 80_000 and "19,300 words" in drawn


def test_the_tour_leads_to_pages_of_the_menu() -> None:
    assert all((step.page or "live") in PAGES for step in tour_steps())
    app = open_lesson(section="Tour")
    keys = [button.key for button in app.button if (button.key or "").startswith("tour_")]
    links = [link for link in app.get("page_link") if link.proto.label.startswith("Open ")]
    assert len(keys) + len(links) == len(tour_steps()) >= 1


def test_a_step_of_the_tour_opens_another_section_of_the_lesson() -> None:
    app = open_page("app")
    app.switch_page("pages/lesson.py")
    app.query_params["section"] = "tour"
    app.run()
    number, step = next((n, s) for n, s in enumerate(tour_steps(), 1) if s.page == "lesson")
    app.button(key=f"tour_{number}").click().run()
    assert app.session_state["section"] == step.query["section"]
    assert app.session_state["f"] == float(step.query["f"])


def test_teachers_get_a_link_and_a_worksheet() -> None:
    app = open_lesson(section="teachers", seed="7")
    (code,) = app.code
    assert code.value.endswith(f"?sections={','.join(FOR_CLASS)}&seed=7")
    for name in ("html", "md"):  # exercises and answer key are two files
        assert app.download_button(key=f"worksheet_{name}")
        assert app.download_button(key=f"worksheet_{name}_key")
    app.button_group(key="class_sections").set_value(["cells"]).run()
    assert not app.download_button and "sections=cells" in app.code[0].value


def test_the_keras_button_asks_the_queue_and_a_failure_can_be_tried_again(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = Visitor(visitor_id(""))
    app = open_lesson(section="returns", seed="4242")
    assert app.button(key="keras_returns")
    key = keras_key(seed_weights(4242), article_sequences())
    finished_task(KIND, key, visitor, error="Keras could not run here.")
    assert "Keras could not run here" in app.run().warning[0].value
    assert app.button(key="keras_returns")
    monkeypatch.setenv("LSTM_LENS_PUBLIC", "1")
    app.button(key="keras_returns").click().run()  # sent though the right is gone
    assert "LSTM_LENS_ALLOW=measure" in read(app.warning[0].value)
    assert active_count() == (0, 0)


WITHOUT_TENSORFLOW = """
import sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("app.py", default_timeout=120)
app.switch_page("pages/lesson.py")
app.query_params["section"] = "All"
app.run()
assert not app.exception
sys.exit(f"imported {[n for n in ('tensorflow', 'keras') if n in sys.modules]}"
         if "tensorflow" in sys.modules or "keras" in sys.modules else 0)
"""


def test_the_page_opens_without_tensorflow() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TENSORFLOW], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-1500:]


def test_ours_is_printed_as_the_table_says() -> None:
    app = open_lesson(section="returns")
    assert np.all([f"{value:.8f}" in html(app) for value in (0.00844267, 0.01108878)])
