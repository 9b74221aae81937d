"""Phrases of the corpus: those that move a unit most, and any stretch read back with its words.

Symbols: P words of the corpus, L words of a phrase, D units.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lstm_core.activations.schema import STATE_STEP, ReviewStates
from lstm_core.activations.store import StateIndex
from lstm_core.text import plain_text

PHRASE = 4  # words of a phrase that moves a unit
CONTEXT = 6  # words shown on each side
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class TopSpan:
    """A stretch of a review."""

    review: int  # row of the review
    first: int  # its first word, counted in the words read from 0
    length: int  # its words
    value: float  # what it was chosen by, for example how far it moves a unit


@dataclass(frozen=True, slots=True)
class SpanToken:
    """A piece of a review as it was typed: a word or what stands between two."""

    text: str  # as typed, white space made one blank
    value: float | None  # what is shown of the word, None between words
    inside: bool  # it belongs to the phrase


def top_spans(
    index: StateIndex, unit: int, *, up: bool, most: int = 6, length: int = PHRASE
) -> tuple[TopSpan, ...]:
    """The phrases over which a unit's hidden state rises (or falls) most, one per review.

    Found in the kept bytes, so to within 0.008; a phrase of the same words is given once.
    """
    starts, state = index.starts, index.kept("hidden_state")[unit]  # (N + 1,), (P,)
    if len(state) <= length:
        return ()
    moved = state[length:].astype(np.int16) - state[:-length]  # of words at + 1 .. at + L
    moved = moved if up else -moved
    ends = np.repeat(starts[1:], np.diff(starts))  # (P,), end of each word's review
    fits = np.arange(1, len(moved) + 1) + length <= ends[1 : len(moved) + 1]
    same = ends[: len(moved)] == ends[1 : len(moved) + 1]
    moved = np.where(fits & same, moved, np.int16(-256))

    def spans() -> Iterator[TopSpan]:
        for review in ranked_reviews(moved, starts)[0].tolist():
            at = argmax_position(moved, starts, review)
            if moved[at] <= 0:
                return
            value = float(moved[at] if up else -moved[at]) / STATE_STEP
            yield TopSpan(review, at + 1 - int(starts[review]), length, value)

    return _of_different_words(index, spans(), most)


def extreme_spans(
    index: StateIndex, unit: int, *, high: bool, most: int = 6
) -> tuple[TopSpan, ...]:
    """The words up to the highest (or lowest) hidden state of a unit, one passage a review.

    A passage is the last `PHRASE` words that the layer read up to there, fewer where its reading
    begins; one of the same words is given once. `TopSpan.value` is the state after it.
    """
    starts, state = index.starts, np.asarray(index.kept("hidden_state")[unit])  # (N + 1,), (P,)
    scores = state if high else -state

    def spans() -> Iterator[TopSpan]:
        for review in ranked_reviews(scores, starts)[0].tolist():
            at, start = argmax_position(scores, starts, review), int(starts[review])
            first = max(at - PHRASE + 1, start)
            yield TopSpan(review, first - start, at + 1 - first, float(state[at]))

    found = _of_different_words(index, spans(), most)
    return tuple(in_text_order(index, span) for span in found)


def _of_different_words(
    index: StateIndex, spans: Iterable[TopSpan], most: int
) -> tuple[TopSpan, ...]:
    """The first stretches of different words, counted in the words as kept."""
    found: dict[bytes, TopSpan] = {}
    for span in spans:
        if len(found) == most:
            break
        first = int(index.starts[span.review]) + span.first
        found.setdefault(index.ids[first : first + span.length].tobytes(), span)
    return tuple(found.values())


def in_text_order(index: StateIndex, span: TopSpan) -> TopSpan:
    """A stretch counted in the words as kept, counted in the words of the text instead."""
    if not index.note.backward:
        return span
    words = int(index.starts[span.review + 1] - index.starts[span.review])
    return replace(span, first=words - span.first - span.length)


def ranked_reviews(
    scores: np.ndarray, starts: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.intp], np.ndarray]:
    """Reviews by the best score of their words, the best first.

    Args:
        scores: One at every word that may be a start, up to P of them.
        starts: Where each review begins, ``(N + 1,)``.

    Returns:
        Rows of the reviews that have a score at all, and the best of each.
    """
    having = np.flatnonzero(np.minimum(starts[1:], len(scores)) > starts[:-1])
    if not len(having):
        return having, scores[:0]
    best = np.maximum.reduceat(scores, starts[having])
    order = np.argsort(-best.astype(np.float32), kind="stable")
    return having[order], best[order]


def argmax_position(scores: np.ndarray, starts: npt.NDArray[np.int64], row: int) -> int:
    """Where the best score of a review is, counted over the whole corpus."""
    return int(starts[row] + scores[starts[row] : starts[row + 1]].argmax())


def decode_span(
    trace: ReviewStates, phrase: TopSpan, values: np.ndarray, context: int = CONTEXT
) -> tuple[SpanToken, ...]:
    """A phrase with the words around it, as typed.

    Args:
        values: What to show of every place, ``(T,)``.
        context: Words on each side.
    """
    encoding = trace.encoding
    first = encoding.first_word + phrase.first
    last = first + phrase.length - 1
    start, end = max(first - context, encoding.first_word), min(last + context, encoding.maxlen - 1)
    cut = start > encoding.first_word or encoding.unread_before
    pieces = [SpanToken("… ", None, False)] if cut else []
    at = None
    for place in range(start, end + 1):
        span = encoding.spans[place]
        assert span is not None
        inside = first <= place <= last
        if at is not None:
            between = _clean(encoding.text[at : span.start])
            pieces.append(SpanToken(between, None, inside and place > first))
        pieces.append(SpanToken(encoding.text[span.start : span.end], float(values[place]), inside))
        at = span.end
    if end < encoding.maxlen - 1 or encoding.unread_start < len(encoding.text):
        pieces.append(SpanToken(" …", None, False))
    return tuple(pieces)


def _clean(text: str) -> str:
    text = _BLANKS.sub(" ", plain_text(f"|{text}|"))[1:-1]  # the blanks at the ends stay
    return text if len(text) <= 40 else text[:39] + "…"
