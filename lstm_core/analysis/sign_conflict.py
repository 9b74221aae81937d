"""Words whose attribution and whose change of the running probability have opposite signs.

An attribution is a word's part in the final logit; the running probability changes by what a word
adds to the words before it. In a phrase such as a negation the two differ: the logit of the phrase
is shared out over its words, and one of them may get the sign that the phrase has not.

Symbols: T time steps.
"""

from dataclasses import dataclass

import numpy as np

from lstm_core.analysis.captions import phrase_text, quoted, towards
from lstm_core.analysis.formatting import probability, signed
from lstm_core.analysis.prediction_change import in_one_sentence
from lstm_core.recurrent.lstm import Floats
from lstm_core.recurrent.running import RunningTrace

LEAST_SCORE = 0.25  # logit
LEAST_SHARE = 0.25  # of the largest attribution: fainter tints are hardly seen
LEAST_CHANGE = 0.1  # of the running probability
REACH = 4  # words of a phrase on either side of the word, at most


@dataclass(frozen=True, slots=True)
class SignConflict:
    """A word whose attribution and running change have opposite signs.

    Attributes:
        place: Time step of the word.
        first: Time step of the first word of the shortest phrase around it whose attributions sum
            to the sign of the change; `place` where there is none.
        last: Time step of its last word.
        together: Sum of the attributions of the phrase.
    """

    place: int
    first: int
    last: int
    together: float

    @property
    def is_phrase(self) -> bool:
        """Whether a phrase was found."""
        return self.first < self.last


def sign_conflict(trace: RunningTrace, scores: Floats) -> SignConflict | None:
    """The word with the largest conflict of signs, None when no word has a noticeable one.

    Args:
        scores: Attribution of each time step, ``(T,)``.
    """
    start, steps = trace.encoding.first_word, len(trace.probability)
    if start >= steps or not start:
        return None
    change = np.diff(trace.probability)[start - 1 :]  # of each word
    tints = scores[start:]
    least = max(LEAST_SCORE, LEAST_SHARE * float(np.abs(tints).max()))
    clear = (np.abs(tints) >= least) & (np.abs(change) >= LEAST_CHANGE)
    size = np.where(clear, -tints * change, 0.0)
    at = int(size.argmax())
    if size[at] <= 0:
        return None
    place, way = start + at, float(np.sign(change[at]))
    spans = (
        (first, first + length - 1)
        for length in range(2, REACH + 2)
        for first in range(place, place - length, -1)  # with words behind it before those ahead
    )
    sums = (
        (first, last, float(scores[first : last + 1].sum()))
        for first, last in spans
        if first >= start and last < steps and in_one_sentence(trace.encoding, first, last)
    )
    found = next((one for one in sums if way * one[2] >= LEAST_SCORE), (place, place, 0.0))
    return SignConflict(place, *found)


def conflict_caption(trace: RunningTrace, scores: Floats) -> str:
    """One sentence on the largest conflict of signs; empty where there is none."""
    found = sign_conflict(trace, scores)
    if found is None:
        return ""
    place, score = found.place, float(scores[found.place])
    before, after = (probability(float(p)) for p in trace.probability[place - 1 : place + 1])
    moves = "falls" if score > 0 else "rises"
    contrast = (
        f"{quoted(trace, place)} is tinted {towards(trace, score > 0)} ({signed(score)}) although "
        f"P({trace.class_name}) {moves} at it, from {before} to {after}:"
    )
    if not found.is_phrase:
        return f"{contrast} a tint is a word's part in the prediction after all words."
    phrase = phrase_text(trace, found.first, found.last)
    return (
        f"{contrast} the effect of {phrase} is split over its words, which together contribute "
        f"{signed(found.together)}."
    )
