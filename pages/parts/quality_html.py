"""Small pieces of HTML of the quality page: tables, the hundred squares, the confusion matrix."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from lstm_core.evaluation.scores import Confusion
from lstm_core.figures.colours import NEGATIVE, POSITIVE, rgba
from lstm_core.metrics import Interval


def share(value: float, digits: int = 1) -> str:
    """A share as per cent, number and sign never parted by a line's end."""
    return f"{100 * value:.{digits}f}\N{NO-BREAK SPACE}%"


def share_interval(interval: Interval) -> str:
    """A share with its 95 % interval."""
    return f"{share(interval.value)} ({share(interval.low)} to {share(interval.high)})"


def number_interval(interval: Interval) -> str:
    """A plain number with its 95 % interval."""
    return f"{interval.value:.3f} ({interval.low:.3f} to {interval.high:.3f})"


def said(probability: float) -> str:
    """A verdict with how sure it is, short enough for a table."""
    word = "positive" if probability >= 0.5 else "negative"
    return f"{word} {share(max(probability, 1 - probability), 0)}"


def draw_table(head: Sequence[str], rows: Sequence[Sequence[str]], label: str) -> None:
    """A table; every cell is escaped, the first column names the row."""
    st.html(table_html(head, rows, label))


def table_html(head: Sequence[str], rows: Sequence[Sequence[str]], label: str) -> str:
    """The table as HTML."""
    top = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in rows
    )
    return (
        f'<div class="lens-table" role="region" tabindex="0" aria-label="{escape(label)}">'
        f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def headline_html(right: float, count: int, reading: str) -> str:
    """The one number with its picture: a hundred squares, one for each review of a hundred."""
    good = round(100 * right)
    squares = "".join(f'<i class="{"right" if n < good else "wrong"}"></i>' for n in range(100))
    return f"""
<div class="lens-headline">
  <div>
    <div class="number">{share(right)}</div>
    <div class="what">of {count:,} reviews that it never saw in training are judged rightly,
    {escape(reading)}</div>
  </div>
  <div class="squares" role="img" aria-label="{good} of 100 squares are blue">{squares}</div>
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
        f'<tr><th scope="row">{name}</th>{_cell(called, total, first)}'
        f"{_cell(other, total, not first)}</tr>"
        for name, called, other, total, first in rows
    )
    return (
        '<div class="lens-table lens-confusion"><table><thead><tr><th></th>'
        '<th scope="col">called positive</th><th scope="col">called negative</th></tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _cell(count: int, total: int, right: bool) -> str:
    part = count / max(total, 1)
    colour = rgba(POSITIVE if right else NEGATIVE, 0.12 + 0.5 * part)
    return f'<td style="background: {colour}"><b>{count:,}</b><br>{share(part)}</td>'
