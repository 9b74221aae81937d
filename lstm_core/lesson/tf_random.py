"""TensorFlow's random numbers (Philox) of eager mode, drawn without TensorFlow.

After ``tf.random.set_seed(seed)`` every random call gets the pair (seed, operation seed), the
second drawn by Python's own ``random.Random(seed)``. The numbers then come from the counter-based
generator Philox 4x32-10 (Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as
1, 2, 3"): key = seed, upper half of the counter = operation seed, lower half = 0, 1, 2 ...; each
count gives four 32-bit words. With them the lesson has the weights that TensorFlow's stock
initialisers draw for any seed, and a test compares them with TensorFlow itself.
"""

from random import Random

import numpy as np
import numpy.typing as npt

from lstm_core.errors import InputError
from lstm_core.recurrent.lstm import Floats

LARGEST_SEED = 2**31 - 2
_LARGEST_INT32 = 2**31 - 1
_ROUNDS = 10
_MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
_KEY_STEPS = (0x9E3779B9, 0xBB67AE85)
_MASK = 0xFFFFFFFF
_SMALLEST_UNIFORM = np.float32(1e-7)  # Box-Muller takes a logarithm


def check_seed(seed: object) -> int:
    """Return a seed that can be used.

    Raises:
        InputError: For anything but a whole number from 0 to `LARGEST_SEED`.
    """
    if type(seed) is not int or not 0 <= seed <= LARGEST_SEED:
        raise InputError(
            f"A seed must be a whole number from 0 to {LARGEST_SEED:,}; {str(seed)[:40]!r} came "
            "in. The article uses 0."
        )
    return seed


class TfRandom:
    """What ``tf.random.uniform`` and ``tf.random.normal`` give, call by call, after a seed.

    Args:
        seed: The seed of ``tf.random.set_seed``.

    Raises:
        InputError: For a seed outside 0 to `LARGEST_SEED`.
    """

    def __init__(self, seed: int) -> None:
        self._seed = check_seed(seed)
        self._operation_seeds = Random(seed)

    def uniform(self, shape: tuple[int, ...], low: float, high: float) -> Floats:
        """Numbers between `low` and `high`, float32 of the shape."""
        count = int(np.prod(shape))
        unit = _unit_interval(self._words(count))[:count]
        low32, high32 = np.float32(low), np.float32(high)
        return (unit * (high32 - low32) + low32).reshape(shape)

    def normal(self, shape: tuple[int, ...]) -> Floats:
        """Numbers of mean 0 and deviation 1, by Box and Muller's method, float32 of the shape."""
        count = int(np.prod(shape))
        pairs = _unit_interval(self._words(count)).reshape(-1, 2)  # (count / 2, 2)
        radius = np.sqrt(np.float32(-2) * np.log(np.maximum(pairs[:, 0], _SMALLEST_UNIFORM)))
        angle = (2 * np.pi * pairs[:, 1].astype(np.float64)).astype(np.float32)  # (count / 2,)
        drawn = np.stack([np.sin(angle) * radius, np.cos(angle) * radius], axis=1)
        return drawn.ravel()[:count].reshape(shape)

    def _words(self, count: int) -> npt.NDArray[np.uint32]:
        """At least `count` 32-bit words of the next call, a multiple of four."""
        operation = self._operation_seeds.randint(0, _LARGEST_INT32) % _LARGEST_INT32
        seeds = (self._seed, operation)
        key, stream = (0, _LARGEST_INT32) if seeds == (0, 0) else seeds
        blocks = [philox_block(key, stream, at) for at in range(-(-count // 4))]
        return np.array(blocks, dtype=np.uint32).ravel()


def philox_block(key: int, stream: int, count: int) -> tuple[int, int, int, int]:
    """One block of Philox 4x32-10: four 32-bit words.

    Args:
        key: 64 bits.
        stream: Upper 64 bits of the counter.
        count: Lower 64 bits of the counter.
    """
    a, b, c, d = count & _MASK, count >> 32, stream & _MASK, stream >> 32
    k0, k1 = key & _MASK, key >> 32
    for _ in range(_ROUNDS):
        left, right = _MULTIPLIERS[0] * a, _MULTIPLIERS[1] * c
        a, b, c, d = (right >> 32) ^ b ^ k0, right & _MASK, (left >> 32) ^ d ^ k1, left & _MASK
        k0, k1 = (k0 + _KEY_STEPS[0]) & _MASK, (k1 + _KEY_STEPS[1]) & _MASK
    return a, b, c, d


def _unit_interval(words: npt.NDArray[np.uint32]) -> Floats:
    """Their lowest 23 bits as the fraction of a float between 1 and 2, less 1."""
    bits = (words & np.uint32(0x7FFFFF)) | np.uint32(0x3F800000)
    return bits.view(np.float32) - np.float32(1)
