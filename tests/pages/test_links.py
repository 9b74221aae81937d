"""Links: every link of the tour and of older versions opens its view; the address holds keys."""

import tomllib
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lstm_core.activations import build_index, built_in_texts
from lstm_core.lesson.links import tour_steps
from lstm_core.model.sentiment_model import shipped_model
from pages.parts.common.link import MOVED, PAGES
from tests.pages.helpers import open_page

pytestmark = pytest.mark.usefixtures("fresh_caches")
ROOT = Path(__file__).resolve().parents[2]
# Session keys and their values after a link has been opened.
Expected = dict[str, object]

# The tour and the links between pages as they were when links held labels.
OLD = [
    ("states", {"view": "Overview"}, {"states_view": "overview"}),
    (
        "states",
        {"view": "One step", "step": "76", "gate": "Forget gate f"},
        {"states_view": "step", "step": 76, "gate": "f"},
    ),
    ("states", {"view": "Memory ledger"}, {"states_view": "memory"}),
    ("states", {"view": "Padding"}, {"states_view": "padding"}),
    ("states", {"view": "One unit", "unit": "3"}, {"states_view": "unit", "unit": 3}),
    (
        "states",
        {
            "view": "Clamp lab",
            "order": "by part in this verdict",
            "clamp_i": "0, closed",
            "clamp_f": "the value",
            "clamp_units": "the chosen unit",
            "clamp_where": "at the words",
            "clamp_show": "Candidate g",
        },
        {
            "states_view": "interventions",
            "order": "impact",
            "clamp_i": "0",
            "clamp_f": "value",
            "clamp_units": "one",
            "clamp_where": "words",
            "clamp_show": "candidate",
        },
    ),
    (
        "states",
        {"view": "Compare", "with": "another review", "align": "by place, from the end"},
        {"states_view": "compare", "with": "review", "align": "place"},
    ),
    ("explanations", {"ask": "Which to believe"}, {"explanations_view": "faithfulness"}),
    (
        "explanations",
        {"ask": "Which to believe", "missing": "made unknown", "against": "By chance"},
        {"missing": "replace_with_unk", "against": "random"},
    ),
    ("explanations", {"ask": "Methods side by side"}, {"explanations_view": "methods"}),
    ("explanations", {"ask": "Edit and see"}, {"explanations_view": "counterfactuals"}),
    ("explanations", {"ask": "Phrases"}, {"explanations_view": "phrases"}),
    (
        "units",
        {"show": "Pattern", "phrase": ["2", "3"], "on": "that are on all through it"},
        {"units_view": "similar", "units_phrase": (2, 3), "active": "throughout"},
    ),
    ("units", {"show": "Dossiers"}, {"units_view": "profiles"}),
    ("units", {"sort": "Lost"}, {"sort": "accuracy_drop"}),
    (
        "units",
        {"show": "Maps", "map": "Reviews", "colour": "right or wrong", "way": "PCA"},
        {"units_view": "projections", "map": "reviews", "colour": "correct", "projection": "pca"},
    ),
    (
        "units",
        {"show": "Saturation", "counted": "The padding in front"},
        {"units_view": "saturation", "positions": "padding"},
    ),
    ("units", {"reviews": "A file of mine"}, {"units_dataset": "file"}),
    ("evaluation", {"part": "Overview"}, {"evaluation_view": "overview"}),
    ("evaluation", {"part": "Order"}, {"evaluation_view": "word_order"}),
    ("evaluation", {"part": "Mistakes"}, {"evaluation_view": "errors"}),
    ("evaluation", {"part": "Minimal pairs"}, {"evaluation_view": "minimal_pairs"}),
    ("evaluation", {"part": "Model card"}, {"evaluation_view": "model_card"}),
    ("evaluation", {"reading": "Whole review"}, {"reading": "whole"}),
    ("evaluation", {"reading": "First 79 words"}, {"reading": "first"}),
    ("train", {"show": "New", "data": "Small corpus"}, {"train_view": "new", "data": "small"}),
    ("train", {"show": "Now"}, {"train_view": "progress"}),
    ("train", {"show": "Film"}, {"train_view": "replay"}),
    ("train", {"show": "Inside"}, {"train_view": "diagnostics"}),
    ("train", {"show": "Bring"}, {"train_view": "import"}),
    ("train", {"show": "Bring", "bring": "keras"}, {"import_from": "keras"}),
    ("train", {"recipe": "recommended"}, {"recipe": "recommended"}),
    ("train", {"train_lstm_dim": "7"}, {"train_lstm_dim": 7}),
    ("train", {"reviews": "a short run"}, {"train_reviews": "subset"}),
    (
        "lesson",
        {"section": "Gates", "f": "0.0", "i": "1.0"},
        {"section": "gates", "f": 0.0, "i": 1.0},
    ),
    (
        "lesson",
        {"section": "Returns", "return_sequences": "true", "return_state": "true", "tanh": "Today"},
        {"section": "returns", "return_sequences": True, "return_state": True, "tanh": "today"},
    ),
    ("lesson", {"section": "Cutting"}, {"section": "truncation"}),
    ("lesson", {"section": "Own numbers"}, {"section": "own"}),
    ("lesson", {"section": "Model", "stage": "Vectors"}, {"section": "model", "stage": "vectors"}),
    ("lesson", {"section": "Teachers"}, {"section": "teachers"}),
]  # fmt: skip
VIEW_PARAMETERS = {"view", "section"}


@pytest.fixture(autouse=True, scope="module")
def built_in_activations() -> None:
    """The activations of the built-in texts, which the Units page opens with."""
    build_index(shipped_model(), built_in_texts(), lambda _: None)


def values(app: AppTest, expected: Expected) -> Expected:
    return {key: app.session_state[key] for key in expected}


@pytest.mark.parametrize(("page", "query", "expected"), OLD, ids=str)
def test_an_older_link_opens_its_view_and_is_rewritten_with_keys(
    page: str, query: dict[str, str | list[str]], expected: Expected
) -> None:
    app = open_page(page, **query)
    assert values(app, expected) == expected
    for name in ("ask", "show", "part", "counted", "way", "bring"):
        assert name not in app.query_params
    again = open_page(page, **dict(app.query_params))
    assert values(again, expected) == expected


@pytest.mark.parametrize("step", tour_steps(), ids=lambda step: step.title)
def test_every_link_of_the_tour_opens_its_view(step: object) -> None:
    page, query = step.page or "live", dict(step.query)  # type: ignore[attr-defined]
    assert page in PAGES
    app = open_page(page, **query)
    wanted = query.get("view", query.get("section"))
    if wanted is not None:
        key = "section" if page == "lesson" else f"{page}_view"
        assert app.session_state[key] == wanted


def test_the_tour_holds_keys_and_no_labels() -> None:
    text = (ROOT / "assets/lesson/tour.toml").read_text(encoding="utf-8")
    for step in tomllib.loads(text)["step"]:
        for name in VIEW_PARAMETERS & set(step["query"]):
            assert step["query"][name].islower()


@pytest.mark.parametrize("address", MOVED)
def test_older_addresses_lead_to_a_page_of_the_menu(address: str) -> None:
    assert MOVED[address] in PAGES and (ROOT / "pages" / f"{MOVED[address]}.py").exists()


def test_a_choice_is_kept_in_the_address_and_the_default_is_not() -> None:
    app = open_page("states")
    assert "view" not in app.query_params
    app.segmented_control(key="states_view").set_value("padding").run()
    assert app.query_params["view"] == "padding"
    app.segmented_control(key="states_view").set_value("overview").run()
    assert "view" not in app.query_params


@pytest.mark.parametrize("page", ["states", "explanations", "units", "evaluation", "train"])
def test_nonsense_opens_the_first_view(page: str) -> None:
    app = open_page(page, view="<b>")
    assert app.session_state[f"{page}_view"] in {"overview", "methods", "profiles", "new"}
    assert "view" not in app.query_params
