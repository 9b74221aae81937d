"""The trace of one review: every value inside the LSTM at every step."""

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from lstm_core.display import Displayed
from lstm_core.recurrent.contributions import running_difference
from lstm_core.recurrent.lstm import Floats, LstmForward, Steps, sigmoid
from lstm_core.recurrent.running import RunningTrace
from lstm_core.text import Encoding


@dataclass(frozen=True, repr=False)
class Trace(Steps, Displayed):
    """Everything the model computed for one encoding.

    The six quantities are float32 ``(T, D)``: T places, D units (80 and 32 in the article).

    Attributes:
        encoding: What was read.
        logits: The logit after every place, float32 ``(T,)``.
        output_weights: The weight of each unit in the logit, float32 ``(D,)``.
        bias: The bias of the logit.
    """

    encoding: Encoding
    logits: Floats
    output_weights: Floats
    bias: float

    def __repr__(self) -> str:
        steps, units = self.hidden_state.shape
        return (
            f"<Trace of {self.encoding.read_count} words: {steps} steps, {units} units, "
            f"P(positive) {self.verdict_probability:.3f}>"
        )

    @cached_property
    def probability(self) -> Floats:
        """Running probability, P(positive) after every place: float32 ``(T,)``."""
        return sigmoid(self.logits)

    @cached_property
    def contributions(self) -> Floats:
        """What each place added to the final logit: float32 ``(T,)``; with `bias` its sum."""
        return running_difference(self, self.output_weights)

    @property
    def verdict_probability(self) -> float:
        """P(positive) of the review."""
        return float(self.probability[-1])

    @property
    def class_name(self) -> str:
        """The class whose probability it is."""
        return "positive"


def make_trace(forward: LstmForward, encoding: Encoding) -> Trace:
    """Run the forward pass over one encoding and keep everything."""
    return as_trace(forward, encoding, forward.steps(encoding.ids))


def as_trace(forward: LstmForward, encoding: Encoding, steps: Steps) -> Trace:
    """The trace of steps that were already run, for example with clamped gates."""
    quantities = {field.name: getattr(steps, field.name) for field in fields(Steps)}
    return Trace(
        **quantities,
        encoding=encoding,
        logits=forward.logits(steps.hidden_state),
        output_weights=forward.weights.dense_kernel,
        bias=forward.weights.dense_bias,
    )


UNDECIDED_FROM, UNDECIDED_TO = 0.4, 0.6  # P(positive) between them takes no side


def flip_positions(trace: RunningTrace) -> tuple[int, ...]:
    """Places of the words that made the running verdict take a side it had not taken before them.

    A side counts from the edge of the undecided middle on, so a wobble around one half turns
    nothing. Before the first word the verdict has the side that the padding gave it, if any.
    """
    first = trace.encoding.first_word
    start = max(first - 1, 0)  # a model without a start token may read its first word first
    probability = trace.probability[start:]
    sides = (probability >= UNDECIDED_TO).astype(int) - (probability <= UNDECIDED_FROM)
    taken = np.flatnonzero(sides)  # steps that take a side, among them those that change it
    before = np.concatenate([[0], sides[taken][:-1]])
    turned = taken[(sides[taken] != before) & (taken + start >= first)]
    return tuple(int(place) for place in turned + start)
