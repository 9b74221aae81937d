"""The lesson's layer in Keras, as a background task: four settings, compared with our numbers.

The page asks (`start_keras_run`), draws on, and looks again later; nothing waits. The task's
process alone imports TensorFlow.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from lstm_core.errors import LstmLensError, reason
from lstm_core.lesson.layer import SETTINGS, LayerWeights, Setting, returned, run_layer
from lstm_core.permissions import Visitor
from lstm_core.progress import Progress
from lstm_core.recurrent.lstm import Floats
from lstm_core.tasks.queue import submit
from lstm_core.tasks.worker import TaskContext

KIND = "lesson_keras"
ARRAYS = ("kernel", "recurrent", "bias", "sequences")


@dataclass(frozen=True)
class SettingResult:
    """What Keras returned under one setting and how far our numbers are from it."""

    setting: Setting
    shapes: tuple[tuple[int, ...], ...]
    largest_difference: float


@dataclass(frozen=True)
class KerasResult:
    """The four tables as the real layer gives them."""

    results: tuple[SettingResult, ...]
    keras_version: str
    tensorflow_version: str

    @property
    def largest_difference(self) -> float:
        """Over all four."""
        return max(result.largest_difference for result in self.results)


def keras_key(weights: LayerWeights, sequences: Floats) -> str:
    """Key of the task for these numbers."""
    text = json.dumps(_arguments(weights, sequences))
    return hashlib.sha256(text.encode()).hexdigest()


def start_keras_run(weights: LayerWeights, sequences: Floats, visitor: Visitor) -> None:
    """Ask for a run of the four settings in Keras.

    Raises:
        NotAllowedError: The visitor may not measure.
        TaskError: It cannot be started.
    """
    submit(KIND, keras_key(weights, sequences), _arguments(weights, sequences), visitor)


def run(task: TaskContext) -> dict[str, Any]:
    """The task's function; the answer is a `KerasResult` as plain values."""
    given = [np.array(task.arguments[name], np.float32) for name in ARRAYS]
    task.report(Progress("loading TensorFlow", 0))
    return dict(asdict(run_in_keras(LayerWeights(*given[:3]), given[3])))


def run_in_keras(weights: LayerWeights, sequences: Floats) -> KerasResult:
    """Run the four settings on the real layer and compare with ours. Imports TensorFlow.

    Raises:
        LstmLensError: TensorFlow is not installed, or Keras returned other shapes.
    """
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    try:
        import keras
        import tensorflow
    except ImportError as error:
        raise LstmLensError(
            f"Keras could not run here ({reason(error)}). Install TensorFlow, then try again."
        ) from error
    outputs = {setting: _keras_arrays(setting, weights, sequences) for setting in SETTINGS}
    results = compare_outputs(weights, sequences, outputs)
    return KerasResult(results, keras.__version__, tensorflow.__version__)


def compare_outputs(
    weights: LayerWeights, sequences: Floats, outputs: Mapping[Setting, list[Floats]]
) -> tuple[SettingResult, ...]:
    """Shapes of the arrays that Keras returned per setting, and their distance from ours.

    Raises:
        LstmLensError: The shapes differ from ours.
    """
    layer_run, results = run_layer(weights, sequences), []
    for setting, theirs in outputs.items():
        ours = [array.values.astype(np.float64) for array in returned(layer_run, setting)]
        shapes = tuple(array.shape for array in theirs)
        if shapes != tuple(array.shape for array in ours):
            raise LstmLensError(f"Keras returned the shapes {shapes} under {asdict(setting)}.")
        gap = max(float(np.abs(a - b).max()) for a, b in zip(theirs, ours, strict=True))
        results.append(SettingResult(setting, shapes, gap))
    return tuple(results)


def _keras_arrays(setting: Setting, weights: LayerWeights, sequences: Floats) -> list[Floats]:
    """What ``keras.layers.LSTM`` returns under a setting, by a Keras model's ``predict``."""
    import keras

    layer = keras.layers.LSTM(
        weights.units,
        return_sequences=setting.return_sequences,
        return_state=setting.return_state,
    )
    inputs = keras.Input(shape=sequences.shape[1:])
    model = keras.Model(inputs, layer(inputs))
    layer.set_weights([weights.kernel, weights.recurrent, weights.bias])
    found = model.predict(sequences, verbose=0)
    return [np.asarray(one) for one in (found if isinstance(found, list | tuple) else [found])]


def _arguments(weights: LayerWeights, sequences: Floats) -> dict[str, Any]:
    arrays = (weights.kernel, weights.recurrent, weights.bias, sequences)
    return {name: array.tolist() for name, array in zip(ARRAYS, arrays, strict=True)}
