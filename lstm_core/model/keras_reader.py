"""Read a model of the family Embedding -> LSTM -> Dense(1, sigmoid) without Keras.

The file is a ``.keras`` file (Keras 2.13 to 3) or a legacy ``.h5`` file, read with all the checks
of `classifier_reader`; another architecture is refused with the reason.
"""

from pathlib import Path

from lstm_core.errors import BundleError, InputError
from lstm_core.model.classifier_reader import read_classifier
from lstm_core.model.limits import check_sizes
from lstm_core.recurrent.classifier import Classifier
from lstm_core.recurrent.lstm import LstmWeights

# Keras names groups by the layer's class, numbered from the second of a kind on.
WEIGHT_PATHS = {
    "embedding": "layers/embedding/vars/0",
    "kernel": "layers/lstm/cell/vars/0",
    "recurrent": "layers/lstm/cell/vars/1",
    "bias": "layers/lstm/cell/vars/2",
    "dense_kernel": "layers/dense/vars/0",
    "dense_bias": "layers/dense/vars/1",
}
LSTM_SETTINGS = {
    "activation": "tanh",
    "recurrent_activation": "sigmoid",
    "use_bias": True,
    "return_sequences": False,
    "return_state": False,
    "go_backwards": False,
    "stateful": False,
}
CHAIN = ["Embedding", "LSTM", "Dense"]
FAMILY = "Embedding, LSTM (tanh, sigmoid, with bias), Dense(1, sigmoid)"


def read_keras_file(path: Path) -> tuple[LstmWeights, int]:
    """Weights of a model file of the article's architecture, and the number of steps it reads.

    Raises:
        BundleError: When it is no Keras model file, damaged, too large, or of another architecture.
    """
    classifier, places = read_classifier(path)
    try:
        return article_weights(classifier, places), places
    except InputError as error:
        raise BundleError(
            f"{path.name} is another model: {error}. LSTM Lens opens {FAMILY}."
        ) from None


def article_weights(model: Classifier, maxlen: int) -> LstmWeights:
    """The weights of a classifier of the article's architecture.

    Args:
        maxlen: T, the steps it reads.

    Raises:
        InputError: In what it differs from that architecture.
        BundleError: When it is too large for the tables that the article's views need.
    """
    kinds = [spec.kind for spec in model.specs]
    if kinds != CHAIN:
        raise InputError(f"its layers are {', '.join(kinds)}")
    embedding, lstm, output = model.specs
    for name, needed in LSTM_SETTINGS.items():
        if lstm.config.get(name, needed) != needed:
            raise InputError(f"its LSTM has {name}={lstm.config[name]!r}")
    if embedding.config["mask_zero"]:
        raise InputError("its Embedding masks zeros")
    if not model.one_sigmoid:
        raise InputError(f"its output has {model.classes} neurons")
    if not output.config["use_bias"]:
        raise InputError("its output has no bias")
    check_sizes(model.num_words, maxlen, model.embedding_dim, model.units)
    return LstmWeights.from_arrays(array for spec in model.specs for array in spec.weights())
