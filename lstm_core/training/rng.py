"""Where chance comes from in a training: the seed and the number of the step, nothing else.

No generator lives from step to step, so a training that goes on after a stop draws what it would
have drawn without it.
"""

from enum import IntEnum

import numpy as np


class RngStream(IntEnum):
    """What the chance is for; each has numbers of its own."""

    TEACHER = 0
    ORDER = 1
    WINDOWS = 2
    PHRASES = 3


def step_rng(seed: int, stream: RngStream, number: int = 0) -> np.random.Generator:
    """The generator of one step or epoch.

    Args:
        seed: The training's seed.
        stream: What it is for.
        number: Number of the step or epoch.
    """
    return np.random.default_rng((seed, int(stream), number))
