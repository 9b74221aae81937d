"""Where else the model behaves as it does here: the same units on over a stretch of words.

After LSTMVis (Strobelt et al. 2018): a unit is on at a word when its hidden state is at least a
threshold away from zero; the pattern of a phrase is the units that stay on, on one side, through
all its words. A fresh pattern takes those alone that the phrase itself switched on. Searched in
the kept bytes, so a state within 0.004 of the threshold may fall on either side of it.

Symbols: P words, D units, S units of the pattern, L words of the phrase.
"""

import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lstm_core.activations.schema import NO_LABEL, STATE_STEP, ReviewStates
from lstm_core.activations.store import StateIndex
from lstm_core.activations.top_spans import (
    TopSpan,
    argmax_position,
    in_text_order,
    ranked_reviews,
)
from lstm_core.errors import InputError

LOOSE = 0.75  # from this share on a stretch counts as a loose match
CHUNK = 500_000  # words searched at a time: bounds what is in memory
SPARE = 8  # more candidates than are wanted: some are the same review again
NOT_HERE = np.float32(-9)


@dataclass(frozen=True)
class Pattern:
    """The units that stay on through a phrase.

    Attributes:
        units: They, ascending.
        sides: 1 for above zero, -1 for below, for each of them.
        length: Words of the phrase.
        threshold: How far from zero counts as on.
        fresh: Only units that were not on at the word before: the phrase switches them on.
    """

    units: tuple[int, ...]
    sides: tuple[int, ...]
    length: int
    threshold: float
    fresh: bool = False


@dataclass(frozen=True)
class Matches:
    """What a search found.

    Attributes:
        best: The best stretches, one per review; `TopSpan.value` is the share of the pattern's
            units that are on, over all its words.
        reviews: Reviews with a match at all, without the one that the phrase is from; of equal
            ones, one.
        searched: Reviews looked at.
        called_positive: Share of the reviews with a match that the model calls positive.
        positive: Share that are positive, of those with a label; None without one.
        seconds: How long it took.
    """

    best: tuple[TopSpan, ...]
    reviews: int
    searched: int
    called_positive: float
    positive: float | None
    seconds: float


def pattern_of(
    trace: ReviewStates,
    first: int,
    last: int,
    threshold: float,
    *,
    fresh: bool = False,
    backward: bool = False,
) -> Pattern:
    """The pattern of a phrase in a trace.

    Args:
        trace: The trace, or the states of a layer.
        first: Place of its first word.
        last: Place of its last word.
        threshold: How far from zero counts as on, above 0 and below 1.
        fresh: Leave out units that were on already before the phrase.
        backward: The layer reads the last word first: what follows the phrase is before it.

    Raises:
        InputError: For places that hold no word, or a threshold that is none.
    """
    encoding = trace.encoding
    if not encoding.first_word <= first <= last < encoding.maxlen:
        raise InputError(
            f"A phrase from place {first} to {last} came in; words stand at {encoding.first_word} "
            f"to {encoding.maxlen - 1}."
        )
    if not 0 < threshold < 1:
        raise InputError(f"A threshold of {threshold} came in; give one above 0 and below 1.")
    states = np.rint(trace.hidden_state * np.float32(STATE_STEP))  # (T, D)
    phrase, limit = states[first : last + 1], _limit(threshold)
    above, below = (phrase >= limit).all(axis=0), (phrase <= -limit).all(axis=0)  # (D,)
    place = last + 1 if backward else first - 1  # read before the phrase
    if fresh and 0 <= place < len(states):  # before the first step every state is zero: off
        above, below = above & (states[place] < limit), below & (states[place] > -limit)
    units = np.flatnonzero(above | below)
    return Pattern(
        tuple(units.tolist()),
        tuple(np.where(above[units], 1, -1).tolist()),
        last - first + 1,
        threshold,
        fresh,
    )


def find_pattern(
    index: StateIndex,
    pattern: Pattern,
    *,
    exact: bool,
    most: int = 12,
    without: npt.NDArray[np.int32] | None = None,
) -> Matches:
    """The stretches of the corpus that are most like a pattern.

    Args:
        exact: Only stretches at which every unit of the pattern is on at every word (and off at the
            word before, where the pattern is fresh), those with the fewest others on first;
            otherwise the share of the pattern that is on counts, less
            the share of the other units that are.
        most: How many to give.
        without: Words read of a review that is left out: the one that the phrase is from.

    Raises:
        InputError: When no unit is in the pattern.
    """
    if not pattern.units:
        raise InputError("No unit stays on through this phrase. Lower the threshold.")
    begun = time.perf_counter()
    candidates: list[tuple[float, TopSpan]] = []
    matched: list[npt.NDArray[np.intp]] = []
    for low, high in _chunks(index.starts):
        start, end = int(index.starts[low]), int(index.starts[high])
        if end - start < pattern.length:
            continue
        here = index.starts[low : high + 1] - start
        share, score = _scores(index, pattern, start, end, exact)
        score = np.where(share >= (1.0 if exact else LOOSE), score, NOT_HERE)
        rows, best = ranked_reviews(score, here)
        rows = rows[best > NOT_HERE]
        matched.append(low + rows)
        for row in rows[: most + SPARE].tolist():
            at = argmax_position(score, here, row)
            first = at - int(here[row])
            phrase = TopSpan(low + row, first, pattern.length, float(share[at]))
            phrase = in_text_order(index, phrase)
            candidates.append((float(score[at]), phrase))
    candidates.sort(key=lambda item: -item[0])
    if without is not None and index.note.backward:
        without = without[::-1]
    seen = set() if without is None else {without.astype(np.int32).tobytes()}
    rows = np.concatenate(matched) if matched else np.empty(0, np.intp)
    reviews = np.array(_different(index, rows.tolist(), set(seen)), np.intp)
    called, positive = _says(index, reviews)
    phrases = {phrase.review: phrase for _, phrase in candidates}  # best first
    return Matches(
        best=tuple(phrases[review] for review in _different(index, list(phrases), seen)[:most]),
        reviews=len(reviews),
        searched=index.note.reviews,
        called_positive=called,
        positive=positive,
        seconds=time.perf_counter() - begun,
    )


def _limit(threshold: float) -> int:
    """The smallest byte that counts as on."""
    return max(int(np.ceil(threshold * STATE_STEP - 0.5)), 1)


def _chunks(starts: npt.NDArray[np.int64]) -> list[tuple[int, int]]:
    """Whole reviews, about `CHUNK` words at a time: first and behind the last."""
    edges = np.searchsorted(starts, np.arange(0, int(starts[-1]) + CHUNK, CHUNK))
    edges = np.unique(np.minimum(np.append(edges, len(starts)), len(starts) - 1))
    return [(int(a), int(b)) for a, b in zip(edges[:-1], edges[1:], strict=True)]


def _scores(
    index: StateIndex, pattern: Pattern, start: int, end: int, exact: bool
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Share of the pattern that is on, and the score, of the stretch that begins at each word."""
    states, length = index.kept("hidden_state"), pattern.length
    limit: float = _limit(pattern.threshold)
    if states.dtype.kind == "f":  # not rounded to bytes
        limit = (limit - 0.5) / STATE_STEP
    sides = dict(zip(pattern.units, pattern.sides, strict=True))
    own, other = np.zeros(end - start, np.uint16), np.zeros(end - start, np.uint16)
    for unit in range(len(states)):
        state = np.asarray(states[unit, start:end])  # (P,)
        if unit in sides:
            own += state >= limit if sides[unit] > 0 else state <= -limit
        else:
            other += (state >= limit) | (state <= -limit)
    count = len(pattern.units)
    on, cells = _windows(own, length), count * length
    if pattern.fresh:  # and off at the word before
        on[1:] += count - own[: len(on) - 1].astype(np.float32)
        cells += count
    share = on / np.float32(cells)
    others = _windows(other, length) / np.float32(max(len(states) - count, 1) * length)
    share = np.where(_fits(index, start, end, pattern)[: len(share)], share, np.float32(0))
    return share, (1 - others if exact else share - others).astype(np.float32)


def _fits(index: StateIndex, start: int, end: int, pattern: Pattern) -> npt.NDArray[np.bool_]:
    """Words at which a stretch as long as the pattern may begin: it ends in the same review."""
    lengths = np.diff(index.starts)
    ends = np.repeat(index.starts[1:], lengths)[start:end]
    fits = np.arange(start, end) + pattern.length <= ends
    if pattern.fresh:  # a word must stand before it
        firsts = np.repeat(index.starts[:-1], lengths)[start:end]
        fits &= np.arange(start, end) > firsts
    return fits


def _windows(values: npt.NDArray[np.uint16], length: int) -> npt.NDArray[np.float32]:
    """Sums over the next `length` values, at every place where there are so many."""
    sums = np.concatenate([[0], np.cumsum(values, dtype=np.int32)])
    return (sums[length:] - sums[:-length]).astype(np.float32)


def _says(index: StateIndex, reviews: npt.NDArray[np.intp]) -> tuple[float, float | None]:
    """Share of reviews called positive, and share of the labelled ones that are."""
    if not len(reviews):
        return 0.0, None
    labels = index.labels[reviews]
    labels = labels[labels != NO_LABEL]
    called = float((index.logits[reviews] >= 0).mean())
    return called, float(labels.mean()) if len(labels) else None


def _different(index: StateIndex, reviews: list[int], seen: set[bytes]) -> list[int]:
    """The first review of each text that is not among those seen, as words read."""
    found = []
    for review in reviews:
        words = index.ids[index.starts[review] : index.starts[review + 1]].tobytes()
        if words not in seen:
            seen.add(words)
            found.append(review)
    return found


def highest_threshold(
    trace: ReviewStates,
    first: int,
    last: int,
    *,
    fresh: bool,
    units: int = 1,
    backward: bool = False,
) -> float | None:
    """The highest threshold, in hundredths, at which so many units are in the pattern of a phrase.

    None when no threshold gives so many.
    """
    for hundredths in range(95, 0, -5):
        found = pattern_of(trace, first, last, hundredths / 100, fresh=fresh, backward=backward)
        if len(found.units) >= units:
            return hundredths / 100
    return None
