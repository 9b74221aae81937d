"""One step of an LSTM, GRU or simple recurrent cell, as Keras computes it.

LSTM (Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000), a and r the activation and the
recurrent activation:

    z_t = x_t W + h_{t-1} U + b                       split into z_i, z_f, z_g, z_o
    i, f, o = r(z_i), r(z_f), r(z_o);   g = a(z_g);   c_t = f c_{t-1} + i g;   h_t = o a(c_t)

GRU (Cho et al. 2014), split into update gate z, reset gate r, candidate g:

    reset_after:  g = a(x_t W_g + b_g + r (h_{t-1} U_g + b'_g))      else  g = a(x_t W_g + b_g + (r h_{t-1}) U_g)
    h_t = z h_{t-1} + (1 - z) g

Symbols: N sequences, T steps, F numbers per step, D units.
"""  # noqa: E501

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lstm_core.recurrent.functions import Activation, sigmoid, tanh
from lstm_core.recurrent.weights import Floats

HALF, ONE = np.float32(0.5), np.float32(1)


@dataclass(frozen=True)
class Cell(ABC):
    """A recurrent cell of k gates and candidates."""

    kernel: Floats  # W, ``(F, kD)``, its k blocks of columns in Keras' order
    recurrent: Floats  # U, ``(D, kD)``
    bias: Floats | None = None  # b, ``(kD,)``, or None
    activation: Activation = tanh  # of the candidate and, in an LSTM, the output

    quantities: ClassVar[tuple[str, ...]]  # names of what `step` returns
    states: ClassVar[tuple[int, ...]]  # which of the quantities are the states, in Keras' order

    @property
    def units(self) -> int:
        """D."""
        return self.recurrent.shape[0]

    @property
    def inputs(self) -> int:
        """F."""
        return self.kernel.shape[0]

    def feed(self, x: Floats) -> Floats:
        """The input's part of the pre-activations, ``x W + b``: ``(..., F)`` -> ``(..., kD)``."""
        fed = x @ self.kernel
        return fed if self.bias is None else fed + self.bias

    @abstractmethod
    def step(self, fed: Floats, states: tuple[Floats, ...]) -> tuple[Floats, ...]:
        """All quantities of one step, ``(N, D)`` each, from `feed` and the states before it."""


@dataclass(frozen=True)
class LstmCell(Cell):
    """LSTM cell; the columns of its weights lie in the order i, f, g, o."""

    recurrent_activation: Activation = sigmoid  # of the gates

    quantities: ClassVar[tuple[str, ...]] = (
        "input_gate", "forget_gate", "candidate", "output_gate", "cell_state", "hidden_state",
    )  # fmt: skip
    states: ClassVar[tuple[int, ...]] = (5, 4)

    def step(self, fed: Floats, states: tuple[Floats, ...]) -> tuple[Floats, ...]:
        """i, f, g, o, c and h."""
        h, c = states
        z = h @ self.recurrent
        z += fed
        return lstm_step(z, c, self.activation, self.recurrent_activation)


def lstm_step(
    z: Floats, c: Floats, activation: Activation = tanh, recurrent_activation: Activation = sigmoid
) -> tuple[Floats, ...]:
    """i, f, g, o, c_t and h_t from pre-activations ``(N, 4D)`` and c_{t-1} ``(N, D)``."""
    d = c.shape[-1]
    g = activation(z[..., 2 * d : 3 * d])
    both = recurrent_activation(z[..., : 2 * d])  # (N, 2D)
    i, f = both[..., :d], both[..., d:]
    o = recurrent_activation(z[..., 3 * d :])
    c = f * c + i * g
    return i, f, g, o, c, o * activation(c)


@dataclass(frozen=True)
class GruCell(Cell):
    """GRU cell; the columns of its weights lie in the order z, r, g.

    Attributes:
        recurrent_activation: Of the gates.
        reset_after: Whether the reset gate is applied after the recurrent product; the bias is then
            ``(2, 3D)``.
    """

    recurrent_activation: Activation = sigmoid
    reset_after: bool = True

    quantities: ClassVar[tuple[str, ...]] = (
        "update_gate", "reset_gate", "candidate", "hidden_state",
    )  # fmt: skip
    states: ClassVar[tuple[int, ...]] = (3,)

    def feed(self, x: Floats) -> Floats:
        """``x W + b``, with `reset_after` the bias of the input alone."""
        fed = x @ self.kernel
        if self.bias is None:
            return fed
        return fed + (self.bias[0] if self.reset_after else self.bias)

    def step(self, fed: Floats, states: tuple[Floats, ...]) -> tuple[Floats, ...]:
        """z, r, g and h."""
        (h,) = states
        d = self.units
        if self.reset_after:
            inner = h @ self.recurrent  # (N, 3D)
            if self.bias is not None:
                inner += self.bias[1]
            gates = self.recurrent_activation(fed[:, : 2 * d] + inner[:, : 2 * d])  # (N, 2D)
            z, r = gates[:, :d], gates[:, d:]
            g = self.activation(fed[:, 2 * d :] + r * inner[:, 2 * d :])
        else:
            inner = h @ self.recurrent[:, : 2 * d]  # (N, 2D)
            gates = self.recurrent_activation(fed[:, : 2 * d] + inner)
            z, r = gates[:, :d], gates[:, d:]
            reset: Floats = r * h  # (N, D)
            g = self.activation(fed[:, 2 * d :] + reset @ self.recurrent[:, 2 * d :])
        return z, r, g, z * h + (ONE - z) * g


@dataclass(frozen=True)
class SimpleRnnCell(Cell):
    """Simple recurrent cell (Elman 1990): ``h_t = a(x_t W + h_{t-1} U + b)``."""

    quantities: ClassVar[tuple[str, ...]] = ("hidden_state",)
    states: ClassVar[tuple[int, ...]] = (0,)

    def step(self, fed: Floats, states: tuple[Floats, ...]) -> tuple[Floats, ...]:
        """h."""
        return (self.activation(fed + states[0] @ self.recurrent),)
