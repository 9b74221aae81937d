"""The pictures of the live page as plain numbers: running verdict, units, strongest words.

The page draws them at every letter. A script of the app's own paints them (``assets/reading.js``,
``assets/bars.js``), because the page has a fifth of a second for everything and Plotly's layout of
two charts alone takes a good part of that. What is painted is decided here.

Symbols: T places, S columns shown, D units.
"""

from base64 import b64encode
from dataclasses import dataclass
from typing import Any

import numpy as np

from lstm_core.analysis.captions import (
    hidden_title,
    place_name,
    strongest_title,
    word_labels,
)
from lstm_core.analysis.formatting import p_positive
from lstm_core.analysis.prediction_change import change_caption
from lstm_core.figures.axes import Places
from lstm_core.figures.colours import NEGATIVE, POSITIVE
from lstm_core.figures.unit_labels import UnitLabels, unit_labels
from lstm_core.model.unit_words import UnitWordsReport
from lstm_core.recurrent.lstm import Floats
from lstm_core.recurrent.running import ModelTrace, RunningTrace
from lstm_core.recurrent.trace import Trace, flip_positions

MOST_BARS = 10
SMALLEST_LIMIT = 0.05  # logit at the end of the bars' axis, at least
COLOURS = {"positive": POSITIVE, "negative": NEGATIVE}


@dataclass(frozen=True, slots=True)
class ReadingPicture:
    """The running verdict over the words and, on the same columns, every unit's effect on it.

    Attributes:
        title: What stands out.
        states_title: What stands out in the units.
        places: The places shown and their words.
        probability: P(positive) after each column, ``(S,)``.
        logits: The logit after each column, ``(S,)``: the sum of the effects and `bias`.
        contributions: What each column added to the final logit, ``(S,)``.
        states: Hidden state times output weight or, where `raw`, the hidden state, ``(S, D)``.
        units: The unit of each row, ``(D,)``.
        limit: The size of a state that has the full colour.
        parts: What each row adds to the final logit, ``(D,)``; None of an imported model.
        bias: The bias of the logit; None of an imported model.
        raw: The rows show hidden states.
        stored: The rows are in the stored order of the units.
        labels: The words that name each unit; None where no profile is stored.
        turning: Columns whose words made the verdict take another side.
        edge: The first word's column: a line is drawn before it when it is not the first.
        column: The column to frame, None for none.
        row: The row to frame, None for none.
    """

    title: str
    states_title: str
    places: Places
    probability: Floats
    logits: Floats
    contributions: Floats
    states: Floats
    units: tuple[int, ...]
    limit: float
    parts: Floats | None
    bias: float | None
    raw: bool
    stored: bool
    labels: UnitLabels | None
    turning: tuple[int, ...]
    edge: int
    column: int | None
    row: int | None

    @property
    def says(self) -> str:
        """The picture in words."""
        end = f"At the end {p_positive(self.probability[-1])}"
        what = "Hidden states" if self.raw else "Effect of each unit on the logit"
        return f"Running probability: {self.title}. {end}. {what}: {self.states_title}."

    def data(self) -> dict[str, Any]:
        """Everything as the script wants it; the states as base64 of 32-bit floats."""
        return {
            "title": self.title,
            "statesTitle": self.states_title,
            "says": self.says,
            "labels": tuple(self.places.labels),
            "names": tuple(self.places.names),
            "where": tuple(place_name(self.places.encoding, at - 1) for at in self.places.at),
            "first": int(self.places.first),
            "probability": tuple(self.probability.tolist()),
            "percents": tuple(p_positive(value) for value in self.probability.tolist()),
            "logits": tuple(self.logits.tolist()),
            "contributions": tuple(self.contributions.tolist()),
            "states": b64encode(np.ascontiguousarray(self.states, "<f4").tobytes()).decode(),
            "units": self.units,
            "parts": () if self.parts is None else tuple(self.parts.tolist()),
            "bias": self.bias,
            "limit": self.limit,
            "raw": self.raw,
            "stored": self.stored,
            "unitWords": self.labels.units if self.labels else (),
            "unitWordsSource": self.labels.source if self.labels else "",
            "turning": self.turning,
            "edge": self.edge,
            "column": self.column,
            "row": self.row,
            **COLOURS,
        }


def reading_picture(
    trace: Trace | ModelTrace,
    *,
    padding: bool = False,
    pinned: int | None = None,
    unit: int | None = None,
    raw: bool = False,
    stored: bool = False,
    scores: Floats | None = None,
    profiles: UnitWordsReport | None = None,
) -> ReadingPicture:
    """The running verdict and the units' effects on it.

    Args:
        trace: The trace, T places and D units.
        padding: Show the zeros in front too.
        pinned: Place of a word to mark.
        unit: A unit to mark.
        raw: Show the hidden states instead of their effects.
        stored: Keep the stored order of the units; else by their part in the final logit.
        scores: The attribution shown beside it, ``(T,)``, with which the title agrees.
        profiles: The words that raise and lower each unit, which name the rows.
    """
    places = Places.of(trace.encoding, padding=padding)
    first = places.first
    states = trace.hidden_state[first:]  # (S, D)
    parts: Floats | None = None
    order = np.arange(states.shape[1])
    limit, bias, title, labels = 1.0, None, "", None
    if isinstance(trace, ModelTrace):  # what a unit adds to the logit is not known here
        raw = stored = True
        limit = float(np.abs(states).max(initial=1.0))
        title = f"Hidden state of {trace.last_layer.name}"
        title += "" if limit == 1 else f", full colour at ±{limit:.1f}"
    else:
        parts = trace.hidden_state[-1] * trace.output_weights  # (D,)
        bias, title = float(trace.bias), hidden_title(trace)
        if not stored:
            order = np.argsort(-parts, kind="stable")
        parts = parts[order]
        labels = unit_labels(profiles, trace.output_weights, raw=raw) if profiles else None
        if not raw:
            states = states * trace.output_weights
            limit = max(float(np.abs(states).max(initial=0.0)), SMALLEST_LIMIT)
    units = tuple(order.tolist())
    return ReadingPicture(
        title=change_caption(trace, scores),
        states_title=title,
        places=places,
        probability=trace.probability[first:],
        logits=trace.logits[first:],
        contributions=trace.contributions[first:],
        states=states[:, order],
        units=units,
        limit=limit,
        parts=parts,
        bias=bias,
        raw=raw,
        stored=stored,
        labels=labels,
        turning=tuple(int(place) - first for place in flip_positions(trace) if place >= first),
        edge=trace.encoding.first_word - first,
        column=pinned - first if pinned is not None and pinned >= first else None,
        row=units.index(unit) if unit in units else None,
    )


@dataclass(frozen=True, slots=True)
class StrongestWords:
    """The words with the largest contributions to each side.

    Attributes:
        title: What stands out.
        words: The words, the one most against the verdict "positive" last.
        where: Their numbers in the text and their time steps, in words.
        values: What each says: its part of the logit.
        limit: Logit at the end of the axis.
    """

    title: str
    words: tuple[str, ...]
    where: tuple[str, ...]
    values: tuple[float, ...]
    limit: float

    def data(self) -> dict[str, Any]:
        """Everything as the script wants it."""
        return {
            "title": self.title,
            "words": self.words,
            "where": self.where,
            "values": self.values,
            "limit": self.limit,
            "rows": MOST_BARS,
            **COLOURS,
        }


def strongest_words(trace: RunningTrace, *, scores: Floats | None = None) -> StrongestWords:
    """The words with the largest contributions, from positive to negative.

    Args:
        trace: The trace.
        scores: What each place says, ``(T,)``; its contribution when left out.
    """
    scores = trace.contributions if scores is None else scores
    first = trace.encoding.first_word
    words = scores[first:]
    chosen = np.argsort(-np.abs(words), kind="stable")[:MOST_BARS]
    ranked = chosen[np.argsort(-words[chosen], kind="stable")] + first
    return StrongestWords(
        title=strongest_title(trace, scores),
        words=tuple(word_labels(trace.encoding, ranked.tolist())),
        where=tuple(place_name(trace.encoding, int(place)) for place in ranked),
        values=tuple(scores[ranked].tolist()),
        limit=max(float(np.abs(words).max(initial=0.0)), SMALLEST_LIMIT),
    )
