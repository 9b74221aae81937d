"""What every trace of a review has, whatever the model: the running logit over its places.

The trace of the article's model is `lstm_core.recurrent.trace.Trace`, that of an imported model
`ModelTrace`. Pages and captions that show words, prediction and running probability take either.

Symbols: T places, D units.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from lstm_core.recurrent.layer_trace import AnyTrace, BidirectionalTrace, LayerTrace
from lstm_core.recurrent.lstm import Floats, sigmoid
from lstm_core.text import Encoding


class RunningTrace(Protocol):
    """The words of a review and the running prediction after each of its places."""

    @property
    def encoding(self) -> Encoding:
        """What was read."""

    @property
    def logits(self) -> Floats:
        """The logit after every place, float32 ``(T,)``."""

    @property
    def probability(self) -> Floats:
        """P(positive) after every place, float32 ``(T,)``."""

    @property
    def contributions(self) -> Floats:
        """What every place added to the logit, float32 ``(T,)``."""

    @property
    def verdict_probability(self) -> float:
        """P(positive) of the review."""

    @property
    def class_name(self) -> str:
        """The class whose probability it is."""


@dataclass(frozen=True, eq=False)
class LayerStates:
    """One direction of one recurrent layer, for the places of a review.

    Attributes:
        name: The layer's name, with the direction of a bidirectional layer.
        kind: LSTM, GRU or SimpleRNN.
        direction: "forward" or "backward".
        quantities: Arrays by name, float32 ``(T, D)`` each, in the order of the input.
    """

    name: str
    kind: str
    direction: str
    quantities: Mapping[str, Floats]

    @property
    def units(self) -> int:
        """D."""
        return int(self.quantities["hidden_state"].shape[1])

    @property
    def backward(self) -> bool:
        """It reads the last word first."""
        return self.direction == "backward"


@dataclass(frozen=True, eq=False)
class ModelTrace:
    """Everything an imported model computed for one review.

    Padding behind the words takes no place here; `padding_behind` says how much there was.

    Attributes:
        encoding: What was read, up to the last word.
        logits: The running logit of the chosen class, ``(T,)``; the last is the prediction's.
        classes: P of every class, ``(K,)``.
        layers: Every direction of every recurrent layer, from the input on.
        padding_behind: Places of padding after the last word.
        empty_logit: The logit of a review without words.
        class_name: The class whose logit it is.
    """

    encoding: Encoding
    logits: Floats
    classes: Floats
    layers: tuple[LayerStates, ...]
    padding_behind: int
    empty_logit: float
    class_name: str = "positive"

    @cached_property
    def probability(self) -> Floats:
        """Running probability of the chosen class, float32 ``(T,)``."""
        return sigmoid(self.logits)

    @cached_property
    def contributions(self) -> Floats:
        """How far each place moved the running logit, float32 ``(T,)``.

        With `empty_logit` they sum to the last one.
        """
        return np.diff(self.logits, prepend=np.float32(self.empty_logit))

    @property
    def verdict_probability(self) -> float:
        """P of the chosen class."""
        return float(self.probability[-1])

    @property
    def last_layer(self) -> LayerStates:
        """The last recurrent layer, of a bidirectional one its forward direction."""
        forward = [one for one in self.layers if one.direction == "forward"]
        return (forward or list(self.layers))[-1]

    @property
    def hidden_state(self) -> Floats:
        """The hidden state of `last_layer`, ``(T, D)``."""
        return self.last_layer.quantities["hidden_state"]


def layer_states(trace: AnyTrace, places: int) -> list[LayerStates]:
    """The first `places` steps of the only sequence of a layer's trace, in the input's order."""
    if isinstance(trace, BidirectionalTrace):
        sides = zip(("forward", "backward"), directions_of(trace), strict=True)
        return [_states(part, f"{trace.name} ({side})", side, places) for side, part in sides]
    (part,) = directions_of(trace)
    side = "forward" if part.steps[0] == 0 else "backward"
    return [_states(part, trace.name, side, places)]


def directions_of(trace: AnyTrace) -> tuple[LayerTrace, ...]:
    """The directions of a layer of a classifier: one, or forward and backward."""
    if isinstance(trace, BidirectionalTrace):
        return trace.forward, trace.backward
    assert isinstance(trace, LayerTrace)
    return (trace,)


def _states(part: LayerTrace, name: str, direction: str, places: int) -> LayerStates:
    order = np.argsort(part.steps)
    arrays = {key: array[0][order][:places] for key, array in part.arrays().items()}
    return LayerStates(name, part.kind, direction, arrays)
