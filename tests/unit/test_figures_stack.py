"""The figures of the states page: valid for Plotly, whole, and for every size of model."""

import json

import numpy as np
import plotly.graph_objects as go
import pytest

from lstm_core.analysis.compare import Alignment
from lstm_core.analysis.interventions import Clamp, Clamps, clamped_trace
from lstm_core.analysis.unit_stats import UnitOrder, order_units
from lstm_core.figures.colours import GATE, rgba
from lstm_core.figures.padding import zeros_figure
from lstm_core.figures.states import NAMES, clamp_lab, comparison, ledger, overview, padding_states
from lstm_core.figures.subplots import Stack, draw_stack, own_names
from lstm_core.figures.unit import GATE_NAMES, unit_stack
from lstm_core.model.sentiment_model import shipped_model
from lstm_core.recurrent.lstm import QUANTITIES, LstmForward
from lstm_core.recurrent.padding import padding_effect
from lstm_core.recurrent.trace import Trace, make_trace
from lstm_core.text import Vocabulary, encode
from tests.unit.helpers import WORDS, random_weights

TEXTS = ("", "good", "good good good film", "not a very good film at all, " * 30)
WEIGHTS = random_weights()
TINY = LstmForward(WEIGHTS, 7)


def traces(text: str) -> list[Trace]:
    tiny = make_trace(TINY, encode(text, Vocabulary(WORDS, 12), 7))
    return [shipped_model().trace(text), tiny]


def stacks(trace: Trace, forward: LstmForward) -> list[Stack]:
    order = order_units(trace, UnitOrder.SIMILAR)
    last = trace.encoding.maxlen - 1
    clamped = clamped_trace(forward, trace.encoding, Clamps((Clamp("input_gate", 0.5),)))
    return [
        overview(trace, order, padding=False, place=last, unit=0),
        overview(trace, order, padding=True, place=0, unit=4),
        ledger(trace, order, place=last, unit=1),
        padding_states(trace, order, unit=2),
        unit_stack(trace, 3, padding=True, place=0),
        clamp_lab(trace, clamped, "cell_state", order, padding=False, place=last),
        comparison(trace, clamped, "forget_gate", Alignment.WORD, order),
        comparison(trace, clamped, "forget_gate", Alignment.PLACE, order, same_units=False),
    ]


def test_gates_have_one_colour_and_it_is_not_that_of_a_sign() -> None:
    figure = draw_stack(unit_stack(shipped_model().trace("good film"), 3, padding=False, place=79))
    green = {line.name: rgba(GATE, 1) in str(line.fillgradient.colorscale) for line in figure.data}
    assert [name for name, is_green in green.items() if is_green] == [
        NAMES[gate] for gate in GATE_NAMES
    ]


def test_a_row_is_named_a_unit_once_where_the_pointer_is() -> None:
    """Plotly writes the prefix of an axis in hover texts, too."""
    trace = shipped_model().trace("good film")
    order = order_units(trace, UnitOrder.STORED)
    figure = draw_stack(overview(trace, order, padding=False, place=79, unit=0))
    for heatmap in figure.select_traces({"type": "heatmap"}):
        assert "unit" not in heatmap.hovertemplate
        assert figure.layout[heatmap.yaxis.replace("y", "yaxis")].tickprefix == "unit "


@pytest.mark.parametrize("text", TEXTS)
def test_every_figure_passes_plotlys_own_check(text: str) -> None:
    for trace, forward in zip(traces(text), (shipped_model().forward, TINY), strict=True):
        for stack in stacks(trace, forward):
            figure = draw_stack(stack)
            checked = go.Figure(json.loads(figure.to_json()))
            assert len(checked.data) >= len(stack.panels)
            assert all(len(line.split("<br>")) < 5 for line in _titles(figure))
            # Frames and lines of columns end below the titles of the panels.
            assert all(shape.yref != "paper" for shape in checked.layout.shapes)
            rows = [line.yaxis or "y" for line in checked.data if line.type == "heatmap"]
            axes = [checked.layout[row.replace("y", "yaxis")] for row in rows]
            assert all(axis.tickprefix == "unit " for axis in axes), "no row is a bare number"
    zeros = zeros_figure(padding_effect(WEIGHTS, traces(text)[1].encoding))
    go.Figure(data=zeros.data, layout=zeros.layout)


def test_the_overview_holds_the_traces_own_numbers_in_the_chosen_order() -> None:
    trace = traces("good good good film")[1]
    order = order_units(trace, UnitOrder.WEIGHT)
    stack = overview(trace, order, padding=True, place=6, unit=0)
    heatmaps = [d for d in draw_stack(stack).data if d.type == "heatmap"]
    assert len(heatmaps) == len(QUANTITIES)
    for heatmap, name in zip(heatmaps, QUANTITIES, strict=True):
        np.testing.assert_array_equal(heatmap.z, getattr(trace, name).T[order])
        assert list(heatmap.y) == [str(unit) for unit in order]
        assert len(set(heatmap.x)) == 7  # three times "good", and still a column each
    assert len({heatmap.xaxis for heatmap in heatmaps}) == 1


def test_the_ledgers_row_is_the_final_cell_state() -> None:
    trace = traces("not a very good film")[1]
    stack = ledger(trace, order_units(trace, UnitOrder.STORED), place=6, unit=0)
    values = stack.panels[1].values  # type: ignore[union-attr]
    np.testing.assert_allclose(values.sum(axis=0), trace.cell_state[-1], atol=1e-5)
    assert stack.labels[0] == "(padding)"


def test_repeated_labels_get_names_of_their_own_that_look_alike() -> None:
    names = own_names(["a", "b", "a", "a"])
    assert len(set(names)) == 4
    assert [name.strip("\u200b\u200c") for name in names] == ["a", "b", "a", "a"]


def _titles(figure: go.Figure) -> list[str]:
    return [annotation.text for annotation in figure.layout.annotations]


def test_a_panel_of_zeros_says_so() -> None:
    trace, forward = traces(TEXTS[0])[0], shipped_model().forward
    copy = Clamps((Clamp("input_gate", 0), Clamp("forget_gate", 1)))
    order = order_units(trace, UnitOrder.STORED)
    zero = "With the forced values: zero everywhere"
    for clamps, says in ((copy, zero), (Clamps(), "As in the original trace")):
        clamped = clamped_trace(forward, trace.encoding, clamps)
        stack = clamp_lab(trace, clamped, "cell_state", order, padding=True, place=79)
        assert stack.panels[1].finding == says
