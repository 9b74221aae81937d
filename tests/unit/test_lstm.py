"""The forward pass: by hand, against a plain reading of the equations, and its own shortcuts."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_core.errors import InputError
from lstm_core.recurrent.contributions import (
    ledger_contributions,
    memory_ledger,
    running_difference,
    survival,
)
from lstm_core.recurrent.lstm import QUANTITIES, LstmForward, LstmWeights, Steps, sigmoid
from tests.unit.helpers import random_weights

TOLERANCE = 1e-5  # of float32 against double: over the steps a rounding may grow to 4e-6
MAXLEN = 9
FORWARD = LstmForward(random_weights(), MAXLEN)
IDS = st.integers(0, MAXLEN).flatmap(
    lambda pads: st.lists(st.integers(1, 11), min_size=MAXLEN - pads, max_size=MAXLEN - pads).map(
        lambda ids: np.array([0] * pads + ids, np.int32)
    )
)


def plain_forward(weights: LstmWeights, ids: np.ndarray) -> dict[str, np.ndarray]:
    """The equations of the module's docstring in double precision, word for word."""
    d = weights.lstm_dim
    logistic = lambda z: 1 / (1 + np.exp(-z))  # noqa: E731
    h, c = np.zeros(d), np.zeros(d)
    rows: dict[str, list[np.ndarray]] = {name: [] for name in QUANTITIES}
    for id_ in ids:
        x = weights.embedding[id_].astype(float)
        z = x @ weights.kernel + h @ weights.recurrent + weights.bias
        i, f, o = logistic(z[:d]), logistic(z[d : 2 * d]), logistic(z[3 * d :])
        g = np.tanh(z[2 * d : 3 * d])
        c = f * c + i * g
        h = o * np.tanh(c)
        for name, value in zip(QUANTITIES, (i, f, g, o, c, h), strict=True):
            rows[name].append(value)
    return {name: np.array(values) for name, values in rows.items()}


@given(IDS)
def test_every_quantity_follows_the_equations(ids: np.ndarray) -> None:
    steps = FORWARD.steps(ids)
    for name, wanted in plain_forward(FORWARD.weights, ids).items():
        got = getattr(steps, name)
        assert got.dtype == np.float32 and got.shape == (MAXLEN, 5)
        np.testing.assert_allclose(got, wanted, atol=TOLERANCE, err_msg=name)


@given(st.lists(IDS, min_size=1, max_size=6))
def test_many_at_once_end_where_each_one_ends(rows: list[np.ndarray]) -> None:
    final = FORWARD.final_states(np.stack(rows))
    alone = np.stack([FORWARD.steps(ids).hidden_state[-1] for ids in rows])
    np.testing.assert_allclose(final, alone, atol=TOLERANCE)


def test_more_reviews_than_a_block_keep_their_order() -> None:
    rng = np.random.default_rng(1)
    ids = rng.integers(1, 12, (5_000, MAXLEN)).astype(np.int32)
    for row, pads in zip(ids, rng.integers(0, MAXLEN + 1, 5_000), strict=True):
        row[:pads] = 0
    final = FORWARD.final_states(ids)
    for at in (0, 1, 2047, 2048, 4999):
        wanted = FORWARD.steps(ids[at]).hidden_state[-1]
        np.testing.assert_allclose(final[at], wanted, atol=TOLERANCE)


def test_one_unit_with_constant_weights_by_hand() -> None:
    zeros = np.zeros((1, 4), np.float32)
    weights = LstmWeights(
        embedding=np.array([[0.0], [1.0]], np.float32),
        kernel=np.array([[0, 0, 1, 0]], np.float32),
        recurrent=zeros,
        bias=np.zeros(4, np.float32),
        dense_kernel=np.array([2.0], np.float32),
        dense_bias=-1.0,
    )
    forward = LstmForward(weights, 2)
    steps = forward.steps(np.array([1, 1], np.int32))
    first = 0.5 * np.tanh(1)  # every gate is half open: i = f = o = 0.5, g = tanh(1)
    second = 0.5 * first + 0.5 * np.tanh(1)
    np.testing.assert_allclose(steps.cell_state[:, 0], [first, second], atol=1e-7)
    np.testing.assert_allclose(steps.hidden_state[1, 0], 0.5 * np.tanh(second), atol=1e-7)
    np.testing.assert_allclose(
        forward.logits(steps.hidden_state[-1]), 2 * 0.5 * np.tanh(second) - 1, atol=1e-6
    )


@pytest.mark.parametrize("factor", [1.0, 30.0, 1e4, 1e30])
def test_many_at_once_end_where_each_one_ends_however_large_the_weights(factor: float) -> None:
    weights = random_weights(num_words=20)
    kernel, recurrent = weights.kernel * np.float32(factor), weights.recurrent * np.float32(factor)
    forward = LstmForward(replace(weights, kernel=kernel, recurrent=recurrent), 9)
    ids = np.random.default_rng(4).integers(0, 20, (300, 9)).astype(np.int32)
    expected = [forward.steps(row).hidden_state[-1] for row in ids]
    np.testing.assert_allclose(forward.final_states(ids), expected, atol=5e-6)


def test_a_gate_forced_far_open_or_shut_stays_finite() -> None:
    weights = random_weights()
    extreme = LstmWeights(
        weights.embedding,
        weights.kernel,
        weights.recurrent,
        np.array([1e4, -1e4, 1e4, -1e4] * 5, np.float32),
        weights.dense_kernel,
        0.0,
    )
    forward = LstmForward(extreme, MAXLEN)
    ids = np.ones((1, MAXLEN), np.int32)
    final = forward.final_states(ids)
    assert np.isfinite(final).all()
    np.testing.assert_allclose(final[0], forward.steps(ids[0]).hidden_state[-1], atol=TOLERANCE)


@given(IDS)
def test_contributions_sum_to_the_logit(ids: np.ndarray) -> None:
    steps = FORWARD.steps(ids)
    weights = FORWARD.weights
    logit = float(FORWARD.logits(steps.hidden_state[-1]))
    for method in (running_difference, ledger_contributions):
        total = float(method(steps, weights.dense_kernel).sum()) + weights.dense_bias
        assert total == pytest.approx(logit, abs=1e-4)


@given(IDS)
def test_the_memory_ledger_sums_to_the_cell_state(ids: np.ndarray) -> None:
    steps = FORWARD.steps(ids)
    np.testing.assert_allclose(memory_ledger(steps).sum(axis=0), steps.cell_state[-1], atol=1e-5)
    kept = survival(steps)
    assert ((kept >= 0) & (kept <= 1)).all() and (kept[-1] == 1).all()


@settings(max_examples=20)
@given(st.floats(-200, 200, width=32))
def test_sigmoid_stays_between_its_ends(value: float) -> None:
    result = float(sigmoid(np.array(value, np.float32)))
    assert 0 <= result <= 1
    assert result == pytest.approx(1 / (1 + np.exp(-float(value))), abs=1e-7)


@pytest.mark.parametrize(
    "ids",
    [
        np.zeros(MAXLEN + 1, np.int32),
        np.full(MAXLEN, 12, np.int32),
        np.full(MAXLEN, -1, np.int32),
        np.zeros(MAXLEN, np.float32),
    ],
)
def test_ids_that_do_not_fit_are_refused(ids: np.ndarray) -> None:
    with pytest.raises(InputError, match="came in"):
        FORWARD.steps(ids)


def test_weights_that_do_not_fit_are_refused() -> None:
    good = random_weights()
    with pytest.raises(InputError, match="recurrent"):
        LstmWeights(
            good.embedding, good.kernel, good.recurrent[:-1], good.bias, good.dense_kernel, 0.0
        )
    with pytest.raises(InputError, match="finite"):
        LstmWeights(
            good.embedding * np.nan, good.kernel, good.recurrent, good.bias, good.dense_kernel, 0.0
        )


def test_steps_are_in_keras_packing_order() -> None:
    assert tuple(Steps.__dataclass_fields__) == QUANTITIES
