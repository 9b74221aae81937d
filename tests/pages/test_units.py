"""The units page through Streamlit's AppTest: every view, its links, what a visitor may meet."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import lstm_core.model.sentiment_model
from lstm_core.activations import (
    build_index,
    built_in_texts,
    find_index,
    layer_named,
    open_index,
)
from lstm_core.activations.search import Pattern
from lstm_core.activations.similar_phrases import similar_phrases
from lstm_core.activations.store import StateIndex
from lstm_core.activations.unit_profiles import unit_statistics
from lstm_core.analysis.formatting import signed
from lstm_core.analysis.unit_stats import UnitOrder, logit_parts, order_units
from lstm_core.attribution.diagnosis import diagnose
from lstm_core.model.sentiment_model import SentimentModel, shipped_model
from pages.parts.common.diagnosis import evidence
from pages.parts.common.page import REVIEW
from pages.parts.components.editor import put_review
from pages.parts.units.profiles import COLUMNS, unit_table
from tests.pages.charts import charts, figures
from tests.pages.helpers import html, open_page, words
from tests.support.tasks import end_all_tasks, run_until_ended
from tests.unit.helpers import small_bundle

TEXT = "A wonderful film with a dull end, a dull end, but not a bad one."
THROUGHOUT = "that are on all through it"
VIEWS = ("profiles", "similar", "projections", "saturation")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home without data in which the built-in texts are indexed once."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("home")
        patch.setenv("LSTM_LENS_HOME", str(folder))
        patch.setenv("LSTM_LENS_DATA", str(folder / "nothing"))
        yield folder


@pytest.fixture(scope="module")
def index(home: Path) -> StateIndex:
    return build_index(shipped_model(), built_in_texts(), lambda _: None)


@pytest.fixture(autouse=True)
def all_built(index: StateIndex, fresh_caches: None) -> Iterator[None]:
    """No task outlives its test."""
    yield
    end_all_tasks()


def open_units(text: str = TEXT, unfold: str = "", **link: str | list[str]) -> AppTest:
    return open_page("units", timeout=120, unfold=unfold, text=text, **link)


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_opens_without_any_data(view: str) -> None:
    app = open_units(view=view)
    assert charts(app) and all(len(chart["alt"]) > 20 for chart in charts(app))
    assert "too few for firm figures" in words(app), "a small sample says that it is one"


@pytest.mark.parametrize("view", ["profiles", "saturation"])
def test_a_view_opens_at_the_unit_with_the_largest_contribution(view: str) -> None:
    app = open_units(view=view)
    for text in (TEXT, "Dull, but the songs are wonderful."):
        put_review(text, key=REVIEW, state=app.session_state)
        app.run()
        largest = order_units(shipped_model().trace(text), UnitOrder.IMPACT)[0]
        assert app.number_input(key="unit").value == largest
    app.session_state["unit"] = 3
    put_review(TEXT, key=REVIEW, state=app.session_state)
    assert app.run().number_input(key="unit").value == 3, "a chosen unit stays"
    assert open_units(view=view, unit="0").number_input(key="unit").value == 0


def test_a_profile_shows_the_figures_of_the_index(index: StateIndex) -> None:
    model = shipped_model()
    found = unit_statistics(index, model.bundle.weights, model.vocabulary)
    app = open_units(unit="3")
    one = found[3]
    metrics = {metric.label: metric.value for metric in app.metric}
    assert metrics["Output weight"] == signed(one.output_weight, 3)
    assert one.lost is not None
    assert metrics["Accuracy drop when ablated"] == f"{signed(100 * one.lost.value)} points"
    assert "Unit 3" in app.header[1].value
    trace = model.trace(TEXT)
    parts = logit_parts(trace)
    says = [
        f"Unit {unit} contributes {signed(parts[unit])}, towards"
        for unit in order_units(trace, UnitOrder.IMPACT)[:5]
    ]
    assert len(says) == 5 and all(line in html(app) for line in says)
    bars = figures(app)[0]["data"][0]
    assert len(bars["y"]) == len(one.up) + len(one.down)
    assert re.search(r'class="inside" style="background:rgba', html(app))


def test_the_pinned_word_is_underlined_in_the_units_of_the_review_and_kept_in_the_link() -> None:
    text = "The film is wonderful."
    app = open_units(text=text, word="4")
    assert html(app).count('">wonderful</span>') >= 5 and "pinned word is underlined" in words(app)
    assert len(re.findall(r'class="inside" style="[^"]*" title="[^"]*">wonderful<', html(app))) == 5
    assert app.query_params["word"] in ("4", ["4"])
    assert "pinned word" not in words(open_units(text=text))


def test_the_table_holds_every_unit_and_sorts_by_what_the_link_says() -> None:
    app = open_units(sort="Weight")
    table = app.dataframe[0].value
    assert list(table.columns) == list(COLUMNS)
    assert sorted(table["Unit"]) == list(range(shipped_model().lstm_dim))
    weights = shipped_model().bundle.weights.dense_kernel
    assert list(table["Unit"]) == list(np.argsort(-weights, kind="stable"))
    app.selectbox(key="sort").select_index(0).run()
    assert app.dataframe  # still open when the link names no order any more


def test_a_phrase_in_the_link_is_found_elsewhere(index: StateIndex) -> None:
    app = open_units(view="similar", phrase=["2", "2"], threshold="0.1", active=THROUGHOUT)
    assert "The phrase is “wonderful”" in words(app)
    assert re.search(rf"Found in \d+ of {index.note.reviews} reviews", words(app))
    count = lambda page: int(re.search(r"Found in (\d+)", words(page))[1])  # noqa: E731
    assert 1 <= html(app).count("<li>") <= min(12, count(app))
    loose = open_units(
        view="similar",
        phrase=["2", "2"],
        threshold="0.1",
        active=THROUGHOUT,
        match="at least 75% of the pattern",
    )
    assert count(loose) >= count(app)


def test_a_search_selects_and_counts_what_it_lists() -> None:
    app = open_units(view="similar", phrase=["2", "2"])
    found, searched = map(int, re.search(r"Found in (\d+) of (\d+)", words(app)).groups())
    assert found < searched / 3  # by the threshold that is set at first
    assert html(app).count("<li>") == min(found, 12)
    assert (f"the {min(found, 12)} closest" in words(app)) == (found > 12)
    many = open_units(view="similar", phrase=["4", "4"], threshold="0.2")
    assert "A higher threshold" in words(many)


def test_a_pattern_that_is_empty_says_what_to_do() -> None:
    app = open_units(view="similar", phrase=["2", "5"], threshold="0.95")
    assert not charts(app) and "unit" in " ".join(i.value for i in app.info)
    for text in ("", "!", "good"):
        assert not open_units(text, view="similar").exception


def test_markup_in_a_review_is_text(home: Path) -> None:
    model = shipped_model()
    texts = built_in_texts()
    bad = "<img src=x onerror=alert(1)> a wonderful, wonderful <b>film</b>"
    changed = type(texts)("bad", "ee" * 32, (bad, *texts.texts[:40]), texts.labels[:41])
    found = build_index(model, changed, lambda _: None)
    from lstm_core.activations.top_spans import TopSpan
    from pages.parts.units.similar import _match

    pattern = Pattern((0,), (1,), 3, 0.2)
    shown = _match(layer_named(model, None), found, TopSpan(0, 0, 3, 1.0), pattern)
    assert "<img" not in shown and "onerror" not in shown and "wonderful" in shown


@pytest.mark.parametrize("which", ["Reviews", "Words"])
def test_the_maps_of_points_have_a_point_each(which: str) -> None:
    app = open_units(view="projections", map=which)
    data = figures(app)[0]["data"]
    assert sum(len(kind["x"]) for kind in data if kind["mode"] == "markers") > 100
    assert "PCA shows" in words(app)


def test_a_word_is_found_on_the_map() -> None:
    app = open_units(view="projections", map="words", word="Boring")
    assert "Nearest to “boring”" in words(app)
    names = [kind.get("name", "") for kind in figures(app)[0]["data"]]
    assert any(name.startswith("the word and its neighbours") for name in names)
    gone = open_units(view="projections", map="words", word="zibbertine")
    assert "not in the vocabulary" in words(gone)


def test_tsne_is_arranged_when_asked() -> None:
    app = open_units(view="projections", map="reviews", projection="tsne")
    assert not charts(app)
    app.button(key="arrange").click().run()
    run_until_ended(app, "Stop")
    assert charts(app) and "distances between far groups mean nothing" in words(app)


def test_padding_is_counted_apart() -> None:
    at_words = figures(open_units(view="saturation", unit="2"))
    at_zeros = figures(open_units(view="saturation", positions="padding"))
    assert len(at_words) == len(at_zeros) == 3
    assert at_words[0]["data"][1]["x"] != at_zeros[0]["data"][1]["x"]


def test_without_the_data_set_the_page_says_how_to_give_it() -> None:
    app = open_units(reviews="Test reviews of the data set")
    assert "aclImdb_v1.tar.gz" in words(app) and not charts(app)


def test_the_test_reviews_are_indexed_in_the_background(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = home / "mine.csv"
    lines = [f'"A {word} film, number {n}.",{label}' for n in range(30)
             for word, label in (("wonderful", "pos"), ("dull", "neg"))]  # fmt: skip
    table.write_text("text,label\n" + "\n".join(lines) + "\n")
    monkeypatch.setenv("LSTM_LENS_DATA", str(table))
    app = open_units(reviews="Test reviews of the data set")
    assert "MiB" in words(app), "what it costs is said before"
    app.button(key="build_index").click().run()
    run_until_ended(app, "Stop")
    assert "12 test reviews of mine.csv" in words(app) and not app.exception
    again = open_units()
    assert again.selectbox(key="units_dataset").value == "test"


def test_columns_and_labels_of_a_file_can_be_chosen(home: Path) -> None:
    app = open_units(reviews="file")
    table = "note,review,stars,mood\n" + "".join(
        f"I saw it in town {n},A fine film number {n},{n % 10 + 1},{n % 3 - 1}\n" for n in range(30)
    )
    app.file_uploader[0].set_value(("mine.csv", table.encode(), "text/csv")).run()
    key = next(one.key for one in app.selectbox if (one.key or "").endswith("_labels"))
    assert "30 reviews, 24 with a label" in app.expander[1].label  # 5 and 6 stars are left out
    app.number_input(key=key.replace("_labels", "_stars")).set_value(5).run()
    assert "30 reviews, 30 with a label" in app.expander[1].label
    app.selectbox(key=key).select("column mood").run()
    assert "The threshold 5 came in" in app.error[0].value  # of the stars before
    next(one for one in app.button if one.label == "Detect everything again").click().run()
    assert not app.error and "30 reviews" in app.expander[1].label


def test_a_public_server_builds_nothing_and_takes_no_file(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LSTM_LENS_PUBLIC", "1")
    app = open_units(reviews="A file of mine")
    assert "Uploading is switched off" in words(app)
    table = home / "other.csv"
    table.write_text("text,label\n" + "good,1\nbad,0\n" * 10)
    monkeypatch.setenv("LSTM_LENS_DATA", str(table))
    app = open_units(reviews="Test reviews of the data set")
    assert "switched off" in words(app) and not [b for b in app.button if b.key == "build_index"]


def test_every_view_works_for_other_sizes_of_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = small_bundle(tmp_path / "bundle", maxlen=7)
    monkeypatch.setattr(lstm_core.model.sentiment_model, "SHIPPED_MODEL", bundle.folder)
    run_until_ended(open_units("a film"), "Stop")  # its built-in texts are read in the background
    for view in VIEWS:
        app = open_units("not a very good film", view=view, unit="4")
        assert "5 units" in html(app)
    for which in ("Reviews", "Words"):
        open_units(view="projections", map=which)


def test_a_damaged_index_is_told_and_not_shown(index: StateIndex) -> None:
    path = index.folder / "word_sum.npy"
    content = path.read_bytes()
    path.write_bytes(content[:-8])
    try:
        app = open_page("units")
        assert not app.exception and "damaged" in words(app)
    finally:
        path.write_bytes(content)


def test_an_index_of_another_model_is_not_taken(index: StateIndex) -> None:
    assert find_index("0" * 64, sha256=index.note.sha256) is None
    same = find_index(index.note.fingerprint, sha256=index.note.sha256)
    assert same is not None and open_index(same).note == index.note


def test_the_csv_is_the_table() -> None:
    model: SentimentModel = shipped_model()
    folder = find_index(model.bundle.fingerprint, sha256=built_in_texts().sha256)
    assert folder is not None
    table = unit_table(unit_statistics(open_index(folder), model.bundle.weights, model.vocabulary))
    assert len(table) == model.lstm_dim and table["Half-life"].gt(0).all()


def test_a_diagnosis_finds_what_the_similar_view_finds() -> None:
    text = "The worst winter of the village becomes a story of hope, told with care and love."
    model = shipped_model()
    trace = model.trace(text)
    found = similar_phrases(model, trace, diagnose(model, trace, positive=True))
    assert found is not None and not found.test
    page, query = evidence(trace, found.line, found)
    assert page == "units"
    app = open_units(text=text, **query)
    said = re.search(r"Found in ([\d,]+) of 619 reviews", words(app))
    assert said and f"do so in {said[1]} of" in found.line.text
