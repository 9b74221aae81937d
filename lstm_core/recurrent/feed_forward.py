"""Layers around recurrent ones, at inference: embedding, dense, pooling, normalisation, merging.

Each takes its settings and inputs as `Tensor`, and returns one; masks are passed on as in Keras.

Symbols: N sequences, T steps, F numbers per step, V ids, E embedding size.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lstm_core.errors import InputError
from lstm_core.recurrent.functions import (
    LAYERS,
    UnsupportedError,
    activation,
    layer_activation,
)
from lstm_core.recurrent.network import LARGEST, Array, LayerSpec, Tensor

Inputs = Sequence[Tensor]


def _same(_: LayerSpec, inputs: Inputs) -> Tensor:
    return inputs[0]


def _embedding(spec: LayerSpec, inputs: Inputs) -> Tensor:
    (table,), ids = spec.weights(), inputs[0].values
    if not np.array_equal(ids, np.trunc(ids)):  # not-a-number too is no id
        raise InputError(
            f"Numbers that are not whole came in for the embedding '{spec.name}'; it reads word "
            f"ids from 0 to {len(table) - 1}. Give integers."
        )
    if ids.size and (ids.min() < 0 or ids.max() >= len(table)):
        raise InputError(
            f"Word ids from {ids.min():g} to {ids.max():g} came in; the embedding '{spec.name}' "
            f"has ids 0 to {len(table) - 1}. Encode the texts with the model's own vocabulary."
        )
    ids = ids.astype(np.int64)
    _bounded(ids.size * table.shape[1])
    return Tensor(table[ids], ids != 0 if spec.config.get("mask_zero") else None)


def _masking(spec: LayerSpec, inputs: Inputs) -> Tensor:
    x = inputs[0].values
    kept = (x != np.float32(spec.config.get("mask_value", 0))).any(axis=-1)  # (N, T)
    return Tensor(np.where(kept[..., None], x, np.float32(0)), kept)


def _dense(spec: LayerSpec, inputs: Inputs) -> Tensor:
    weights = spec.weights()
    x = inputs[0].values @ weights[0]
    x = x + weights[1] if len(weights) > 1 else x
    return Tensor(_activated(spec, x), inputs[0].mask)


def _activated(spec: LayerSpec, x: Array) -> Array:
    return activation(spec.config.get("activation"), keras_2=spec.keras_2)(x)


def _activation(spec: LayerSpec, inputs: Inputs) -> Tensor:
    return Tensor(_activated(spec, inputs[0].values), inputs[0].mask)


def _activation_layer(spec: LayerSpec, inputs: Inputs) -> Tensor:
    if spec.kind == "Softmax" and inputs[0].mask is not None:
        raise UnsupportedError("a Softmax layer with a mask is not computed")
    return Tensor(layer_activation(spec.kind, spec.config)(inputs[0].values), inputs[0].mask)


def _prelu(spec: LayerSpec, inputs: Inputs) -> Tensor:
    (slope,), x = spec.weights(), inputs[0].values
    return Tensor(np.where(x > 0, x, slope * x), inputs[0].mask)


def _batch_normalization(spec: LayerSpec, inputs: Inputs) -> Tensor:
    *learned, mean, variance = spec.weights()
    x, axis = inputs[0].values, spec.config.get("axis", -1)
    axis = axis[0] if isinstance(axis, list | tuple) else axis
    shape = [1] * x.ndim
    shape[axis] = -1
    scaled = (x - mean.reshape(shape)) / np.sqrt(
        variance.reshape(shape) + np.float32(spec.config.get("epsilon", 1e-3))
    )
    return Tensor(_scaled(spec, scaled, learned, shape), inputs[0].mask)


def _scaled(spec: LayerSpec, x: Array, learned: Sequence[Array], shape: Sequence[int]) -> Array:
    rest = list(learned)
    if spec.config.get("scale", True):
        x = x * rest.pop(0).reshape(shape)
    return x + rest.pop(0).reshape(shape) if spec.config.get("center", True) else x


def _layer_normalization(spec: LayerSpec, inputs: Inputs) -> Tensor:
    if spec.config.get("rms_scaling"):
        raise UnsupportedError("rms_scaling is not computed")
    x, axis = inputs[0].values, spec.config.get("axis", -1)
    axes = tuple(a % x.ndim for a in (axis if isinstance(axis, list | tuple) else [axis]))
    shape = [x.shape[a] if a in axes else 1 for a in range(x.ndim)]
    mean = x.mean(axis=axes, keepdims=True)
    variance = np.square(x - mean).mean(axis=axes, keepdims=True)
    normal = (x - mean) / np.sqrt(variance + np.float32(spec.config.get("epsilon", 1e-3)))
    return Tensor(_scaled(spec, normal, spec.weights(), shape), inputs[0].mask)


def _flatten(spec: LayerSpec, inputs: Inputs) -> Tensor:
    return Tensor(inputs[0].values.reshape(len(inputs[0].values), -1))


def _reshape(spec: LayerSpec, inputs: Inputs) -> Tensor:
    return Tensor(inputs[0].values.reshape(len(inputs[0].values), *spec.config["target_shape"]))


def _permute(spec: LayerSpec, inputs: Inputs) -> Tensor:
    return Tensor(inputs[0].values.transpose(0, *spec.config["dims"]))


def _repeat_vector(spec: LayerSpec, inputs: Inputs) -> Tensor:
    _bounded(inputs[0].values.size * spec.config["n"])
    return Tensor(np.repeat(inputs[0].values[:, None], spec.config["n"], axis=1))


def _bounded(size: int) -> None:
    if not 0 <= size <= LARGEST:
        raise InputError(
            f"A layer would make an array of {size:,} numbers; at most {LARGEST:,} are made. Give "
            "fewer or shorter sequences."
        )


def _windows(
    spec: LayerSpec, x: Array, length: int, stride: int, dilation: int = 1, fill: float = 0.0
) -> Array:
    """Windows over time, ``(N, T, F)`` -> ``(N, S, F, length)``, padded by `fill`."""
    padding, reach = spec.config.get("padding", "valid"), (length - 1) * dilation
    if min(length, stride, dilation) < 1 or reach > LARGEST:
        raise UnsupportedError(f"windows of {length} by {stride} are none")
    _channels_last(spec)
    before = after = 0
    if padding == "causal":
        before = reach
    elif padding == "same":
        total = max((-(-x.shape[1] // stride) - 1) * stride + reach + 1 - x.shape[1], 0)
        before, after = total // 2, total - total // 2
    _bounded((x.shape[1] + before + after) * x[:, :1].size * length)
    x = np.pad(x, ((0, 0), (before, after), (0, 0)), constant_values=fill)
    if x.shape[1] <= reach:
        raise InputError(f"Sequences are shorter than the windows of the layer '{spec.name}'.")
    slid = np.lib.stride_tricks.sliding_window_view(x, reach + 1, axis=1)  # (N, S, F, reach + 1)
    return slid[:, ::stride, :, ::dilation]


def _channels_last(spec: LayerSpec) -> None:
    if spec.config.get("data_format") not in (None, "channels_last"):
        raise UnsupportedError("only channels_last is computed")


def _number(value: Any) -> int:
    return int(value[0] if isinstance(value, list | tuple) else value)


def _conv1d(spec: LayerSpec, inputs: Inputs) -> Tensor:
    weights, config = spec.weights(), spec.config
    if config.get("groups", 1) != 1:
        raise UnsupportedError("a convolution in groups is not computed")
    windows = _windows(
        spec,
        inputs[0].values,
        len(weights[0]),
        _number(config.get("strides", 1)),
        _number(config.get("dilation_rate", 1)),
    )
    x = np.einsum("nsfk,kfo->nso", windows, weights[0], optimize=True)
    return Tensor(_activated(spec, x + weights[1] if len(weights) > 1 else x))


def _pooling(spec: LayerSpec, inputs: Inputs) -> Tensor:
    size, strides = _number(spec.config["pool_size"]), spec.config.get("strides")
    stride, x = size if strides is None else _number(strides), inputs[0].values
    if spec.kind.startswith("Max"):
        return Tensor(_windows(spec, x, size, stride, fill=-np.inf).max(axis=-1))
    counted = _windows(spec, np.ones_like(x), size, stride).sum(axis=-1)
    return Tensor(_windows(spec, x, size, stride).sum(axis=-1) / counted)


def _global_pooling(spec: LayerSpec, inputs: Inputs) -> Tensor:
    _channels_last(spec)
    (x, mask), keep = inputs[0], bool(spec.config.get("keepdims"))
    if spec.kind.startswith("GlobalMax"):
        return Tensor(x.max(axis=1, keepdims=keep))
    if mask is None:
        return Tensor(x.mean(axis=1, keepdims=keep))
    share = mask[:, :, None].astype(np.float32)  # (N, T, 1)
    return Tensor((x * share).sum(axis=1, keepdims=keep) / share.sum(axis=1, keepdims=keep))


def _concatenate(spec: LayerSpec, inputs: Inputs) -> Tensor:
    axis = spec.config.get("axis", -1)
    values = np.concatenate([x.values for x in inputs], axis=axis)
    masks = [x.mask for x in inputs]
    if all(mask is None for mask in masks) or values.ndim != 3:
        return Tensor(values)
    shaped = [
        np.ones(x.values.shape[:2], bool) if x.mask is None else x.mask  # (N, T)
        for x in inputs
    ]
    if axis in (1, -2):
        return Tensor(values, np.concatenate(shaped, axis=1))
    # Keras 3 masks a step where all its parts are masked, Keras 2 where one is.
    joined = np.logical_and if spec.keras_2 else np.logical_or
    return Tensor(values, joined.reduce(shaped))


MERGES: dict[str, Callable[[Array, Array], Array]] = {
    "Add": np.add,
    "Average": np.add,
    "Subtract": np.subtract,
    "Multiply": np.multiply,
    "Maximum": np.maximum,
    "Minimum": np.minimum,
}


def _merge(spec: LayerSpec, inputs: Inputs) -> Tensor:
    merged = inputs[0].values
    for other in inputs[1:]:
        merged = MERGES[spec.kind](merged, other.values)
    if spec.kind == "Average":
        merged = merged / np.float32(len(inputs))
    masks = [x.mask for x in inputs if x.mask is not None]
    whole = len(masks) == len(inputs)
    return Tensor(merged, np.logical_or.reduce(masks) if whole else None)


def _rescaling(spec: LayerSpec, inputs: Inputs) -> Tensor:
    scale, offset = (np.float32(spec.config[name]) for name in ("scale", "offset"))
    return Tensor(inputs[0].values * scale + offset, inputs[0].mask)


Compute = Callable[[LayerSpec, Inputs], Tensor]
COMPUTED: dict[str, Compute] = {
    **dict.fromkeys(
        (
            "ActivityRegularization", "AlphaDropout", "Dropout", "GaussianDropout",
            "GaussianNoise", "Identity", "SpatialDropout1D",
        ),
        _same,
    ),
    **dict.fromkeys(LAYERS, _activation_layer),
    **dict.fromkeys(MERGES, _merge),
    "Activation": _activation,
    "AveragePooling1D": _pooling,
    "BatchNormalization": _batch_normalization,
    "Concatenate": _concatenate,
    "Conv1D": _conv1d,
    "Dense": _dense,
    "Embedding": _embedding,
    "Flatten": _flatten,
    "GlobalAveragePooling1D": _global_pooling,
    "GlobalMaxPooling1D": _global_pooling,
    "LayerNormalization": _layer_normalization,
    "Masking": _masking,
    "MaxPooling1D": _pooling,
    "PReLU": _prelu,
    "Permute": _permute,
    "RepeatVector": _repeat_vector,
    "Rescaling": _rescaling,
    "Reshape": _reshape,
}  # fmt: skip
