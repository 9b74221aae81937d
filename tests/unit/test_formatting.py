"""Number formats."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_core.analysis.formatting import (
    MINUS,
    NBSP,
    fixed_percent,
    number,
    p_positive,
    percent,
    probability,
    signed,
)
from lstm_core.analysis.prediction import label_of


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.1"),
        (1e-9, "0.1"),
        (0.0312, "3.1"),
        (0.05, "5"),
        (0.26, "26"),
        (0.5, "50"),
        (0.4, "40"),
        (0.4002, "40.1"),
        (0.404, "40.4"),
        (0.3996, "40"),
        (0.4998, "49.9"),
        (0.503, "50.3"),
        (0.596, "59.6"),
        (0.59999, "59.9"),
        (0.6, "60"),
        (0.604, "60"),
        (0.95, "95"),
        (0.952, "95.2"),
        (0.993, "99.3"),
        (0.99999, "99.9"),
        (1.0, "99.9"),
        (np.float32(0.993), "99.3"),
    ],
)
def test_a_probability_has_one_decimal_near_its_ends_and_is_never_certain(
    value: float, text: str
) -> None:
    assert probability(value) == f"{text}{NBSP}%"
    assert p_positive(value) == f"P(positive){NBSP}{text}{NBSP}%"


@given(st.floats(0, 1))
def test_no_probability_is_rounded_to_0_or_100(value: float) -> None:
    shown = float(probability(value).removesuffix(f"{NBSP}%"))
    assert 0 < shown < 100 and abs(shown - 100 * value) <= 0.5


@given(st.one_of(st.floats(0, 1), st.floats(0.39, 0.41), st.floats(0.49, 0.61)))
def test_a_probability_as_shown_has_the_label_and_side_of_its_value(value: float) -> None:
    shown = float(probability(value).removesuffix(f"{NBSP}%")) / 100
    assert label_of(shown, 1) == label_of(value, 1)
    assert (shown >= 0.5) == (value >= 0.5) and (shown == 0.5) == (value == 0.5)


@given(st.floats(-1e6, 1e6), st.integers(0, 6))
def test_numbers_have_one_minus_sign_and_zero_has_none(value: float, digits: int) -> None:
    for text in (number(value, digits), signed(value, digits)):
        assert re.fullmatch(rf"[+{MINUS}]?\d+(\.\d+)?", text)
        read = float(text.replace(MINUS, "-"))
        assert math.isclose(read, value, abs_tol=0.5 * 10**-digits + 1e-9)
        assert read or text[0] == "0"
    assert signed(value, digits).lstrip("+") == number(value, digits)


def test_shares() -> None:
    assert percent(0) == f"0{NBSP}%" and percent(1.0) == f"100{NBSP}%"
    assert percent(0.999) == f"99.9{NBSP}%"
    assert percent(0.00005) == f"under 0.1{NBSP}%"
    assert fixed_percent(0.9073) == f"90.7{NBSP}%"
    assert fixed_percent(0.84, 0) == f"84{NBSP}%"
