"""Is the NumPy trace what Keras computes? Every quantity of every step against stock Keras.

Three ways through Keras, all texts in one batch: the saved model for the probability; a
``keras.layers.LSTM`` with ``return_sequences`` and ``return_state`` and the same weights for the
hidden state of every step and both last states; and its ``LSTMCell`` stepped by hand for the cell
state of every step, with the gates from the cell's own weights and activation functions.

Symbols: N texts, T steps, D units.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lstm_core.errors import InputError, reason
from lstm_core.model.bundle import Bundle
from lstm_core.model.recurrent_model import RecurrentModel
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.permissions import Visitor
from lstm_core.progress import Progress
from lstm_core.recurrent.lstm import QUANTITIES, Floats
from lstm_core.tasks.queue import submit
from lstm_core.tasks.worker import TaskContext
from lstm_core.text import encode_many

TOLERANCE = 1e-5
TASK_KIND = "keras_parity"
CLASS_PROBABILITIES = "probability of every class"
CHUNK = 256  # texts compared at a time, so that memory does not grow with their number

Arrays = Mapping[str, np.ndarray[Any, Any]]


@dataclass(frozen=True, slots=True)
class Differences:
    """Largest absolute differences between the NumPy trace and Keras.

    Attributes:
        by_quantity: One for each quantity that was compared, by its name in words.
        texts: How many texts were read.
        keras: Version of Keras.
    """

    by_quantity: Mapping[str, float]
    texts: int
    keras: str

    @property
    def largest(self) -> float:
        """The largest of all; not-a-number counts as infinitely large."""
        values = self.by_quantity.values()
        return float(max((v if v == v else float("inf") for v in values), default=float("inf")))

    @property
    def equal(self) -> bool:
        """Whether all are within `TOLERANCE`."""
        return self.largest <= TOLERANCE

    def to_json(self) -> str:
        """As JSON text, with what follows from the differences."""
        more = {"largest": self.largest, "tolerance": TOLERANCE, "equal": self.equal}
        return json.dumps({**more, **asdict(self)})


def compare_with_keras(
    folder: Path, texts: Sequence[str], imported_file: Path | None = None
) -> Differences:
    """Trace texts in NumPy and in Keras and give the largest differences. Imports TensorFlow.

    Args:
        folder: A bundle's folder.
        texts: Reviews, at least one.
        imported_file: The Keras file that the model was imported from: is compared as well.

    Raises:
        BundleError: When the bundle cannot be read.
        InputError: Without a text, or when Keras does not open the imported file.
    """
    if not texts:
        raise InputError("No text came in to compare. Give at least one review.")
    model = SentimentModel.load(folder)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    keras_model = model.keras_model()
    import keras

    largest: dict[str, float] = {}
    for at in range(0, len(texts), CHUNK):
        some = texts[at : at + CHUNK]
        if isinstance(model, RecurrentModel):
            ours, other = _imported(model, some), _imported_by_keras(model, keras_model, some)
        else:
            ours = _ours(model, some)
            other = _theirs(keras_model, ours["ids"])
        if imported_file is not None:
            name, theirs = _by_file(imported_file, model, some)
            ours, other = {**ours, name: _class_probabilities(model, some)}, {**other, name: theirs}
        for name, theirs in other.items():
            gap = float(np.abs(ours[name] - theirs).max())
            # A not-a-number on either side must not get lost in a maximum.
            largest[name] = gap if gap != gap else max(gap, largest.get(name, 0.0))
    return Differences(largest, len(texts), keras.__version__)


def start_parity_check(bundle: Bundle, text: str, visitor: Visitor) -> None:
    """Ask for the comparison of one text as a background task, so that no page imports TensorFlow.

    Raises:
        NotAllowedError: The visitor may not measure.
        TaskError: It cannot be started.
    """
    arguments = {"model": str(bundle.folder.resolve()), "texts": [text]}
    submit(TASK_KIND, parity_key(bundle, text), arguments, visitor)


def parity_key(bundle: Bundle, text: str) -> str:
    """Key of the task that compares one text; another text or model is another task."""
    return f"{bundle.fingerprint} {text}"


def run(task: TaskContext) -> dict[str, Any]:
    """The task's function: compare, and answer with a `Differences` as plain values."""
    task.report(Progress("reading the review in Keras", 0))
    folder, texts = Path(str(task.arguments["model"])), task.arguments["texts"]
    return dict(asdict(compare_with_keras(folder, [str(text) for text in texts])))


def _imported(model: RecurrentModel, texts: Sequence[str]) -> Arrays:
    """The NumPy side of an imported model: P of every class, and what each layer returns."""
    ids = encode_many(texts, model.vocabulary, model.maxlen)  # (N, T)
    outputs = {
        f"output of {trace.name}": np.asarray(trace.output)
        for trace in model.classifier.traces(ids)
    }
    return {**outputs, CLASS_PROBABILITIES: _class_probabilities(model, texts)}


def _imported_by_keras(model: RecurrentModel, keras_model: Any, texts: Sequence[str]) -> Arrays:
    """The Keras side of `_imported`, by the file in the bundle."""
    import keras

    ids = encode_many(texts, model.vocabulary, model.maxlen)
    names = [spec.name for spec in model.classifier.layers]
    layers = [keras_model.get_layer(name).output for name in names]
    outputs = keras.Model(keras_model.inputs, [*layers, keras_model.layers[-1].output])([ids])
    *layers, last = (_array(output) for output in outputs)
    last = np.concatenate([1 - last, last], axis=1) if last.shape[1] == 1 else last
    found = {f"output of {name}": array for name, array in zip(names, layers, strict=True)}
    return {**found, CLASS_PROBABILITIES: _without_empty_means(model, ids, last, texts)}


def _without_empty_means(
    model: SentimentModel, ids: Any, theirs: Floats, texts: Sequence[str]
) -> Floats:
    """Keras' probabilities, ours where it takes the mean over no step: a text without a word."""
    ours = _class_probabilities(model, texts)
    rules = model.vocabulary.rules
    empty = ((ids == rules.pad) | (ids == rules.start)).all(axis=1)
    return np.where(empty[:, None] & np.isnan(theirs), ours, theirs)


def _class_probabilities(model: SentimentModel, texts: Sequence[str]) -> Floats:
    """P of every class, ``(N, K)``."""
    if isinstance(model, RecurrentModel):
        return model.predict_classes(texts)
    positive = model.predict(texts)
    return np.stack([1 - positive, positive], axis=1)


def _by_file(path: Path, model: SentimentModel, texts: Sequence[str]) -> tuple[str, Floats]:
    """P of every class by the file that a model was imported from, and its name here.

    Raises:
        InputError: When Keras cannot open it.
    """
    from lstm_core.model.import_check import probabilities_by_keras

    if not path.is_file():
        raise InputError(f"There is no file {path}. Give that from which the model was imported.")
    ids = encode_many(texts, model.vocabulary, model.maxlen)
    try:
        theirs, rebuilt = probabilities_by_keras(path, model.bundle, ids)
    except Exception as error:  # whatever Keras raises for ids that do not fit
        raise InputError(f"{path.name} does not read these ids: {reason(error, 200)}") from error
    if rebuilt:
        raise InputError(
            f"{path.name} cannot be compared in Keras: {rebuilt}. Without --keras the model is "
            "compared with the file rebuilt from its weights."
        )
    if theirs.shape[1] != len(_class_probabilities(model, texts)[0]):
        raise InputError(f"{path.name} has {theirs.shape[1]} classes; it is another model.")
    return f"probability of {path.name}", _without_empty_means(model, ids, theirs, texts)


def _ours(model: SentimentModel, texts: Sequence[str]) -> Arrays:
    """The NumPy side: ids ``(N, T)`` and every quantity under the name it is compared by."""
    traces = [model.trace(text) for text in texts]
    steps = {name: np.stack([getattr(t, name) for t in traces]) for name in QUANTITIES}  # (N, T, D)
    by_name = {_in_words(name): values for name, values in steps.items()}
    return {
        "ids": np.stack([t.encoding.ids for t in traces]),
        **by_name,
        "hidden state of LSTM(return_sequences)": steps["hidden_state"],
        "last hidden state": steps["hidden_state"][:, -1],
        "last cell state": steps["cell_state"][:, -1],
        "probability": model.predict(texts),
        "last running probability": np.array([t.probability[-1] for t in traces]),
    }


def _theirs(keras_model: Any, ids: np.ndarray[Any, Any]) -> Arrays:
    """The Keras side of `_ours`, without the ids."""
    import keras

    vectors = keras_model.get_layer("embedding")(ids)  # (N, T, E)
    stored = keras_model.get_layer("lstm")
    layer = keras.layers.LSTM(stored.units, return_sequences=True, return_state=True)
    layer.build(vectors.shape)
    layer.set_weights(stored.get_weights())
    sequence, last_h, last_c = (_array(part) for part in layer(vectors))  # (N, T, D), (N, D) twice
    probability = _array(keras_model(ids))[:, 0]  # (N,)
    return {
        **{_in_words(name): values for name, values in _stepped(layer.cell, vectors).items()},
        "hidden state of LSTM(return_sequences)": sequence,
        "last hidden state": last_h,
        "last cell state": last_c,
        "probability": probability,
        "last running probability": probability,
    }


def _stepped(cell: Any, vectors: Any) -> dict[str, Floats]:
    """The six quantities of every step, ``(N, T, D)`` each, by stepping an LSTMCell."""
    from keras import ops

    size = vectors.shape[0]
    h_tm1 = c_tm1 = ops.zeros((size, cell.units))  # (N, D)
    kept: dict[str, list[Floats]] = {name: [] for name in QUANTITIES}
    for step in range(vectors.shape[1]):
        x = vectors[:, step]  # (N, E)
        z = ops.matmul(x, cell.kernel) + ops.matmul(h_tm1, cell.recurrent_kernel) + cell.bias
        z_i, z_f, z_g, z_o = ops.split(z, 4, axis=1)  # (N, D) each
        h, (_, c) = cell(x, [h_tm1, c_tm1])
        gates = cell.recurrent_activation
        values = (gates(z_i), gates(z_f), cell.activation(z_g), gates(z_o), c, h)
        for name, value in zip(QUANTITIES, values, strict=True):
            kept[name].append(_array(value))
        h_tm1, c_tm1 = h, c
    return {name: np.stack(values, axis=1) for name, values in kept.items()}


def _array(tensor: Any) -> Floats:
    from keras import ops

    return np.asarray(ops.convert_to_numpy(tensor), np.float32)


def _in_words(quantity: str) -> str:
    return quantity.replace("_", " ")
