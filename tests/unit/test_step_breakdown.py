"""The printed numbers of a step satisfy the equations to the printed digits."""

import re
from decimal import Decimal
from math import exp, tanh

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_core.analysis.step_breakdown import DIGITS, Arithmetic, printed, step_arithmetic
from lstm_core.errors import InputError
from lstm_core.model.sentiment_model import shipped_model
from lstm_core.recurrent.lstm import LstmForward
from lstm_core.recurrent.trace import make_trace
from lstm_core.text import Vocabulary, encode
from tests.unit.helpers import WORDS, random_weights

NUMBER = re.compile(r"−?\d+\.\d{6}")
TEXT = "I thought it would be dull. It is wonderful, and I would see it again."


def read(shown: str) -> Decimal:
    return Decimal(shown.replace("−", "-"))


def to_digits(value: Decimal | float) -> str:
    return printed(Decimal(value).quantize(Decimal(1).scaleb(-DIGITS)) + 0)


def check_printed(found: Arithmetic) -> None:
    """Compute every line from the printed strings alone."""
    for line in found.gates:
        assert (sums := line.sum) is not None
        for parts, total in (
            (sums.word_products, sums.from_word),
            (sums.state_products, sums.from_state),
        ):
            for p in parts:
                product = read(printed(p.left)) * read(printed(p.right))
                assert to_digits(product) == printed(p.result)
            assert sum(read(printed(p.result)) for p in parts) == read(printed(total))
        z = sum(read(printed(part)) for part in (sums.from_word, sums.from_state, sums.bias))
        assert z == read(printed(sums.z))
        squashed = tanh(float(z)) if line.symbol == "g" else 1 / (1 + exp(-float(z)))
        assert to_digits(squashed) == printed(line.value)
    i, f, g, o = (read(printed(line.value)) for line in found.gates)
    before, cell = read(printed(found.cell_before)), read(printed(found.cell))
    keep, write = read(printed(found.keep.result)), read(printed(found.write.result))
    assert to_digits(f * before) == printed(found.keep.result)
    assert to_digits(i * g) == printed(found.write.result)
    assert keep + write == cell
    assert to_digits(tanh(float(cell))) == printed(found.squashed)
    assert to_digits(o * read(printed(found.squashed))) == printed(found.hidden.result)


@settings(max_examples=25, deadline=None)
@given(place=st.integers(0, 79), unit=st.integers(0, 31))
def test_the_shipped_models_steps_hold_as_printed(place: int, unit: int) -> None:
    model = shipped_model()
    trace = model.trace(TEXT)
    place, unit = place % model.maxlen, unit % model.lstm_dim
    found = step_arithmetic(model.bundle.weights, trace, place, unit)
    check_printed(found)
    assert found.gap < 2e-5
    assert float(found.hidden.result) == pytest.approx(
        float(trace.hidden_state[place, unit]), abs=2e-5
    )


@pytest.mark.parametrize("place", range(7))
def test_a_tiny_models_steps_hold_as_printed(place: int) -> None:
    weights = random_weights()
    trace = make_trace(LstmForward(weights, 7), encode("not a good film", Vocabulary(WORDS, 12), 7))
    for unit in range(5):
        found = step_arithmetic(weights, trace, place, unit)
        check_printed(found)
        assert (sums := found.gates[0].sum) is not None
        assert (len(sums.word_products), len(sums.state_products)) == (6, 5)
        assert found.gap < 2e-4  # weights ten times those of a trained model


def test_the_pages_equations_show_the_same_numbers() -> None:
    from pages.parts.common.cell import equations_html

    model = shipped_model()
    found = step_arithmetic(model.bundle.weights, model.trace(TEXT), model.maxlen - 1, 0)
    html = equations_html(found)
    shown = NUMBER.findall(html)
    assert len(shown) == 4 * 6 + 3 + 3 + 3 + 2 + 3
    o = printed(found.gates[3].value)
    assert shown[-3:] == [o, printed(found.squashed), printed(found.hidden.result)]


def test_numbers_are_printed_with_a_minus_and_never_a_negative_zero() -> None:
    from lstm_core.analysis.step_breakdown import rounded

    assert printed(rounded(-0.25)) == "−0.250000"
    assert printed(rounded(-1e-9)) == "0.000000"
    assert printed(rounded(Decimal("-0.0000001"))) == "0.000000"


@pytest.mark.parametrize(("place", "unit"), [(-1, 0), (80, 0), (0, -1), (0, 32)])
def test_other_places_and_units_are_refused(place: int, unit: int) -> None:
    model = shipped_model()
    place = model.maxlen if place == 80 else place
    unit = model.lstm_dim if unit == 32 else unit
    with pytest.raises(InputError):
        step_arithmetic(model.bundle.weights, model.trace(TEXT), place, unit)
