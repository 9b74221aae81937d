"""Where the running probability last crosses one half, and the word or phrase named for it.

The crossing is a fact of the running probability; it is reported where the prediction was decided
the other way before (outside the undecided band), since the first word of any review may cross one
half. The word named beside it is the one with the largest attribution in that direction among the
words read by then, else in the review, so the sentence agrees with the attribution shown on the
same page. A negation, modal or similar word beside it makes it a phrase, whose attribution is the
sum of its words'.

Symbols: T time steps.
"""

from dataclasses import dataclass

import numpy as np

from lstm_core.analysis.captions import nothing_known, phrase_text, quoted_word, towards
from lstm_core.analysis.formatting import probability, signed
from lstm_core.recurrent.lstm import Floats
from lstm_core.recurrent.running import RunningTrace
from lstm_core.recurrent.trace import UNDECIDED_FROM, UNDECIDED_TO
from lstm_core.text import Encoding

WITHIN = 5  # words up to the crossing that are looked at
REACH = 4  # words between a cue and the word it changes, at most
HALF = probability(0.5)
LEAST = 0.05  # logit: smaller attributions are not reported
LEAST_SHARE = 0.1  # of the largest attribution: a word that has less is not named for a crossing
CUES = frozenset(
    "no not never nothing nobody none neither nor without hardly barely scarcely cannot could "
    "should would might too only less least little few lacks lacking lack far anything if".split()
)
CONJUNCTIONS = frozenset("and but although though yet because while whereas".split())
SENTENCE_ENDS = frozenset(".!?;:\n")


@dataclass(frozen=True, slots=True)
class PredictionChange:
    """What changed the prediction along a review.

    Attributes:
        crossing: Time step of the word at which the running probability last crosses one half;
            None when no word before it had led to a decided prediction of the other label.
        positive: Whether it is above one half from there to the end.
        first: Time step of the first word of the named word or phrase; None when no word of the
            review has an attribution of at least `LEAST` in the direction of the prediction.
        last: Time step of its last word, likewise.
        attribution: Sum of the attributions of its words, in logit.
        crossings: How often the running probability crosses one half at a word.
        near: Whether the named word or phrase was read just before the crossing or at it.
        largest: Whether no single word of the review has a larger attribution in that direction.
    """

    crossing: int | None
    positive: bool
    first: int | None
    last: int | None
    attribution: float
    crossings: int
    near: bool = False
    largest: bool = False


def prediction_change(trace: RunningTrace, scores: Floats | None = None) -> PredictionChange:
    """Find the last crossing of one half and the word or phrase behind it.

    Args:
        trace: The trace of the review, T time steps.
        scores: Attribution of each time step, ``(T,)``; the contributions when left out.
    """
    scores = trace.contributions if scores is None else scores
    start = trace.encoding.first_word
    above = trace.probability >= 0.5  # (T,)
    crossings = [
        step for step in range(max(start, 1), len(above)) if above[step] != above[step - 1]
    ]
    positive = bool(above[-1])
    at = crossings[-1] if crossings else None
    if at is not None and not _decided(trace.probability[start:at], not positive):
        at = None
    towards = scores if positive else -scores
    near = None
    if at is not None:
        share = LEAST_SHARE * float(towards[start:].max())
        near = _named(trace.encoding, towards, max(start, at - WITHIN + 1), at, max(LEAST, share))
    found = near or _named(trace.encoding, towards, start, len(above) - 1, LEAST)
    if found is None:
        return PredictionChange(at, positive, None, None, 0.0, len(crossings))
    first, last = found
    total = float(scores[first : last + 1].sum())
    largest = abs(total) >= float(towards[start:].max())
    return PredictionChange(
        at, positive, first, last, total, len(crossings), near is not None, largest
    )


def _decided(running: Floats, positive: bool) -> bool:
    """Whether some running probability lies beyond the undecided band, on one side."""
    beyond = running >= UNDECIDED_TO if positive else running <= UNDECIDED_FROM
    return bool(beyond.any())


def change_caption(trace: RunningTrace, scores: Floats | None = None) -> str:
    """One sentence on what changed the prediction, consistent with the attribution `scores`."""
    if not trace.encoding.known_count:
        end = f"P({trace.class_name}) ends at {probability(trace.verdict_probability)}"
        return f"{nothing_known(trace.encoding)}; {end}"
    found = prediction_change(trace, scores)
    name = f"P({trace.class_name})"
    end = probability(trace.verdict_probability)
    most = f"no word contributes more than {LEAST} {towards(trace, found.positive)}"
    if found.first is not None:
        value = signed(found.attribution)
        amount = f"contributes most ({value})" if found.largest else f"contributes {value}"
        most = f"{_name(trace, found)} {amount}"
    if found.crossing is None and not found.crossings:
        if end == HALF:
            return f"{name} is never below 50 % and ends at it; {most}"
        side = "above" if found.positive else "below"
        return f"{name} stays {side} 50 % and ends at {end}; {most}"
    if found.crossing is None:
        before = probability(float(trace.probability[max(trace.encoding.first_word - 1, 0)]))
        if before == end:
            return f"{name} is {end} before the first word and at the end; {most}"
        return f"{name} goes from {before} before the first word to {end}; {most}"
    word = quoted_word(trace.encoding.words[found.crossing])
    number = found.crossing - trace.encoding.first_word + 1
    crosses = "crosses" if found.crossings == 1 else "last crosses"
    where = f"{name} {crosses} 50 % at {word} (word {number})"
    if not found.near:
        return f"{where} and ends at {end}; {most}"
    value = signed(found.attribution)
    if found.first == found.last == found.crossing:
        return f"{where}, which contributes {value}, and ends at {end}"
    link = "the end of" if found.last == found.crossing else "shortly after"
    return f"{where}, {link} {_name(trace, found)}, which contributes {value}, and ends at {end}"


def _name(trace: RunningTrace, found: PredictionChange) -> str:
    assert found.first is not None and found.last is not None
    return phrase_text(trace, found.first, found.last)


def _named(
    encoding: Encoding, towards: Floats, start: int, end: int, least: float
) -> tuple[int, int] | None:
    """Time steps of the phrase, or of the word, with the largest attribution in one direction."""
    if end < start or float(towards[start : end + 1].max()) < least:
        return None
    strongest = start + int(np.argmax(towards[start : end + 1]))
    phrase = _phrase(encoding, towards, strongest, end)
    if phrase is not None and float(towards[phrase[0] : phrase[1] + 1].sum()) >= least:
        return phrase
    return strongest, strongest


def _phrase(
    encoding: Encoding, towards: Floats, strongest: int, end: int
) -> tuple[int, int] | None:
    """The phrase of a cue and the word it changes, None when there is no cue near the word."""
    if _is_cue(encoding.words[strongest]):
        reach = range(strongest + 1, min(strongest + REACH, end) + 1)
        steps = [step for step in reach if _together(encoding, strongest, step)]
        weighty = [step for step in steps if abs(float(towards[step])) >= LEAST]
        if weighty:
            return strongest, max(weighty, key=lambda step: abs(float(towards[step])))
    first = max(encoding.first_word, strongest - REACH)
    cues = [
        step
        for step in range(first, strongest)
        if _is_cue(encoding.words[step]) and _together(encoding, step, strongest)
    ]
    return (cues[0], strongest) if cues else None


def _is_cue(word: str) -> bool:
    return word in CUES or word.endswith("n't")


def _together(encoding: Encoding, one: int, other: int) -> bool:
    """Whether two words stand in one clause."""
    between = set(encoding.words[one + 1 : other])
    return between.isdisjoint(CONJUNCTIONS) and in_one_sentence(encoding, one, other)


def in_one_sentence(encoding: Encoding, one: int, other: int) -> bool:
    """Whether no sentence ends between two words, the first of them in front."""
    begin, end = encoding.spans[one], encoding.spans[other]
    if begin is None or end is None:
        return False
    return SENTENCE_ENDS.isdisjoint(encoding.text[begin.end : end.start])
