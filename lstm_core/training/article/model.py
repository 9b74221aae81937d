"""The article's model and its training function; calling them imports TensorFlow."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lstm_core.errors import InputError, TrainingError, reason

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

STEPS_PER_CALL = 32  # batches handed to TensorFlow at once: fewer returns to Python


def build_model(
    num_words: int = 10000, maxlen: int = 80, embedding_dim: int = 128, lstm_dim: int = 32
) -> keras.Model:
    """The article's functional model: main_input, embedding, lstm, output.

    Returns:
        An uncompiled model from int32 ``(N, maxlen)`` to P(positive), ``(N, 1)``.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # its start-up lines are not for people
    import keras

    inputs = keras.Input(shape=(maxlen,), dtype="int32", name="main_input")  # (N, T)
    x = keras.layers.Embedding(num_words, embedding_dim, name="embedding")(inputs)  # (N, T, E)
    x = keras.layers.LSTM(lstm_dim, name="lstm")(x)  # (N, D)
    outputs = keras.layers.Dense(1, activation="sigmoid", name="output")(x)  # (N, 1)
    return keras.Model(inputs, outputs)


def compile_model(model: keras.Model) -> None:
    """The article's loss and optimiser; XLA and several batches a call only make it faster."""
    model.compile(
        optimizer="adam",
        loss="binary_crossentropy",
        metrics=["accuracy"],
        jit_compile=True,
        steps_per_execution=STEPS_PER_CALL,
    )


def batches(
    x: np.ndarray[Any, Any], y: np.ndarray[Any, Any], batch_size: int, seed: int | None = None
) -> tf.data.Dataset:
    """Reviews as batches, in a new order every epoch when a seed is given.

    The autotuner of tf.data is off: closing its thread sometimes takes seconds after an epoch.
    """
    import tensorflow as tf

    data = tf.data.Dataset.from_tensor_slices((x, y))
    if seed is not None:
        data = data.shuffle(len(x), seed=seed, reshuffle_each_iteration=True)
    options = tf.data.Options()
    options.autotune.enabled = False
    return data.batch(batch_size).prefetch(2 * STEPS_PER_CALL).with_options(options)


def train_lstm(
    x_train: npt.ArrayLike,
    y_train: npt.ArrayLike,
    x_test: npt.ArrayLike,
    y_test: npt.ArrayLike,
    num_words: int = 10000,
    maxlen: int = 80,
    embedding_dim: int = 128,
    lstm_dim: int = 32,
    batch_size: int = 32,
    epochs: int = 10,
    *,
    save_to: str | Path | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> keras.Model:
    """Train the article's model and print its test score and accuracy.

    Args:
        x_train: Word ids, integers ``(N, maxlen)`` from 0 to ``num_words - 1``.
        y_train: 1 for positive, 0 for negative, ``(N,)``.
        x_test: Word ids of the test reviews, ``(M, maxlen)``.
        y_test: Their labels, ``(M,)``.
        num_words: V, the number of word ids.
        maxlen: T, the places of a review.
        embedding_dim: E, the size of a word's vector.
        lstm_dim: D, the number of units.
        batch_size: Reviews per step.
        epochs: Times through the training reviews.
        save_to: Write the model to this ``.keras`` file.
        callbacks: Keras callbacks for the training.

    Returns:
        The trained Keras model.

    Raises:
        InputError: When arrays and settings do not fit each other.
        TrainingError: When the model cannot be saved.
    """
    sizes = {"num_words": num_words, "maxlen": maxlen, "embedding_dim": embedding_dim}
    sizes |= {"lstm_dim": lstm_dim, "batch_size": batch_size, "epochs": epochs}
    for name, value in sizes.items():
        if not isinstance(value, int | np.integer) or value < 1:
            raise InputError(f"{name} is {value!r}; it must be a whole number from 1 on.")
    x_train, y_train = _arrays(x_train, y_train, "training")
    x_test, y_test = _arrays(x_test, y_test, "test")
    check_arrays(x_train, y_train, num_words, maxlen, "training")
    check_arrays(x_test, y_test, num_words, maxlen, "test")
    target = None if save_to is None else _checked_target(Path(save_to))
    model = build_model(num_words, maxlen, embedding_dim, lstm_dim)
    compile_model(model)
    test = batches(x_test, y_test, batch_size)
    model.fit(
        batches(x_train, y_train, batch_size, seed=int(np.random.randint(2**31))),
        epochs=epochs,
        shuffle=False,  # the data set shuffles itself
        validation_data=test,
        callbacks=list(callbacks),
    )
    score, accuracy = model.evaluate(test, verbose=0)
    print("Test score:", score)
    print("Test accuracy:", accuracy)
    if target is not None:
        try:
            model.save(target)
        except OSError as error:
            raise TrainingError(
                f"The model is trained but could not be saved to {target}: {reason(error)}. "
                "Train again with a save_to that can be written."
            ) from error
    return model


def _arrays(
    x: npt.ArrayLike, y: npt.ArrayLike, part: str
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Ids and labels as arrays, also of lists."""
    try:
        return np.asarray(x), np.asarray(y)
    except ValueError as error:
        raise InputError(
            f"The {part} ids or labels are lists of different lengths ({reason(error, 100)}). Pad "
            "the reviews to maxlen; load_imdb does."
        ) from error


def check_arrays(
    x: np.ndarray[Any, Any], y: np.ndarray[Any, Any], num_words: int, maxlen: int, part: str
) -> None:
    """Raise InputError unless ids and labels fit each other and the settings."""
    if x.ndim != 2 or x.shape[1] != maxlen or x.dtype.kind not in "iu" or not len(x):
        raise InputError(
            f"The {part} ids have the shape {x.shape} and type {x.dtype}; integers of the shape "
            f"(reviews, {maxlen}) with at least one review are needed. Encode with load_imdb."
        )
    if y.shape != (len(x),):
        raise InputError(
            f"The {part} labels have the shape {y.shape}; ({len(x)},) is needed, one per review."
        )
    if x.min() < 0 or x.max() >= num_words:
        raise InputError(
            f"The {part} ids go from {x.min()} to {x.max()}; with num_words={num_words} they must "
            f"lie in 0 to {num_words - 1}. Give load_imdb the same num_words."
        )
    if not np.isin(y, (0, 1)).all():
        raise InputError(f"The {part} labels must be 0 (negative) or 1 (positive).")


def _checked_target(path: Path) -> Path:
    if path.suffix != ".keras":
        raise InputError(f"save_to is {str(path)!r}; give a file name that ends in .keras.")
    if not path.parent.is_dir():
        raise InputError(f"The folder {path.parent} for save_to does not exist. Make it first.")
    return path
