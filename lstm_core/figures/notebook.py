"""How results show themselves: Plotly figures, tables, and small HTML for notebooks.

The HTML needs no script, no server and no network: words are tinted spans, and every heatmap is
one picture of a few hundred bytes, a pixel for each value. Text of a review is escaped.
"""

import struct
import zlib
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from lstm_core.analysis.captions import plural, reading_line
from lstm_core.analysis.formatting import probability, signed
from lstm_core.analysis.prediction_change import change_caption
from lstm_core.attribution.explanation import Explanation
from lstm_core.attribution.registry import NOTES
from lstm_core.display import Displayed
from lstm_core.errors import InputError
from lstm_core.figures.attribution import methods_figure
from lstm_core.figures.colours import GATE, NEGATIVE, POSITIVE, tint
from lstm_core.figures.export import trace_table
from lstm_core.figures.layer_states import (
    heat_panel as layer_panel,
)
from lstm_core.figures.layer_states import (
    layer_stack,
    layer_table,
    parts,
    traces_stack,
    traces_table,
)
from lstm_core.figures.states import heat_panel, overview
from lstm_core.figures.subplots import HeatPanel, draw_stack
from lstm_core.recurrent.layer_trace import AnyTrace, Traces
from lstm_core.recurrent.lstm import QUANTITIES, Floats
from lstm_core.recurrent.trace import Trace

if TYPE_CHECKING:
    import pandas as pd

MOST_WIDTH, MOST_ROWS = 640, 128  # pixels of a picture; units shown in a picture
MOST_PARTS = 12  # layers or directions shown in the HTML of `Traces`


def figure(
    result: Displayed, quantity: str | None, *, padding: bool = False, sequence: int = 0
) -> go.Figure:
    """The Plotly figure of a result.

    Args:
        result: A trace, layer trace, traces or explanation.
        quantity: One quantity; all when left out.
        padding: Show the padding of a review's trace too.
        sequence: Which sequence of a layer trace.

    Raises:
        InputError: When there is no such quantity or sequence.
    """
    if isinstance(result, Explanation):
        if quantity is not None:
            raise InputError("An explanation has no quantities; choose methods in model.explain.")
        return methods_figure(result.trace, result.by_method, None).figure()
    if isinstance(result, Trace):
        return _trace_figure(result, quantity, padding)
    if isinstance(result, Traces):
        return draw_stack(traces_stack(result, quantity, sequence))
    return draw_stack(layer_stack(_layer(result), quantity, sequence))


def _trace_figure(trace: Trace, quantity: str | None, padding: bool) -> go.Figure:
    units = np.arange(trace.hidden_state.shape[1])
    stack = replace(
        overview(trace, units, padding=padding, place=0, unit=0), column=None, unit=None
    )
    if quantity is None:
        return draw_stack(stack)
    if quantity not in QUANTITIES:
        raise InputError(f"The quantity {quantity!r} came in; there are {', '.join(QUANTITIES)}.")
    panel = {**dict(zip(QUANTITIES, stack.panels[1:], strict=True))}[quantity]
    return draw_stack(replace(stack, name=quantity, panels=[panel]))


def _layer(result: object) -> AnyTrace:
    if not isinstance(result, AnyTrace):
        raise InputError(f"There is no picture of a {type(result).__name__}.")
    return result


def frame(result: Displayed) -> "pd.DataFrame":
    """The table of a result: a row for each place and unit, or for each word."""
    if isinstance(result, Trace):
        return trace_table(result)
    if isinstance(result, Traces):
        return traces_table(result)
    if isinstance(result, Explanation):
        return _explanation_table(result)
    return layer_table(_layer(result))


def _explanation_table(found: Explanation) -> "pd.DataFrame":
    import pandas as pd

    encoding = found.trace.encoding
    first = encoding.first_word
    return pd.DataFrame(
        {
            "place": np.arange(first + 1, encoding.maxlen + 1, dtype=np.int32),
            "word": list(found.words),
            "id": encoding.ids[first:],
            "kind": [str(kind) for kind in encoding.kinds[first:]],
            **{str(one.method): one.scores[first:] for one in found.by_method},
        }
    )


def html(result: Displayed) -> str:
    """The HTML of a result."""
    if isinstance(result, Explanation):
        inner = _explanation_html(result)
    elif isinstance(result, Trace):
        inner = _trace_html(result)
    elif isinstance(result, Traces):
        inner = _traces_html(result)
    else:
        inner = _layer_html(_layer(result))
    return f'<div style="max-width:{MOST_WIDTH + 160}px;line-height:1.5">{inner}</div>'


def words_html(words: Sequence[str], scores: Floats) -> str:
    """Words tinted by their scores: blue towards positive, orange towards negative."""
    limit = float(np.abs(scores).max(initial=0.0))
    spans = (
        f'<span style="background:{tint(float(score), limit)};padding:1px 2px;border-radius:2px" '
        f'title="{signed(score, 3)}">{escape(word)}</span>'
        for word, score in zip(words, scores, strict=True)
    )
    return f"<p>{' '.join(spans)}</p>"


def _explanation_html(found: Explanation) -> str:
    note = NOTES[found.method]
    rest = (
        ""
        if found.rest is None
        else f" Part of the logit that no word gets ({note.rest}): {signed(found.rest, 3)}."
    )
    return (
        f"<p><b>P({escape(found.trace.class_name)}) {probability(found.probability)}</b>, words "
        f"tinted by {escape(note.inner_name)}: blue towards {escape(found.trace.class_name)}, "
        "orange away from it."
        f"{escape(rest)}</p>{words_html(found.words, found.scores)}"
    )


def _trace_html(trace: Trace) -> str:
    first = min(trace.encoding.first_word, trace.encoding.maxlen - 1)
    words = trace.encoding.words[trace.encoding.first_word :]
    scores = trace.contributions[trace.encoding.first_word :]
    panels = (heat_panel(trace, quantity, first) for quantity in QUANTITIES)
    return (
        f"<p><b>P(positive) {probability(trace.verdict_probability)}</b>: "
        f"{escape(change_caption(trace))}. {escape(reading_line(trace.encoding))}</p>"
        f"{words_html(words, scores)}{_table(map(_row, panels))}"
        "<p><small>A column for each word, a row for each unit. Gates: green is open. Others: blue "
        "is above zero, orange below.</small></p>"
    )


def _layer_html(trace: AnyTrace) -> str:
    rows = [
        _row(layer_panel(part, name, 0, inside or trace.name))
        for inside, part in parts(trace)
        for name in part.quantities
    ]
    return (
        f"<p><b>{escape(trace.name)}</b> ({escape(trace.kind)}), {_sizes(trace)}</p>{_table(rows)}"
    )


def _sizes(trace: AnyTrace) -> str:
    size, steps, units = next(part for _, part in parts(trace)).arrays()["hidden_state"].shape
    first = "" if size == 1 else "; the first sequence is shown"
    return f"{plural(size, 'sequence')}, {plural(steps, 'step')}, {plural(units, 'unit')}{first}"


def _traces_html(traces: Traces) -> str:
    rows = [
        _row(layer_panel(part, "hidden_state", 0, f"{name} {inside}".strip()))
        for name, trace in traces.items()
        for inside, part in parts(trace)
    ]
    more = len(rows) - MOST_PARTS
    rows = rows[:MOST_PARTS] + ([f"<tr><td>and {more} more</td></tr>"] if more > 0 else [])
    unsupported = "".join(
        f"<li><b>{escape(name)}</b>: {escape(why)}</li>" for name, why in traces.unsupported.items()
    )
    said = f"<p>Not computed:</p><ul>{unsupported}</ul>" if unsupported else ""
    return f"<p>Hidden states of the first sequence</p>{_table(rows)}{said}"


def _table(rows: Iterable[str]) -> str:
    return f'<table style="border-collapse:collapse">{"".join(rows)}</table>'


def _row(panel: HeatPanel) -> str:
    steps, units = panel.values.shape
    width = min(max(steps * 8, 80), MOST_WIDTH)
    name, _, reading = panel.title.partition(":")
    picture = b64encode(heat_png(panel)).decode()
    return (
        f'<tr><td style="text-align:left;vertical-align:top" title="{escape(reading.strip())}">'
        f"{escape(name)}<br><small>{escape(panel.finding)}</small></td>"
        f'<td style="text-align:left"><img alt="{escape(name)}, {units} units by {steps} steps" '
        f'src="data:image/png;base64,{picture}" style="width:{width}px;'
        f"height:{min(max(units * 3, 12), 96)}px;max-width:none;image-rendering:pixelated;"
        'border:1px solid rgba(128,128,128,.4)"></td></tr>'
    )


def heat_png(panel: HeatPanel) -> bytes:
    """A heatmap as PNG, one pixel for each value: steps to the right, units downwards."""
    values = np.nan_to_num(panel.values.T[:MOST_ROWS])  # (D, T)
    share = np.clip(np.abs(values) / (1 if panel.gate else panel.limit), 0, 1)
    pixels = np.empty((*values.shape, 4), np.uint8)  # (D, T, RGBA)
    pixels[..., :3] = GATE if panel.gate else np.where((values < 0)[..., None], NEGATIVE, POSITIVE)
    pixels[..., 3] = np.round(255 * share)
    lines = np.concatenate(
        [np.zeros((len(pixels), 1), np.uint8), pixels.reshape(len(pixels), -1)], 1
    )
    head = struct.pack(">IIBBBBB", values.shape[1], values.shape[0], 8, 6, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
