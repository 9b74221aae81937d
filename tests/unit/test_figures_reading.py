"""The live page's pictures: true to the trace, and right in every property Plotly knows."""

import numpy as np
import plotly.graph_objects as go
import pytest

from lstm_core import SentimentModel, Trace
from lstm_core.figures.colours import DIVERGING, tint
from lstm_core.figures.reading import reading_figure, strongest_words_figure

TEXTS = [
    "",
    "good",
    "The film was dull, dull, dull but then wonderful, great and perfect!",
    "w " * 99,
]


@pytest.fixture(scope="module", params=TEXTS)
def trace(request: pytest.FixtureRequest) -> Trace:
    return SentimentModel.load().trace(request.param)


@pytest.mark.parametrize("padding", [False, True])
def test_figures_are_valid_and_hold_the_traces_numbers(trace: Trace, padding: bool) -> None:
    figure = reading_figure(trace, padding=padding, pinned=79)
    bars = strongest_words_figure(trace)
    for drawn in (figure, bars):
        go.Figure(drawn.to_dict())  # checks every property
    line, heatmap, _ = figure.data
    shown = 80 if padding else max(trace.encoding.read_count, 1)
    assert len(line["y"]) == len(set(line["x"])) == shown
    np.testing.assert_array_equal(line["y"], trace.probability[-shown:])
    np.testing.assert_array_equal(heatmap["z"], trace.hidden_state[-shown:].T)
    assert (heatmap["zmin"], heatmap["zmax"]) == (-1, 1)
    places = [place - 1 for _, place in bars.data[0]["customdata"]]
    np.testing.assert_array_equal(bars.data[0]["x"], trace.contributions[places])


def test_zero_is_transparent_and_the_ends_are_not() -> None:
    assert DIVERGING[1][1].endswith("0.000)") and DIVERGING[2][1].endswith("0.000)")
    assert tint(0, 1).endswith("0.000)")
    assert tint(1, 1) != tint(-1, 1)
