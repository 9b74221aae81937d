"""Contribution of a phrase: its own part, what it adds only together with the rest, and its words.

The final logit in four parts that sum to it: the phrase by itself, the other words by themselves,
padding and start with the output bias (contextual decomposition of each), and what is left: what
these three say only together.

Symbols: S steps, L words of the phrase, D units.
"""

from dataclasses import dataclass

import numpy as np

from lstm_core.attribution.contextual_decomposition import phrase_parts
from lstm_core.attribution.occlusion import MaskingStrategy, mask_words
from lstm_core.errors import InputError
from lstm_core.recurrent.backward import unroll
from lstm_core.recurrent.lstm import Floats, LstmForward
from lstm_core.recurrent.trace import Trace

LONGEST_GRID = 12  # words of a phrase whose every part is drawn


@dataclass(frozen=True, slots=True)
class Phrase:
    """One phrase of a review; the first four parts sum to the logit."""

    first: int  # place of its first word
    last: int  # place of its last word
    own: float  # what the phrase says by itself
    others: float  # what the other words say by themselves
    silent: float  # what padding and start say by themselves, with the output bias
    joint: float  # what phrase, other words and padding say only together
    words: tuple[float, ...]  # what each word of the phrase says by itself, as a phrase of one
    taken_out: float  # the logit minus that of the review typed without the phrase
    logit: float  # the final logit

    @property
    def together(self) -> float:
        """Its own part and what it says only together with the rest."""
        return self.own + self.joint


def split_phrase(forward: LstmForward, trace: Trace, first: int, last: int) -> Phrase:
    """Split the logit of a review by a phrase.

    Args:
        first: Place of the phrase's first word.
        last: Place of its last word.

    Raises:
        InputError: When the places are not those of words.
    """
    _check(trace, first, last)
    run = unroll(forward, trace)
    skip = trace.encoding.first_word - run.first  # the start sign
    start, stop = first - run.first, last + 1 - run.first
    marks = np.zeros((3 + stop - start, run.steps), bool)
    marks[0, start:stop] = True
    marks[1, skip:] = ~marks[0, skip:]
    marks[2, :skip] = True
    marks[3 + np.arange(stop - start), start + np.arange(stop - start)] = True
    padding = np.arange(len(marks)) == 2
    parts = phrase_parts(forward.weights, trace, run, marks, padding).astype(float)  # (3 + L,)
    logit, silent = float(trace.logits[-1]), float(parts[2]) + forward.weights.dense_bias
    keep = np.ones((1, forward.maxlen), bool)
    keep[0, first : last + 1] = False
    left = forward.final_states(mask_words(trace.encoding.ids, keep, MaskingStrategy.DELETE))
    return Phrase(
        first=first,
        last=last,
        own=float(parts[0]),
        others=float(parts[1]),
        silent=silent,
        joint=logit - silent - float(parts[0] + parts[1]),
        words=tuple(float(part) for part in parts[3:]),
        taken_out=logit - float(forward.logits(left)[0]),
        logit=logit,
    )


def phrase_grid(forward: LstmForward, trace: Trace, first: int, last: int) -> Floats:
    """What every part of a phrase says by itself.

    Returns:
        Float32 ``(L, L)``: row n - 1 and column s hold the n words from the s-th on;
        not-a-number where there are none. Of a long phrase the first `LONGEST_GRID` words.
    """
    _check(trace, first, last)
    run = unroll(forward, trace)
    size = min(last + 1 - first, LONGEST_GRID)
    spans = [(n, s) for n in range(1, size + 1) for s in range(size + 1 - n)]
    marks = np.zeros((len(spans), run.steps), bool)
    for row, (n, s) in zip(marks, spans, strict=True):
        at = first - run.first + s
        row[at : at + n] = True
    grid = np.full((size, size), np.nan, np.float32)
    rows, columns = np.array(spans).T
    grid[rows - 1, columns] = phrase_parts(forward.weights, trace, run, marks)
    return grid


def _check(trace: Trace, first: int, last: int) -> None:
    if not trace.encoding.first_word <= first <= last < trace.encoding.maxlen:
        raise InputError(
            f"A phrase from place {first} to {last} came in; the words of this review stand at "
            f"the places {trace.encoding.first_word} to {trace.encoding.maxlen - 1}."
        )
