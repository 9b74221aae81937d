"""What one takes along reads back as the trace."""

import io
import re

import numpy as np
import pandas as pd

from lstm_core.analysis.unit_stats import UnitOrder, order_units
from lstm_core.figures.export import csv_bytes, figure_html, npz_bytes, parquet_bytes
from lstm_core.figures.states import overview
from lstm_core.figures.subplots import draw_stack
from lstm_core.model.sentiment_model import shipped_model
from lstm_core.recurrent.lstm import QUANTITIES

TRACE = shipped_model().trace('A “fine” film, isn\'t it? Zyzzyva, =SUM(A1) "quoted" +1 @home -x')
PLACES, UNITS = TRACE.hidden_state.shape


def check_table(table: pd.DataFrame) -> None:
    assert len(table) == PLACES * UNITS
    for name in QUANTITIES:
        read = table[name].to_numpy(np.float32).reshape(PLACES, UNITS)
        np.testing.assert_array_equal(read, getattr(TRACE, name))
    assert table["word"].to_numpy().reshape(PLACES, UNITS)[:, 0].tolist() == list(
        TRACE.encoding.words
    )
    assert table["unit"].to_numpy().reshape(PLACES, UNITS)[0].tolist() == list(range(UNITS))


def test_csv_reads_back_exactly() -> None:
    check_table(pd.read_csv(io.BytesIO(csv_bytes(TRACE)), keep_default_na=False))


def test_no_cell_of_the_csv_is_a_formula() -> None:
    table = pd.read_csv(io.BytesIO(csv_bytes(TRACE)), keep_default_na=False)
    assert not table["word"].str.match(r"[=+\-@\t\r]").any()


def test_parquet_reads_back_exactly() -> None:
    check_table(pd.read_parquet(io.BytesIO(parquet_bytes(TRACE))))


def test_npz_reads_back_exactly_without_pickle() -> None:
    with np.load(io.BytesIO(npz_bytes(TRACE)), allow_pickle=False) as found:
        for name in QUANTITIES:
            np.testing.assert_array_equal(found[name], getattr(TRACE, name))
        assert found["words"].tolist() == list(TRACE.encoding.words)
        assert found["units"].tolist() == list(range(UNITS))
        logit = found["hidden_state"][-1] @ found["output_weights"] + found["output_bias"]
        assert abs(logit - TRACE.logits[-1]) < 1e-5


def test_a_figures_html_stands_alone() -> None:
    order = order_units(TRACE, UnitOrder.STORED)
    stack = overview(TRACE, order, padding=False, place=PLACES - 1, unit=0)
    html = figure_html(draw_stack(stack), "A & <B>")
    assert "<title>A &amp; &lt;B></title>" in html
    assert "Plotly.newPlot" in html
    assert '"showSendToCloud": false' in html  # nothing is uploaded anywhere
    assert not re.search(r"<script[^>]+src=", html)
    assert not re.search(r"<link[^>]+href=", html)
