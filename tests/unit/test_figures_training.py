"""Pictures of a training: true to their numbers, valid for Plotly, steady while a run goes on."""

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_core.figures.parts import Parts
from lstm_core.figures.training import (
    RunCurve,
    curves_figure,
    lines_figure,
    reach_figure,
    smoothed,
)


def curve(steps: int, name: str = "run") -> RunCurve:
    at = np.arange(1, steps + 1, dtype=np.float32) / 10
    points = np.array([1.0, 2.0], np.float32)[: steps // 10]
    return RunCurve(name, at, 1 / (1 + at), at / (1 + at), points, points / 3, points / 4)


def valid(figure: go.Figure | Parts) -> dict:
    """Plotly checks every property."""
    whole = figure.figure() if isinstance(figure, Parts) else figure
    return go.Figure(whole.to_dict()).to_dict()


@pytest.mark.parametrize("steps", [0, 1, 30])
@pytest.mark.parametrize("runs", [0, 1, 6])
def test_curves_of_any_number_of_runs_and_steps_are_valid(steps: int, runs: int) -> None:
    figure = valid(curves_figure([curve(steps, f"r{n}") for n in range(runs)], 5, mark=2.5))
    assert len(figure["data"]) == 4 * runs
    assert figure["layout"]["shapes"][0]["x0"] == 2.5


def test_the_axis_does_not_move_while_a_run_goes_on() -> None:
    ranges = [curves_figure([curve(steps)], 5).layout["xaxis"]["range"] for steps in (1, 10, 30)]
    assert ranges[0] == ranges[1] == ranges[2]


def test_validation_points_stand_where_they_were_measured() -> None:
    figure = curves_figure([curve(30)], 5)
    points = [trace for trace in figure.data if trace["mode"] == "markers"]
    assert [list(p["x"]) for p in points] == [[1, 2], [1, 2]]
    assert np.allclose(points[0]["y"], [1 / 3, 2 / 3])


@given(st.lists(st.floats(-5, 5) | st.just(np.nan), max_size=40), st.integers(1, 9))
def test_smoothing_is_the_mean_of_the_last_values_that_are_numbers(
    values: list[float], width: int
) -> None:
    found = smoothed(np.array(values, np.float32), width)
    for at in range(len(values)):
        window = np.array(values[max(at - width + 1, 0) : at + 1])
        window = window[np.isfinite(window)]
        assert (
            np.isclose(found[at], window.mean(), atol=1e-4) if len(window) else np.isnan(found[at])
        )


def test_lines_and_reach_are_valid_and_every_row_has_its_own_largest() -> None:
    epochs = np.arange(3, dtype=np.float32)
    valid(lines_figure(epochs, np.ones((3, 5)), list("abcde"), title="norm", key="x"))
    norms = np.array([[1, 2, 4], [0, 0, 0], [1e-9, 0, 0]], np.float32)
    figure = reach_figure(epochs, norms)
    valid(figure)
    assert figure.data[0].z.max(axis=1).tolist() == [1, 0, 1]
    assert list(figure.data[0].x) == [-2, -1, 0]


def test_no_line_leaves_the_axis_of_the_accuracy() -> None:
    accuracy = np.array([0.4, 0.2, 0.6, 0.9], np.float32)
    nothing = np.zeros(0, np.float32)
    steps = np.arange(4, dtype=np.float32)
    curve = RunCurve("short", steps, accuracy, accuracy, nothing, nothing, nothing)
    low, high = curves_figure([curve], 4).layout["yaxis2"]["range"]
    assert low < 0.2 and high > 0.9


@pytest.mark.parametrize(
    ("values", "lines"), [((0.3, 4.0), (0.5, 1, 2)), ((0.01, 40.0), (0.1, 1, 10)), ((), (1,))]
)
def test_a_logarithmic_axis_has_lines_at_round_values(
    values: tuple[float, ...], lines: tuple[float, ...]
) -> None:
    rows = np.array(values, np.float32).reshape(-1, 1)
    x = np.arange(len(rows), dtype=np.float32)
    figure = lines_figure(x, rows, ["norm"], title="norm", key="k", logarithmic=True)
    assert set(lines) <= set(figure.layout.yaxis.tickvals)
