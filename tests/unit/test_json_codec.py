"""The JSON codec: dataclasses come back as they were, and nothing else is accepted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_core.json_codec import from_json, to_json


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Inner:
    name: str
    share: float | None = None


@dataclass(frozen=True)
class Outer:
    count: int
    flag: bool
    colour: Colour
    parts: tuple[Inner, ...] = ()
    pair: tuple[str, int] = ("", 0)
    by_name: Mapping[str, float] = field(default_factory=dict)
    either: int | str = 0


FINITE = st.floats(allow_nan=False, allow_infinity=False)
INNER = st.builds(Inner, st.text(), st.one_of(st.none(), FINITE))
OUTER = st.builds(
    Outer,
    st.integers(),
    st.booleans(),
    st.sampled_from(Colour),
    st.lists(INNER, max_size=3).map(tuple),
    st.tuples(st.text(), st.integers()),
    st.dictionaries(st.text(), FINITE, max_size=3),
    st.one_of(st.integers(), st.text()),
)


@given(OUTER)
def test_a_dataclass_comes_back_as_it_was(value: Outer) -> None:
    assert from_json(Outer, to_json(value)) == value


def test_an_older_or_newer_file_is_read() -> None:
    text = '{"count": 1, "flag": true, "colour": "red", "not known yet": [1]}'
    assert from_json(Outer, text) == Outer(1, True, Colour.RED)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"count": true, "flag": true, "colour": "red"}',
        '{"count": 1.0, "flag": true, "colour": "red"}',
        '{"count": 1, "flag": 1, "colour": "red"}',
        '{"count": 1, "flag": true, "colour": "green"}',
        '{"count": 1, "flag": true, "colour": "red", "parts": {}}',
        '{"count": 1, "flag": true, "colour": "red", "parts": [1]}',
        '{"count": 1, "flag": true, "colour": "red", "pair": ["a"]}',
        '{"count": 1, "flag": true, "colour": "red", "by_name": {"a": NaN}}',
        '{"count": 1, "flag": true, "colour": "red", "either": 1.5}',
    ],
)
def test_what_does_not_fit_is_refused(text: str) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        from_json(Outer, text)


def test_what_is_no_number_is_not_written() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        to_json(Inner("a", float("nan")))
