"""The weights of the model, checked when they are put together.

Symbols: V word ids, E embedding size, D units.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from lstm_core.errors import InputError

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class LstmWeights:
    """The weights of Embedding -> LSTM -> Dense(1), as Keras stores them.

    Attributes:
        embedding: ``(V, E)``.
        kernel: ``(E, 4D)``, columns in the order i, f, g, o.
        recurrent: ``(D, 4D)``, same order.
        bias: ``(4D,)``, same order.
        dense_kernel: ``(D,)``, the output weight of each unit.
        dense_bias: The bias of the logit.
    """

    embedding: Floats
    kernel: Floats
    recurrent: Floats
    bias: Floats
    dense_kernel: Floats
    dense_bias: float

    def __post_init__(self) -> None:
        dim, units = self.embedding_dim, self.lstm_dim
        wanted = {
            "embedding": (self.num_words, dim),
            "kernel": (dim, 4 * units),
            "recurrent": (units, 4 * units),
            "bias": (4 * units,),
            "dense_kernel": (units,),
        }
        for name, shape in wanted.items():
            array = getattr(self, name)
            if array.shape != shape:
                raise InputError(
                    f"The weights '{name}' have the shape {array.shape}; with {units} units and an "
                    f"embedding of {dim} they must have {shape}."
                )
            if not np.isfinite(array).all():
                raise InputError(f"The weights '{name}' hold values that are not finite numbers.")
        if not np.isfinite(self.dense_bias):
            raise InputError("The output bias is not a finite number.")

    @classmethod
    def from_arrays(cls, arrays: Iterable[npt.NDArray[Any]]) -> "LstmWeights":
        """The weights of copies of six arrays in the order of `ARRAYS`, ``(D,)`` for ``(D, 1)``."""
        embedding, kernel, recurrent, bias, dense_kernel, dense_bias = (
            np.array(array, np.float32) for array in arrays
        )
        return cls(embedding, kernel, recurrent, bias, dense_kernel.ravel(), dense_bias.item())

    def arrays(self) -> dict[str, Floats]:
        """The weights by name in Keras' order and shapes: ``(D, 1)`` and ``(1,)`` at the end."""
        return {
            "embedding": self.embedding,
            "kernel": self.kernel,
            "recurrent": self.recurrent,
            "bias": self.bias,
            "dense_kernel": self.dense_kernel[:, None],
            "dense_bias": np.array([self.dense_bias], np.float32),
        }

    @property
    def num_words(self) -> int:
        """V, the number of word ids."""
        return self.embedding.shape[0]

    @property
    def embedding_dim(self) -> int:
        """E, the size of a word's vector."""
        return self.embedding.shape[1]

    @property
    def lstm_dim(self) -> int:
        """D, the number of units."""
        return self.dense_kernel.shape[0]


ARRAYS = tuple(field.name for field in fields(LstmWeights))
