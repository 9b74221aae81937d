"""The layers whose activations are kept: the article's LSTM, or one direction of an imported layer.

A layer that reads backwards is kept in the order of its reading: the last word of a review first.

Symbols: B reviews of a block, T places, D units, P words of the block, V ids that occur.
"""

from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np

from lstm_core.activations.collect import ActivationBatch, changes_by_word, count_saturated
from lstm_core.activations.schema import GATES_OF, KEPT, LAYER_KEPT
from lstm_core.activations.store import StateIndex
from lstm_core.errors import InputError
from lstm_core.model.bundle import Bundle
from lstm_core.model.recurrent_model import RecurrentModel
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.lstm import Floats, Ids
from lstm_core.recurrent.running import ModelTrace, directions_of
from lstm_core.recurrent.trace import Trace
from lstm_core.text import Encoding

MOST_REVIEWS = 5_000  # of a layer of an imported model
BLOCK_FLOATS = 2**24  # numbers that the traces of a block may hold, all layers together
TEXT_BYTES = 1_400  # of a review, on average, for the estimate


@dataclass(frozen=True, eq=False)
class IndexedLayer:
    """One direction of one recurrent layer of a model.

    Attributes:
        model: The model.
        number: Its place among the directions of all layers of an imported model, from the input
            on; None for the LSTM of the article's architecture.
        name: Its name with the direction; empty for the article's LSTM.
        kind: Kind of its cell: LSTM, GRU or SimpleRNN.
        units: D.
        backward: It reads the last word first.
    """

    model: SentimentModel
    number: int | None
    name: str
    kind: str
    units: int
    backward: bool

    @property
    def bundle(self) -> Bundle:
        """The model's bundle."""
        return self.model.bundle

    @property
    def fingerprint(self) -> str:
        """What names its activations: the bundle's fingerprint, for a layer with its number."""
        if self.number is None:
            return self.bundle.fingerprint
        return sha256(f"{self.bundle.fingerprint} {self.number}".encode()).hexdigest()

    @property
    def kept(self) -> dict[str, str]:
        """The quantities that are kept at every word, with their types."""
        return KEPT if self.number is None else LAYER_KEPT

    @property
    def gates(self) -> tuple[str, ...]:
        """Names of the cell's gates."""
        return GATES_OF[self.kind]

    def size_of(self, reviews: int) -> int:
        """Bytes that the activations of so many reviews need at most, all as long as is read."""
        per_unit = sum(np.dtype(kind).itemsize for kind in self.kept.values())
        words = self.model.maxlen - (self.number is None)  # the article's start is no word
        return reviews * (words * (per_unit * self.units + 4) + 4 * self.units + TEXT_BYTES)

    def trace(self, text: str) -> Trace | ModelTrace:
        """The states of this layer for a review, with the running prediction."""
        if not isinstance(self.model, RecurrentModel):
            return self.model.trace(text)
        assert self.number is not None
        found = self.model.model_trace(text)
        return replace(found, layers=(found.layers[self.number],))


@dataclass(frozen=True, eq=False)
class LayerReading:
    """The words of a review and the hidden states of one layer."""

    encoding: Encoding  # what was read
    hidden_state: Floats  # ``(T, D)``, in the order of the text


def kept_states(layer: IndexedLayer, index: StateIndex, review: int) -> LayerReading:
    """The hidden states that an index of a layer keeps of a review; zero where no word stands."""
    encoding = layer.model.encode(index.text(review)).without_padding_behind()
    part = slice(*index.starts[review : review + 2].tolist())
    kept = np.asarray(index.kept("hidden_state")[:, part]).T  # (words, D), in the order of reading
    hidden = np.zeros((encoding.maxlen, layer.units), np.float32)
    place = encoding.first_word
    hidden[place : place + len(kept)] = kept[::-1] if layer.backward else kept
    return LayerReading(encoding, hidden)


def indexed_layers(model: SentimentModel) -> tuple[IndexedLayer, ...]:
    """Every direction of every recurrent layer of a model, from the input on."""
    if not isinstance(model, RecurrentModel):
        return (IndexedLayer(model, None, "", "LSTM", model.lstm_dim, backward=False),)
    empty: ModelTrace = model.model_trace("")
    return tuple(
        IndexedLayer(model, number, one.name, one.kind, one.units, one.direction == "backward")
        for number, one in enumerate(empty.layers)
    )


def layer_named(model: SentimentModel, name: str | None) -> IndexedLayer:
    """The layer of this name or number; the last one that reads forwards when left out.

    Raises:
        InputError: When there is none.
    """
    layers = indexed_layers(model)
    if name is None:
        return ([one for one in layers if not one.backward] or list(layers))[-1]
    for number, one in enumerate(layers):
        if name in (one.name, str(number)):
            return one
    known = ", ".join(f"{n}: {one.name or 'the LSTM'}" for n, one in enumerate(layers))
    raise InputError(f"The layer {name[:80]!r} came in; this model has {known}. Give one of them.")


def block_size(layer: IndexedLayer) -> int:
    """Reviews of an imported model that are read side by side, so that memory is bounded."""
    assert isinstance(layer.model, RecurrentModel)
    layers = layer.model.model_trace("").layers
    numbers = sum(len(one.quantities) * one.units for one in layers)
    return max(BLOCK_FLOATS // (layer.model.maxlen * numbers), 1)


def collect_layer(layer: IndexedLayer, ids: Ids) -> tuple[ActivationBatch, Floats]:
    """Read reviews side by side and keep the hidden state of a layer at every word.

    Args:
        layer: A layer of an imported model.
        ids: Encodings, ``(B, T)``.

    Returns:
        What was kept, in the order in which the layer reads, and what the output layer reads of
        each review, ``(B, F)``.
    """
    assert isinstance(layer.model, RecurrentModel) and layer.number is not None
    traces, features = layer.model.classifier.run(ids)
    part = [one for trace in traces for one in directions_of(trace)][layer.number]
    steps = part.steps  # the step of the input that each row belongs to
    order = np.argsort(-steps if layer.backward else steps)  # rows in the order of reading
    rules = layer.model.vocabulary.rules
    read = ids[:, steps[order]]  # (B, T)
    pads = read == rules.pad
    words = ~pads if rules.start is None else ~pads & (read != rules.start)
    if part.mask is not None:
        pads &= part.mask[:, order]  # what is masked is not read
    hidden = part.arrays()["hidden_state"][:, order]  # (B, T, D)
    gates = np.zeros((len(layer.gates), *hidden.shape), np.float32)  # (G, B, T, D)
    for gate, name in zip(gates, layer.gates, strict=True):
        gate[:] = part.arrays()[name][:, order]
    change = np.diff(hidden, axis=1, prepend=np.float32(0))
    low, high = count_saturated(gates, words)
    zero_low, zero_high = count_saturated(gates, pads)
    batch = ActivationBatch(
        ids=read[words].astype(np.int32),
        lengths=words.sum(axis=1),
        kept={"hidden_state": hidden[words].T},
        final=part.final_states[0],
        changes=changes_by_word(read[words], change[words]),
        low=low,
        high=high,
        zero_low=zero_low,
        zero_high=zero_high,
        zeros=int(pads.sum()),
    )
    return batch, features
