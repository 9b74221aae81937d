"""Activation functions in NumPy under the names that Keras' configurations use.

Keras 2 and Keras 3 define ``hard_sigmoid`` differently (slope 1/5 and 1/6); every other function
is the same in both.
"""

from collections.abc import Callable, Mapping
from math import erf, exp, sqrt
from typing import Any

import numpy as np

from lstm_core.recurrent.weights import Floats

Activation = Callable[[Floats], Floats]

SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805
_erf = np.frompyfunc(erf, 1, 1)


class UnsupportedError(Exception):
    """A layer or setting that the NumPy layers do not compute; the text is the reason."""


def sigmoid(x: Floats) -> Floats:
    """Logistic function by tanh, which cannot overflow."""
    return np.tanh(x * np.float32(0.5)) * np.float32(0.5) + np.float32(0.5)


def logistic(value: float) -> float:
    """Logistic function of one number in double precision, without overflow."""
    return 1 / (1 + exp(-value)) if value >= 0 else exp(value) / (1 + exp(value))


def logistic_in_place(negated: Floats) -> None:
    """1 / (1 + exp(-z)) of an array that holds -z; exp may reach infinity, the result is then 0."""
    with np.errstate(over="ignore"):
        np.exp(negated, out=negated)
    np.add(negated, np.float32(1), out=negated)
    np.divide(np.float32(1), negated, out=negated)


def tanh(x: Floats) -> Floats:
    """Hyperbolic tangent."""
    return np.tanh(x)


def linear(x: Floats) -> Floats:
    """The identity."""
    return x


def relu(
    x: Floats, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> Floats:
    """Rectified linear unit with Keras' three options."""
    above = np.where(x >= threshold, x, negative_slope * (x - threshold))
    return above if max_value is None else np.minimum(above, max_value)


def elu(x: Floats, alpha: float = 1.0) -> Floats:
    """Exponential linear unit."""
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def leaky_relu(x: Floats, negative_slope: float = 0.2) -> Floats:
    """Leaky rectified linear unit."""
    return np.where(x > 0, x, negative_slope * x)


def softplus(x: Floats) -> Floats:
    """log(1 + exp(x)) without overflow."""
    return np.logaddexp(x, np.float32(0))


def gelu(x: Floats) -> Floats:
    """Gaussian error linear unit, the exact form with erf."""
    below: Floats = _erf(x / sqrt(2)).astype(np.float32)
    half: Floats = x * np.float32(0.5)
    product: Floats = half * (1 + below)
    return product


def softmax(x: Floats) -> Floats:
    """Softmax over the last axis."""
    raised: Floats = np.exp(x - x.max(axis=-1, keepdims=True))
    shares: Floats = raised / raised.sum(axis=-1, keepdims=True)
    return shares


def hard_sigmoid(x: Floats) -> Floats:
    """Keras 3: clip(x / 6 + 1/2, 0, 1)."""
    return np.clip(x + 3, 0, 6) / np.float32(6)


def hard_sigmoid_of_keras_2(x: Floats) -> Floats:
    """Keras 1 and 2: clip(x / 5 + 1/2, 0, 1)."""
    return np.clip(x * np.float32(0.2) + np.float32(0.5), 0, 1)


def _exponential(x: Floats) -> Floats:
    return np.exp(x)


def _log_softmax(x: Floats) -> Floats:
    below = x - x.max(axis=-1, keepdims=True)
    return below - np.log(np.exp(below).sum(axis=-1, keepdims=True))


FUNCTIONS: Mapping[str, Activation] = {
    "celu": elu,
    "elu": elu,
    "exponential": _exponential,
    "gelu": gelu,
    "hard_shrink": lambda x: np.where(np.abs(x) > 0.5, x, 0),
    "hard_sigmoid": hard_sigmoid,
    "hard_silu": lambda x: x * hard_sigmoid(x),
    "hard_swish": lambda x: x * hard_sigmoid(x),
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "leaky_relu": leaky_relu,
    "linear": linear,
    "log_sigmoid": lambda x: -softplus(-x),
    "log_softmax": _log_softmax,
    "mish": lambda x: x * np.tanh(softplus(x)),
    "relu": relu,
    "relu6": lambda x: np.clip(x, 0, 6),
    "selu": lambda x: SELU_SCALE * elu(x, SELU_ALPHA),
    "sigmoid": sigmoid,
    "silu": lambda x: x * sigmoid(x),
    "soft_shrink": lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0),
    "softmax": softmax,
    "softplus": softplus,
    "softsign": lambda x: x / (1 + np.abs(x)),
    "sparse_plus": lambda x: np.where(x < 1, np.square(np.maximum(x + 1, 0)) / 4, x),
    "sparse_sigmoid": lambda x: np.clip(0.5 * (x + 1), 0, 1),
    "squareplus": lambda x: (x + np.sqrt(np.square(x) + 4)) / 2,
    "swish": lambda x: x * sigmoid(x),
    "tanh": tanh,
    "tanh_shrink": lambda x: x - np.tanh(x),
}


def activation(setting: Any, *, keras_2: bool = False) -> Activation:
    """The function that a configuration names.

    Args:
        setting: What Keras wrote: a name, None, or a dictionary around a name or a layer.
        keras_2: Whether Keras 1 or 2 wrote it.

    Raises:
        UnsupportedError: For a function of the user's own or an unknown one.
    """
    if setting is None:
        return linear
    if isinstance(setting, Mapping):
        return _wrapped(setting, keras_2)
    if setting == "hard_sigmoid" and keras_2:
        return hard_sigmoid_of_keras_2
    if not isinstance(setting, str) or setting not in FUNCTIONS:
        raise UnsupportedError(f"the activation {str(setting)[:80]!r} is not one of Keras' own")
    return FUNCTIONS[setting]


def _wrapped(setting: Mapping[str, Any], keras_2: bool) -> Activation:
    inner, kind = setting.get("config"), setting.get("class_name")
    if isinstance(inner, str):
        return activation(inner, keras_2=keras_2)
    if isinstance(inner, Mapping) and kind in LAYERS and _of_keras(setting):
        return layer_activation(str(kind), inner)
    raise UnsupportedError(f"the activation {str(kind)[:80]!r} is not one of Keras' own")


def _of_keras(setting: Mapping[str, Any]) -> bool:
    return str(setting.get("module") or "keras").startswith(("keras", "tf_keras"))


LAYERS = ("ReLU", "LeakyReLU", "ELU", "Softmax")


def layer_activation(kind: str, config: Mapping[str, Any]) -> Activation:
    """The function of one of Keras' activation layers.

    Raises:
        UnsupportedError: For a softmax over other axes than the last.
    """
    if kind == "ReLU":
        slope, top = config.get("negative_slope") or 0.0, config.get("max_value")
        return lambda x: relu(x, float(slope), top, float(config.get("threshold") or 0.0))
    if kind == "LeakyReLU":
        slope = config.get("negative_slope", config.get("alpha", 0.3))
        return lambda x: leaky_relu(x, float(slope))
    if kind == "ELU":
        alpha = float(config.get("alpha", 1.0))
        return lambda x: elu(x, alpha)
    if config.get("axis", -1) not in (-1, [-1]):
        raise UnsupportedError("its softmax is not over the last axis")
    return softmax
