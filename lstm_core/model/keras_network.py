"""A Keras configuration as a `Network`: Sequential or functional, of Keras 2 or 3, from any file.

Only JSON is read. Classes that are not Keras' own are kept by name, nothing of them is used.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from lstm_core.errors import InputError
from lstm_core.recurrent.network import Call, LayerSpec, Network, Ref, chained, refs_of
from lstm_core.recurrent.operations import OPERATIONS
from lstm_core.recurrent.recurrent_layers import directions, weight_count
from lstm_core.recurrent.weights import Floats

MODELS = ("Sequential", "Functional", "Model")
OWN_MODULES = ("keras", "tf_keras", "tensorflow.python.keras", "tensorflow.keras", "builtins")
LARGEST_DEPTH, MOST_LAYERS = 8, 10_000
INPUT = "input"
_ERRORS = (
    KeyError, TypeError, AttributeError, IndexError, ValueError, ArithmeticError, RecursionError,
)  # fmt: skip


class Address(NamedTuple):
    """Where the weights of a layer are."""

    name: str
    group: str  # its class in snake case, after which Keras names groups in files
    number: int  # how many layers of its class with weights come before it


class Part(NamedTuple):
    """A part of a layer that holds weights: its path inside the layer, and how many arrays."""

    path: str
    arrays: int


Path = tuple[Address, ...]  # the models on the way to a layer, and the layer
Read = Callable[[Path, Sequence[Part]], Sequence[Floats]]
States = Callable[[Path], "Sequence[Floats] | None"]


def no_states(_: Path) -> None:
    """The states of stateful layers in a file: it holds none."""


def read_network(
    config: Any, read: Read, *, keras_2: bool, states: States = no_states, path: Path = ()
) -> Network:
    """The network that a model's configuration describes.

    Args:
        config: ``{"class_name": ..., "config": {"layers": [...]}}``.
        read: Reads the weights of a layer.
        keras_2: Whether Keras 1 or 2 wrote it.
        states: Reads the states of a stateful layer.
        path: The models that this one lies in.

    Raises:
        InputError: When it is no Sequential or functional model.
    """
    try:
        return _network(config, read, keras_2, states, path)
    except _ERRORS as error:
        raise InputError(
            "The configuration of this model cannot be read as that of a Sequential or functional "
            f"Keras model ({type(error).__name__}: {str(error)[:120]})."
        ) from error


def _network(config: Any, read: Read, keras_2: bool, states: States, path: Path) -> Network:
    inner = config["config"]
    if isinstance(inner, list):  # Keras before 2.2: a Sequential model is the list of its layers
        inner = {"layers": inner}
    if "layers" not in inner or len(path) > LARGEST_DEPTH or len(inner["layers"]) > MOST_LAYERS:
        raise InputError(
            f"A model of the class {str(config.get('class_name'))[:80]!r} came in; Sequential and "
            "functional Keras models can be traced. A model with a call method of its own does "
            "not say how its layers are connected: build it with keras.Model(inputs, outputs)."
        )
    entries = [_named(entry) for entry in inner["layers"]]
    addresses = _addresses(entries)
    specs = {
        entry["name"]: _spec(entry, (*path, address), read, keras_2, states)
        for entry, address in zip(entries, addresses, strict=True)
    }
    if len(specs) < len(entries):
        raise InputError("Two layers of this model have the same name.")
    if "input_layers" in inner:
        calls = [call for entry in entries for call in _calls(entry)]
        outputs = _triples(inner["output_layers"])
        return Network(specs, _sorted(calls), _triples(inner["input_layers"]), outputs)
    chain = [entry["name"] for entry in entries if entry["class_name"] != "InputLayer"]
    first = next((e["name"] for e in entries if e["class_name"] == "InputLayer"), INPUT)
    calls, last = chained(chain, first)
    return Network(specs, calls, [Ref(first, 0, 0)], [last])


def _named(entry: Mapping[str, Any]) -> dict[str, Any]:
    name = entry.get("name") or entry["config"].get("name")
    if not isinstance(name, str) or not isinstance(entry["class_name"], str):
        raise ValueError("a layer has no name")
    return {**entry, "name": name}


def _addresses(entries: Sequence[Mapping[str, Any]]) -> list[Address]:
    counts: Counter[str] = Counter()
    found = []
    for entry in entries:
        group = snake_case(entry["class_name"].split(">")[-1])
        found.append(Address(entry["name"], group, counts[group]))
        if entry["class_name"] in MODELS or _parts(entry["class_name"], entry["config"]):
            counts[group] += 1
    return found


def snake_case(name: str) -> str:
    """A class name as Keras names groups: ``GlobalMaxPooling1D``, ``global_max_pooling1d``."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def _spec(
    entry: Mapping[str, Any], path: Path, read: Read, keras_2: bool, states: States
) -> LayerSpec:
    kind, config = entry["class_name"], dict(entry["config"])
    module = str(entry.get("module") or "keras")
    # Legacy files name no module; operations, unlike layers, have no ``trainable``.
    bare = "module" not in entry and kind in OPERATIONS and "trainable" not in config
    config["operation"] = bare or ".ops" in module
    is_model = kind in MODELS and "layers" in config
    parts = [] if is_model else _parts(kind, config)
    return LayerSpec(
        name=entry["name"],
        kind=kind,
        config=config,
        weights=lambda: read(path, parts),
        own=module.startswith(OWN_MODULES) and entry.get("registered_name") in (None, kind),
        keras_2=keras_2,
        inner=_network(entry, read, keras_2, states, path) if is_model else None,
        initial=lambda: states(path),
    )


def _parts(kind: str, config: Mapping[str, Any]) -> list[Part]:
    """Where a layer's weights lie inside its group, in the order of ``layer.get_weights()``."""
    try:
        if kind in ("LSTM", "GRU", "SimpleRNN"):
            return [Part("cell", weight_count(config))]
        if kind == "RNN":
            return _cell_parts(config["cell"])
        if kind == "Bidirectional":
            names = ("forward_layer/cell", "backward_layer/cell")
            sides = directions(config)
            return [Part(name, weight_count(c)) for name, (_, c) in zip(names, sides, strict=True)]
        if kind == "TimeDistributed":
            inner = config["layer"]
            return [Part("layer", n.arrays) for n in _parts(inner["class_name"], inner["config"])]
    except (KeyError, TypeError, AttributeError):
        return []
    return [Part("", count)] if (count := _count(kind, config)) else []


def _count(kind: str, config: Mapping[str, Any]) -> int:
    if kind in ("Dense", "Conv1D"):
        return 1 + bool(config.get("use_bias", True))
    if kind in ("Embedding", "PReLU"):
        return 1
    scaled = bool(config.get("scale", True)) + bool(config.get("center", True))
    return {"BatchNormalization": scaled + 2, "LayerNormalization": scaled}.get(kind, 0)


def _cell_parts(cell: Mapping[str, Any]) -> list[Part]:
    if cell["class_name"] != "StackedRNNCells":
        return [Part("cell", weight_count(cell["config"]))]
    counts: Counter[str] = Counter()
    parts = []
    for inner in cell["config"]["cells"]:
        group = snake_case(inner["class_name"])
        number = f"_{counts[group]}" if counts[group] else ""
        counts[group] += 1
        parts.append(Part(f"cell/cells/{group}{number}", weight_count(inner["config"])))
    return parts


def _calls(entry: Mapping[str, Any]) -> Iterator[Call]:
    """The calls of a layer in a functional model."""
    for number, node in enumerate(entry.get("inbound_nodes", [])):
        if isinstance(node, Mapping):  # Keras 3
            arguments = tuple(_with_refs(item) for item in node.get("args", ()))
            options = {key: _with_refs(item) for key, item in node.get("kwargs", {}).items()}
        else:  # Keras 2: [[layer, call, output, options], ...]
            triples = [node] if node and isinstance(node[0], str) else node
            arguments = tuple(Ref(t[0], t[1], t[2]) for t in triples)
            given = triples[0][3] if triples and len(triples[0]) > 3 else {}
            options = {key: _old_refs(item) for key, item in given.items()}
        yield Call(entry["name"], number, arguments, options)


def _with_refs(value: Any) -> Any:
    """Arguments of a call in Keras 3, with refs in place of its tensors."""
    if isinstance(value, Mapping):
        if value.get("class_name") == "__keras_tensor__":
            layer, call, output = value["config"]["keras_history"]
            return Ref(str(layer), int(call), int(output))
        if value.get("class_name") == "__tuple__":
            return tuple(_with_refs(item) for item in value["items"])
        return {key: _with_refs(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_with_refs(item) for item in value]
    return value


def _old_refs(value: Any) -> Any:
    """Options of a call in Keras 2, with refs in place of ``[layer, call, output]``."""
    if isinstance(value, list):
        return Ref(*value[:3]) if _is_triple(value) else [_old_refs(item) for item in value]
    return value


def _is_triple(value: Any) -> bool:
    return (
        isinstance(value, list | tuple)
        and len(value) in (3, 4)
        and isinstance(value[0], str)
        and all(type(number) is int for number in value[1:3])
    )


def _triples(value: Any) -> list[Ref]:
    if _is_triple(value):
        return [Ref(value[0], value[1], value[2])]
    items = value.values() if isinstance(value, Mapping) else value
    return [ref for item in items for ref in _triples(item)]


def _sorted(calls: Sequence[Call]) -> list[Call]:
    """Every call after those that it needs; those that can never run come last."""
    waiting = {(call.layer, call.number): call for call in calls}
    needs = {
        key: {(r.layer, r.call) for r in refs_of([call.arguments, call.options])} & waiting.keys()
        for key, call in waiting.items()
    }
    done: list[Call] = []
    while ready := [key for key, needed in needs.items() if not needed & needs.keys()]:
        done += [waiting[key] for key in ready]
        for key in ready:
            del needs[key]
    return done + [waiting[key] for key in needs]
