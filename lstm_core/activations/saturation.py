"""How often gates are closed or open, words and padding apart (Karpathy et al. 2015, figure 2).

Symbols: D units, G gates of the cell (LSTM: i, f, o).
"""

from dataclasses import dataclass

from lstm_core.activations.schema import Doubles
from lstm_core.activations.store import StateIndex
from lstm_core.analysis.formatting import percent


@dataclass(frozen=True)
class Saturation:
    """Shares of places at which each gate of each unit is saturated."""

    gates: tuple[str, ...]  # names of the gates; none for a SimpleRNN
    low: Doubles  # under 0.1, ``(G, D)``
    high: Doubles  # over 0.9, ``(G, D)``
    places: int  # places counted


def saturation_of(index: StateIndex, *, padding: bool) -> Saturation:
    """The shares at the words that were read, or at the padding; the start is in neither."""
    sums, note = index.sums, index.note
    low, high = (sums.zero_low, sums.zero_high) if padding else (sums.low, sums.high)
    places = note.zeros if padding else note.words
    return Saturation(note.gates, low / max(places, 1), high / max(places, 1), places)


def saturation_finding(found: Saturation, gate: int, where: str) -> str:
    """What stands out of one gate, as a short sentence.

    Args:
        gate: Which of its gates, from 0.
        where: "words" or "zeros".
    """
    low, high = found.low[gate], found.high[gate]
    name = found.gates[gate].replace("_", " ").capitalize()
    if max(low.max(), high.max()) < 0.1:
        return f"{name}: no unit is saturated at a tenth of the {where}"
    if high.max() >= low.max():
        return f"{name}: unit {int(high.argmax())} is open at {percent(high.max())} of the {where}"
    return f"{name}: unit {int(low.argmax())} is closed at {percent(low.max())} of the {where}"
