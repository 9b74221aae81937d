"""HTML of the evaluation page: tables, the hundred squares, the confusion matrix."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

from lstm_core.analysis.formatting import fixed_percent, number, probability
from lstm_core.analysis.prediction import label_of
from lstm_core.evaluation.scores import Confusion
from lstm_core.figures.colours import HIGHLIGHT, NEGATIVE, POSITIVE, rgba
from lstm_core.metrics import Interval


def share_interval(interval: Interval) -> str:
    """A share with its 95 % interval; the share of nothing (`wilson` of a count of 0) is none."""
    if (interval.value, interval.low, interval.high) == (0.0, 0.0, 1.0):
        return "not defined"
    low, high = fixed_percent(interval.low), fixed_percent(interval.high)
    return f"{fixed_percent(interval.value)} ({low} to {high})"


def number_interval(interval: Interval) -> str:
    """A plain number with its 95 % interval."""
    return f"{number(interval.value, 3)} ({number(interval.low, 3)} to {number(interval.high, 3)})"


def confidence(p: float) -> str:
    """The probability of the predicted label."""
    return probability(max(p, 1 - p))


SAID = "Prediction, P(positive)"  # heading of a column of prediction cells


@dataclass(frozen=True, slots=True)
class PredictionCell:
    """A cell of a table: what the model said to a text, tinted by it."""

    probability: float

    def __str__(self) -> str:
        return f"{label_of(self.probability, 1)}, {probability(self.probability)}"

    @property
    def tint(self) -> str:
        """The colour of its side, the stronger the surer."""
        colour = POSITIVE if self.probability >= 0.5 else NEGATIVE
        return rgba(colour, round(0.08 + 0.7 * abs(self.probability - 0.5), 3))


@dataclass(frozen=True, slots=True)
class HighlightedText:
    """A cell of a table that stands out."""

    text: str

    def __str__(self) -> str:
        return self.text


WIDE = 3  # columns: with more, a row is a block of its own on a narrow screen
UNFOLDED = 3  # rows of such a table that are shown there until all are asked for (style.css)
Cell = str | PredictionCell | HighlightedText


def draw_table(head: Sequence[str], rows: Sequence[Sequence[Cell]], label: str) -> None:
    """A table; every cell is escaped, the first column names the row.

    On a narrow screen a wide table shows its first rows: put first what matters most.
    """
    st.html(table_html(head, rows, label))


def table_html(head: Sequence[str], rows: Sequence[Sequence[Cell]], label: str) -> str:
    """The table as HTML."""
    top = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    body = "".join(
        f'<tr><th scope="row">{escape(str(first))}</th>{"".join(map(_cell, rest, head[1:]))}</tr>'
        for first, *rest in rows
    )
    wide, more = " wide" if len(head) > WIDE else "", ""
    if wide and len(rows) > UNFOLDED + 1:
        more = f'<details class="more"><summary>All {len(rows):,} rows</summary></details>'
    return (
        f'<div class="lens-table{wide}" role="region" tabindex="0" aria-label="{escape(label)}">'
        f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>{more}</div>"
    )


def _cell(cell: Cell, head: str) -> str:
    """A cell; on a narrow screen its column's heading stands above it."""
    shown = f"<td data-head='{escape(head)}'>"
    if isinstance(cell, PredictionCell):
        return f'{shown}<span class="said" style="background: {cell.tint}">{cell}</span></td>'
    if isinstance(cell, HighlightedText):
        return f"{shown}<strong>{escape(cell.text)}</strong></td>"
    return f"{shown}{escape(cell)}</td>"


def headline_html(right: float, count: int, reading: str) -> str:
    """The one number with its picture: a hundred squares, one for each review of a hundred."""
    good = round(100 * right)
    squares = "".join(f'<i class="{"right" if n < good else "wrong"}"></i>' for n in range(100))
    return f"""
<div class="lens-headline">
  <div>
    <div class="number">{fixed_percent(right)}</div>
    <div class="what">of {count:,} test reviews are predicted correctly,
    {escape(reading)}</div>
  </div>
  <figure>
    <div class="squares" role="img" aria-label="{good} of 100 squares are violet">{squares}</div>
    <figcaption>Of 100 such reviews: violet predicted correctly, grey wrongly.</figcaption>
  </figure>
</div>"""


def confusion_html(found: Confusion) -> str:
    """Truth against verdict: two rows, two columns, each cell with its share of the row."""
    positives = found.true_positive + found.false_negative
    negatives = found.true_negative + found.false_positive
    rows = (
        ("truly positive", found.true_positive, found.false_negative, positives, True),
        ("truly negative", found.false_positive, found.true_negative, negatives, False),
    )
    body = "".join(
        f'<tr><th scope="row">{name}</th>{_part(called, total, first)}'
        f"{_part(other, total, not first)}</tr>"
        for name, called, other, total, first in rows
    )
    return (
        '<div class="lens-table lens-confusion"><table><thead><tr><th></th>'
        '<th scope="col">predicted positive</th><th scope="col">predicted negative</th>'
        "</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def _part(count: int, total: int, right: bool) -> str:
    if not total:
        return "<td><b>0</b></td>"
    part = count / total
    colour = rgba(HIGHLIGHT if right else (128, 128, 128), 0.12 + 0.5 * part)
    return f'<td style="background: {colour}"><b>{count:,}</b><br>{fixed_percent(part)}</td>'
