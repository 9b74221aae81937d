"""Random generators of a training: a function of the seed and the step's number, nothing else.

No generator is kept between steps, so a resumed training draws what it would have drawn without
the interruption.
"""

from enum import IntEnum

import numpy as np


class RngStream(IntEnum):
    """Purpose of a generator; each has its own stream of numbers."""

    TEACHER = 0
    ORDER = 1
    WINDOWS = 2
    PHRASES = 3
    DROPOUT = 4


def step_rng(seed: int, stream: RngStream, number: int = 0) -> np.random.Generator:
    """Random generator of one step or epoch.

    Args:
        seed: The training's seed.
        stream: Purpose of the generator.
        number: Number of the step or epoch.
    """
    return np.random.default_rng((seed, int(stream), number))
