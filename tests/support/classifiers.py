"""Small recurrent classifiers with random weights, made without Keras."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lstm_core.model.bundle import Bundle, write_bundle
from lstm_core.model.card import CLASSES, CLASSIFIER_FORMAT, Card, DataNote, Sizes
from lstm_core.model.classifier_reader import classifier_of
from lstm_core.model.import_model import NetworkFile
from lstm_core.recurrent.classifier import Classifier
from lstm_core.recurrent.network import Call, LayerSpec, Network, Ref
from lstm_core.text import EncodingRules, Side, Splitting, Vocabulary
from tests.unit.helpers import WORDS

BLOCKS = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1}
EMBEDDING, UNITS, NUM_WORDS = 5, 4, 12
Layer = tuple[str, dict[str, Any]]  # class and settings, without sizes

# The three imported models of the page tests: layers, steps, rules, classes.
STACKED_GRU: Sequence[Layer] = (
    ("Bidirectional GRU", {"return_sequences": True}),
    ("Bidirectional GRU", {}),
    ("Dense", {"units": 1, "activation": "sigmoid"}),
)
POOLED_RNN: Sequence[Layer] = (
    ("SimpleRNN", {"return_sequences": True}),
    ("GlobalAveragePooling1D", {}),
    ("Dense", {"units": 3, "activation": "relu"}),
    ("Dense", {"units": 1, "activation": "sigmoid"}),
)
THREE_CLASSES: Sequence[Layer] = (
    ("LSTM", {"return_sequences": True}),
    ("GlobalMaxPooling1D", {}),
    ("Dense", {"units": 3, "activation": "softmax"}),
)
TOKENIZER = EncodingRules(first_word=2, start=None, unknown=1, truncating=Side.PRE)
LEAVING_OUT = EncodingRules(first_word=1, start=None, unknown=None, truncating=Side.PRE)
VECTORIZATION = EncodingRules(
    first_word=2,
    start=None,
    unknown=1,
    padding=Side.POST,
    splitting=Splitting.TEXT_VECTORIZATION,
)


def make_classifier(
    layers: Sequence[Layer], maxlen: int = 9, *, mask_zero: bool = False, seed: int = 0
) -> Classifier:
    """A classifier of these layers with random weights."""
    return classifier_of(make_network(layers, maxlen, mask_zero=mask_zero, seed=seed), None)[0]


def make_network(
    layers: Sequence[Layer],
    maxlen: int = 9,
    *,
    mask_zero: bool = False,
    seed: int = 0,
    keras_2: bool = False,
    text: Mapping[str, Any] | None = None,
) -> Network:
    """The network of a file with these layers and random weights.

    Args:
        layers: Classes and settings, without sizes.
        maxlen: T.
        mask_zero: Whether padding is masked.
        seed: Of the weights.
        keras_2: Keras 2 wrote the file.
        text: Settings of a TextVectorization layer in front.
    """
    random = np.random.default_rng(seed)

    def draw(*shape: int) -> np.ndarray[Any, Any]:
        return random.normal(0, 0.5, shape).astype(np.float32)

    table = [draw(NUM_WORDS, EMBEDDING)]
    sizes = {"input_dim": NUM_WORDS, "output_dim": EMBEDDING, "mask_zero": mask_zero}
    specs = [
        LayerSpec("ids", "InputLayer", {"batch_shape": [None, maxlen]}, list),
        LayerSpec("embedding", "Embedding", sizes, lambda: table),
    ]
    size = EMBEDDING
    for number, (name, settings) in enumerate(layers):
        both, _, kind = name.rpartition(" ")
        config, weights, size = _layer(kind, bool(both), settings, size, draw)
        spec_kind = both or kind
        name = f"{spec_kind}_{number}"
        specs.append(LayerSpec(name, spec_kind, config, lambda w=weights: w, keras_2=keras_2))
    if text is not None:
        specs[0] = LayerSpec("ids", "InputLayer", {"batch_shape": [None], "dtype": "string"}, list)
        specs.insert(1, LayerSpec("text", "TextVectorization", text, list))
    calls, last = [], Ref("ids", 0, 0)
    for spec in specs[1:]:
        calls.append(Call(spec.name, 0, (last,), {}))
        last = Ref(spec.name, 0, 0)
    return Network({s.name: s for s in specs}, calls, [Ref("ids", 0, 0)], [last])


def _layer(
    kind: str, both: bool, settings: Mapping[str, Any], size: int, draw: Any
) -> tuple[dict[str, Any], list[np.ndarray[Any, Any]], int]:
    """Settings, weights and output size of a layer."""
    if kind == "Dense":
        units = settings["units"]
        return dict(settings), [draw(size, units), draw(units)], units
    if kind not in BLOCKS:
        return dict(settings), [], size
    wide = BLOCKS[kind] * UNITS
    config = {"units": UNITS, "activation": "tanh", "reset_after": True, **settings}
    bias = (2, wide) if kind == "GRU" and config["reset_after"] else (wide,)
    sides = 2 if both else 1
    weights = [a for _ in range(sides) for a in (draw(size, wide), draw(UNITS, wide), draw(*bias))]
    if not both:
        return config, weights, UNITS
    return {"layer": {"class_name": kind, "config": config}}, weights, 2 * UNITS


def write_classifier_bundle(
    folder: Path,
    layers: Sequence[Layer],
    rules: EncodingRules,
    *,
    maxlen: int = 9,
    mask_zero: bool = False,
    classes: tuple[str, ...] = CLASSES,
) -> Bundle:
    """A bundle of `make_classifier`."""
    made = make_classifier(layers, maxlen, mask_zero=mask_zero)
    card = Card(
        name="made",
        made="2026-01-01T00:00:00Z",
        command="none",
        recipe="imported",
        seed=0,
        sizes=Sizes(NUM_WORDS, maxlen, EMBEDDING, made.units),
        data=DataNote("random weights", "0" * 64, 0, 0),
        format=CLASSIFIER_FORMAT,
        encoding=rules,
        classes=classes,
        positive=len(classes) - 1,
    )
    vocabulary = Vocabulary(WORDS, NUM_WORDS, rules)
    return write_bundle(folder, NetworkFile(made, maxlen), vocabulary, card)
