"""Traces of recurrent layers: every quantity of every step, in Keras' order of steps.

Symbols: N sequences, T steps, D units.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from lstm_core.display import Displayed
from lstm_core.errors import InputError
from lstm_core.recurrent.layers import Mask
from lstm_core.recurrent.weights import Floats


@dataclass(frozen=True, eq=False, repr=False)
class LayerTrace(Displayed):
    """What a recurrent layer computed.

    Every quantity is float32 ``(N, T, D)``. Its rows lie in the order of the layer's own sequence
    output: that of the input, for a layer with ``go_backwards`` the reverse, and inside a
    Bidirectional layer that of the input in both directions. At a masked step states hold what
    they held before, and gates what the cell computed there, which the layer does not use.

    Attributes:
        name: The layer's name.
        kind: Its class in Keras.
        output: What the layer returns, ``(N, D)`` or ``(N, T, D)``.
        final_states: The states after the last step that it reads, ``(N, D)`` each: h, for an
            LSTM h and c.
        steps: The step of the input that each row belongs to, ``(T,)``.
        mask: ``(N, T)``, False where a step is masked; None without a mask.
    """

    name: str
    kind: str
    output: Floats
    final_states: tuple[Floats, ...]
    steps: npt.NDArray[np.intp]
    mask: Mask | None

    quantities: ClassVar[tuple[str, ...]] = ()

    def arrays(self) -> dict[str, Floats]:
        """The quantities by name, ``(N, T, D)`` each."""
        return {name: getattr(self, name) for name in self.quantities}

    def __repr__(self) -> str:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in self.arrays().items())
        return f"<{type(self).__name__} of '{self.name}' ({self.kind}): {shapes}>"


@dataclass(frozen=True, eq=False, repr=False)
class LstmTrace(LayerTrace):
    """Trace of an LSTM layer."""

    input_gate: Floats
    forget_gate: Floats
    candidate: Floats
    output_gate: Floats
    cell_state: Floats
    hidden_state: Floats

    quantities = (
        "input_gate", "forget_gate", "candidate", "output_gate", "cell_state", "hidden_state",
    )  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class GruTrace(LayerTrace):
    """Trace of a GRU layer."""

    update_gate: Floats
    reset_gate: Floats
    candidate: Floats
    hidden_state: Floats

    quantities = ("update_gate", "reset_gate", "candidate", "hidden_state")


@dataclass(frozen=True, eq=False, repr=False)
class SimpleRnnTrace(LayerTrace):
    """Trace of a SimpleRNN layer."""

    hidden_state: Floats

    quantities = ("hidden_state",)


@dataclass(frozen=True, eq=False, repr=False)
class BidirectionalTrace(Displayed):
    """Trace of a Bidirectional layer.

    Attributes:
        name: The layer's name.
        forward: The trace of the forward layer.
        backward: The trace of the backward layer, its rows in the order of the input: row t is
            what it computed at step t, after the steps that come later.
        output: What the layer returns: one array, or two where ``merge_mode`` is None.
        mask: ``(N, T)`` or None.
    """

    name: str
    forward: LayerTrace
    backward: LayerTrace
    output: Floats | tuple[Floats, Floats]
    mask: Mask | None
    kind: str = "Bidirectional"

    def __repr__(self) -> str:
        return f"<BidirectionalTrace of '{self.name}': {self.forward!r}, {self.backward!r}>"


@dataclass(frozen=True, eq=False, repr=False)
class StackedTrace(Displayed):
    """Trace of an RNN layer of stacked cells.

    Attributes:
        name: The layer's name.
        cells: A trace for each cell, from the input on.
        output: What the layer returns.
        mask: ``(N, T)`` or None.
    """

    name: str
    cells: tuple[LayerTrace, ...]
    output: Floats
    mask: Mask | None
    kind: str = "RNN"

    def __repr__(self) -> str:
        return f"<StackedTrace of '{self.name}': {', '.join(map(repr, self.cells))}>"


AnyTrace = LayerTrace | BidirectionalTrace | StackedTrace


class NoTraceError(InputError, KeyError):
    """A layer that was asked for has no trace."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True, eq=False, repr=False)
class Traces(Mapping[str, "AnyTrace"], Displayed):
    """The traces of a model by layer name; a layer's second call has ``:1`` after its name.

    Attributes:
        unsupported: The layers that were not computed, by name, with the reason.
    """

    found: Mapping[str, AnyTrace]
    unsupported: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> AnyTrace:
        if name in self.found:
            return self.found[name]
        if name in self.unsupported:
            raise NoTraceError(f"The layer '{name}' has no trace: {self.unsupported[name]}.")
        raise NoTraceError(f"There is no layer '{name}'. There are traces of {listed(self.found)}.")

    def __iter__(self) -> Iterator[str]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)

    def __repr__(self) -> str:
        lines = [f"  {trace!r}" for trace in self.found.values()]
        lines += [f"  '{name}' unsupported: {why}" for name, why in self.unsupported.items()]
        return "\n".join(["<Traces", *lines, ">"])


def listed(names: Mapping[str, object] | list[str]) -> str:
    """Names for a sentence."""
    shown = ", ".join(f"'{name}'" for name in list(names)[:20])
    return shown + (" and others" if len(names) > 20 else "") if shown else "no layer"


TRACES: Mapping[int, type[LayerTrace]] = {
    len(kind.quantities): kind for kind in (LstmTrace, GruTrace, SimpleRnnTrace)
}
assert all(set(kind.quantities) <= {f.name for f in fields(kind)} for kind in TRACES.values())
