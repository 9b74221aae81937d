"""An LSTM layer on plain numbers: any sequences, any number of units, every value kept.

The equations are those of `lstm_core.recurrent.lstm` without its savings, so that each line can
be read beside the article's:

    z_t = x_t W + h_{t-1} U + b                       split into z_i, z_f, z_g, z_o
    i_t, f_t, o_t = sigmoid(z_i), sigmoid(z_f), sigmoid(z_o);   g_t = tanh(z_g)
    c_t = f_t * c_{t-1} + i_t * g_t;   h_t = o_t * tanh(c_t)

Symbols: N sequences, T steps, F numbers per step, D units.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lstm_core.errors import InputError
from lstm_core.lesson.tf_random import TfRandom
from lstm_core.recurrent.cells import LstmCell
from lstm_core.recurrent.functions import sigmoid
from lstm_core.recurrent.layers import run_layer as run_cell
from lstm_core.recurrent.lstm import Floats

Function = Callable[[Floats], Floats]


@dataclass(frozen=True)
class LayerWeights:
    """The weights of one LSTM layer, columns in Keras' packing order i, f, g, o."""

    kernel: Floats  # W, float32 ``(F, 4D)``
    recurrent: Floats  # U, float32 ``(D, 4D)``
    bias: Floats  # b, float32 ``(4D,)``

    def __post_init__(self) -> None:
        columns = 4 * self.units
        shapes = (self.kernel.shape[1:], self.recurrent.shape[1:], self.bias.shape)
        if any(shape != (columns,) for shape in shapes):
            raise InputError(
                f"Weights with {self.kernel.shape}, {self.recurrent.shape} and {self.bias.shape} "
                f"do not belong together: {self.units} units need {columns} columns in each."
            )

    @property
    def inputs(self) -> int:
        """F, the numbers that a step brings."""
        return self.kernel.shape[0]

    @property
    def units(self) -> int:
        """D, the number of units."""
        return self.recurrent.shape[0]


@dataclass(frozen=True)
class LayerSteps:
    """Every value of a layer while it reads, float32 ``(N, T, D)`` each."""

    input_gate: Floats
    forget_gate: Floats
    candidate: Floats
    output_gate: Floats
    cell_state: Floats
    hidden_state: Floats


@dataclass(frozen=True, slots=True)
class Setting:
    """The two switches of a Keras LSTM layer."""

    return_sequences: bool
    return_state: bool


@dataclass(frozen=True)
class Returned:
    """One array that a layer returns: its name in this lesson and its values."""

    name: str
    values: Floats


SETTINGS = tuple(Setting(bool(n & 1), bool(n & 2)) for n in range(4))


def draw_weights(random: TfRandom, inputs: int, units: int) -> LayerWeights:
    """Draw fresh weights as Keras' initialisers do, from TensorFlow's random numbers.

    Kernel: Glorot and Bengio's uniform. Recurrent: orthogonal, the QR of normal numbers with the
    signs of R's diagonal. Bias: zero, one for the forget gate (`unit_forget_bias`).

    Args:
        random: Where the numbers come from; it moves on by two calls.
        inputs: F.
        units: D.
    """
    limit = np.sqrt(6 / (inputs + 4 * units))
    kernel = random.uniform((inputs, 4 * units), -limit, limit)  # (F, 4D)
    q, r = np.linalg.qr(random.normal((4 * units, units)).astype(np.float64))  # (4D, D), (D, D)
    recurrent = (q * np.sign(np.diag(r))).T.astype(np.float32)  # (D, 4D)
    bias = np.zeros(4 * units, np.float32)  # (4D,)
    bias[units : 2 * units] = 1
    return LayerWeights(kernel, np.ascontiguousarray(recurrent), bias)


def run_layer(weights: LayerWeights, sequences: Floats, tanh: Function = np.tanh) -> LayerSteps:
    """Run a layer over sequences from a state of zeros and keep everything.

    Args:
        sequences: Float32 ``(N, T, F)``.
        tanh: The hyperbolic tangent to use.

    Raises:
        InputError: When the sequences have not three axes, or another F than the weights.
    """
    if sequences.ndim != 3 or sequences.shape[2] != weights.inputs:
        raise InputError(
            f"An LSTM layer reads three axes (sequences, steps, {weights.inputs}); an array of the "
            f"shape {sequences.shape} came in. Let the layer before return its sequences."
        )
    cell = LstmCell(weights.kernel, weights.recurrent, weights.bias, tanh, sigmoid)
    return LayerSteps(**run_cell(cell, sequences).quantities)


def returned(run: LayerSteps, setting: Setting) -> tuple[Returned, ...]:
    """What a Keras LSTM layer returns under a setting, in its order.

    Returns:
        One array, or three with `return_state`. The first is ``output`` ``(N, D)`` or, with
        `return_sequences`, ``sequences`` ``(N, T, D)``; then ``state_h`` and ``state_c``, both
        ``(N, D)``.
    """
    last = run.hidden_state[:, -1]
    first = (
        Returned("sequences", run.hidden_state)
        if setting.return_sequences
        else Returned("output", last)
    )
    if not setting.return_state:
        return (first,)
    return first, Returned("state_h", last), Returned("state_c", run.cell_state[:, -1])


def equal_to_last(array: Returned, last: Floats) -> npt.NDArray[np.bool_]:
    """Which values of an array are those of a last state ``(N, D)``; bool, the array's shape.

    Only a whole last step, or a whole array, is marked: single numbers may be equal by chance.
    """
    marks = np.zeros(array.values.shape, bool)
    if array.values.ndim == 3:
        marks[:, -1] = np.array_equal(array.values[:, -1], last)
    else:
        marks[:] = np.array_equal(array.values, last)
    return marks


def keras_code(setting: Setting, weights: LayerWeights, sequences: Floats) -> str:
    """Keras code that gives the arrays of a setting with these weights and sequences, to copy."""
    switches = [
        f"{name}=True" for name in ("return_sequences", "return_state") if getattr(setting, name)
    ]
    arguments = ", ".join([str(weights.units), *switches])
    names = ["sequences" if setting.return_sequences else "output"]
    names += ["state_h", "state_c"] if setting.return_state else []
    return (
        f"layer = LSTM({arguments})\n"
        f"inputs = Input(shape={sequences.shape[1:]})\n"
        "model = Model(inputs, layer(inputs))\n"
        "layer.set_weights(weights)\n"
        f"{', '.join(names)} = model.predict(data)"
    )


def keras_preamble(weights: LayerWeights, sequences: Floats) -> str:
    """What has to stand before `keras_code`: imports, the weights, the sequences."""
    arrays = [weights.kernel, weights.recurrent, weights.bias]
    given = ",\n    ".join(f"np.array({_shortest(array)})" for array in arrays)
    return (
        "import numpy as np\n"
        "from keras import Input, Model\n"
        "from keras.layers import LSTM\n\n"
        f"weights = [\n    {given},\n]\n"
        f"data = np.array({_shortest(sequences[:, :, 0])})[:, :, None]"
    )


def _shortest(array: Floats) -> str:
    """An array as nested lists of the shortest decimals that give the same float32 numbers."""
    if array.ndim:
        return "[" + ", ".join(_shortest(row) for row in array) + "]"
    return str(np.float32(array))
