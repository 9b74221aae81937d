"""A network as data: layers with settings and weights, and the calls that connect them.

`lstm_core.model.keras_network` makes one of a Keras model or file; `lstm_core.recurrent.walk` runs
it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lstm_core.recurrent.weights import Floats

Array = npt.NDArray[Any]
LARGEST = 2**28  # numbers in one array: a file must not ask for more by its settings


class Ref(NamedTuple):
    """An output of a call of a layer."""

    layer: str
    call: int
    output: int


class Tensor(NamedTuple):
    """Values between two layers, ``(N, ...)``, and their mask ``(N, T)``, if any."""

    values: Array
    mask: npt.NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class LayerSpec:
    """One layer.

    Attributes:
        name: Its name in the model.
        kind: Keras' class name.
        config: Keras' configuration.
        weights: Reads its weights, in the order of ``layer.get_weights()``.
        own: Whether the class is Keras' own; of others only the name is used.
        keras_2: Whether Keras 1 or 2 wrote it.
        inner: The network inside, for a model used as a layer.
        initial: The states of a stateful layer, if they are known.
    """

    name: str
    kind: str
    config: Mapping[str, Any]
    weights: Callable[[], Sequence[Floats]]
    own: bool = True
    keras_2: bool = False
    inner: "Network | None" = None
    initial: Callable[[], Sequence[Floats] | None] = lambda: None


@dataclass(frozen=True)
class Call:
    """One call of a layer: its arguments hold `Ref` where they are outputs of other calls."""

    layer: str
    number: int
    arguments: tuple[Any, ...]
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Network:
    """A whole model."""

    layers: Mapping[str, LayerSpec]  # by name
    calls: Sequence[Call]  # in an order in which every call comes after those that it needs
    inputs: Sequence[Ref]  # the model's inputs
    outputs: Sequence[Ref]  # the model's outputs


def refs_of(value: Any) -> list[Ref]:
    """All refs inside nested arguments."""
    if isinstance(value, Ref):
        return [value]
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [ref for item in value for ref in refs_of(item)]
    return []


def chained(names: Iterable[str], first: str) -> tuple[list[Call], Ref]:
    """Calls of layers that read each other's output in this order, and the last output.

    Args:
        first: The input that the first of them reads.
    """
    calls, last = [], Ref(first, 0, 0)
    for name in names:
        calls.append(Call(name, 0, (last,), {}))
        last = Ref(name, 0, 0)
    return calls, last


def is_chain(network: Network) -> bool:
    """Whether every layer reads the one before it and nothing else."""
    sources = [refs_of([call.arguments, call.options]) for call in network.calls]
    before = [*network.inputs[:1], *(call.layer for call in network.calls)]
    layers = [ref[0].layer if len(ref) == 1 else None for ref in sources]
    return len(network.inputs) == 1 and layers == [network.inputs[0].layer, *before[1:-1]]
