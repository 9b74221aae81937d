"""Pieces of HTML of the units page: phrases with tinted words, and what was said of them."""

from collections.abc import Iterable, Sequence
from html import escape

from lstm_core.activations.store import StateIndex
from lstm_core.activations.top_spans import SpanToken
from lstm_core.analysis.formatting import p_positive, signed
from lstm_core.figures.colours import tint
from lstm_core.recurrent.lstm import Floats, sigmoid

FULL = 0.5  # change of a hidden state at which a word is fully tinted


def phrase_html(pieces: Iterable[SpanToken], note: str, *, full: float = FULL) -> str:
    """One phrase with its words tinted by their values, and a line on its review."""
    words = "".join(_piece(piece, full) for piece in pieces)
    return f"<li>{words}<small>{escape(note)}</small></li>"


def phrases_html(phrases: Sequence[str], label: str) -> str:
    """Phrases one under the other."""
    return f'<ol class="lens-phrases" aria-label="{escape(label)}">{"".join(phrases)}</ol>'


def _piece(piece: SpanToken, full: float) -> str:
    text = escape(piece.text)
    kind = ' class="inside"' if piece.inside else ""
    if piece.value is None:
        return f"<span{kind}>{text}</span>"
    title = signed(piece.value, 3)
    return f'<span{kind} style="background:{tint(piece.value, full)}" title="{title}">{text}</span>'


def said_of(index: StateIndex, review: int) -> str:
    """What the model and the label say of a review."""
    probability = float(sigmoid(index.logits[review : review + 1])[0])
    label = int(index.labels[review])
    truth = {1: "label positive", 0: "label negative"}.get(label, "no label")
    return f"{p_positive(probability)}, {truth}"


def changes(hidden: Floats, unit: int) -> Floats:
    """What every place changed of a unit's hidden state, ``(T, D)`` -> ``(T,)``."""
    before = hidden[:-1, unit]
    changed = hidden[:, unit].copy()
    changed[1:] -= before
    return changed
