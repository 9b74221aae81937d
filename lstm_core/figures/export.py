"""A trace and its pictures to take along: CSV, Parquet, NPZ, HTML."""

import io
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from lstm_core.figures.axes import plotly_text
from lstm_core.recurrent.lstm import QUANTITIES
from lstm_core.recurrent.running import ModelTrace
from lstm_core.recurrent.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from lstm_core.attribution.attribute import WordScores


# Of Plotly's own accord a chart has a button that uploads it, with its words, to a host of others.
PRIVATE: dict[str, object] = {"displaylogo": False, "showSendToCloud": False, "plotlyServerURL": ""}


def trace_table(trace: Trace | ModelTrace) -> "pd.DataFrame":
    """One row for each place and unit: place from 1, word, id, unit and the quantities.

    Of an imported model those of `ModelTrace.last_layer`, without the output weight.
    """
    import pandas as pd

    encoding, (places, units) = trace.encoding, trace.hidden_state.shape
    columns = {
        "place": np.repeat(np.arange(1, places + 1, dtype=np.int32), units),
        "id": np.repeat(encoding.ids, units),
        "word": np.repeat(np.array(encoding.words, dtype=object), units),
        "kind": np.repeat(np.array([str(kind) for kind in encoding.kinds], dtype=object), units),
        "probability": np.repeat(trace.probability, units),
        "contribution": np.repeat(trace.contributions, units),
        "unit": np.tile(np.arange(units, dtype=np.int32), places),
    }
    if isinstance(trace, Trace):
        columns["output_weight"] = np.tile(trace.output_weights, places)
        values = {name: getattr(trace, name).ravel() for name in QUANTITIES}
    else:
        values = {name: array.ravel() for name, array in trace.last_layer.quantities.items()}
    return pd.DataFrame({**columns, **values})


def csv_bytes(trace: Trace | ModelTrace) -> bytes:
    """The table as CSV in UTF-8; floats in their shortest exact form."""
    return trace_table(trace).to_csv(index=False, lineterminator="\n").encode()


def parquet_bytes(trace: Trace) -> bytes:
    """The table as Parquet."""
    file = io.BytesIO()
    trace_table(trace).to_parquet(file, index=False)
    return file.getvalue()


def npz_bytes(trace: Trace) -> bytes:
    """The arrays as NumPy's NPZ: quantities ``(T, D)``, what belongs to a place ``(T,)``."""
    file = io.BytesIO()
    np.savez_compressed(
        file,
        ids=trace.encoding.ids,
        words=np.array(trace.encoding.words),
        kinds=np.array([str(kind) for kind in trace.encoding.kinds]),
        units=np.arange(len(trace.output_weights), dtype=np.int32),
        output_weights=trace.output_weights,
        output_bias=np.float32(trace.bias),
        probability=trace.probability,
        contributions=trace.contributions,
        **{name: getattr(trace, name) for name in QUANTITIES},
    )
    return file.getvalue()


def scores_csv(trace: Trace, found: "Sequence[WordScores]") -> bytes:
    """Word scores by several methods as CSV: one row per word, one column per method."""
    import pandas as pd

    first, encoding = trace.encoding.first_word, trace.encoding
    columns: dict[str, object] = {
        "place": np.arange(first + 1, encoding.maxlen + 1),
        "word": list(encoding.words[first:]),
        **{str(one.method): one.scores[first:] for one in found},
    }
    return pd.DataFrame(columns).to_csv(index=False, lineterminator="\n").encode()


def figure_html(figure: go.Figure, title: str) -> str:
    """A figure as one HTML file that needs nothing else: Plotly's script is in it (5 MB)."""
    figure = go.Figure(figure, layout_template="plotly")
    page = figure.to_html(include_plotlyjs=True, full_html=True, config=PRIVATE)
    head = f"<head><title>{plotly_text(title)}</title>"
    return str(page).replace("<head>", head, 1)
