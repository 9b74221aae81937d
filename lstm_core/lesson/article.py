"""The article's toy example: six sequences, an LSTM of one unit, four printed tables.

The tables were printed in 2022. Today's Keras gives the same numbers within 7e-9, which turns the
eighth decimal of a few by one. With a tanh that is a quotient of two polynomials, a little too
small near zero, every printed digit comes out; that TensorFlow (by Eigen) computed it so then is
concluded from the digits, not looked up.
"""

from dataclasses import dataclass

import numpy as np

from lstm_core.lesson.layer import (
    SETTINGS,
    LayerSteps,
    LayerWeights,
    Setting,
    draw_weights,
    returned,
    run_layer,
)
from lstm_core.lesson.tf_random import TfRandom
from lstm_core.recurrent.lstm import Floats

ARTICLE_SEED = 0
DECIMALS = 8
ONE_UNIT_IN_THE_LAST_PLACE = 1e-8

SEQUENCES = (
    (0.1, 0.2, 0.3),
    (0.3, 0.2, 0.1),
    (0.2, 0.6, 0.3),
    (0.8, 0.2, 0.3),
    (0.3, 0.5, 0.1),
    (0.2, 0.6, 0.2),
)
# The printed numbers: hidden state after each step, cell state after the last.
PRINTED_HIDDEN = (
    (0.00190693, 0.00490441, 0.00844267),
    (0.0055262, 0.00704476, 0.00617958),
    (0.00374958, 0.01259477, 0.01279002),
    (0.01337298, 0.01142679, 0.01231858),
    (0.0055262, 0.01206062, 0.009055),
    (0.00374958, 0.01259477, 0.01108878),
)
PRINTED_CELL = (0.01655067, 0.01227413, 0.02506882, 0.02414548, 0.01798305, 0.02187706)

# tanh(x) = x P(x^2) / Q(x^2), the lowest power first; beyond the clamp it is flat.
_ABOVE = (
    4.89352455891786e-03,
    6.37261928875436e-04,
    1.48572235717979e-05,
    5.12229709037114e-08,
    -8.60467152213735e-11,
    2.00018790482477e-13,
    -2.76076847742355e-16,
)
_BELOW = (4.89352518554385e-03, 2.26843463243900e-03, 1.18534705686654e-04, 1.19825839466702e-06)
_CLAMP = np.float32(7.90531110763549805)
_IDENTITY_BELOW = np.float32(0.0004)


@dataclass(frozen=True)
class Comparison:
    """Our numbers against the printed ones, over all four tables."""

    numbers: int  # how many printed numbers were compared
    equal_digits: int  # how many agree in every printed decimal
    largest: float  # largest absolute difference between a printed number and ours before rounding


def legacy_tanh(values: Floats) -> Floats:
    """The hyperbolic tangent with which every printed digit comes out, float32."""
    x = np.clip(values, -_CLAMP, _CLAMP).astype(np.float32)
    quotient = x * _polynomial(_ABOVE, x * x) / _polynomial(_BELOW, x * x)
    return np.where(np.abs(values) < _IDENTITY_BELOW, values, quotient).astype(np.float32)


def article_sequences() -> Floats:
    """The six sequences, float32 ``(6, 3, 1)``."""
    return np.array(SEQUENCES, np.float32)[:, :, None]


def seed_weights(seed: int = ARTICLE_SEED, units: int = 1) -> LayerWeights:
    """The weights of ``LSTM(units)`` on one number per step after ``tf.random.set_seed(seed)``.

    Raises:
        InputError: For a seed that cannot be used.
    """
    return draw_weights(TfRandom(seed), 1, units)


def as_printed(setting: Setting) -> tuple[Floats, ...]:
    """The article's printed arrays of a setting, float64, in the order of `returned`."""
    hidden = np.array(PRINTED_HIDDEN)[:, :, None]  # (6, 3, 1)
    first = hidden if setting.return_sequences else hidden[:, -1]
    if not setting.return_state:
        return (first,)
    return first, hidden[:, -1], np.array(PRINTED_CELL)[:, None]


def compare(run: LayerSteps) -> Comparison:
    """Compare a run of the article's sequences with all four printed tables."""
    pairs = [
        (ours.values.astype(np.float64), theirs)
        for setting in SETTINGS
        for ours, theirs in zip(returned(run, setting), as_printed(setting), strict=True)
    ]
    return Comparison(
        numbers=sum(theirs.size for _, theirs in pairs),
        equal_digits=sum(int(equal_digits(ours, theirs).sum()) for ours, theirs in pairs),
        largest=max(float(np.abs(ours - theirs).max()) for ours, theirs in pairs),
    )


def equal_digits(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Where our number, rounded to the printed decimals, is the printed one; bool."""
    gap = np.abs(np.round(ours.astype(np.float64), DECIMALS) - theirs)
    return gap < ONE_UNIT_IN_THE_LAST_PLACE / 2


def article_run(*, as_in_2022: bool) -> LayerSteps:
    """The article's layer over the article's sequences."""
    tanh = legacy_tanh if as_in_2022 else np.tanh
    return run_layer(seed_weights(), article_sequences(), tanh)


def _polynomial(coefficients: tuple[float, ...], x: Floats) -> Floats:
    result = np.full_like(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        result = result * x + np.float32(coefficient)
    return result
