"""The bench on the real layer: ``python -m lstm_core.lesson.keras_worker``, JSON in, JSON out.

Standard input has ``kernel``, ``recurrent``, ``bias`` and ``sequences``; standard output ends with
one line: the arrays that ``keras.layers.LSTM`` returns under each of the four settings, each run as
a Keras model's ``predict``, and the versions. Imports TensorFlow.
"""

import json
import os
import sys
from typing import Any

import numpy as np

from lstm_core.lesson.keras_tasks import setting_key
from lstm_core.lesson.layer import SETTINGS, Setting


def arrays_of(setting: Setting, weights: list[np.ndarray], sequences: np.ndarray) -> list[Any]:
    """What the layer returns under a setting, as nested lists."""
    import keras

    layer = keras.layers.LSTM(
        weights[1].shape[0],
        return_sequences=setting.return_sequences,
        return_state=setting.return_state,
    )
    inputs = keras.Input(shape=sequences.shape[1:])
    model = keras.Model(inputs, layer(inputs))
    layer.set_weights(weights)
    found = model.predict(sequences, verbose=0)
    arrays = found if isinstance(found, list | tuple) else [found]
    return [np.asarray(array).tolist() for array in arrays]


def main() -> int:
    """Read the request, run the layer, print the answer."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    request = json.load(sys.stdin)
    import keras
    import tensorflow

    weights = [np.array(request[name], np.float32) for name in ("kernel", "recurrent", "bias")]
    sequences = np.array(request["sequences"], np.float32)
    arrays = {setting_key(s): arrays_of(s, weights, sequences) for s in SETTINGS}
    answer = {
        "keras": keras.__version__,
        "tensorflow": tensorflow.__version__,
        "arrays": arrays,
    }
    print(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())
