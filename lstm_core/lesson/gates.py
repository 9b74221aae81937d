"""One step of one unit: gates set by hand or computed from the inputs, and the new cell state.

    c_t = f c_{t-1} + i g;   h_t = o tanh(c_t)

g is the candidate (the article's c-tilde). Plain Python floats: this is for the eye, four decimals.
"""

from dataclasses import dataclass
from math import tanh

from lstm_core.lesson.layer import LayerWeights
from lstm_core.recurrent.functions import logistic

STILL = 5e-5  # a change below this does not show in four decimals


@dataclass(frozen=True, slots=True)
class Gates:
    """Gates and candidate of one unit in one step."""

    input_gate: float  # i, 0 to 1
    forget_gate: float  # f, 0 to 1
    candidate: float  # g, -1 to 1
    output_gate: float  # o, 0 to 1


@dataclass(frozen=True, slots=True)
class Step:
    """One step with everything in it: gates, the memory before and after, what goes out."""

    gates: Gates
    cell_before: float

    @property
    def kept(self) -> float:
        """What the forget gate lets through of the old memory: f c_{t-1}."""
        return self.gates.forget_gate * self.cell_before

    @property
    def written(self) -> float:
        """What the input gate lets in of the candidate: i g."""
        return self.gates.input_gate * self.gates.candidate

    @property
    def cell(self) -> float:
        """c_t."""
        return self.kept + self.written

    @property
    def squashed(self) -> float:
        """tanh(c_t), what the output gate is given."""
        return tanh(self.cell)

    @property
    def hidden(self) -> float:
        """h_t."""
        return self.gates.output_gate * self.squashed

    @property
    def direction(self) -> str:
        """What the memory does: "rises", "falls" or "stays"."""
        change = self.cell - self.cell_before
        if abs(change) < STILL:
            return "stays"
        return "rises" if change > 0 else "falls"


@dataclass(frozen=True, slots=True)
class GateSums:
    """The sums z before sigmoid and tanh, in the order i, f, g, o."""

    input_gate: float
    forget_gate: float
    candidate: float
    output_gate: float


def gate_sums(weights: LayerWeights, x: float, hidden_before: float) -> GateSums:
    """x w + h_{t-1} u + b of the four, for a layer of one unit on one number per step."""
    w, u, b = weights.kernel[0], weights.recurrent[0], weights.bias  # (4,) each
    return GateSums(
        *(float(w[k]) * x + float(u[k]) * hidden_before + float(b[k]) for k in range(4))
    )


def gates_from_inputs(weights: LayerWeights, x: float, hidden_before: float) -> Gates:
    """The gates and the candidate that x_t and h_{t-1} give."""
    sums = gate_sums(weights, x, hidden_before)
    return Gates(
        input_gate=logistic(sums.input_gate),
        forget_gate=logistic(sums.forget_gate),
        candidate=tanh(sums.candidate),
        output_gate=logistic(sums.output_gate),
    )
