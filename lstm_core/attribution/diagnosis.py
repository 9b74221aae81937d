"""Diagnosis of a wrong prediction: its likely causes, ranked by computed effect, with evidence.

Every cause is measured as a shift of the final logit towards the right label: by the whole review
(truncation), by other words in the places of unknown ones, by reading without padding, by a phrase
that contributed the opposite (contextual decomposition) and by leaving out one word. Units and the
smallest counterfactual follow as further evidence.

Symbols: T places, D units.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from math import log

import numpy as np

from lstm_core.analysis.captions import (
    instead_of,
    listed_unknown,
    phrase_text,
    plural,
    quoted,
    quoted_word,
    similarly_spelled,
)
from lstm_core.analysis.formatting import p_positive, signed
from lstm_core.analysis.prediction_change import CUES, in_one_sentence
from lstm_core.analysis.unit_stats import logit_parts
from lstm_core.attribution.captions import edit_caption
from lstm_core.attribution.counterfactuals import minimal_counterfactuals
from lstm_core.attribution.edits import Edit, EditKind, edited_ids, outcomes, top_single_edits
from lstm_core.attribution.phrases import split_phrase
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.functions import logistic
from lstm_core.recurrent.lstm import Floats
from lstm_core.recurrent.padding import padding_effect
from lstm_core.recurrent.running import RunningTrace
from lstm_core.recurrent.trace import Trace
from lstm_core.text import UNKNOWN, Side, Vocabulary

LINES = 6  # at most
LEAST = 0.25  # logit: causes with a smaller effect are not reported, but for padding that flips
REACH = 10  # words from a cue to the words that it changes, at most
BEFORE = 8  # words from such words to a cue behind them, at most
FREQUENT = 100  # words of the vocabulary that count as function words
TYPICAL = 10  # rank of the word that stands for an unknown one, by its logit alone
SIMILAR = 0.8  # spelling ratio from which on a known word counts as what was meant
CHANGED = 0.1  # change of a hidden state, or of the running logit, that counts
UNDER = CUES | frozenset("supposed promised expected pretends tries fails avoid avoids".split())
BEHIND = frozenset("neither none wrong lie untrue".split())  # cues that follow their phrase


class Cause(StrEnum):
    """What a line of a diagnosis is about."""

    TRUNCATION = "truncation"
    UNKNOWN = "unknown"
    PADDING = "padding"
    PHRASE = "phrase"
    WORD = "word"
    UNITS = "units"
    COUNTERFACTUAL = "counterfactual"
    SIMILAR = "similar"  # made by `lstm_core.activations.similar_phrases`


@dataclass(frozen=True, slots=True)
class CauseLine:
    """One computed line of a diagnosis."""

    cause: Cause  # what it is about
    text: str  # one or two sentences
    effect: float  # shift of the logit towards the right label, by which causes are ranked
    first: int | None = None  # time step of the first word concerned, from 0; None for none
    last: int | None = None  # time step of the last one
    unit: int | None = None  # the unit concerned; None for none

    @property
    def places(self) -> range:
        """The time steps concerned."""
        return (
            range(0)
            if self.first is None or self.last is None
            else range(self.first, self.last + 1)
        )


def diagnose(model: SentimentModel, trace: Trace, positive: bool) -> tuple[CauseLine, ...]:
    """The likely causes of a wrong prediction, the largest effect first, then further evidence.

    Args:
        model: A model of the article's architecture.
        positive: The right label.

    Returns:
        At most `LINES` lines; none when the prediction has that label already.
    """
    if not trace.encoding.read_count or (trace.verdict_probability >= 0.5) == positive:
        return ()
    sign = 1 if positive else -1
    drops = _drops(model, trace, sign)  # (T,)
    phrase = _phrase(model, trace, drops, sign)
    found = [
        truncation_line(model, trace, sign),
        _unknown(model, trace, sign),
        _padding(model, trace, sign),
        phrase,
        word_line(trace, drops, sign, phrase),
    ]
    return ranked_causes(found, [_units(trace, sign), _counterfactual(model, trace, sign)])


def ranked_causes(
    found: Sequence[CauseLine | None], further: Sequence[CauseLine | None]
) -> tuple[CauseLine, ...]:
    """The causes with an effect, the largest first, then further evidence: `LINES` at most."""
    causes = [
        line
        for line in found
        if line is not None and (line.effect >= LEAST or line.cause is Cause.PADDING)
    ]
    causes.sort(key=lambda line: -line.effect)
    kept = [line for line in further if line is not None]
    return (*causes[: LINES - len(kept)], *kept)


def _logit(probability: float) -> float:
    """The logit of a probability, clipped: compare it with other clipped ones only."""
    inside = min(max(probability, 1e-7), 1 - 1e-7)
    return log(inside / (1 - inside))


def truncation_line(model: SentimentModel, trace: RunningTrace, sign: int) -> CauseLine | None:
    """The whole review against the part of it that was read."""
    encoding = trace.encoding
    if not encoding.unread_words:
        return None
    whole = float(model.predict([encoding.text], whole=True)[0])
    count = len(encoding.unread_words)
    unread = "word" if count == 1 else plural(count, "word")
    end = "first" if model.vocabulary.rules.truncating is Side.PRE else "last"
    return CauseLine(
        Cause.TRUNCATION,
        f"The {end} {unread} of {encoding.word_count:,} {'was' if count == 1 else 'were'} "
        "not read. The whole review: "
        f"{instead_of(whole, trace.verdict_probability, trace.class_name)}.",
        sign * (_logit(whole) - _logit(trace.verdict_probability)),
    )


def _unknown(model: SentimentModel, trace: Trace, sign: int) -> CauseLine | None:
    """Known words in the places of the unknown ones: the nearest spelling, else a typical word."""
    encoding, vocabulary = trace.encoding, model.vocabulary
    if not encoding.unknown or not len(vocabulary):
        return None
    typical = top_single_edits(model, sign, TYPICAL)[-1]
    near = {
        place: nearest_spelling(encoding.words[place], vocabulary) for place in encoding.unknown
    }
    meant = {place: word for place, word in near.items() if word}
    words = {place: meant.get(place, typical) for place in encoding.unknown}
    edits = [Edit(EditKind.REPLACE, place, word) for place, word in words.items()]
    now = _logit(trace.verdict_probability)
    after, spelled = (
        _logit(float(p))
        for p in model.predict_ids(
            edited_ids(
                encoding, vocabulary, [edits, [edit for edit in edits if edit.place in meant]]
            )
        )
    )
    frequent = frozenset(vocabulary.words[:FREQUENT])
    content = sum(word not in frequent for word in encoding.words[encoding.first_word :])
    share = (len(words) - len(meant)) / content
    effect = sign * (spelled - now) + share * sign * (after - spelled)
    changed = f"a word such as {quoted_word(typical)}"
    if meant:
        others = len(words) - len(meant)
        rest = f" and {changed} for the other{'s' if others > 1 else ''}" if others else ""
        changed = f"{similarly_spelled(meant.values())}{rest}"
    where = f"in {'its' if len(words) == 1 else 'their'} place"
    return CauseLine(
        Cause.UNKNOWN,
        f"{listed_unknown(trace)} With {changed} {where}: {p_positive(logistic(after))}.",
        effect,
        encoding.unknown[0],
        encoding.unknown[0],
    )


def nearest_spelling(word: str, vocabulary: Vocabulary) -> str:
    """The known word of the same first letter that is spelled most similarly; "" for none."""
    known = [one for one in vocabulary.words if one[:1] == word[:1]]
    return next(iter(get_close_matches(word, known, 1, SIMILAR)), "")


def _padding(model: SentimentModel, trace: Trace, sign: int) -> CauseLine | None:
    """Reading the same words without zeros; reported when that gives the right label."""
    zeros = trace.encoding.pad_count
    if not zeros:
        return None
    without = float(padding_effect(model.bundle.weights, trace.encoding).probabilities[0])
    if (without >= 0.5) != (sign > 0):
        return None
    return CauseLine(
        Cause.PADDING,
        f"The words are read after {plural(zeros, 'zero')} of padding. Without padding: "
        f"{instead_of(without, trace.verdict_probability)}.",
        sign * (_logit(without) - _logit(trace.verdict_probability)),
    )


def _phrase(model: SentimentModel, trace: Trace, drops: Floats, sign: int) -> CauseLine | None:
    """The phrase with a negation or condition that moves the logit most to the wrong label."""
    found = [
        (split_phrase(model.forward, trace, first, last), cue)
        for cue, first, last in cue_spans(trace, drops)
    ]
    found = [one for one in found if sign * one[0].taken_out < 0]
    if not found:
        return None
    phrase, cue = min(found, key=lambda one: sign * one[0].taken_out)
    return CauseLine(
        Cause.PHRASE,
        f"{phrase_text(trace, phrase.first, phrase.last)} contains {quoted(trace, cue)}, but "
        f"moves the logit by {signed(phrase.taken_out)} against the review without it, towards the "
        f"prediction. By itself it contributes {signed(phrase.own)}, its words one by one "
        f"{signed(sum(phrase.words))} (contextual decomposition). {_reach(model, trace, cue)}",
        -2 * sign * phrase.taken_out,
        phrase.first,
        phrase.last,
    )


def cue_spans(trace: RunningTrace, wrong: Floats) -> Iterator[tuple[int, int, int]]:
    """Each cue with the first and last time step of a phrase that holds words for the wrong label.

    Args:
        wrong: Shift of the logit towards the right label without each word, ``(T,)``.
    """
    encoding = trace.encoding
    for cue in range(encoding.first_word, encoding.maxlen):
        word = encoding.words[cue]
        if word in UNDER or word.endswith("n't"):
            reach = [at for at in _sentence(trace, cue, REACH) if wrong[at] >= LEAST]
            if reach:
                yield cue, cue, max(reach, key=lambda at: wrong[at])
        if word in BEHIND:
            reach = [at for at in _sentence(trace, cue, -BEFORE) if wrong[at] >= LEAST]
            if reach:
                yield cue, max(reach, key=lambda at: wrong[at]), cue


def _sentence(trace: RunningTrace, place: int, reach: int) -> Iterator[int]:
    """The time steps after (or before) a place in the same sentence, at most `reach`."""
    encoding, step = trace.encoding, 1 if reach > 0 else -1
    for at in range(place + step, place + reach + step, step):
        if not encoding.first_word <= at < encoding.maxlen:
            return
        if not in_one_sentence(encoding, min(at, at - step), max(at, at - step)):
            return
        yield at


def _reach(model: SentimentModel, trace: Trace, cue: int) -> str:
    """How far a cue reaches, in words and units, against an unknown word in its place."""
    ids = trace.encoding.ids.copy()
    ids[cue] = UNKNOWN
    steps = model.forward.steps(ids)
    end = signed(float(trace.logits[-1]) - float(model.forward.logits(steps.hidden_state)[-1]))
    if cue + 1 == len(ids):
        return f"{quoted(trace, cue)} changes the final logit by {end}."
    moved = np.abs(model.forward.logits(steps.hidden_state) - trace.logits)[cue + 1 :]
    words = len(moved) if (moved >= CHANGED).all() else int((moved < CHANGED).argmax())
    change = np.abs(steps.hidden_state[cue + 1] - trace.hidden_state[cue + 1])  # (D,)
    return (
        f"Instead of an unknown word, {quoted(trace, cue)} changes the running logit by at least "
        f"{CHANGED} for {plural(words, 'word')} after it, the hidden state of "
        f"{int((change >= CHANGED).sum())} of {len(change)} units at the next word, and the final "
        f"logit by {end}."
    )


def _drops(model: SentimentModel, trace: Trace, sign: int) -> Floats:
    """Shift of the logit towards the right label without each word, ``(T,)``; 0 in the padding."""
    encoding = trace.encoding
    edits = [Edit(EditKind.DROP, at) for at in range(encoding.first_word, encoding.maxlen)]
    found = outcomes(model, encoding, edits)
    drops = np.zeros(encoding.maxlen, np.float32)
    after = np.array([_logit(one.probability) for one in found])
    drops[encoding.first_word :] = sign * (after - float(trace.logits[-1]))
    return drops


def word_line(
    trace: RunningTrace, drops: Floats, sign: int, phrase: CauseLine | None
) -> CauseLine | None:
    """The word without which the logit moves most towards the right label."""
    place = int(drops.argmax())
    named = phrase is not None and phrase.effect >= LEAST and place in phrase.places
    if trace.encoding.read_count < 2 or named:
        return None
    effect = float(drops[place])
    after = logistic(float(trace.logits[-1]) + sign * effect)
    return CauseLine(
        Cause.WORD,
        f"{quoted(trace, place)} has the largest effect of one word: without it "
        f"{instead_of(after, trace.verdict_probability, trace.class_name)}.",
        effect,
        place,
        place,
    )


def _units(trace: Trace, sign: int) -> CauseLine | None:
    """The units that carry the wrong decision."""
    wrong = -sign * logit_parts(trace)  # (D,)
    against = int((wrong > 0).sum())
    if not against:
        return None
    top = np.argsort(-wrong, kind="stable")[: min(3, against)]
    parts = ", ".join(f"unit {unit} ({signed(-sign * float(wrong[unit]))})" for unit in top)
    return CauseLine(
        Cause.UNITS,
        f"The largest contributions to this prediction: {parts}; the logit is "
        f"{signed(float(trace.logits[-1]))}.",
        float(wrong[top].sum()),
        unit=int(top[0]),
    )


def _counterfactual(model: SentimentModel, trace: Trace, sign: int) -> CauseLine | None:
    """The smallest edit found that gives the right label."""
    found = [one for one in minimal_counterfactuals(model, trace) if one.edits]
    if not found:
        return None
    best = min(found, key=lambda one: len(one.edits))
    edits = "; ".join(edit_caption(trace.encoding, edit) for edit in best.edits[:4])
    more = f" and {len(best.edits) - 4} more" if len(best.edits) > 4 else ""
    return CauseLine(
        Cause.COUNTERFACTUAL,
        f"The smallest edit found that flips the prediction: {edits}{more}; then "
        f"{p_positive(best.probability)}.",
        sign * (_logit(best.probability) - float(trace.logits[-1])),
        best.edits[0].place,
        best.edits[0].place,
    )
