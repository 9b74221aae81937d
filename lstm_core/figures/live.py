"""The pictures of the live page as plain numbers: running verdict, hidden states, strongest words.

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
    short,
    strongest_title,
)
from lstm_core.analysis.formatting import p_positive
from lstm_core.analysis.prediction_change import change_caption
from lstm_core.figures.axes import Places
from lstm_core.figures.colours import NEGATIVE, POSITIVE
from lstm_core.recurrent.lstm import Floats
from lstm_core.recurrent.running import ModelTrace, RunningTrace
from lstm_core.recurrent.trace import Trace, flip_positions

MOST_BARS = 10
SMALLEST_LIMIT = 0.05  # logit at the end of the bars' axis, at least
COLOURS = {"positive": POSITIVE, "negative": NEGATIVE}


@dataclass(frozen=True, slots=True)
class ReadingPicture:
    """The running verdict over the words and, on the same columns, the hidden state of all units.

    Attributes:
        title: What stands out.
        hidden_title: What stands out in the hidden states.
        places: The places shown and their words.
        probability: P(positive) after each column, ``(S,)``.
        contributions: What each column added to the final logit, ``(S,)``.
        hidden: Hidden states, ``(S, D)``, between -1 and 1.
        turning: Columns whose words made the verdict take another side.
        edge: The first word's column: a line is drawn before it when it is not the first.
        column: The column to frame, None for none.
    """

    title: str
    hidden_title: str
    places: Places
    probability: Floats
    contributions: Floats
    hidden: Floats
    turning: tuple[int, ...]
    edge: int
    column: int | None

    @property
    def says(self) -> str:
        """The picture in words."""
        end = f"At the end {p_positive(self.probability[-1])}"
        return f"Running verdict: {self.title}. {end}. Hidden states: {self.hidden_title}."

    def data(self) -> dict[str, Any]:
        """Everything as the script wants it; the hidden states as base64 of 32-bit floats."""
        return {
            "title": self.title,
            "hiddenTitle": self.hidden_title,
            "says": self.says,
            "labels": tuple(self.places.labels),
            "names": tuple(self.places.names),
            "where": tuple(place_name(self.places.encoding, at - 1) for at in self.places.at),
            "probability": tuple(self.probability.tolist()),
            "percents": tuple(p_positive(value) for value in self.probability.tolist()),
            "contributions": tuple(self.contributions.tolist()),
            "hidden": b64encode(np.ascontiguousarray(self.hidden, "<f4").tobytes()).decode(),
            "units": int(self.hidden.shape[1]),
            "turning": self.turning,
            "edge": self.edge,
            "column": self.column,
            **COLOURS,
        }


def reading_picture(
    trace: Trace | ModelTrace,
    *,
    padding: bool = False,
    pinned: int | None = None,
    scores: Floats | None = None,
) -> ReadingPicture:
    """The running verdict and the hidden states of a trace.

    Args:
        trace: The trace, T places and D units.
        padding: Show the zeros in front too.
        pinned: Place of a word to mark.
        scores: The attribution shown beside it, ``(T,)``, with which the title agrees.
    """
    places = Places.of(trace.encoding, padding=padding)
    first = places.first
    hidden = trace.hidden_state[first:]
    if isinstance(trace, ModelTrace):
        limit = float(np.abs(hidden).max(initial=1.0))
        hidden = hidden / np.float32(limit)
        title = f"Hidden state of {trace.last_layer.name}"
        title += "" if limit == 1 else f", full colour at ±{limit:.1f}"
    else:
        title = hidden_title(trace)
    return ReadingPicture(
        title=change_caption(trace, scores),
        hidden_title=title,
        places=places,
        probability=trace.probability[first:],
        contributions=trace.contributions[first:],
        hidden=hidden,
        turning=tuple(int(place) - first for place in flip_positions(trace) if place >= first),
        edge=trace.encoding.first_word - first,
        column=pinned - first if pinned is not None and pinned >= first else None,
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


def strongest_words(
    trace: RunningTrace, most: int = MOST_BARS, *, scores: Floats | None = None
) -> StrongestWords:
    """The words with the largest contributions, from positive to negative.

    Args:
        trace: The trace.
        most: How many words at most.
        scores: What each place says, ``(T,)``; its contribution when left out.
    """
    scores = trace.contributions if scores is None else scores
    first = trace.encoding.first_word
    words = scores[first:]
    chosen = np.argsort(-np.abs(words), kind="stable")[:most]
    ranked = chosen[np.argsort(-words[chosen], kind="stable")] + first
    return StrongestWords(
        title=strongest_title(trace, scores),
        words=tuple(short(trace.encoding.words[place]) for place in ranked),
        where=tuple(place_name(trace.encoding, int(place)) for place in ranked),
        values=tuple(scores[ranked].tolist()),
        limit=max(float(np.abs(words).max(initial=0.0)), SMALLEST_LIMIT),
    )
