"""Arrays in ``.npz`` files: the weights of epochs and snapshots, and the cached data."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from lstm_core.errors import InputError, RunError, reason
from lstm_core.recurrent.weights import ARRAYS, LstmWeights
from lstm_core.tasks.atomic import replacing_file

Arrays = Mapping[str, npt.NDArray[Any]]


def write_arrays(path: Path, arrays: Arrays) -> None:
    """Write arrays to a file, whole.

    Raises:
        OSError: They cannot be written.
    """
    with replacing_file(path) as made, made.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def read_arrays(path: Path) -> Arrays:
    """The arrays in a file.

    Raises:
        RunError: They cannot be read.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
            return {name: found[name] for name in found.files}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise RunError(f"The file {path.name} cannot be read: {reason(error)}.") from error


def write_weights(path: Path, weights: LstmWeights, **more: npt.ArrayLike) -> None:
    """Write all weights, and other arrays beside them.

    Raises:
        OSError: They cannot be written.
    """
    write_arrays(path, weights.arrays() | {name: np.asarray(value) for name, value in more.items()})


def read_weights(path: Path) -> tuple[LstmWeights, Arrays]:
    """The weights in a file, and all of its arrays.

    Raises:
        RunError: They cannot be read.
    """
    arrays = read_arrays(path)
    try:
        return LstmWeights.from_arrays(arrays[name] for name in ARRAYS), arrays
    except (ValueError, KeyError, InputError) as error:
        raise RunError(f"{path.name} holds no weights of a model: {reason(error)}.") from error
