"""A PyTorch classifier as a `Classifier`: its state_dict as safetensors, and a JSON of sizes.

The format of safetensors is 8 bytes (the length of a header), the header as JSON, and raw numbers;
it is read here without another library, and nothing in it can be run. The JSON says what a
state_dict does not::

    {"cell": "lstm", "maxlen": 200, "pooling": "last", "activations": ["relu"], "packed": false}

`cell` is lstm, gru or rnn; `pooling` last (the final hidden state, of both directions), mean or
max over all steps; `activations` of the hidden linear layers; `packed` whether padding was skipped
(`pack_padded_sequence`). Optional: `nonlinearity` of rnn (tanh, relu), `embedding`, `recurrent`
and `dense` with the names of the modules where they cannot be told by their shapes.

PyTorch's equations are Keras': LSTM gates in the order i, f, g, o; GRU gates r, z, n with the reset
gate applied after the product (`reset_after`); two biases that are added, or kept apart for a GRU.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from lstm_core.errors import BundleError, InputError, reason
from lstm_core.model.classifier_reader import classifier_of
from lstm_core.model.limits import MIB, WEIGHT_BYTES
from lstm_core.recurrent.classifier import Classifier
from lstm_core.recurrent.network import LayerSpec, Network, Ref, chained
from lstm_core.recurrent.weights import Floats

HEADER_BYTES = MIB
TYPES = {"F64": ("<f8", 8), "F32": ("<f4", 4), "F16": ("<f2", 2), "BF16": ("<u2", 2)}
CELLS = {"lstm": "LSTM", "gru": "GRU", "rnn": "SimpleRNN"}
POOLINGS = {"last": None, "mean": "GlobalAveragePooling1D", "max": "GlobalMaxPooling1D"}
Tensors = Mapping[str, Floats]


def is_safetensors(path: Path) -> bool:
    """Whether a file begins like one of safetensors."""
    with path.open("rb") as file:
        start = file.read(9)
    return len(start) == 9 and start[8:] == b"{" and int.from_bytes(start[:8], "little") < 2**32


def read_torch(path: Path, sizes: Path, *, maxlen: int | None = None) -> tuple[Classifier, int]:
    """The classifier in a safetensors file and the number of steps it reads.

    Args:
        path: The state_dict.
        sizes: The JSON of sizes.
        maxlen: The steps, where the JSON does not say it.

    Raises:
        BundleError: When a file is damaged, or the model is of another family.
    """
    tensors = read_safetensors(path)
    try:
        if sizes.stat().st_size > MIB:
            raise BundleError(f"{sizes.name} has more than {MIB:,} bytes.")
        given = json.loads(sizes.read_text(encoding="utf-8-sig"))
        network = _network(tensors, given, given.get("maxlen") or maxlen)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BundleError(
            f"{sizes.name} is no JSON of sizes ({type(error).__name__}: {reason(error)}). Give "
            '{"cell": "lstm", "maxlen": 200, "pooling": "last"}.'
        ) from error
    except InputError as error:
        raise BundleError(f"{path.name}: {error}") from error
    return classifier_of(network, maxlen)


def read_safetensors(path: Path) -> dict[str, Floats]:
    """The floating-point arrays of a safetensors file, float32.

    Raises:
        BundleError: When it is damaged or too large.
    """
    if (size := path.stat().st_size) > 2 * WEIGHT_BYTES:
        raise BundleError(f"{path.name} has {size:,} bytes; {2 * WEIGHT_BYTES:,} are allowed.")
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    try:
        if not 2 <= length <= min(HEADER_BYTES, len(content) - 8):
            raise ValueError(f"a header of {length:,} bytes")
        header = json.loads(content[8 : 8 + length])
        numbers = memoryview(content)[8 + length :]
        found = {
            name: _tensor(entry, numbers)
            for name, entry in header.items()
            if name != "__metadata__" and entry["dtype"] in TYPES
        }
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BundleError(
            f"{path.name} cannot be read as safetensors ({reason(error)}). Save the state_dict "
            "with safetensors.torch.save_file."
        ) from error
    if sum(array.nbytes for array in found.values()) > WEIGHT_BYTES:
        raise BundleError(f"{path.name} holds more than {WEIGHT_BYTES:,} bytes of weights.")
    return found


def _tensor(entry: Mapping[str, Any], numbers: memoryview) -> Floats:
    kind, size = TYPES[entry["dtype"]]
    shape, (begin, end) = entry["shape"], entry["data_offsets"]
    if not all(type(n) is int and n >= 0 for n in (*shape, begin, end)) or len(shape) > 8:
        raise ValueError("sizes that are no numbers")
    if end - begin != size * math.prod(shape) or end > len(numbers):
        raise ValueError("an array that is not where the header says")
    array = np.frombuffer(numbers[begin:end], kind).reshape(shape)
    if entry["dtype"] == "BF16":  # the upper half of a float32
        return (array.astype(np.uint32) << 16).view(np.float32)
    return array.astype(np.float32)


def _network(tensors: Tensors, given: Mapping[str, Any], maxlen: Any) -> Network:
    """The network as Keras would describe it."""
    if given["cell"] not in CELLS or given.get("pooling", "last") not in POOLINGS:
        raise InputError(
            f"The sizes name the cell {str(given['cell'])[:40]!r} and the pooling "
            f"{str(given.get('pooling'))[:40]!r}; cells are {', '.join(CELLS)}, pooling is "
            f"{', '.join(POOLINGS)}."
        )
    kind, pooling = CELLS[given["cell"]], POOLINGS[given.get("pooling", "last")]
    prefixes = _recurrent_names(tensors, given)
    layers = [
        layer
        for prefix in prefixes
        for layer in _recurrent(tensors, prefix, kind, str(given.get("nonlinearity", "tanh")))
    ]
    for number, spec in enumerate(layers):
        sequences = number + 1 < len(layers) or pooling is not None
        layers[number] = _returning(spec, sequences)
    embedding, dense = _plain_layers(tensors, prefixes, given)
    table = _get(tensors, f"{embedding}.weight")
    specs = [
        _spec("Embedding", "embedding", [table], input_dim=len(table), output_dim=table.shape[1],
              mask_zero=bool(given.get("packed"))),
        *layers,
        *([_spec(pooling, "pooling", [])] if pooling else []),
        *_dense(tensors, dense, list(given.get("activations", ["relu"] * 2))),
    ]  # fmt: skip
    first = _spec("InputLayer", "ids", [], batch_shape=[None, maxlen])
    calls, last = chained([spec.name for spec in specs], "ids")
    return Network({s.name: s for s in (first, *specs)}, calls, [Ref("ids", 0, 0)], [last])


def _returning(spec: LayerSpec, sequences: bool) -> LayerSpec:
    """The layer with this value of ``return_sequences``."""
    config = dict(spec.config)
    if spec.kind == "Bidirectional":
        layer = config["layer"]
        inner = {**layer["config"], "return_sequences": sequences}
        config["layer"] = {**layer, "config": inner}
    else:
        config["return_sequences"] = sequences
    return replace(spec, config=config)


def _spec(kind: str, name: str, weights: Sequence[Floats], **config: Any) -> LayerSpec:
    return LayerSpec(name, kind, config, lambda: weights)


def _get(tensors: Tensors, name: str) -> Floats:
    if name not in tensors:
        raise InputError(f"It has no array {name[:80]!r}; there are {', '.join(tensors)[:400]}.")
    return tensors[name]


def _recurrent_names(tensors: Tensors, given: Mapping[str, Any]) -> list[str]:
    """Names of the recurrent modules."""
    if "recurrent" in given:
        named = given["recurrent"]
        return [str(name) for name in ([named] if isinstance(named, str) else named)]
    end = ".weight_ih_l0"
    found = [name.removesuffix(end) for name in tensors if name.endswith(end)]
    if len(found) != 1:
        raise InputError(
            f"It has {len(found)} recurrent modules ({', '.join(found)[:200]}). Name them in their "
            'order in the JSON: "recurrent": ["lstm"].'
        )
    return found


def _recurrent(tensors: Tensors, prefix: str, kind: str, function: str) -> list[LayerSpec]:
    """The layers of one ``nn.LSTM``, ``nn.GRU`` or ``nn.RNN``."""
    pattern = re.compile(re.escape(prefix) + r"\.weight_ih_l(\d+)")
    count = sum(1 for name in tensors if pattern.fullmatch(name))
    found = []
    for number in range(count):
        sides = ["", "_reverse"] if f"{prefix}.weight_ih_l{number}_reverse" in tensors else [""]
        arrays = [_cell(tensors, prefix, f"l{number}{side}", kind) for side in sides]
        config: dict[str, Any] = {
            "units": arrays[0][1].shape[0],
            "activation": function if kind == "SimpleRNN" else "tanh",
            "recurrent_activation": "sigmoid",
            "use_bias": len(arrays[0]) > 2,
            "reset_after": True,
        }
        name = f"{prefix}_{number}"
        if len(sides) == 1:
            found.append(_spec(kind, name, arrays[0], **config))
        else:
            layer = {"class_name": kind, "config": config}
            both = [*arrays[0], *arrays[1]]
            found.append(_spec("Bidirectional", name, both, merge_mode="concat", layer=layer))
    return found


def _cell(tensors: Tensors, prefix: str, end: str, kind: str) -> list[Floats]:
    """Kernel, recurrent kernel and bias of one direction in Keras' order."""
    ih, hh = (_get(tensors, f"{prefix}.weight_{part}_{end}") for part in ("ih", "hh"))
    if f"{prefix}.weight_hr_{end}" in tensors:
        raise InputError("An LSTM with proj_size came in; it has no equal in Keras.")
    found = [_turned(ih.T, kind), _turned(hh.T, kind)]
    if f"{prefix}.bias_ih_{end}" in tensors:
        one, other = (_get(tensors, f"{prefix}.bias_{part}_{end}") for part in ("ih", "hh"))
        both = np.stack([_turned(one, kind), _turned(other, kind)])
        found.append(both if kind == "GRU" else both.sum(axis=0))
    return found


def _turned(array: Floats, kind: str) -> Floats:
    """The gates' columns in Keras' order: of a GRU z, r, g instead of r, z, n."""
    if kind != "GRU":
        return np.ascontiguousarray(array)
    r, z, n = np.split(array, 3, axis=-1)
    return np.concatenate([z, r, n], axis=-1)


def _plain_layers(
    tensors: Tensors, prefixes: Sequence[str], given: Mapping[str, Any]
) -> tuple[str, list[str]]:
    """The names of the embedding and of the linear layers."""
    inside = tuple(f"{prefix}." for prefix in prefixes)
    matrices = [
        name.removesuffix(".weight")
        for name, array in tensors.items()
        if name.endswith(".weight") and array.ndim == 2 and not name.startswith(inside)
    ]
    linear = [name for name in matrices if f"{name}.bias" in tensors]
    tables = [name for name in matrices if name not in linear]
    if "embedding" not in given and len(tables) != 1:
        raise InputError(
            f"Which of {', '.join(matrices)[:200]} is the embedding cannot be told. Name it in the "
            'JSON: "embedding": "embedding", "dense": ["fc"].'
        )
    embedding = str(given.get("embedding") or tables[0])
    named = given.get("dense", [name for name in linear if name != embedding])
    return embedding, [str(name) for name in ([named] if isinstance(named, str) else named)]


def _dense(tensors: Tensors, names: Sequence[str], functions: Sequence[str]) -> list[LayerSpec]:
    """The linear layers; the last one is the output."""
    found = []
    for number, name in enumerate(names):
        kernel = _get(tensors, f"{name}.weight").T  # (F, D)
        bias = [tensors[f"{name}.bias"]] if f"{name}.bias" in tensors else []
        last = number + 1 == len(names)
        if not last and number >= len(functions):
            raise InputError('The JSON names too few "activations" of the hidden linear layers.')
        function = "linear" if last else str(functions[number])
        found.append(
            _spec("Dense", f"dense_{number}", [np.ascontiguousarray(kernel), *bias],
                  units=kernel.shape[1], activation=function, use_bias=bool(bias))
        )  # fmt: skip
    return found
