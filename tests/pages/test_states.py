"""The states page through Streamlit's AppTest: every view, every link, two sizes of model."""

import re
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import lstm_core.model.sentiment_model
from lstm_core.analysis.formatting import p_positive, probability, signed
from lstm_core.analysis.interventions import Clamp, Clamps, clamped_trace
from lstm_core.analysis.step_breakdown import printed, step_arithmetic
from lstm_core.analysis.unit_stats import largest_contribution
from lstm_core.model.keras_parity import TASK_KIND, parity_key
from lstm_core.model.sentiment_model import shipped_model
from lstm_core.permissions import Visitor
from pages.parts.common.page import REVIEW
from pages.parts.common.permission_gate import visitor_id
from pages.parts.components.editor import put_review
from pages.parts.states.choice import VIEWS
from tests.pages.charts import charts, component_data, figures
from tests.pages.helpers import html, open_page, words
from tests.support.tasks import finished_task
from tests.unit.helpers import tiny_bundle

pytestmark = pytest.mark.usefixtures("fresh_caches")
TEXT = "A wonderful film with a dull end, a dull end, but not a bad one."
VISITOR = Visitor(visitor_id(""))  # of a browser without a cookie, as in AppTest
TEXTS = ("", "Boring.", TEXT, "This was a good, long and very sad film. " * 40)


def open_states(text: str = TEXT, **link: str) -> AppTest:
    return open_page("states", text=text, **link)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("text", TEXTS, ids=["empty", "one word", "short", "long"])
def test_every_view_opens_for_every_review(view: str, text: str) -> None:
    app = open_states(text, view=view, unfold="unit_over_review")  # the chart of Step
    assert charts(app)
    assert all(len(chart["alt"]) > 20 for chart in charts(app))
    assert all('"showSendToCloud":false' in chart["config"] for chart in charts(app))


@pytest.mark.keras
def test_every_view_works_for_other_sizes_of_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = tiny_bundle(tmp_path / "bundle", maxlen=7)
    monkeypatch.setattr(lstm_core.model.sentiment_model, "SHIPPED_MODEL", bundle.folder)
    for text in ("", "good", "not a very good film the film the film"):
        for view in VIEWS:
            choice = {"view": view, "unit": "4", "step": "7", "order": "similar"}
            assert charts(open_states(text, unfold="unit_over_review", **choice))
    heatmaps = [d for d in figures(open_states("good"))[0]["data"] if d["type"] == "heatmap"]
    assert [heatmap["y"] for heatmap in heatmaps] == [["0", "1", "2", "3", "4"]] * 6


def test_the_overview_has_six_heatmaps_on_one_axis_under_the_running_line() -> None:
    figure = figures(open_states())[0]
    kinds = [trace["type"] for trace in figure["data"]]
    assert kinds == ["scatter"] + ["heatmap"] * 6
    assert {trace.get("xaxis", "x") for trace in figure["data"]} == {"x"}
    trace = shipped_model().trace(TEXT)
    assert len(figure["data"][1]["x"]) == len(set(figure["data"][1]["x"]))
    assert len(figure["data"][1]["x"]) == trace.encoding.read_count
    padded = figures(open_states(padding="true"))[0]
    assert len(padded["data"][1]["x"]) == trace.encoding.maxlen


def test_a_link_restores_everything() -> None:
    app = open_states(
        view="interventions",
        unit="3",
        step="78",
        order="weight",
        clamp_i="0",
        clamp_f="value",
        clamp_value="0.25",
        clamp_units="one",
        clamp_where="words",
        silent="5",
        freeze="true",
    )
    assert app.number_input(key="unit").value == 3
    assert app.slider(key="step").value == 78
    assert app.selectbox(key="order").value == "weight"
    trace = shipped_model().trace(TEXT)
    first = trace.encoding.first_word
    clamps = Clamps(
        (Clamp("input_gate", 0, 3, first), Clamp("forget_gate", 0.25, 3, first)), (5,), 77
    )
    expected = clamped_trace(shipped_model().forward, trace.encoding, clamps)
    before, after = trace.verdict_probability, expected.verdict_probability
    assert f"{p_positive(after)} instead of {probability(before)}" in words(app)


@pytest.mark.parametrize("value", ["", "-1", "99999999999999999999", "1e9", "nan", "x; drop", "²"])
def test_nonsense_in_the_link_is_ignored(value: str) -> None:
    names = ("unit", "step", "order", "view", "padding", "gate", "silent", "clamp_i", "clamp_value")
    link = dict.fromkeys(names, value)
    open_states(**link)
    for view in ("step", "interventions"):  # which together have every widget of the other views
        open_states(**{**link, "view": view})


def test_one_step_shows_the_arithmetic_of_the_chosen_step_and_unit() -> None:
    app = open_states(view="step", unit="2", step="70", gate="f")
    model = shipped_model()
    found = step_arithmetic(model.bundle.weights, model.trace(TEXT), 69, 2)
    (cell,) = component_data(app, "lstm_lens_cell")
    assert f"<b>{printed(found.cell)}</b>" in cell["equations"]
    assert 'class="part chosen" data-part="f"' in cell["svg"]
    sums = found.gate("f").sum
    assert sums is not None and cell["detail"].count("<tr>") > len(sums.word_products) + 32
    assert printed(sums.state_products[5].result) in cell["detail"]


def test_the_page_opens_at_the_largest_contribution_until_something_is_chosen() -> None:
    app = open_states(view="step")
    trace = shipped_model().trace(TEXT)
    place, unit = largest_contribution(trace)
    assert (app.slider(key="step").value, app.number_input(key="unit").value) == (place + 1, unit)
    other = "Dull, but the songs are wonderful."
    put_review(other, key=REVIEW, state=app.session_state)
    app.run()
    place, unit = largest_contribution(shipped_model().trace(other))
    assert (app.slider(key="step").value, app.number_input(key="unit").value) == (place + 1, unit)
    app.number_input(key="unit").set_value(3).run()
    put_review(TEXT, key=REVIEW, state=app.session_state)
    app.run()
    assert app.number_input(key="unit").value == 3


def test_a_value_that_came_with_a_new_text_is_no_choice() -> None:
    """The browser sends all widgets with every letter, those too that the page has just changed."""
    app = open_states(view="step")
    step, unit = app.slider(key="step").value, app.number_input(key="unit").value
    other = "Dull, but the songs are wonderful."
    put_review(other, key=REVIEW, state=app.session_state)
    app.slider(key="step").set_value(step - 3)
    app.number_input(key="unit").set_value((unit + 1) % 32)
    app.run()
    place, unit = largest_contribution(shipped_model().trace(other))
    assert (app.slider(key="step").value, app.number_input(key="unit").value) == (place + 1, unit)
    assert "word" not in app.query_params


def test_steps_go_back_and_forward_and_end_at_the_ends() -> None:
    last = shipped_model().maxlen
    app = open_states(view="step", step=str(last))
    app.button(key="forward").click().run()
    assert app.slider(key="step").value == last
    app.button(key="back").click().run()
    assert app.slider(key="step").value == last - 1
    app.slider(key="step").set_value(1).run()
    app.button(key="back").click().run()
    assert app.slider(key="step").value == 1
    assert not app.exception


def test_play_moves_on_and_stops_at_the_last_step(monkeypatch: pytest.MonkeyPatch) -> None:
    last = shipped_model().maxlen
    app = open_states(view="step", step=str(last - 2))
    app.toggle(key="playing").set_value(True).run()
    for _ in range(6):
        clock = time.monotonic() + 100
        monkeypatch.setattr("pages.parts.states.choice.time.monotonic", lambda now=clock: now)
        app.session_state["states_last_move"] = 0.0
        app.run()
    assert app.slider(key="step").value == last
    assert app.toggle(key="playing").value is False
    assert not app.exception


def test_the_ledger_says_how_well_it_sums() -> None:
    app = open_states(view="memory", unit="7", step="75")
    said = words(app)
    assert float(re.search(r"differ by at most ([\d.e-]+)\.", said)[1]) < 1e-5  # type: ignore[index]
    trace = shipped_model().trace(TEXT)
    assert f"**Unit 7** ends at {signed(trace.cell_state[-1, 7], 4)}" in said
    assert "does not claim" in said


def test_presets_of_the_clamp_lab_set_the_gates_and_explain() -> None:
    app = open_states(view="interventions")
    assert "Nothing is forced" in words(app)
    app.button(key="preset_Clear and write").click().run()
    assert (app.selectbox(key="clamp_i").value, app.selectbox(key="clamp_f").value) == ("1", "0")
    assert "the memory is emptied" in words(app)
    app.button(key="preset_Copy").click().run()
    assert "the memory is copied" in words(app)
    app.button(key="preset_Reset").click().run()
    assert "Nothing is forced" in words(app)
    assert not app.exception


def test_the_minimal_pair_is_a_preset_of_the_comparison() -> None:
    app = open_states(view="compare")
    app.button(key="pair").click().run()
    a, b = (shipped_model().trace(t) for t in ("This film is good.", "This film is not good."))
    says = f"A: {p_positive(a.verdict_probability)}, B: {p_positive(b.verdict_probability)}"
    assert says in words(app)
    names = [name.strip("\u200b\u200c") for name in figures(app)[0]["data"][2]["x"]]
    assert names == ["this", "film", "is", "– | not", "good"]


def test_without_a_run_the_page_says_how_to_get_a_second_model(home: Path) -> None:
    app = open_states(view="compare", **{"with": "model"})
    assert "Train one" in words(app)


@pytest.mark.keras
def test_one_review_in_two_models(home: Path) -> None:
    tiny_bundle(home / "runs" / "small" / "bundle")
    broken = home / "runs" / "broken" / "bundle"
    broken.mkdir(parents=True)
    (broken / "card.json").write_text("{}")
    app = open_states(view="compare", other_model="small", **{"with": "model"})
    assert "different numbers of units" in words(app)
    app.selectbox(key="other_model").set_value("broken").run()
    assert not app.exception and app.error


@pytest.mark.parametrize(
    ("largest", "kind", "says"),
    [
        (3e-7, "good", "Equal to Keras: largest difference 3.0e-07"),
        (2e-5, "bad", "Not equal to Keras within 1e-05: largest difference 2.0e-05"),
        (float("nan"), "bad", "Not equal"),
    ],
)
def test_the_badge_shows_what_was_measured_for_this_review_only(
    largest: float, kind: str, says: str, home: Path
) -> None:
    app = open_states()
    assert "lens-badge" not in html(app) and app.button(key="check")
    result = {"by_quantity": {"cell state": largest}, "texts": 1, "keras": "3"}
    finished_task(TASK_KIND, parity_key(shipped_model().bundle, TEXT), VISITOR, result=result)
    shown = html(app.run())
    assert f"lens-badge {kind}" in shown and says in shown
    put_review("Another text.", key=REVIEW, state=app.session_state)
    app.run()
    assert "lens-badge" not in html(app)
    assert app.button(key="check")


def test_a_check_that_fails_says_so_and_can_be_tried_again(home: Path) -> None:
    key = parity_key(shipped_model().bundle, TEXT)
    finished_task(TASK_KIND, key, VISITOR, error="no TensorFlow here")
    app = open_states()
    assert "could not run, so nothing is known" in html(app)
    assert "no TensorFlow here" in words(app) and app.button(key="check")


def test_without_the_permission_a_check_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LSTM_LENS_PUBLIC", "1")
    assert open_states().button(key="check").disabled


def test_everything_can_be_taken_along() -> None:
    app = open_states(unfold="export")
    labels = [element.proto.label for element in app.get("download_button")]
    assert labels == ["CSV", "NPZ", "Parquet", "HTML"]
