"""Keras 3 operations that stand between layers, such as those by which it records masks."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from lstm_core.recurrent.functions import UnsupportedError
from lstm_core.recurrent.network import Array, Tensor


def _any(x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    return np.any(x, axis=_axis(axis), keepdims=keepdims)


def _axis(axis: Any) -> Any:
    return tuple(axis) if isinstance(axis, list) else axis


def _concatenate(x: Any, axis: int = -1) -> Array:
    return np.concatenate(x, axis=axis)


def _get_item(x: Array, key: Any) -> Array:
    return x[tuple(map(_index, key)) if isinstance(key, list | tuple) else _index(key)]


def _index(key: Any) -> Any:
    if isinstance(key, Mapping) and key.get("class_name") == "__slice__":
        ends = [key["config"].get(name) for name in ("start", "stop", "step")]
        if all(end is None or type(end) is int for end in ends):
            return slice(*ends)
    if isinstance(key, Mapping) and key.get("class_name") == "__ellipsis__":
        return ...
    if key is None or type(key) is int or isinstance(key, slice) or key is ...:
        return key
    raise UnsupportedError(f"the index {str(key)[:80]} is not computed")


OPERATIONS: Mapping[str, Callable[..., Array]] = {
    "Add": np.add,
    "Any": _any,
    "Concatenate": _concatenate,
    "Divide": np.true_divide,
    "Equal": np.equal,
    "ExpandDims": lambda x, axis=-1: np.expand_dims(x, _axis(axis)),
    "GetItem": _get_item,
    "Greater": np.greater,
    "LogicalAnd": np.logical_and,
    "LogicalNot": np.logical_not,
    "LogicalOr": np.logical_or,
    "Maximum": np.maximum,
    "Mean": lambda x, axis=None, keepdims=False: np.mean(x, axis=_axis(axis), keepdims=keepdims),
    "Minimum": np.minimum,
    "Multiply": np.multiply,
    "NotEqual": np.not_equal,
    "Subtract": np.subtract,
    "TrueDivide": np.true_divide,
    "ZerosLike": lambda x, dtype=None: np.zeros_like(x, dtype or x.dtype),
    "OnesLike": lambda x, dtype=None: np.ones_like(x, dtype or x.dtype),
}
SETTINGS = ("axis", "keepdims", "dtype")


def compute(
    kind: str, config: Mapping[str, Any], arguments: tuple[Any, ...], options: Mapping[str, Any]
) -> Tensor:
    """One operation; arguments hold arrays where the network holds refs."""
    settings = {name: config[name] for name in SETTINGS if config.get(name) is not None}
    try:
        return Tensor(np.asarray(OPERATIONS[kind](*arguments, **{**settings, **options})))
    except (TypeError, ValueError, IndexError) as error:
        raise UnsupportedError(f"{kind} with these settings is not computed ({error})") from error
