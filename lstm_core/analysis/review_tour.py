"""Guided tour of one review: eight steps, each a question and one computed sentence.

Symbols: T places, D units, v the output weights.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lstm_core.analysis.captions import instead_of, place_name, plural, quoted, quoted_word
from lstm_core.analysis.formatting import p_positive, percent, signed
from lstm_core.analysis.unit_stats import OPEN, logit_parts, longest_open
from lstm_core.recurrent.trace import Trace
from lstm_core.text import Kind

STEPS = 8
NEGATIONS = frozenset(
    ["not", "no", "never", "nothing", "nobody", "none", "without", "hardly", "neither", "nor"]
)

Predict = Callable[[str], float]


@dataclass(frozen=True, slots=True)
class ReviewStep:
    """One step of the tour."""

    title: str  # its subject
    question: str  # a question before the answer
    answer: str  # one sentence computed from the review
    place: int | None = None  # the time step to mark, from 0; None for none
    unit: int | None = None  # the unit to mark; None for none


def tour_step(trace: Trace, number: int, predict: Predict) -> ReviewStep:
    """A step of the tour of a review that has a word.

    Args:
        number: The step, from 1 to `STEPS`.
        predict: P(positive) of another text, by the same model.
    """
    if number == 5:
        return _negation(trace, predict)
    steps = (_padding, _first_word, _input_gate, _kept, None, _forgotten, _prediction, _unread)
    make = steps[number - 1]
    assert make is not None
    return make(trace)


def _padding(trace: Trace) -> ReviewStep:
    encoding = trace.encoding
    first, places = encoding.first_word, plural(encoding.maxlen, "place")
    read = []
    if encoding.pad_count:
        read.append(plural(encoding.pad_count, "zero"))
    if first and encoding.kinds[first - 1] is Kind.START:
        read.append("the start token")
    fill = (
        f"The model always reads {places}: a shorter review has zeros in front, the padding."
        if encoding.pad_count
        else f"No padding: this review fills all {places} that the model reads."
    )
    before = (
        f"After {' and '.join(read)}, before any word, it is at "
        f"{p_positive(float(trace.probability[first - 1]))}."
        if read
        else "Nothing is read before the first word: the memory is empty."
    )
    question = "Is the memory empty when the first word arrives?"
    return ReviewStep("Padding", question, f"{fill} {before}")


def _first_word(trace: Trace) -> ReviewStep:
    place = trace.encoding.first_word
    added = signed(float(trace.contributions[place]))
    after = p_positive(float(trace.probability[place]))
    if place:
        after = instead_of(float(trace.probability[place]), float(trace.probability[place - 1]))
    return ReviewStep(
        "The first word",
        "How far can one word move the prediction?",
        f"After {quoted(trace, place)} it is {after}: the word adds {added} to the logit, the sum "
        "that becomes the probability (0 is 50 %, above it is positive).",
        place,
    )


def _input_gate(trace: Trace) -> ReviewStep:
    first = trace.encoding.first_word
    writes = trace.input_gate * trace.candidate  # (T, D)
    place, unit = _largest(writes, first)
    gate, value = float(trace.input_gate[place, unit]), float(trace.candidate[place, unit])
    return ReviewStep(
        "The input gate opens",
        "Which word is written to the memory most strongly?",
        f"The memory is {plural(writes.shape[1], 'cell state')}, one per unit. At "
        f"{quoted(trace, place)} unit {unit} computes the candidate {signed(value)}, its new "
        f"content, and the input gate {gate:.2f}, the part of it that is written (0 to 1): their "
        f"product, {signed(gate * value)}, is added to the cell state.",
        place,
        unit,
    )


def _kept(trace: Trace) -> ReviewStep:
    unit, before, longest = longest_open(trace)
    if not longest:
        return ReviewStep(
            "Memory is kept",
            "For how many words can a unit keep what it holds?",
            f"No forget gate reaches {OPEN} in this review: every unit loses a part at every word.",
        )
    begin, end = before + 1, before + longest
    left = float(trace.forget_gate[begin : end + 1, unit].prod())
    return ReviewStep(
        "Memory is kept",
        "For how many words can a unit keep what it holds?",
        f"The forget gate is the part of the cell state that is kept at a word (0 to 1). That of "
        f"unit {unit} is at least {OPEN} for {plural(longest, 'word')}, from "
        f"{quoted(trace, begin)} to {quoted(trace, end)}: of its cell state before them "
        f"{percent(left)} is left.",
        end,
        unit,
    )


def _negation(trace: Trace, predict: Predict) -> ReviewStep:
    encoding, text = trace.encoding, trace.encoding.text
    places = range(encoding.first_word, encoding.maxlen)
    found = [at for at in places if _negates(encoding.words[at])]
    now = trace.verdict_probability
    title, question = "The effect of a negation", "What does one negation change?"
    if found:
        place = max(found, key=lambda at: abs(float(trace.contributions[at])))
        span = encoding.spans[place]
        assert span is not None
        without = predict(f"{text[: span.start]} {text[span.end :]}")
        answer = (
            f"Without {quoted_word(encoding.words[place])} ({place_name(encoding, place)}) the "
            f"prediction is {instead_of(without, now)}."
        )
        return ReviewStep(title, question, answer, place)
    place = encoding.first_word + int(np.abs(trace.contributions[encoding.first_word :]).argmax())
    span = encoding.spans[place]
    assert span is not None
    changed = predict(f"{text[: span.start]} not {text[span.start :]}")
    answer = (
        f"This review has no negation; with “not” before {quoted(trace, place)} the prediction is "
        f"{instead_of(changed, now)}."
    )
    return ReviewStep(title, question, answer, place)


def _negates(word: str) -> bool:
    return word in NEGATIONS or word.endswith("n't")


def _forgotten(trace: Trace) -> ReviewStep:
    first = max(trace.encoding.first_word, 1)
    before = trace.cell_state[first - 1 : -1]  # (S, D)
    lost = before * (1 - trace.forget_gate[first:])
    at, unit = np.unravel_index(int(np.abs(lost).argmax()), lost.shape)
    place = first + int(at)
    gate, held = float(trace.forget_gate[place, unit]), float(before[at, unit])
    return ReviewStep(
        "Memory is forgotten",
        "Which word clears the most memory?",
        f"At {quoted(trace, place)} the forget gate of unit {unit} is {gate:.3f}: of its cell "
        f"state {signed(held)} only {signed(gate * held)} is left.",
        place,
        int(unit),
    )


def _prediction(trace: Trace) -> ReviewStep:
    parts = logit_parts(trace)  # (D,)
    unit = int(np.abs(parts).argmax())
    logit = float(trace.logits[-1])
    return ReviewStep(
        "The prediction",
        "How does the memory become one probability?",
        "The output gate of each unit passes a part of its cell state, limited to ±1 by tanh, on "
        "as its hidden state. "
        f"{plural(len(parts), 'hidden state')} times their output weights, one row each in the "
        f"chart, sum to {signed(float(parts.sum()))}; with the bias {signed(float(trace.bias))} "
        f"the logit is {signed(logit)}, which the sigmoid, a function with values from 0 to 1, "
        f"turns into {p_positive(trace.verdict_probability)}. Unit {unit} has the largest part, "
        f"{signed(float(parts[unit]))}.",
        trace.encoding.maxlen - 1,
        unit,
    )


def _unread(trace: Trace) -> ReviewStep:
    encoding = trace.encoding
    unread = encoding.word_count - encoding.read_count
    unknown = [encoding.words[at] for at in encoding.unknown]
    parts = [
        f"{plural(unread, 'word')} at the end of the review {'was' if unread == 1 else 'were'} cut "
        f"off after {encoding.read_count:,}"
        if unread
        else f"All {plural(encoding.read_count, 'word')} were read",
        f"{len(unknown):,} of the words read {'is' if len(unknown) == 1 else 'are'} not in the "
        f"vocabulary (the first: {quoted(trace, encoding.unknown[0])})"
        if unknown
        else "all words read are in the vocabulary",
    ]
    return ReviewStep(
        "What was not read",
        "Which words did the model not read or not know?",
        f"{parts[0]}; {parts[1]}.",
        int(encoding.unknown[0]) if unknown else None,
    )


def _largest(values: np.ndarray, first: int) -> tuple[int, int]:
    at, unit = np.unravel_index(int(np.abs(values[first:]).argmax()), values[first:].shape)
    return first + int(at), int(unit)
