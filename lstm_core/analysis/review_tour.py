"""Guided tour of one review: eight steps, each a question and one computed sentence.

Symbols: T places, D units, v the output weights.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lstm_core.analysis.captions import instead_of, place_name, plural, quoted
from lstm_core.analysis.formatting import p_positive, percent, signed
from lstm_core.recurrent.trace import Trace

STEPS = 8
OPEN = 0.9  # a forget gate at or above it counts as open
NEGATIONS = frozenset(
    ["not", "no", "never", "nothing", "nobody", "none", "without", "hardly", "neither", "nor"]
)

Predict = Callable[[str], float]


@dataclass(frozen=True, slots=True)
class ReviewStep:
    """One step of the tour.

    Attributes:
        title: Its subject.
        question: A question before the answer.
        answer: One sentence computed from the review.
        place: The time step to mark, from 0; None for none.
        unit: The unit to mark; None for none.
    """

    title: str
    question: str
    answer: str
    place: int | None = None
    unit: int | None = None


def tour_step(trace: Trace, number: int, predict: Predict) -> ReviewStep:
    """A step of the tour of a review that has a word.

    Args:
        trace: The trace of the review.
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
    zeros = plural(encoding.pad_count, "zero")
    start = p_positive(float(trace.probability[encoding.first_word - 1]))
    return ReviewStep(
        "Padding",
        "Is the memory empty when the first word arrives?",
        f"Before the first word the LSTM has read {zeros} of padding and the start token, which "
        f"leave it at {start}."
        if encoding.pad_count
        else f"No padding: the words fill all time steps. The start token leaves it at {start}.",
    )


def _first_word(trace: Trace) -> ReviewStep:
    place = trace.encoding.first_word
    added = signed(float(trace.contributions[place]))
    after = p_positive(float(trace.probability[place]))
    return ReviewStep(
        "The first word",
        "How far can one word move the prediction?",
        f"{quoted(trace, place)} adds {added} to the logit: {after}.",
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
        f"At {quoted(trace, place)} the input gate of unit {unit} is {gate:.2f} and the candidate "
        f"{signed(value)}: their product, {signed(gate * value)}, is added to the cell state.",
        place,
        unit,
    )


def _kept(trace: Trace) -> ReviewStep:
    first = trace.encoding.first_word
    kept = trace.forget_gate[first:] >= OPEN  # (S, D)
    run, longest, end, unit = np.zeros(kept.shape[1], np.intp), 0, first, 0
    for at, row in enumerate(kept):
        run = np.where(row, run + 1, 0)
        if run.max() > longest:
            longest, unit, end = int(run.max()), int(run.argmax()), first + at
    if not longest:
        return ReviewStep(
            "Memory is kept",
            "For how many words can a unit keep what it holds?",
            f"No forget gate reaches {OPEN} in this review: every unit loses a part at every word.",
        )
    begin = end - longest + 1
    left = float(trace.forget_gate[begin : end + 1, unit].prod())
    return ReviewStep(
        "Memory is kept",
        "For how many words can a unit keep what it holds?",
        f"The forget gate of unit {unit} is at least {OPEN} for {plural(longest, 'word')}, from "
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
            f"Without {quoted(trace, place)} ({place_name(encoding, place)}) the prediction is "
            f"{instead_of(without, now)}."
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
        f"At {quoted(trace, place)} the forget gate of unit {unit} is {gate:.2f}: of the cell "
        f"state {signed(held)} it keeps {signed(gate * held)}.",
        place,
        int(unit),
    )


def _prediction(trace: Trace) -> ReviewStep:
    parts = trace.hidden_state[-1] * trace.output_weights  # (D,)
    unit = int(np.abs(parts).argmax())
    logit = float(trace.logits[-1])
    return ReviewStep(
        "The prediction",
        "How does the memory become one probability?",
        f"The {len(parts)} hidden states times their output weights sum to "
        f"{signed(float(parts.sum()))}; with the bias {signed(float(trace.bias))} the logit is "
        f"{signed(logit)}, which the sigmoid turns into {p_positive(trace.verdict_probability)}; "
        f"unit {unit} has the largest part, {signed(float(parts[unit]))}.",
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
