"""Figures, tables and HTML of traces and explanations."""

import re
import subprocess
import sys
from base64 import b64decode

import numpy as np
import pytest

from lstm_core.errors import InputError
from lstm_core.figures.notebook import heat_png
from lstm_core.figures.subplots import HeatPanel
from lstm_core.recurrent.cells import GruCell, LstmCell
from lstm_core.recurrent.layer_trace import BidirectionalTrace, LayerTrace, Traces
from lstm_core.recurrent.lstm import QUANTITIES
from lstm_core.recurrent.network import LayerSpec, Tensor
from lstm_core.recurrent.recurrent_layers import run_recurrent
from tests.unit.helpers import plain_model

RNG = np.random.default_rng(0)
HOSTILE = "<script>alert(1)</script> the \"film\" <img src=x onerror=alert(1)> & good & 'bad'"


def drawn(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape).astype(np.float32)


def layer_trace(kind: str = "LSTM", both: bool = False, name: str = "a") -> LayerTrace:
    blocks = {"LSTM": 4, "GRU": 3}[kind]
    one = [drawn(3, blocks * 2), drawn(2, blocks * 2)]
    config = {"units": 2, "use_bias": False, "return_sequences": True, "reset_after": True}
    if both:
        config = {"layer": {"class_name": kind, "config": config}, "merge_mode": "concat"}
    spec = LayerSpec(
        name, "Bidirectional" if both else kind, config, lambda: one * (2 if both else 1)
    )
    return run_recurrent(spec, Tensor(drawn(2, 5, 3)), None, None).trace


def test_figures_of_a_trace_show_all_quantities_or_one() -> None:
    trace = plain_model().trace("the film is good")
    whole = trace.figure()
    heats = [one for one in whole.data if one.type == "heatmap"]
    assert len(heats) == len(QUANTITIES)
    one = trace.figure("forget_gate", padding=True)
    (heat,) = one.data
    assert np.array_equal(np.asarray(heat.z), trace.forget_gate.T)
    with pytest.raises(InputError, match="forget_gate"):
        trace.figure("forget")


def test_tables_hold_the_numbers_of_the_traces() -> None:
    trace = plain_model().trace("the film is good")
    table = trace.to_frame()
    units = trace.hidden_state.shape[1]
    assert np.array_equal(table["cell_state"].to_numpy().reshape(-1, units), trace.cell_state)
    layer = layer_trace()
    table = layer.to_frame()
    row = table.query("sequence == 1 and step == 3 and unit == 0")
    assert row["forget_gate"].item() == layer.forget_gate[1, 2, 0]
    both = layer_trace(both=True)
    assert isinstance(both, BidirectionalTrace)
    row = both.to_frame().query("part == 'backward' and sequence == 0 and step == 1 and unit == 1")
    assert row["hidden_state"].item() == both.backward.hidden_state[0, 0, 1]


def test_figures_of_layers_take_a_quantity_and_a_sequence() -> None:
    gru = layer_trace("GRU")
    assert [one.type for one in gru.figure().data] == ["heatmap"] * 4
    (heat,) = gru.figure("update_gate", sequence=1).data
    assert np.array_equal(np.asarray(heat.z), gru.update_gate[1].T)
    assert len(layer_trace(both=True).figure("cell_state").data) == 2
    traces = Traces({"a": layer_trace(), "b": layer_trace("GRU")}, {"c": "why"})
    assert len(traces.figure().data) == 2
    assert set(traces.to_frame()["layer"]) == {"a", "b"}
    for wrong in ({"quantity": "forget_gate"}, {"sequence": 2}):
        with pytest.raises(InputError, match="there are"):
            gru.figure(**wrong)


@pytest.mark.parametrize("methods", [None, "gradient", ["ledger", "relevance"], "all"])
def test_explanations_have_figure_table_and_tinted_words(methods: object) -> None:
    model = plain_model()
    found = model.explain("the film is good", methods)
    assert len(found.words) == len(found.scores) == 4
    assert list(found.to_frame()["word"]) == list(found.words)
    assert len(np.asarray(found.figure().data[0].z)) == len(found.by_method)
    if found.rest is not None:
        total = float(found.scores.sum()) + found.rest
        assert total == pytest.approx(float(found.trace.logits[-1]), abs=1e-5)
    assert "rgba(" in found._repr_html_()


def test_a_method_that_is_none_is_refused_with_the_list() -> None:
    with pytest.raises(InputError, match="integrated"):
        plain_model().explain("good", "shap")
    with pytest.raises(InputError, match="quantities"):
        plain_model().explain("good").figure("forget_gate")


def shown() -> dict[str, object]:
    model = plain_model(maxlen=20)
    masked = Traces({"<b>": layer_trace(name="<b>")}, {"<i>": "<script>"})
    return {
        "trace": model.trace(HOSTILE),
        "empty trace": model.trace(""),
        "explanation": model.explain(HOSTILE),
        "empty explanation": model.explain(""),
        "layer": layer_trace(name="<script>"),
        "both": layer_trace(both=True),
        "traces": masked,
    }


@pytest.mark.parametrize("name", list(shown()))
def test_html_is_small_escaped_and_needs_nothing_from_outside(name: str) -> None:
    html = shown()[name]._repr_html_()
    assert len(html) < 64 * 1024
    assert not re.search(r"<script|onerror=|<b>:|<i>:|https?://", html.replace("&lt;", ""))
    assert set(re.findall(r"<(\w+)", html)) <= {
        "div", "p", "b", "br", "small", "span", "table", "tr", "td", "img", "ul", "li",
    }  # fmt: skip
    for picture in re.findall(r'src="([^"]*)"', html):
        assert picture.startswith("data:image/png;base64,")
        assert b64decode(picture.partition(",")[2]).startswith(b"\x89PNG")


def test_pictures_have_a_pixel_for_each_value() -> None:
    import zlib

    values = np.array([[1, -0.5], [0, 0.25], [-1, 1]], np.float32)  # (T, D)
    png = heat_png(HeatPanel("a", "b", values))
    assert png[16:24] == (3).to_bytes(4, "big") + (2).to_bytes(4, "big")
    start = png.index(b"IDAT") + 4
    raw = zlib.decompress(png[start : png.index(b"IEND") - 8])
    lines = np.frombuffer(raw, np.uint8).reshape(2, 1 + 3 * 4)[:, 1:].reshape(2, 3, 4)
    assert np.array_equal(lines[..., 3], np.round(255 * np.abs(values.T)))
    assert tuple(lines[0, 0, :3]) != tuple(lines[0, 2, :3])  # above and below zero


def test_a_trace_imports_neither_plotly_nor_pandas_before_it_is_drawn() -> None:
    code = (
        "import sys\nfrom lstm_core import SentimentModel, trace_model\n"
        "trace = SentimentModel.load().trace('good')\n"
        "heavy = {'plotly', 'pandas', 'tensorflow', 'keras', 'sklearn', 'scipy'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "trace.figure(), trace.to_frame(), trace._repr_html_()\n"
        "assert not {'tensorflow', 'keras', 'streamlit'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)


def test_cells_are_those_of_their_traces() -> None:
    assert set(LstmCell.quantities) == set(QUANTITIES)
    assert GruCell.quantities == layer_trace("GRU").quantities
