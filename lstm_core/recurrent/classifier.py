"""A recurrent text classifier: embedding, recurrent layers, optional pooling, dense layers.

The family of imported models: 1 to 3 of LSTM, GRU and SimpleRNN, each optionally bidirectional;
optional pooling over time; up to two dense layers; one sigmoid neuron or k softmax neurons. Every
layer is computed as in Keras (`lstm_core.recurrent.recurrent_layers`, `feed_forward`).

Symbols: N sequences, T steps, D units, F numbers read by the output layer, K classes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from lstm_core.recurrent.feed_forward import COMPUTED
from lstm_core.recurrent.functions import sigmoid, softmax
from lstm_core.recurrent.layer_trace import AnyTrace
from lstm_core.recurrent.lstm import Ids, limit_blas_threads
from lstm_core.recurrent.network import LayerSpec, Tensor
from lstm_core.recurrent.recurrent_layers import directions, run_recurrent
from lstm_core.recurrent.weights import Floats

BLOCK = 256  # sequences run at a time
LARGEST_OUTPUT = 1e4  # of a pre-activation: far beyond where sigmoid and softmax are 0 or 1


@dataclass(frozen=True, eq=False)
class Classifier:
    """The layers of a model with their weights in memory.

    Attributes:
        embedding: The embedding.
        layers: The recurrent layers, from the input on.
        pooling: Pooling over time, or None: the last state is read.
        dense: The dense layers; the last one is the output, without its sigmoid or softmax.
    """

    embedding: LayerSpec
    layers: tuple[LayerSpec, ...]
    pooling: LayerSpec | None
    dense: tuple[LayerSpec, ...]

    @cached_property
    def num_words(self) -> int:
        """V, the number of word ids."""
        return len(self.embedding.weights()[0])

    @cached_property
    def embedding_dim(self) -> int:
        """E, the size of a word's vector."""
        return int(self.embedding.weights()[0].shape[1])

    @property
    def units(self) -> int:
        """D of the last recurrent layer."""
        return layer_units(self.layers[-1])

    @cached_property
    def classes(self) -> int:
        """K; 2 for one sigmoid neuron."""
        neurons = int(self.dense[-1].config["units"])
        return 2 if neurons == 1 else neurons

    @property
    def one_sigmoid(self) -> bool:
        """Whether the output is one sigmoid neuron."""
        return int(self.dense[-1].config["units"]) == 1

    @property
    def bidirectional(self) -> bool:
        """Whether a layer reads backwards, so that no output depends on a beginning alone."""
        return any(
            spec.kind == "Bidirectional" or spec.config.get("go_backwards") for spec in self.layers
        )

    @property
    def specs(self) -> tuple[LayerSpec, ...]:
        """All layers, from the input to the output."""
        pooling = () if self.pooling is None else (self.pooling,)
        return (self.embedding, *self.layers, *pooling, *self.dense)

    def features(self, ids: Ids) -> Floats:
        """What the output layer reads: ids ``(N, T)`` -> float32 ``(N, F)``."""
        limit_blas_threads()
        blocks = [self._features(ids[at : at + BLOCK]) for at in range(0, len(ids), BLOCK)]
        return np.concatenate(blocks) if blocks else np.empty((0, 1), np.float32)

    def _features(self, ids: Ids) -> Floats:
        x = self.embed(ids)
        for spec in self.layers:
            x = run_recurrent(spec, x, None, x.mask).outputs[0]
        return self.head(x)

    def embed(self, ids: Ids) -> Tensor:
        """Word vectors ``(N, T, E)`` with the mask, where padding is masked."""
        return COMPUTED["Embedding"](self.embedding, [Tensor(ids)])

    def head(self, x: Tensor) -> Floats:
        """Pooling and all dense layers but the output, ``(N, F)``.

        The mean over no step (a text without words, all padding masked) is not a number in Keras;
        here it is zero, so that such a text has a prediction.
        """
        if self.pooling is not None:
            with np.errstate(invalid="ignore"):
                x = COMPUTED[self.pooling.kind](self.pooling, [x])
            x = Tensor(np.nan_to_num(x.values), x.mask)
        for spec in self.dense[:-1]:
            x = COMPUTED[spec.kind](spec, [x])
        return np.asarray(x.values, np.float32)

    def outputs(self, features: Floats) -> Floats:
        """Pre-activations of the output layer: ``(..., F)`` -> ``(..., 1)`` or ``(..., K)``.

        What overflows is bounded, and what is then not a number is 0, so that pages can show it.
        """
        kernel, *bias = self.dense[-1].weights()
        with np.errstate(over="ignore", invalid="ignore"):
            found = features @ kernel + (bias[0] if bias else np.float32(0))
        return np.nan_to_num(found, posinf=LARGEST_OUTPUT, neginf=-LARGEST_OUTPUT)

    def probabilities(self, outputs: Floats) -> Floats:
        """P of every class, ``(..., K)``; of one sigmoid neuron those of negative and positive."""
        if not self.one_sigmoid:
            return softmax(outputs)
        positive = sigmoid(outputs)
        return np.concatenate([1 - positive, positive], axis=-1)

    def traces(self, ids: Ids) -> list[AnyTrace]:
        """The traces of the recurrent layers, from the input on."""
        return self.run(ids)[0]

    def run(self, ids: Ids) -> tuple[list[AnyTrace], Floats]:
        """The traces of the recurrent layers, and what the output layer reads, ``(N, F)``."""
        x, found = self.embed(ids), []
        for spec in self.layers:
            result = run_recurrent(spec, x, None, x.mask)
            found.append(result.trace)
            x = result.outputs[0]
        return found, self.head(x)

    def running_features(self, ids: Ids) -> Floats:
        """Input of the output layer if the sequence ended at each step: float32 ``(T, F)``.

        Only for a model that reads forwards (`bidirectional` is False).

        Args:
            ids: One sequence, ``(T,)``.
        """
        x = self.embed(ids[None])
        for spec in (*self.layers[:-1], _with_sequences(self.layers[-1])):
            x = run_recurrent(spec, x, None, x.mask).outputs[0]
        states = np.asarray(x.values, np.float32)[0]  # (T, D)
        rest = replace(self, pooling=None)
        return rest.head(Tensor(self._pooled_so_far(states, x.mask)))

    def _pooled_so_far(self, states: Floats, mask: Any) -> Floats:
        """The pooling of every beginning of a sequence, ``(T, D)`` -> ``(T, D)``."""
        if self.pooling is None:
            return states
        if self.pooling.kind.startswith("GlobalMax"):
            return np.maximum.accumulate(states, axis=0)
        counted = np.ones(len(states), np.float32) if mask is None else mask[0].astype(np.float32)
        sums = np.cumsum(states * counted[:, None], axis=0)
        return sums / np.maximum(np.cumsum(counted), 1)[:, None]


def layer_units(spec: LayerSpec) -> int:
    """The numbers per step that a recurrent layer returns."""
    if spec.kind != "Bidirectional":
        return int(spec.config["units"])
    units = int(directions(spec.config)[0][1]["units"])
    return 2 * units if spec.config.get("merge_mode", "concat") == "concat" else units


def _with_sequences(spec: LayerSpec) -> LayerSpec:
    return replace(spec, config={**spec.config, "return_sequences": True})


class ClassifierForward:
    """The forward pass of a classifier for one of its classes, as predictions use it.

    The logit of a class is that of its probability: the pre-activation of the sigmoid neuron, or
    ``log p - log (1 - p)`` of softmax.

    Args:
        maxlen: T, the number of steps of a sequence.
        chosen: The class whose probability is predicted.
    """

    def __init__(self, classifier: Classifier, maxlen: int, chosen: int) -> None:
        self.classifier = classifier
        self.maxlen = maxlen
        self.chosen = chosen

    def final_states(self, ids: Ids) -> Floats:
        """What the output layer reads of many sequences: ``(N, T)`` -> ``(N, F)``."""
        return self.classifier.features(ids)

    def logits(self, hidden: Floats) -> Floats:
        """The logit of the chosen class, ``(..., F)`` -> ``(...)``."""
        return self.class_logits(self.classifier.outputs(hidden))

    def class_logits(self, outputs: Floats) -> Floats:
        """The logit of the chosen class from pre-activations ``(..., 1 or K)``."""
        if self.classifier.one_sigmoid:
            return outputs[..., 0] if self.chosen == 1 else -outputs[..., 0]
        others = np.delete(outputs, self.chosen, axis=-1)  # (..., K - 1)
        top = others.max(axis=-1, keepdims=True)
        rest = top[..., 0] + np.log(np.exp(others - top).sum(axis=-1))
        return np.asarray(outputs[..., self.chosen] - rest, np.float32)

    def logit_gradient(self, outputs: Floats) -> Floats:
        """The gradient of the chosen class' logit by the pre-activations, of one sequence."""
        if self.classifier.one_sigmoid:
            return np.full(1, 1 if self.chosen == 1 else -1, np.float32)
        others = softmax(np.delete(outputs, self.chosen))
        return np.insert(-others, self.chosen, 1).astype(np.float32)


def fixed(spec: LayerSpec, weights: Sequence[Floats], config: Mapping[str, Any]) -> LayerSpec:
    """A layer whose weights are in memory, with settings that were checked."""
    held = tuple(weights)
    return replace(
        spec, config=config, weights=lambda: held, initial=lambda: None, own=True, keras_2=False
    )
