"""Interventions: no clamp changes nothing, and what is forced really holds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_core.analysis.interventions import BLOCKS, Clamp, Clamps, clamped_trace
from lstm_core.errors import InputError
from lstm_core.recurrent.lstm import QUANTITIES, LstmForward, Steps
from lstm_core.text import Encoding, Vocabulary, encode
from tests.unit.helpers import WORDS, random_weights

MAXLEN = 7
FORWARD = LstmForward(random_weights(), MAXLEN)


def encoding(text: str = "not a good film") -> Encoding:
    return encode(text, Vocabulary(WORDS, 12), MAXLEN)


def assert_same_bits(left: Steps, right: Steps) -> None:
    for name in QUANTITIES:
        assert getattr(left, name).tobytes() == getattr(right, name).tobytes(), name


def test_no_clamp_gives_bit_identical_output() -> None:
    for text in ("", "good", "the film the film the film the film"):
        true = FORWARD.steps(encoding(text).ids)
        assert_same_bits(clamped_trace(FORWARD, encoding(text), Clamps()), true)
        # The way of a clamped run, which looks no padding up, with nothing forced.
        assert_same_bits(FORWARD.steps(encoding(text).ids, lambda place, gates: None), true)


@given(
    gate=st.sampled_from(sorted(BLOCKS)),
    unit=st.none() | st.integers(0, 4),
    value=st.floats(0, 1, width=32),
    first=st.integers(0, MAXLEN - 1),
)
def test_a_clamped_gate_holds_and_only_there(
    gate: str, unit: int | None, value: float, first: int
) -> None:
    true = FORWARD.steps(encoding().ids)
    found = clamped_trace(FORWARD, encoding(), Clamps((Clamp(gate, value, unit, first),)))
    units = range(5) if unit is None else [unit]
    assert (getattr(found, gate)[first:, units] == np.float32(value)).all()
    for name in QUANTITIES:
        before = getattr(found, name)[:first]
        np.testing.assert_array_equal(before, getattr(true, name)[:first])


def test_clear_and_write_replaces_the_memory_by_the_candidate() -> None:
    clamps = Clamps((Clamp("forget_gate", 0), Clamp("input_gate", 1)))
    found = clamped_trace(FORWARD, encoding(), clamps)
    np.testing.assert_array_equal(found.cell_state, found.candidate)


def test_copy_keeps_the_memory() -> None:
    clamps = Clamps((Clamp("forget_gate", 1, first=3), Clamp("input_gate", 0, first=3)))
    found = clamped_trace(FORWARD, encoding(), clamps)
    assert (found.cell_state[3:] == found.cell_state[2]).all()


def test_a_silenced_unit_is_heard_by_nobody() -> None:
    found = clamped_trace(FORWARD, encoding(), Clamps(silenced=(1, 3)))
    assert not found.hidden_state[:, [1, 3]].any()
    assert found.hidden_state[:, 0].any()


@pytest.mark.parametrize("place", [0, 3, MAXLEN - 1])
def test_freezing_repeats_the_state_exactly(place: int) -> None:
    found = clamped_trace(FORWARD, encoding(), Clamps(freeze_after=place))
    true = FORWARD.steps(encoding().ids)
    assert (found.hidden_state[place:] == true.hidden_state[place]).all()
    assert (found.cell_state[place:] == true.cell_state[place]).all()


@pytest.mark.parametrize(
    "clamps",
    [
        Clamps((Clamp("candidate", 0.5),)),
        Clamps((Clamp("input_gate", 1.5),)),
        Clamps((Clamp("input_gate", float("nan")),)),
        Clamps((Clamp("input_gate", 1, unit=5),)),
        Clamps((Clamp("input_gate", 1, first=MAXLEN),)),
        Clamps(silenced=(-1,)),
        Clamps(freeze_after=MAXLEN),
    ],
    ids=str,
)
def test_what_does_not_exist_is_refused(clamps: Clamps) -> None:
    with pytest.raises(InputError):
        clamped_trace(FORWARD, encoding(), clamps)
