"""Texts from outside in charts, links and stored measurements: shown as they are, or refused."""

import base64
import json
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from lstm_core import SentimentModel
from lstm_core.attribution.attribute import score_all
from lstm_core.attribution.faithfulness import measure_faithfulness
from lstm_core.attribution.faithfulness_store import (
    faithfulness_from_json,
    faithfulness_to_json,
)
from lstm_core.attribution.registry import Method
from lstm_core.errors import BundleError, InputError
from lstm_core.evaluation.minimal_pairs import Expect, Pair, pairs_from_link
from lstm_core.evaluation.store import evaluation_from_json
from lstm_core.figures.attribution import grid_figure, methods_figure, parts_figure
from lstm_core.figures.dots import Dot, dots_figure
from lstm_core.figures.states import overview
from lstm_core.figures.subplots import compose
from lstm_core.metrics import Interval
from lstm_core.model.card import Card
from lstm_core.paths import SHIPPED_MODEL
from tests.unit.test_evaluation_store import changed
from tests.unit.test_faithfulness import STAMP, TEXTS

LINK = '<a href="https://elsewhere.example">click</a>'
HALF = "\ud800"


def link_of(rows: list[list[str]]) -> str:
    packed = zlib.compress(json.dumps(rows).encode())
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


@pytest.mark.parametrize("at", [0, 1, 2, 4])
def test_half_a_character_in_a_link_is_refused_with_a_sentence(at: int) -> None:
    row = ["kind", "a good film", "a bad film", "turns", "note"]
    row[at] += HALF
    with pytest.raises(InputError, match="characters"):
        pairs_from_link(link_of([row]))


def test_half_a_character_in_a_card_is_refused() -> None:
    card = json.loads((SHIPPED_MODEL / "card.json").read_text(encoding="utf-8"))
    with pytest.raises(BundleError):
        Card.from_json(json.dumps({**card, "name": HALF}))


def drawn(figure: Any) -> str:
    """Everything that Plotly is given, with its own tags taken out."""
    if isinstance(figure, tuple):
        from pages.parts.components.chart import _text

        text = _text(figure)
    else:
        text = figure.to_json()
    return str(text.replace("\\u003c", "<"))


@pytest.fixture(scope="module")
def trace() -> Any:
    model = SentimentModel.load()
    found = model.trace("a good film")
    encoding = replace(found.encoding, words=(*found.encoding.words[:-1], LINK))
    return replace(found, encoding=encoding)


def one(value: float) -> Interval:
    return Interval(value, value, value)


FIGURES: dict[str, Callable[[Any], Any]] = {
    "dots": lambda t: dots_figure([Dot(LINK, one(0.5), LINK)], key="k"),
    "methods": lambda t: methods_figure(
        t, score_all(SentimentModel.load().forward, t, tuple(Method)), None
    ),
    "grid": lambda t: grid_figure([LINK, LINK], np.zeros((2, 2), np.float32)),
    "parts": lambda t: parts_figure([(LINK, 0.5, True)]),
    "states": lambda t: compose(overview(t, tuple(range(32)), padding=False, place=79, unit=0)),
}


@pytest.mark.parametrize("name", FIGURES)
def test_no_text_from_outside_is_markup_in_a_chart(name: str, trace: Any) -> None:
    text = drawn(FIGURES[name](trace))
    assert "<a" not in text
    assert "&lt;" in text


@pytest.fixture(scope="module")
def report() -> str:
    return faithfulness_to_json(
        measure_faithfulness(SentimentModel.load(), TEXTS, STAMP, lambda _: None)
    )


def rename(part: str, field: str, value: str) -> Callable[[dict[str, Any]], object]:
    return lambda loaded: loaded[part][0].update({field: value})


@pytest.mark.parametrize(
    "change",
    [
        rename("curves", "method", "mine"),
        rename("curves", "removal", "mine"),
        rename("curves", "direction", "mine"),
        rename("scores", "metric", "mine"),
        rename("scores", "method", "mine"),
        lambda loaded: loaded["curves"].pop(),
        lambda loaded: loaded["curves"].append(loaded["curves"][0]),
    ],
)
def test_a_faithfulness_report_with_foreign_names_is_refused(
    change: Callable[[dict[str, Any]], object], report: str
) -> None:
    loaded = json.loads(report)
    assert faithfulness_from_json(report)
    change(loaded)
    with pytest.raises(BundleError):
        faithfulness_from_json(json.dumps(loaded))


@pytest.mark.parametrize("name", ["", "x" * 200, "a\nb", HALF])
def test_an_evaluation_with_names_that_are_none_is_refused(name: str) -> None:
    with pytest.raises(BundleError, match="cannot be|damaged"):
        evaluation_from_json(changed("baselines.0.name", name))


def test_a_pair_in_a_file_may_hold_any_whole_character() -> None:
    Pair("kind", "gut \U0001f3ac", "schlecht \u0627", Expect.TURNS)


def test_every_property_of_the_dots_exists_in_plotly() -> None:
    figure = dots_figure([Dot("a", one(0.5))], overall=0.4, key="k")
    go.Figure(data=figure.data, layout=figure.layout)  # raises for an unknown property
