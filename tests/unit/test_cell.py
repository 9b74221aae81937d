"""The cell diagram: every number shown satisfies the equations to the printed digits."""

import re
from decimal import Decimal
from math import exp, tanh
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_core.analysis.step_breakdown import (
    SYMBOLS,
    Arithmetic,
    GateLine,
    cell_step,
    printed,
    rounded,
    step_arithmetic,
)
from lstm_core.analysis.unit_stats import contribution_of, largest_contribution, logit_parts
from lstm_core.figures.axes import logit_axis, logit_of
from lstm_core.figures.cell import PARTS, cell_svg, step_in_words
from lstm_core.figures.cell_parts import SHOWN
from lstm_core.model.sentiment_model import shipped_model
from pages.parts.common.cell import CellTexts, detail_html

NUMBER = re.compile(r"−?\d+\.\d{3,}")
TEXT = "A slow start, but the end is not bad at all and I would see it again."
Shown = dict[str, Decimal]


def numbers(text: str) -> list[Decimal]:
    return [Decimal(found.replace("−", "-")) for found in NUMBER.findall(text)]


def shown_in(svg: str) -> Shown:
    """Symbols of the diagram and the numbers beside them."""
    found: Shown = {}
    for text in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text"):
        sign, _, number = "".join(text.itertext()).rpartition(" ")
        if NUMBER.fullmatch(number):
            (found[sign],) = numbers(number)
    return found


def check_diagram(found: Shown) -> None:
    """The equations of the cell, from the numbers in the diagram alone."""
    digits = found["cₜ"].as_tuple().exponent
    one = Decimal(1).scaleb(int(digits))
    f, i, o = found["fₜ"], found["iₜ"], found["oₜ"]
    assert (f * found["cₜ₋₁"]).quantize(one) == found["fₜ·cₜ₋₁"]
    assert (i * found["c̃ₜ"]).quantize(one) == found["iₜ·c̃ₜ"]
    assert found["fₜ·cₜ₋₁"] + found["iₜ·c̃ₜ"] == found["cₜ"]
    assert Decimal(tanh(found["cₜ"])).quantize(one) == found[""]
    assert (o * found[""]).quantize(one) == found["hₜ"]


def check_sum(found: Arithmetic, symbol: str) -> None:
    """Bars of a gate: the products shown, the others, bias and total; then the function."""
    detail = detail_html(found, symbol, CellTexts(""))
    table, _, after = detail.partition("</table>")
    rows = re.findall(r"<tr>(.*?)</tr>", table)[1:]
    values = []
    for row in rows:
        *factors, value = numbers(re.sub("<[^>]*>", " ", row))
        values.append(value)
        if factors:
            assert (factors[0] * factors[1]).quantize(value) == value
    assert len(rows) == 2 * (SHOWN + 1) + 2
    assert sum(values[:-1]) == values[-1]
    z, value = numbers(after.rpartition('class="says"')[2])
    squashed = tanh(z) if symbol == "g" else 1 / (1 + exp(-z))
    assert z == values[-1] and Decimal(squashed).quantize(value) == value
    assert value == shown_in(cell_svg(found))[PARTS[symbol][0]]


@settings(max_examples=20, deadline=None)
@given(place=st.integers(0, 10**6), unit=st.integers(0, 10**6))
def test_numbers_of_a_step_satisfy_the_equations(place: int, unit: int) -> None:
    model = shipped_model()
    trace = model.trace(TEXT)
    places, units = trace.hidden_state.shape
    found = step_arithmetic(model.bundle.weights, trace, place % places, unit % units)
    check_diagram(shown_in(cell_svg(found)))
    for symbol in SYMBOLS:
        check_sum(found, symbol)


SHARES = st.floats(0, 1).map(lambda value: round(value, 2))


@given(i=SHARES, f=SHARES, g=SHARES, o=SHARES, before=st.floats(-2, 2))
def test_numbers_set_by_hand_satisfy_the_equations(
    i: float, f: float, g: float, o: float, before: float
) -> None:
    lines = [GateLine(s, rounded(v, 4)) for s, v in zip(SYMBOLS, (i, f, -g, o), strict=True)]
    step = cell_step(lines, rounded(before, 4))
    check_diagram(shown_in(cell_svg(step)))
    assert "Set by hand" in detail_html(step, "f", CellTexts(""))


def test_line_widths_are_proportional_and_gates_open_with_their_values() -> None:
    def drawn(f: float, before: float) -> tuple[list[float], list[float]]:
        values = zip(SYMBOLS, (0.5, f, 0.5, 1.0), strict=True)
        step = cell_step([GateLine(s, rounded(v)) for s, v in values], rounded(before))
        svg = cell_svg(step, limit=2.0)
        widths = re.findall(r"stroke-width: ([\d.]+)px", svg)
        return [float(w) for w in widths], [float(a) for a in re.findall(r"rotate\(([\d.]+)", svg)]

    widths, angles = drawn(1.0, 2.0)
    assert widths[0] == widths[1] == pytest.approx(2 * drawn(1.0, 1.0)[0][0], abs=0.01)
    assert angles[0] == 0 and drawn(0.0, 2.0)[1][0] == 90
    assert drawn(0.0, 2.0)[0][1] == 1  # a hairline where nothing is kept


def test_every_part_is_explained_with_its_own_numbers() -> None:
    model = shipped_model()
    trace = model.trace(TEXT)
    found = step_arithmetic(model.bundle.weights, trace, *largest_contribution(trace))
    svg = cell_svg(found, part="f")
    assert set(re.findall(r'data-part="(\w+)"', svg)) == set(PARTS)
    assert svg.count("chosen") == 1
    for part in PARTS:
        detail = detail_html(found, part, CellTexts("", weight="; weight"))
        ElementTree.fromstring(f"<div>{detail}</div>")
        assert "{{" not in detail and len(detail) > 200
        assert ("<svg" in detail) == (part != "x")
    assert printed(found.hidden.result) in step_in_words(found)


def test_contributions_of_units_at_words_sum_to_those_of_words_and_units() -> None:
    for text in (TEXT, ""):
        trace = shipped_model().trace(text)
        parts = contribution_of(trace)
        assert parts.sum(axis=1) == pytest.approx(trace.contributions, abs=1e-5)
        assert parts.sum(axis=0) == pytest.approx(logit_parts(trace), abs=1e-5)
        place, unit = largest_contribution(trace)
        first = min(trace.encoding.first_word, trace.encoding.maxlen - 1)
        assert abs(parts[place, unit]) == abs(parts[first:]).max()


def test_a_logit_axis_tells_saturated_probabilities_apart() -> None:
    ends = logit_of([0.0, 0.99, 0.999, 1.0])
    assert ends[0] == pytest.approx(-ends[3]) and ends[2] - ends[1] > 2
    axis = logit_axis()
    assert dict(zip(axis["ticktext"], axis["tickvals"], strict=True))["50\xa0%"] == 0
